"""What was done in a campaign, when and by whom, page by page; names for who may see names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from starlette.responses import Response

from worker import db
from worker.state.log import LogEntry, load_log, load_public_log
from worker.state.organizers import is_at_least
from worker.text import dates
from worker.web.desk import doing
from worker.web.desk.doing import At
from worker.web.desk.visit import Visit
from worker.wording import log as words


@dataclass(frozen=True)
class LogLine:
    at: datetime
    who: str
    said: str


@dataclass(frozen=True)
class Day:
    """The lines of one day in the campaign's zone, the newest first."""

    called: str
    lines: Sequence[LogLine]


def show_log(visit: Visit) -> Response:
    """The newest lines, or those before one."""
    before = doing.read_number(visit.request.query_params.get("before", ""))
    assert visit.seat is not None
    with db.reading() as session:
        at = doing.where(session, visit)
        if is_at_least(visit.seat.role, "editor"):
            found = load_log(session, at.campaign, names=True, before=before)
        else:
            found = load_public_log(session, at.campaign, before=before)
        return visit.show(
            "log",
            campaign=at.campaign,
            days=_by_day(found.entries, at),
            before=found.before,
            is_newest=before is None,
        )


def _by_day(entries: Sequence[LogEntry], at: At) -> list[Day]:
    zone = at.campaign.zone
    return [
        Day(
            called,
            [LogLine(one.at, words.actor(one, at.language), words.sentence(one, zone, at.language)) for one in those],
        )
        for called, those in groupby(entries, key=lambda one: dates.date(one.at, zone, at.language))
    ]
