"""What the parts of a status say alike: moments in the campaign's own time, and what was written back to us."""

from datetime import datetime
from zoneinfo import ZoneInfo

from worker.models import MailResponse
from worker.state.overview import Line
from worker.state.status import CampaignStatus
from worker.wording.mail_status import response_words


def emails_wait(number: int) -> str:
    return f"{number:,} email waits" if number == 1 else f"{number:,} emails wait"


CHECK = "Anyone can have written this: check it before you act on it"


def response(one: MailResponse) -> str:
    return response_words(one.kind, one.words)


def local_time(moment: datetime, found: Line) -> datetime:
    return moment.astimezone(ZoneInfo(found.campaign.zone))


def short(moment: datetime | None, found: Line) -> str:
    """Day and time in the campaign's zone; the time alone today, and the year too in another one."""
    return "" if moment is None else short_moment(moment, found.now, found.campaign.zone)


def short_moment(moment: datetime, now: datetime, zone: str) -> str:
    """The same of a moment and the present one."""
    local, now = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%d %b %Y %H:%M}"


def exact(moment: datetime, found: CampaignStatus) -> str:
    """The time with its seconds: for what is minutes away."""
    return f"{local_time(moment, found):%H:%M:%S}"
