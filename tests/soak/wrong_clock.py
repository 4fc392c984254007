"""The clock of one machine is an hour wrong: mails leave as ever, and nothing is closed early or late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from tests.soak import campaigns
from tests.soak.house import House, Missed, eventually, furnished
from tests.soak.rows import Extent, Row, tried
from worker import db
from worker.models import Campaign, Mail

AN_HOUR = 3600
PARTNERS, LEASE = 10, 30
IN_TIME = 8  # seconds for a few mails, which leave in less than one
ENOUGH = 3  # failures, after which a clock is not tried any longer
CLOCKS = (  # by how many seconds the clocks of the beat and of the workers are wrong
    ("6 a worker's clock an hour fast", 0, (AN_HOUR,)),
    ("6 a worker's clock an hour slow", 0, (-AN_HOUR,)),
    ("6 a worker's clock an hour fast, another slow", 0, (AN_HOUR, -AN_HOUR)),
    ("6 the clock of beat an hour slow", -AN_HOUR, (0,)),
)


def run(extent: Extent) -> Iterator[Row]:
    wanted = extent.wanted(20, 1)
    for promise, beat, workers in CLOCKS[: extent.wanted(len(CLOCKS), 1)]:
        with tried(promise, wanted) as row, furnished("PostgreSQL", lease=LEASE) as house:
            wrong_by = {"beat": beat} | {f"worker-{number}": seconds for number, seconds in enumerate(workers)}
            for name, seconds in wrong_by.items():
                house.start(name, str(seconds), name.partition("-")[0], module="tests.soak.on_a_wrong_clock")
            _trials(house, extent, row)
        yield row


def _trials(house: House, extent: Extent, row: Row) -> None:
    early, campaign_id = campaigns.launched(2, deadline_in=AN_HOUR / 2), campaigns.launched(PARTNERS)
    while row.trials < row.wanted and extent.goes_on and len(row.wrong) < ENOUGH:
        row.trials += 1
        begun = _now()
        mails = campaigns.put_mails(campaign_id, f"round-{row.trials}")
        ends = campaigns.launched(2, deadline_in=0.5)
        try:
            patience = IN_TIME if row.trials > 1 else 15  # the workers still come up
            eventually(lambda mails=mails: not campaigns.unsent(mails), "mails were not sent", patience)  # type: ignore[misc]
            eventually(lambda ends=ends: _closed_at(ends) is not None, "a letter was not closed", IN_TIME)  # type: ignore[misc]
        except Missed as missed:
            row.wrong.append(str(missed))
            continue
        row.wrong += _out_of_time(mails, begun)
    if _closed_at(early) is not None:
        row.wrong.append("a campaign was closed half an hour before its deadline")
    if not row.wrong:
        eventually(lambda: len(house.relay.copies) == _sent(), "copies came that nobody marked as sent", LEASE / 2)
    row.counted = f"{row.trials * PARTNERS} mails and {row.trials} deadlines"


def _out_of_time(mails: list[int], begun: datetime) -> list[str]:
    """Sentences about moments that no right clock has seen."""
    with db.reading() as session:
        sent = session.scalars(select(Mail.sent_at).where(Mail.id.in_(mails))).all()
    ended = _now()
    return [f"sent at {at}, which is not now" for at in sent if at is None or not begun <= at <= ended + _A_TICK]


_A_TICK = timedelta(milliseconds=50)


def _now() -> datetime:
    with db.reading() as session:
        return db.clock(session)


def _closed_at(campaign_id: int) -> datetime | None:
    with db.reading() as session:
        return session.get_one(Campaign, campaign_id).closed_at


def _sent() -> int:
    with db.reading() as session:
        return len(session.scalars(select(Mail.id).where(Mail.sent_at.is_not(None))).all())
