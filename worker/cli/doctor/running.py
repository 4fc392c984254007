"""Whether something runs that sends, closes and looks for what is due: by the signs of life in the database."""

from collections.abc import Iterator

from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from worker import db, settings
from worker.cli import console
from worker.cli.doctor.finding import Note, failed, ok, warning
from worker.cli.doctor.system import sqlite_file
from worker.models import Campaign
from worker.state.overdue import load_all_due
from worker.state.relay_status import RelayStatus, load_relay_status
from worker.wording import due_acts


def worker() -> Iterator[Note]:
    """Whether a worker and a clock give signs of life, and whether any letter is late."""
    if idle := console.nobody_sends():
        yield warning("nothing is running, so nothing is sent or closed", f"`{console.command('up')}`")
    if (file := sqlite_file()) is not None and not file.exists():
        return  # nothing was launched, and a check makes no database
    try:
        with db.reading() as session:
            relay = load_relay_status(session)
            if not idle:
                yield _of_signs(session, relay)
            yield from _overdue(session, relay, at_once=idle)
    except SQLAlchemyError:
        yield warning("the database could not be asked", "repair the database first")


def _of_signs(session: Session, relay: RelayStatus) -> Note:
    if not session.scalar(select(db.is_running())):
        return ok("nothing is to be done while everything stands still")
    runner = f"`{console.command('up' if settings.current().embedded else 'worker')}`"
    if relay.beat and relay.seen_at:
        return ok(f"gave a sign of life {max(0, (relay.now - relay.seen_at).total_seconds()):.0f} s ago")
    if relay.worker:
        return failed("runs, but no clock makes it look for what is due", f"restart {runner}")
    since = f"for {(relay.now - relay.seen_at).total_seconds() // 60:.0f} minutes" if relay.seen_at else "yet"
    said = f"none has given a sign of life {since}: nothing is sent or closed"
    waits = session.scalar(select(exists().where(Campaign.id.is_not(None))))
    return (failed if waits else warning)(said, f"look whether {runner} runs, and what it logs")


def _overdue(session: Session, relay: RelayStatus, *, at_once: bool) -> Iterator[Note]:
    late = {key: due for key, due in load_all_due(session, relay.now).items() if due.late or at_once}
    for campaign in session.scalars(select(Campaign).where(Campaign.id.in_(late)).order_by(Campaign.id)):
        said = f"the letter of {campaign.slug} {due_acts.sentence(late[campaign.id], relay.now)}"
        yield failed(said, f"look for `campaign={campaign.id}` in what the worker logs")
