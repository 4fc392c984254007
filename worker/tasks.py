"""The queue, as one reads the life of a campaign: invite, remind, record, close, dispatch, report, digest,
erase.

The truth is in the database; a task only says where to look, and does no harm when it is lost, late or sent twice.
It carries a campaign's number at most.
"""

import asyncio
import logging
import threading
import time
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

from celery import Celery, Task, signals
from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import broker, celery_config, db, installation, journal, key_check, vacuum
from worker import log as logs
from worker.acts import alert_unreached, alert_words, bounce, receipts
from worker.acts import invite as invitations
from worker.acts import login as logins
from worker.acts import remind as reminders
from worker.acts.close import close_and_seal
from worker.acts.dispatch import dispatch_seal
from worker.acts.draw_digests import draw_digest
from worker.acts.ended_links import forget_ended_links
from worker.acts.erase import erase_when_due
from worker.acts.erase_members import blank_unconfirmed
from worker.acts.report import put_copies
from worker.backup import BackupError, folder
from worker.mail import circuit_breaker, claims, delivery, undo_minutes
from worker.mail.bounce_mailbox import CannotCollect
from worker.mail.outcomes import Kind
from worker.models import Answer, Installation, Mail
from worker.state.due import due_acts
from worker.state.signatories import name_too_many
from worker.wording.composing import compose_batch

log = logging.getLogger("tasks")

MAX_RUN_S = 120  # seconds after which a drain ends by itself; the next task or sweep goes on
stopping = threading.Event()
_delivering, _notified = threading.Lock(), threading.Event()
_collecting = threading.Lock()


class UnlessRestored(Task):  # type: ignore[misc]
    """A task that does nothing while the database stands still because it was put back from a backup."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return None if installation.stands_still() else super().__call__(*args, **kwargs)
        except db.Restored:  # noticed since, or replaced under us
            return None


queue = Celery("undersigned", set_as_current=True, task_cls=UnlessRestored)
queue.add_defaults(celery_config.configuration)


@signals.setup_logging.connect
def _keep_our_own_log(**_: object) -> None:
    """Celery would set up logging of its own, with task arguments and tracebacks in it."""


@signals.task_prerun.connect
def _log_what_it_is_about(sender: Any, args: tuple[int, ...], **_: object) -> None:
    logs.begin_task(sender.name, next(iter(args), None))


@signals.task_postrun.connect
def _log_about_nothing_more(**_: object) -> None:
    logs.end_task()


@signals.task_failure.connect
def _tell_of_a_failure(exception: BaseException, traceback: TracebackType, **_: object) -> None:
    """By kind and place only: what an exception says may hold a name or an address."""
    frame, line = list(walk_tb(traceback))[-1]
    place = f"{Path(frame.f_code.co_filename).name}:{line}"
    log.error("failed with %s at %s; the next sweep tries again", type(exception).__name__, place)


@signals.worker_ready.connect
def _look_around_at_once(**_: object) -> None:
    """What fell due while nothing ran does not wait for the clock's first round, nor does the first sign of life."""
    broker.notify("sweep")


@signals.worker_shutting_down.connect
def _stop_between_two_mails(**_: object) -> None:
    stopping.set()


@queue.task(name="invite")
def invite(campaign_id: int) -> None:
    """Ask every partner that has not been asked."""
    with db.transaction() as session:
        asked = invitations.enqueue_invitations(session, campaign_id)
    _after_group(asked, "invite", campaign_id)


@queue.task(name="remind")
def remind(campaign_id: int) -> None:
    """Ask the silent again, when the moment for it has come."""
    with db.transaction() as session:
        reminded = reminders.remind_when_due(session, campaign_id)
    _after_group(reminded, "remind", campaign_id)


@queue.task(name="record")
def record(campaign_id: int) -> None:
    """Send a receipt for each answer that has none."""
    with db.transaction() as session:
        put = receipts.put_receipts(session, campaign_id)
    _after_group(put, "record", campaign_id)


@queue.task(name="close")
def close(campaign_id: int) -> None:
    """Take the list once the deadline has passed, and seal the letter."""
    if close_and_seal(campaign_id):
        broker.notify("dispatch", campaign_id)
        broker.notify("deliver")


@queue.task(name="dispatch")
def dispatch(campaign_id: int) -> None:
    """Send the sealed letter to the addressee, once nothing stands in its way."""
    with db.transaction() as session:
        dispatch_seal(session, campaign_id)
    broker.notify("deliver")
    broker.notify("report", campaign_id)


@queue.task(name="report")
def report(campaign_id: int) -> None:
    """Bring a copy to everyone who signed."""
    with db.transaction() as session:
        copies = put_copies(session, campaign_id)
    _after_group(copies, "report", campaign_id)


