"""Mails claimed under a lease, so that each goes out once: taken, renewed, given back, or lost in doubt."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ColumnExpressionArgument,
    Integer,
    TextClause,
    any_,
    bindparam,
    exists,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from worker import db, journal, settings
from worker.column_types import Moment
from worker.mail import circuit_breaker, digests, holds, quotas, undo_minutes
from worker.mail.digests import Told
from worker.mail.kinds import AFTER_ALL, MAY_WAIT
from worker.mail.quotas import Quota
from worker.models import Campaign, Contact, Digest, Mail, Member, Partner, Seal, Suppression, ThirdPartyAddress


def lease_due(
    session: Session, *which: ColumnExpressionArgument[bool], holder: str, until: datetime, limit: int
) -> list[int]:
    """Lease due mails to one holder, the most urgent first, and return their ids.

    Needs a short transaction of its own. SQLAlchemy drops SKIP LOCKED silently on SQLite; there the
    transaction is IMMEDIATE, so that no two claim at once.
    """
    now = db.clock(session)
    free = (Mail.lease_until.is_(None)) | (Mail.lease_until < now)
    may_leave = (Mail.due_at <= now, free, ~holds.held(), db.is_running())
    due = select(Mail.id).where(*may_leave, *which).order_by(Mail.urgency, Mail.due_at).limit(limit)
    if not db.is_sqlite(session):
        due = due.with_for_update(skip_locked=True)
    claimed = (
        update(Mail)
        .where(Mail.id.in_(due.scalar_subquery()))
        .values(lease_until=until, lease_holder=holder, attempts=Mail.attempts + 1)
        .returning(Mail.id, Mail.urgency, Mail.due_at)
        .execution_options(synchronize_session=False)
    )
    rows = sorted(session.execute(claimed).all(), key=lambda row: (row[1], row[2]))
    return [row[0] for row in rows]


def lock_in_order(session: Session, ids: Sequence[int]) -> None:
    """Lock mails before several are changed: two who change the same ones, each in its own order, would deadlock."""
    if not db.is_sqlite(session):
        session.execute(_LOCK_IN_ORDER, {"ids": list(ids)})


def mark_sent(session: Session, holder: str, sent: Sequence[tuple[int, str, str]], now: datetime) -> set[int]:
    """Write down mails that the relay took, as (id, reply, body hash); returns those that were still the holder's.

    One statement for all, which locks them in the order of their ids: a commit and a round trip for each mail cost
    more than sending it.
    """
    rows = [{"id": mail_id, "reply": reply, "hash": body_hash} for mail_id, reply, body_hash in sent]
    statement = _SQLITE_SENT if db.is_sqlite(session) else _POSTGRES_SENT
    told = {"rows": json.dumps(rows), "holder": holder, "now": now}
    return set(session.execute(statement, told).scalars())


def _sent(told: str, which: str) -> TextClause:
    statement = f"""
        WITH told AS ({told})
        UPDATE mail
        SET sent_at = :now, due_at = NULL, uncertain_at = NULL, lease_holder = NULL, lease_until = NULL,
            reply = CASE WHEN bounced_at IS NULL THEN told.reply ELSE mail.reply END,
            reported_at = CASE WHEN bounced_at IS NULL THEN NULL ELSE reported_at END,
            delayed_at = NULL, body_hash = told.hash
        FROM {which}
        WHERE mail.id = told.id AND mail.lease_holder = :holder
        RETURNING mail.id
    """
    return text(statement).bindparams(bindparam("now", type_=Moment()))


_SQLITE_SENT = _sent(
    """
    SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.reply') AS reply,
           json_extract(value, '$.hash') AS hash
    FROM json_each(:rows)
    """,
    "told",
)
# Locked in order there, as by `lock_in_order`.
_POSTGRES_SENT = _sent(
    "SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS one (id integer, reply text, hash text)",
    "(SELECT id FROM mail WHERE id IN (SELECT id FROM told) ORDER BY id FOR UPDATE) AS locked JOIN told USING (id)",
)


def claim(session: Session, holder: str) -> list[int]:
    """Take a batch of due mails for this holder alone, for the length of a lease; the most urgent first.

    Nothing while the relay is at fault, but for one mail now and then that tries it; no more than is left of a quota.
    """
    conf = settings.current()
    undo_minutes.restart_if_slept(session)
    now = db.clock(session)
    at_fault = circuit_breaker.is_open(session)
    until = now + timedelta(seconds=conf.lease)
    if at_fault:
        return _claim_probe(session, holder, until, now)
    limits = quotas.load_quotas(session, now)
    if bulk := min((conf.batch, *(quota.room_for_bulk for quota in limits))):
        return _claim_bulk(session, limits, bulk, holder, until)
    urgent = min((conf.batch, *(quota.room for quota in limits)))
    return lease_due(session, Mail.urgency < MAY_WAIT, holder=holder, until=until, limit=urgent) if urgent else []


def _claim_bulk(session: Session, limits: Sequence[Quota], most: int, holder: str, until: datetime) -> list[int]:
    """What is due, as far as there is room; of what anybody can make us send no more than its share of a quota."""
    if not limits:
        return lease_due(session, holder=holder, until=until, limit=most)
    claimed = lease_due(session, Mail.urgency < AFTER_ALL, holder=holder, until=until, limit=most)
    if left := min(most - len(claimed), *(quota.room_for_anybody for quota in limits)):
        claimed += lease_due(session, Mail.urgency >= AFTER_ALL, holder=holder, until=until, limit=left)
    return claimed


def _claim_probe(session: Session, holder: str, until: datetime, now: datetime) -> list[int]:
    """One mail, for one worker: the organizers' notice of the outage, once; then one that the relay has not turned
    down, for perhaps it was that mail's own fault; and organizers' mail last, for it proves nothing.
    """
    if not circuit_breaker.acquire_probe(session, now, until):
        return []
    notice = (Mail.kind == "outage") & (Mail.attempts == 0)
    to_others, fresh = Mail.is_to_others, Mail.blocked_at.is_(None)
    for first in (notice & fresh, to_others & fresh, to_others, true()):
        if claimed := lease_due(session, first, holder=holder, until=until, limit=1):
            return claimed
    return []


def still_to_leave(holder: str, ids: Sequence[int]) -> set[int]:
    """Those of these mails that are the holder's still, were not called back, and are not held; none while all stands.

    One look at the rows, in one round trip: it sees whatever was committed before it began.
    """
    look = _LOOKS.get(db.autocommit_engine().dialect.name, _LOOK)
    return {row.id for row in db.read_autocommit(look, holder=holder, ids=list(ids))}


_HOLDER: BindParameter[str] = bindparam("holder")
_MAY_LEAVE = (Mail.lease_holder == _HOLDER, Mail.cancelled_at.is_(None), ~holds.held(), db.is_running())
_LOOK = select(Mail.id).where(Mail.id.in_(bindparam("ids", expanding=True)), *_MAY_LEAVE)
# All ids are one value there: a look takes a third of the time, and one is taken many times a second.
_ID_IN_ARRAY = Mail.id == any_(bindparam("ids", type_=ARRAY(Integer)))
_LOOKS = {"postgresql": select(Mail.id).where(_ID_IN_ARRAY, *_MAY_LEAVE)}
_LOCK_IN_ORDER = select(Mail.id).where(_ID_IN_ARRAY).order_by(Mail.id).with_for_update()


def renew(session: Session, holder: str, ids: Sequence[int]) -> set[int]:
    """Keep the lease on these mails; returns those that are still the holder's, and were not called back."""
    lock_in_order(session, ids)
    kept = (
        update(Mail)
        .where(Mail.id.in_(ids), Mail.lease_holder == holder, Mail.cancelled_at.is_(None))
        .values(lease_until=_lease_end(session))
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return set(session.scalars(kept))


def release(session: Session, holder: str, ids: Sequence[int]) -> None:
    """Give back mails that were claimed and not tried."""
    lock_in_order(session, ids)
    session.execute(
        update(Mail)
        .where(Mail.id.in_(ids), Mail.lease_holder == holder, Mail.in_data_at.is_(None))
        .values(lease_until=None, lease_holder=None, attempts=Mail.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def begin_data(session: Session, mail_id: int, holder: str, told: Told | None = None) -> bool:
    """Note that a mail to an addressee is about to travel; False if it may not, or is no longer this holder's.

    `told`: of whom it tells, where it is no letter; it may not travel if that does not hold any more. Commit this
    before DATA: a worker killed after it leaves doubt, which a person resolves, and no blind retry.
    """
    if told is not None:  # nobody changes its mind between the question and what is noted of it
        digests.lock_persons(session, Digest.id == told.digest_id)
    now, may_leave = db.clock(session), letter_may_leave() if told is None else _digest_may_leave(told)
    entered = (
        update(Mail)
        .where(Mail.id == mail_id, Mail.lease_holder == holder, Mail.lease_until > now)
        .where(Mail.cancelled_at.is_(None), Mail.in_data_at.is_(None), may_leave)
        .values(in_data_at=now, due_at=None)
        .returning(Mail.campaign_id, Mail.kind)
        .execution_options(synchronize_session=False)
    )
    if (left := session.execute(entered).one_or_none()) is None:
        return False
    campaign_id, kind = left
    if told is not None:
        digests.let_go(session, told)
        digests.note_leaving(session, told.digest_id, kind, now)
        return True
    seed = session.scalar(select(Campaign.seed).where(Campaign.id == campaign_id))
    journal.note(session, "letter", seed or b"", at=now)
    return True


def set_aside(session: Session, mail_id: int) -> None:
    """A mail that was handed over and cannot be recorded: uncertain, and nothing more goes by itself."""
    lost = update(Mail).where(Mail.id == mail_id, Mail.sent_at.is_(None))
    now = db.clock(session)
    session.execute(lost.values(uncertain_at=now, due_at=None, lease_until=None, lease_holder=None))


def mark_lost_leases_uncertain(session: Session) -> int:
    """Call uncertain the mails to addressees whose worker died between DATA and the answer; returns how many."""
    now = db.clock(session)
    lost = (
        update(Mail)
        .where(Mail.in_data_at.is_not(None), Mail.sent_at.is_(None), Mail.refused_at.is_(None))
        .where(Mail.uncertain_at.is_(None), Mail.lease_until < now)
        .values(uncertain_at=now, due_at=None, lease_until=None, lease_holder=None)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(lost).all())


def suppressed(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of these mails whose address is to get none: one to it came back."""
    if session.scalar(select(Suppression.id).limit(1)) is None:
        return set()
    for_partners = (
        select(Mail.id)
        .join(Partner, Partner.id == Mail.partner_id)
        .join(Suppression, Suppression.email_hmac == Partner.email_hmac)
        .where(Mail.id.in_(ids), Mail.contact_id.is_(None))
    )
    for_contacts = (
        select(Mail.id)
        .join(Contact, Contact.id == Mail.contact_id)
        .join(Suppression, Suppression.email_hmac == Contact.email_hmac)
        .where(Mail.id.in_(ids))
    )
    for_strangers = (
        select(ThirdPartyAddress.mail_id)
        .join(Suppression, Suppression.email_hmac == ThirdPartyAddress.email_hmac)
        .where(ThirdPartyAddress.mail_id.in_(ids))
    )
    for_members = (
        select(Mail.id)
        .join(Member, Member.id == Mail.member_id)
        .join(Suppression, Suppression.email_hmac == Member.email_hmac)
        .where(Mail.id.in_(ids))
    )
    of_all = (for_partners, for_contacts, for_strangers, for_members)
    return {found for which in of_all for found in session.scalars(which)}


def letter_may_leave() -> ColumnElement[bool]:
    """Whether the campaign goes on and the seal that the letter carries is not voided."""
    goes_on = exists().where(
        Campaign.id == Mail.campaign_id,
        *(Campaign.held_at.is_(None), Campaign.cancelled_at.is_(None), Campaign.panic_at.is_(None)),
    )
    sealed = exists().where(
        Seal.campaign_id == Mail.campaign_id, Seal.number == Mail.seal_number, Seal.voided_at.is_(None)
    )
    return goes_on & sealed & db.is_running()


def _digest_may_leave(told: Told) -> ColumnElement[bool]:
    """Whether a mail about members is wanted, not held, and says what holds at this moment."""
    of_it = (Mail.digest_id == told.digest_id) & (digests.mark_of(told.digest_id) == told.mark)
    return of_it & digests.goes_on() & ~holds.held() & db.is_running()


def may_still_leave(session: Session, mail: Mail) -> bool:
    """Whether a mail to an addressee that was put off is to be tried again; one about members is not while held."""
    condition = letter_may_leave() if mail.digest_id is None else digests.goes_on()
    return bool(session.scalar(select(Mail.id).where(Mail.id == mail.id, condition)))


def _lease_end(session: Session) -> datetime:
    return db.clock(session) + timedelta(seconds=settings.current().lease)
