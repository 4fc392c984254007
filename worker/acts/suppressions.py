"""Addresses that get no mail of ours: found by each fingerprint under which they may be kept while a key is changed.

Statements compare fingerprints with fingerprints. So whoever writes one of an address lets the suppression of that
address be found by it, too; `rekey` drops what is left of the old ones.
"""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worker import db, journal, settings, tokens
from worker.models import Contact, Partner, Suppression


def suppress(session: Session, email: str, email_hmac: bytes | None) -> None:
    """Send nothing more to an address; of one that was forgotten there is only the fingerprint."""
    known = {*(tokens.fingerprints(email) if email else ()), *([bytes(email_hmac)] if email_hmac else ())}
    rows = [{"email_hmac": one, "at": db.clock(session), "reason": "bounce"} for one in sorted(known)]
    for one in sorted(known):
        journal.note(session, "suppressed", one, detail=one.hex())
    db.upsert_ignore(session, Suppression, rows, Suppression.email_hmac)


def is_suppressed(session: Session, email: str) -> bool:
    """Whether an address gets no mail, because an earlier one came back."""
    of_it = select(Suppression.id).where(Suppression.email_hmac.in_(tokens.fingerprints(email))).limit(1)
    return session.scalar(of_it) is not None


def allow(session: Session, email: str) -> bool:
    """Send to an address again; whether it was suppressed."""
    gone = delete(Suppression).where(Suppression.email_hmac.in_(tokens.fingerprints(email)))
    vouched = session.scalars(gone.returning(Suppression.email_hmac)).all()
    for one in vouched:
        journal.note(session, "vouched", one, detail=one.hex())
    return bool(vouched)


def find_again(session: Session, emails: Collection[str]) -> None:
    """Let addresses that were suppressed under the old key be found by the fingerprints that they have today."""
    if not settings.current().secret_key_old:
        return
    today = {old: new for new, *former in map(tokens.fingerprints, emails) for old in former}
    found = session.scalars(select(Suppression).where(Suppression.email_hmac.in_(today))).all()
    rows = [{"email_hmac": today[bytes(one.email_hmac)], "at": one.at, "reason": one.reason} for one in found]
    db.upsert_ignore(session, Suppression, rows, Suppression.email_hmac)


def renew_fingerprint(session: Session, row: Partner | Contact) -> None:
    """Let a row that is written anew, and so under the key of today, be found by the fingerprint of today."""
    if row.email_hmac is not None and row.email:
        row.email_hmac = tokens.fingerprint(row.email)
        find_again(session, [row.email])