@queue.task(name="digest")
def digest(campaign_id: int) -> None:
    """Draw what tells the addressee of members, once a day at most; tell the organizers if one failed."""
    with db.transaction() as session:
        draw_digest(session, campaign_id)
    broker.notify("deliver")


@queue.task(name="erase")
def erase(campaign_id: int) -> None:
    """Forget contacts and withheld names, when they have been kept for as long as was said."""
    with db.transaction() as session:
        erased = erase_when_due(session, campaign_id)
    if erased and not vacuum.scrub():
        log.warning("erased, but the database's files could not be rewritten now: VACUUM FULL does it")


@queue.task(name="scrub")
def scrub() -> None:
    """Let the database's files forget what an organizer erased at the desk."""
    if not vacuum.scrub():
        log.warning("erased, but the database's files could not be rewritten now: VACUUM FULL does it")


@queue.task(name="login")
def login() -> None:
    """Mail a code to each organizer who asked for one."""
    key_check.check()
    with db.transaction() as session:
        put = logins.put_codes(session)
    if put:
        broker.notify("deliver")


@queue.task(name="deliver")
def deliver() -> None:
    """Send the mail that is due, the most urgent first; one drain at a time in a process."""
    key_check.check()
    _notified.set()
    while _notified.is_set() and not stopping.is_set() and _delivering.acquire(blocking=False):
        try:
            _notified.clear()
            until = time.monotonic() + MAX_RUN_S
            tally = asyncio.run(delivery.deliver_due(compose_batch, until, stopping.is_set, outdated=name_too_many))
        finally:
            _delivering.release()
        for campaign_id in tally.letters_of:
            broker.notify("dispatch", campaign_id)
        for campaign_id in tally.invitations_of:
            broker.notify("invite", campaign_id)
        for campaign_id in tally.digests_of:
            broker.notify("digest", campaign_id)
        if tally.outcomes[Kind.SENT]:
            _notified.set()  # what was claimed ended, and more may be due: the relay may take mail again


@queue.task(name="bounces")
def bounces() -> None:
    """Read what came back, where a mailbox for it is set; one look at a time in a process."""
    key_check.check()
    if not _collecting.acquire(blocking=False):
        return
    try:
        collected = bounce.collect_into_database(stopping.is_set)
    except CannotCollect as error:
        log.warning("bounces are not read: %s", error)
        return
    finally:
        _collecting.release()
    for campaign_id in collected.letters_of:
        broker.notify("dispatch", campaign_id)
    for campaign_id in collected.digests_of:
        broker.notify("digest", campaign_id)


@queue.task(name="backup", base=Task)
def backup() -> None:
    """Make a backup, where a folder for them is set and the next is due; `status` and `doctor` say if none is made.

    Also while everything stands still.
    """
    try:
        folder.make_when_due()
    except BackupError as error:
        log.warning("no backup was made (%s): `undersigned doctor` says what helps", type(error).__name__)
    except OSError as error:
        log.warning("no backup was made: %s", error.strerror or type(error).__name__)


@queue.task(name="sweep")
def sweep() -> None:
    """Notify whatever is due, also when its own notification was lost."""
    key_check.check()
    for name, campaign_id in due_now():
        broker.notifier.notify(name, (campaign_id,))
    broker.notify("deliver")


def due_now() -> list[tuple[str, int]]:
    """What the sweep finds: acts by task and campaign; notes besides what nobody else would notice."""
    with db.transaction() as session:
        undo_minutes.restart_if_slept(session)
        circuit_breaker.record_sweep(session)
        claims.mark_lost_leases_uncertain(session)
        alert_unreached.alert_organizers(session)
        alert_words.tell_of_words(session)
        now = db.clock(session)
        forget_ended_links(session, now)
        blank_unconfirmed(session, now)
        logins.forget_old_logins(session)
        logins.put_codes(session)
        _keep_journal(session)
        return due_acts(session)


def _keep_journal(session: Session) -> None:
    whose = session.execute(select(Installation.number, db.now())).one_or_none()
    if whose is not None:
        journal.keep(*whose)


@queue.task(name="wake")
def wake() -> None:
    """Do nothing: an idle worker looks around when something arrives."""


def _after_group(put: int, act: broker.TaskName, campaign_id: int) -> None:
    """What follows once so many mails are committed: they go out, and a full group has a next one."""
    if put:
        broker.notify("deliver")
    if put == invitations.BATCH:
        broker.notify(act, campaign_id)
    if put >= vacuum.MANY:
        vacuum.analyze(Mail, Answer)
