"""The words of every mail: its template (`templates/mail/<kind>.<language>.md`), and what the template is given."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from worker.mail import kinds
from worker.mail.kinds import kind_named
from worker.mail.mime import Message
from worker.models import Mail
from worker.wording import addressee_mails, organizer_mails, partner_mails, person_mails
from worker.wording.mail_rows import BulkMail


def word_mail(session: Session, mail: Mail | BulkMail) -> Message:
    """What a row of the outbox says, read fresh; raises NothingToSay if nobody is to have it."""
    if word := FUNCTIONS.get(mail.kind):
        return word(session, mail)
    if isinstance(mail, BulkMail) or kind_named(mail.kind).audience == "partner":
        return partner_mails.to_partner(mail)
    return organizer_mails.to_organizers(session, mail)


# What says more than its audience's mails do by themselves. By the names of the kinds in `mail/kinds.py`.
FUNCTIONS: dict[str, Callable[[Session, Any], Message]] = {
    f.__name__: f
    for f in (
        partner_mails.invitation,
        partner_mails.amended,
        partner_mails.corrected,
        partner_mails.cancelled,
        partner_mails.taken_out,
        partner_mails.passed_on,
        partner_mails.merged,
        partner_mails.listing,
        person_mails.confirm,
        person_mails.voice,
        person_mails.voice_changed,
        person_mails.voice_again,
        partner_mails.receipt,
        partner_mails.copy,
        addressee_mails.letter,
        organizer_mails.closed,
        organizer_mails.report,
        organizer_mails.unreached,
        organizer_mails.mail_answered,
        organizer_mails.flood,
        organizer_mails.words,
        organizer_mails.outage,
        organizer_mails.erased,
        addressee_mails.digest,
        addressee_mails.single,
        organizer_mails.digest_ready,
        organizer_mails.digest_failed,
        organizer_mails.replies_moved,
        organizer_mails.letter_moved,
        organizer_mails.login,
    )
}
kinds.check_functions(FUNCTIONS)
