"""Claimed mails are worded and set as bytes; one that cannot be keeps no other from leaving."""

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.mail import claims, digests, mime
from worker.mail.delivery import Ready
from worker.mail.digests import Told
from worker.mail.mime import Message
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.results import DeliveryResult
from worker.mail.smtp_wire import Offer
from worker.models import CancelReason, Mail
from worker.wording import mail_rows, mails
from worker.wording.mail_rows import BulkMail

log = logging.getLogger("delivery")


def compose_batch(session: Session, ids: Sequence[int]) -> list[Ready | DeliveryResult]:
    """Make these mails ready to be sent, in this order, or say what became of them.

    Nothing goes to a suppressed address but an alert: whoever can read a mail can also write that it came back.
    """
    found = _read(session, ids)
    suppressed = {i for i in claims.suppressed(session, ids) if not mail_rows.is_alert(session, found[i])}
    return [_cancelled(i, "suppressed") if i in suppressed else _composed(session, found[i]) for i in ids]


def read_again(session: Session, mail: Mail) -> tuple[Message, bool | None]:
    """What a mail says, worded once more; and whether those are the bytes that left, null if none did.

    Raises NothingToSay.
    """
    [row] = mail_rows.load_mails(session, [mail.id]).values()
    message = mails.word_mail(session, row)
    if mail.body_hash is None:
        return message, None
    envelope = mime.compose(message, mail.message_id, mail.dated_at, tokens.return_path(mail.id))
    return message, envelope.hash == mail.body_hash


def _read(session: Session, ids: Sequence[int]) -> dict[int, Mail | BulkMail | DeliveryResult]:
    """The rows; one that cannot be read (its contact was encrypted with another key) is set aside by itself."""
    try:
        return dict(mail_rows.load_mails(session, ids))
    except db.DATABASE_UNAVAILABLE:
        raise
    except Exception as error:
        if len(ids) == 1:
            can_be_asked = not isinstance(error, SQLAlchemyError)
            of = select(Mail.campaign_id).where(Mail.id == ids[0])
            campaign_id = session.scalar(of) if can_be_asked else None
            return {ids[0]: _put_off(ids[0], f"it could not be read ({type(error).__name__})", campaign_id)}
        return {mail_id: found for one in ids for mail_id, found in _read(session, [one]).items()}


def _composed(session: Session, mail: Mail | BulkMail | DeliveryResult) -> Ready | DeliveryResult:
    """One mail that cannot be worded waits for its next try; it must not keep the others from leaving."""
    if isinstance(mail, DeliveryResult):
        return mail
    campaign_id = mail.campaign_id
    try:
        told = _told_by(session, mail)
        message = mails.word_mail(session, mail)
        envelope = mime.compose(message, mail.message_id, mail.dated_at, tokens.return_path(mail.id))
        if not envelope.is_7bit:
            raise ValueError("a message must be 7-bit")
    except mime.NothingToSay:
        return _cancelled(mail.id, "no_recipient")
    except db.DATABASE_UNAVAILABLE:
        raise  # the database is away: no mail can be worded, and none is to blame
    except Exception as error:
        return _put_off(mail.id, f"it could not be composed ({type(error).__name__})", campaign_id)
    if mail.body_hash not in {None, envelope.hash}:
        about = {"campaign": campaign_id, "mail": mail.id}
        log.warning("the %s is tried again with another body than before", mail.kind, extra=about)
    offer = Offer(
        envelope.sender,
        envelope.recipient,
        envelope.parts,
        tokens.envid(mail.id) if settings.current().bounces_to else None,
    )
    seal_number = mail.seal_number if isinstance(mail, Mail) and message.attachments else None
    return Ready(mail.id, mail.kind, campaign_id, envelope.hash, offer, seal_number, told)


def _told_by(session: Session, mail: Mail | BulkMail) -> Told | None:
    """Of whom a mail tells; read before its words are, so that whatever changes meanwhile is noticed as it leaves."""
    if isinstance(mail, BulkMail) or mail.digest_id is None:
        return None
    return Told(mail.digest_id, session.execute(select(digests.mark_of(mail.digest_id))).scalar_one())


def _put_off(mail_id: int, why: str, campaign_id: int | None) -> DeliveryResult:
    log.warning(why, extra={"campaign": campaign_id, "mail": mail_id})
    return DeliveryResult(mail_id, Outcome(Kind.DEFERRED, Phase.MAIL, why))


def _cancelled(mail_id: int, reason: CancelReason) -> DeliveryResult:
    return DeliveryResult(mail_id, Outcome(Kind.CANCELLED, Phase.MAIL, _REPLIES[reason]), cancel_reason=reason)


_REPLIES: dict[CancelReason, str] = {
    "suppressed": "the address is suppressed",
    "no_recipient": "nobody to send it to",
}
