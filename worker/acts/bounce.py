"""A mail came back: what the row of the mail, its partner and the list of suppressed addresses then say."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.acts import audit
from worker.acts.suppressions import suppress
from worker.mail import bounce_mailbox, bounce_reports, kinds
from worker.mail.bounce_mailbox import CannotCollect, Mailbox
from worker.mail.bounce_reports import Bounce
from worker.mail.outcomes import NOT_UNDERSTOOD, REPORT_PREFIX
from worker.mail.responses import Response
from worker.mail.server_url import ascii_domain
from worker.models import Mail, MailResponse, Member, Partner
from worker.state.recipients import third_party_of

log = logging.getLogger("bounces")


@dataclass
class Collected:
    """What one look into the mailbox brought: messages dealt with, and whose letter or digest came back or is late."""

    reports: int = 0
    bounced: int = 0
    letters_of: set[int] = field(default_factory=set)
    digests_of: set[int] = field(default_factory=set)


def apply_report(session: Session, bounce: Bounce) -> Mail | None:
    """Write down what came back to a mail; returns it if something changed, None if not. Twice changes nothing more.

    Everything is told: what failed, may not have arrived or is delayed, in the server's words; and who answered.
    A mail is marked as come back, and its address gets no mail any more, only where `says_address_is_gone`. Of the
    letter to an addressee each failure marks it, and nothing else: whoever calls this tells the organizers.
    """
    partner_id = _partner_of(session, bounce.mail_id)
    # The partner before its mail: in this order an answer locks them too.
    partner = session.get(Partner, partner_id, with_for_update=True, populate_existing=True) if partner_id else None
    mail = session.get(Mail, bounce.mail_id, with_for_update=True, populate_existing=True)
    if mail is None:
        return None
    noted = _note_response(session, mail, bounce.response) if bounce.response is not None else None
    if bounce.kind == "response":
        return noted
    return _note_report(session, mail, partner, bounce) or noted


def _note_report(session: Session, mail: Mail, partner: Partner | None, bounce: Bounce) -> Mail | None:
    if bounce.kind == "none":
        mail.delayed_at = None
        return None
    if mail.bounced_at is not None:
        return None
    recipient = _recipient(session, mail)
    if bounce.kind == "delayed":
        return _note_delay(session, mail, bounce, recipient)
    gone = says_address_is_gone(bounce, recipient)
    if not (gone or kinds.is_irrevocable(mail.kind)):
        return _show(session, mail, bounce, recipient)
    _mark(session, mail, bounce, recipient)
    if gone:
        _suppress_reader(session, mail, partner)
    return mail


def says_address_is_gone(bounce: Bounce, recipient: str) -> bool:
    """Whether a report says for good that this very address takes no mail: then it gets none of ours any more.

    Not what speaks of somebody to whom our recipient passed it on, nor a full mailbox, a policy or our reputation.
    """
    return bounce.kind == "hard" and _is_about_our_recipient(recipient, bounce)


def _suppress_reader(session: Session, mail: Mail, partner: Partner | None) -> None:
    """Of an address that was corrected since nothing is said; addressees and organizers are never suppressed."""
    if mail.contact is not None:
        if mail.generation == mail.contact.generation:
            suppress(session, mail.contact.email, mail.contact.email_hmac)
    elif partner is not None and mail.generation == partner.generation:
        partner.bounced_at = partner.bounced_at or db.clock(session)
        suppress(session, partner.email, partner.email_hmac)
    elif mail.member is not None:
        _suppress_member(session, mail, mail.member)
    elif stranger := third_party_of(session, mail):
        suppress(session, stranger.email, stranger.email_hmac)


def _suppress_member(session: Session, mail: Mail, member: Member) -> None:
    if mail.generation == member.generation:
        suppress(session, member.email, member.email_hmac)


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
    about = {"mail": bounce.mail_id}
    try:
        with db.transaction() as session:
            if not _can_be_told(session, bounce):
                return False
            about["campaign"] = session.get_one(Mail, bounce.mail_id).campaign_id
            mail = apply_report(session, bounce)
    except (OperationalError, NoConnection):
        raise  # the database is away, and no message is to blame
    except Exception as error:
        log.warning("a report about it could not be applied (%s)", type(error).__name__, extra=about)
        return False
    if mail is not None and mail.bounced_at is not None:
        collected.bounced += 1
    if mail is not None and kinds.is_irrevocable(mail.kind) and (mail.bounced_at or mail.delayed_at):
        (collected.letters_of if mail.digest_id is None else collected.digests_of).add(mail.campaign_id)
    return True


def _can_be_told(session: Session, bounce: Bounce) -> bool:
    """Whether a row can say it: the mail is there, and an answer stands beside a partner or a letter.

    What answers a mail to organizers or to who asked to sign, or comes from a partner that was erased, is for people;
    so is all that comes back of a login code, which was put again long ago or is of no use any more, and what a person
    who adds its voice writes. What its machine answers is of no use to anybody.
    """
    mail = session.get(Mail, bounce.mail_id)
    if mail is not None and mail.login_id is not None:
        return False
    if mail is None or bounce.response is None:
        return mail is not None
    if mail.member_id is not None:
        return bounce.kind != "response" or bounce.response.kind != "person"
    if not mail.is_to_others or (mail.partner is not None and mail.partner.erased_at is not None):
        return False
    noted = _responses(session, mail)
    return len(noted) < MAX_RESPONSES or _is_noted(noted, bounce.response)


MAX_RESPONSES = 5  # to one mail that are kept; further ones stay in the mailbox, unread


def _responses(session: Session, mail: Mail) -> Sequence[MailResponse]:
    return session.scalars(select(MailResponse).where(MailResponse.mail_id == mail.id)).all()


def _is_noted(noted: Sequence[MailResponse], response: Response) -> bool:
    return any((one.kind, one.words) == (response.kind, response.words) for one in noted)


def _note_response(session: Session, mail: Mail, response: Response) -> Mail | None:
    if mail.member is not None:  # of thousands nothing is noted; who calls it spam is asked no more
        if response.kind == "complaint":
            _suppress_member(session, mail, mail.member)
        return None
    noted = _responses(session, mail)
    if len(noted) >= MAX_RESPONSES or _is_noted(noted, response):
        return None
    now = db.clock(session)
    session.add(MailResponse(mail_id=mail.id, kind=response.kind, words=response.words, at=now))
    audit.log(session, mail.campaign, "clock", "response_came", mail.partner, detail=f"{mail.kind} {response.kind}")
    return mail


def _note_delay(session: Session, mail: Mail, bounce: Bounce, recipient: str) -> Mail | None:
    """That a server still tries, once and only while no report says that it gave up."""
    if mail.reported_at is not None or mail.delayed_at is not None:
        return None
    mail.delayed_at, mail.reply = db.clock(session), _reply(recipient, bounce)
    return mail


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
    if mail.member is not None:
        return mail.member.email
    if stranger := third_party_of(session, mail):
        return stranger.email
    return mail.addressee.email if mail.addressee is not None else mail.organizers_address


def _mark(session: Session, mail: Mail, bounce: Bounce, recipient: str) -> None:
    mail.bounced_at, mail.delayed_at = db.clock(session), None
    mail.reply = _reply(recipient, bounce)
    if not kinds.is_irrevocable(mail.kind):
        mail.due_at = None  # a second copy would come back too
    _log(session, mail, "bounced", bounce)


def _show(session: Session, mail: Mail, bounce: Bounce, recipient: str) -> Mail | None:
    """Once for each mail, so that nobody can fill the audit log with reports."""
    if mail.reported_at is not None:
        return None
    mail.reported_at, mail.delayed_at, mail.reply = db.clock(session), None, _reply(recipient, bounce)
    _log(session, mail, "reported", bounce)
    return mail


def _log(session: Session, mail: Mail, what: Literal["bounced", "reported"], bounce: Bounce) -> None:
    """Not for persons who add their voices: they may be thousands."""
    if mail.member_id is None:
        detail = f"{mail.kind} {bounce.status or 'without a status'}"
        audit.log(session, mail.campaign, "clock", what, mail.partner, detail=detail)


def _reply(recipient: str, bounce: Bounce) -> str:
    if bounce.kind == "unclear":
        return REPORT_PREFIX + NOT_UNDERSTOOD
    # Of who was erased nothing but the code: nobody knows what else to mask.
    return REPORT_PREFIX + (bounce_reports.masked(bounce.diagnostic, recipient) if recipient else bounce.status or "")
