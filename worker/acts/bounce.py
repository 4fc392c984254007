"""A mail came back: what the row of the mail, its partner and the list of suppressed addresses then say."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.acts import audit
from worker.mail import bounce_mailbox, bounce_reports
from worker.mail.bounce_mailbox import CannotCollect, Mailbox
from worker.mail.bounce_reports import Bounce
from worker.mail.outcomes import REPORT_PREFIX
from worker.mail.server_url import ascii_domain
from worker.models import Mail, Partner, Suppression
from worker.state.recipients import third_party_of

log = logging.getLogger("bounces")


@dataclass
class Collected:
    """What one look into the mailbox brought: messages dealt with, and the campaigns whose letter came back."""

    reports: int = 0
    bounced: int = 0
    letters_of: set[int] = field(default_factory=set)


def apply_report(session: Session, bounce: Bounce) -> Mail | None:
    """Write down that a mail came back; returns it if something changed, None if not. Twice changes nothing more.

    A hard bounce marks the mail. If it went to the partner's present address, that gets no mail any more. What
    came back softly, or speaks of another recipient than ours, is only shown. The letter to an addressee is
    marked and nothing else: whoever calls this tells the organizers.
    """
    partner_id = _partner_of(session, bounce.mail_id)
    # The partner before its mail: in this order an answer locks them too.
    partner = session.get(Partner, partner_id, with_for_update=True, populate_existing=True) if partner_id else None
    mail = session.get(Mail, bounce.mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.bounced_at is not None or bounce.kind == "none":
        return None
    recipient = _recipient(session, mail)
    about_ours = _is_about_our_recipient(recipient, bounce)
    if bounce.kind != "hard" or not about_ours:
        return _show(session, mail, bounce, recipient)
    _mark(session, mail, bounce, recipient)
    if mail.contact is not None:
        if mail.generation == mail.contact.generation:
            _suppress(session, mail.contact.email_hmac)
    elif partner is not None and mail.generation == partner.generation:
        partner.bounced_at = partner.bounced_at or db.clock(session)
        _suppress(session, partner.email_hmac)
    elif stranger := third_party_of(session, mail):
        _suppress(session, stranger.email_hmac)
    return mail


def collect_into_database(stopping: Callable[[], bool] = lambda: False) -> Collected:
    """Look into the mailbox and apply what is there; nothing without IMAP_URL.

    Each report is committed before it is marked as read. Raises CannotCollect, in one sentence, when the mailbox
    is away or misconfigured, and what the database raises when that is away.
    """
    collected = Collected()
    if url := settings.current().imap_url:
        collected.reports = bounce_mailbox.collect(_mailbox(url), lambda message: _take(message, collected), stopping)
    if collected.reports:
        log.info("%d reports read, %d mails came back", collected.reports, collected.bounced)
    return collected


def _take(message: bytes, collected: Collected) -> bool:
    """Whether the message was ours; one that cannot be applied stays for people, and keeps no other from being read."""
    if (bounce := bounce_reports.parse_report(message)) is None:
        return False
    try:
        with db.transaction() as session:
            mail = apply_report(session, bounce)
    except (OperationalError, NoConnection):
        raise  # the database is away, and no message is to blame
    except Exception as error:
        log.warning("a report about mail %d could not be applied (%s)", bounce.mail_id, type(error).__name__)
        return False
    if mail is not None and mail.bounced_at is not None:
        collected.bounced += 1
        if mail.kind == "letter":
            collected.letters_of.add(mail.campaign_id)
    return True


def _mailbox(url: str) -> Mailbox:
    try:
        return Mailbox.parse(url)
    except ValueError as error:
        raise CannotCollect(f"{settings.PREFIX}IMAP_URL: {error}") from None


def _partner_of(session: Session, mail_id: int) -> int | None:
    mail = session.get(Mail, mail_id)
    return mail.partner_id if mail else None


def _is_about_our_recipient(address: str, bounce: Bounce) -> bool:
    """Not somebody to whom our recipient passed it on: the fingerprints of one address, its domain in both scripts."""
    local, _, domain = address.rpartition("@")
    spellings = {address, f"{local}@{ascii_domain(domain) or domain}"}
    return bool(address) and not bounce.about.isdisjoint(map(tokens.fingerprint, spellings))


def _recipient(session: Session, mail: Mail) -> str:
    if mail.contact is not None:
        return mail.contact.email
    if mail.partner is not None:
        return mail.partner.email
    if stranger := third_party_of(session, mail):
        return stranger.email
    return mail.addressee.email if mail.addressee is not None else mail.campaign.reply_to


def _mark(session: Session, mail: Mail, bounce: Bounce, recipient: str) -> None:
    mail.bounced_at = db.clock(session)
    mail.reply = _reply(recipient, bounce)
    if mail.kind != "letter":
        mail.due_at = None  # a second copy would come back too
    audit.log(session, mail.campaign, "clock", "bounced", mail.partner, detail=_detail(mail, bounce))


def _show(session: Session, mail: Mail, bounce: Bounce, recipient: str) -> Mail | None:
    """Once for each mail, so that nobody can fill the audit log with reports."""
    if mail.reported_at is not None:
        return None
    mail.reported_at, mail.reply = db.clock(session), _reply(recipient, bounce)
    audit.log(session, mail.campaign, "clock", "reported", mail.partner, detail=_detail(mail, bounce))
    return mail


def _detail(mail: Mail, bounce: Bounce) -> str:
    return f"{mail.kind} {bounce.status or 'without a status'}"


def _reply(recipient: str, bounce: Bounce) -> str:
    said = (
        bounce_reports.masked(bounce.diagnostic, recipient) if recipient else bounce.status or ""
    )  # of who was erased
    return REPORT_PREFIX + said


def _suppress(session: Session, email_hmac: bytes | None) -> None:
    row = {"email_hmac": email_hmac, "at": db.clock(session), "reason": "bounce"}
    db.upsert_ignore(session, Suppression, [row], Suppression.email_hmac)
