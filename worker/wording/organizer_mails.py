"""The words of mails to organizers."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.mail.mime import Message, NothingToSay
from worker.models import Mail, RelayHealth
from worker.state.backups import find_older_backups
from worker.state.facts import load_facts
from worker.state.joining import FIRST_OF_CAMPAIGN, NOBODY, load_joining
from worker.state.letters import LEFT
from worker.state.members import count_in_seal as count_members_in_seal
from worker.state.members import is_in_letter
from worker.state.responses import count_answered
from worker.state.signatories import count_in_seal
from worker.state.status import count_unreached
from worker.state.waiting_words import count_waiting_words
from worker.tokens import Url
from worker.wording import digests
from worker.wording.drafts import word_draft
from worker.wording.letter import file_title
from worker.wording.mail_template import attach_public_letter, fill_template


def closed(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter is sealed, and how many sign it as this seal has it."""
    return to_organizers(session, mail, **_signing(session, mail))


def report(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter has left, and under how many organizations, whoever stepped back since."""
    return to_organizers(session, mail, **_signing(session, mail))


def unreached(session: Session, mail: Mail) -> Message:
    """Tells the organizers how many partners no mail reached, or may not have; their names stay in `status`."""
    found = count_unreached(session, mail.campaign)
    return to_organizers(session, mail, unreached=found.lost, doubtful=found.unknown, returned=found.in_doubt)


def mail_answered(session: Session, mail: Mail) -> Message:
    """Tells the organizers of how many our mails were answered by mail; who wrote what stays in `status`."""
    return to_organizers(session, mail, answers=count_answered(session, mail.campaign))


def flood(session: Session, mail: Mail) -> Message:
    """Tells the organizers that very many ask to sign all at once; the names of who confirms stay in `status`."""
    campaign_id = mail.campaign_id
    now = load_joining(session, [campaign_id], db.clock(session)).get(campaign_id, NOBODY)
    return to_organizers(session, mail, many=FIRST_OF_CAMPAIGN, unconfirmed=now.unconfirmed)


def words(session: Session, mail: Mail) -> Message:
    """Tells the organizers how many wrote own words that wait; who wrote what stays in the command."""
    waiting = count_waiting_words(session, mail.campaign)
    if not waiting:
        raise NothingToSay
    return to_organizers(session, mail, waiting=waiting)


def outage(session: Session, mail: Mail) -> Message:
    """Tells the organizers since when the relay took no mail, and that nothing was lost."""
    return to_organizers(session, mail, post=session.get_one(RelayHealth, 1))


def login(session: Session, mail: Mail) -> Message:
    """Brings an organizer the code that opens the desk, as long as it may still be taken; it speaks of no campaign."""
    asked, conf = mail.login, settings.current()
    if asked is None or asked.organizer is None or asked.used_at is not None or not asked.organizer.email:
        raise NothingToSay
    sender = SimpleNamespace(from_name=THE_PROGRAM, reply_to=conf.mail_from)
    personal = {
        "contact": asked.organizer.name,
        "organization": "",
        "link": Url(f"{conf.public_url.rstrip('/')}/desk/code"),
        "mail_code": tokens.printed_login_code(asked.ref),
    }
    draft = word_draft(mail.kind, mail.language, sender, personal, {})
    text, page = draft.filled(personal)
    return Message(asked.organizer.email, draft.subject, text, page, sender.from_name, sender.reply_to)


THE_PROGRAM = "Undersigned"


def replies_moved(session: Session, mail: Mail) -> Message:
    """Tells the former address, and each owner, that replies go elsewhere; an answer to this must not go there."""
    return _to_one(session, mail)


def letter_moved(session: Session, mail: Mail) -> Message:
    """Tells the organizers, and each owner, that an addressee's email address was changed."""
    return _to_one(session, mail)


def erased(session: Session, mail: Mail) -> Message:
    """Tells the organizers that names were erased, what is theirs to erase, and which backups still hold them."""
    found = find_older_backups(mail.campaign.erased_at or mail.dated_at)
    return to_organizers(
        session, mail, makes_backups=found.made_here, oldest_backup=found.oldest, backups_until=found.until
    )


def digest_ready(session: Session, mail: Mail) -> Message:
    """Shows the organizers what the addressee is to be told of members, whole, before it leaves."""
    waiting = digests.mail_of(session, mail)
    if waiting is not None and waiting.kind == "single":
        return to_organizers(session, mail, singly=True, **digests.singles_context(session, waiting))
    if waiting is None or waiting.due_at is None:
        raise NothingToSay  # it was called back, or has left
    shown = digests.digest_context(session, waiting, with_link=False)
    return to_organizers(session, mail, singly=False, leaves_at=waiting.due_at, **shown)


def digest_failed(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a mail about members may not have arrived, and that no other goes until they decide."""
    return to_organizers(session, mail, states=digests.failed_states(session, mail.campaign))


def to_organizers(session: Session, mail: Mail, **context: Any) -> Message:
    """A mail to the people who run the campaign; with the public letter, until that names somebody too many."""
    attachments = []
    if mail.seal_number is not None:
        attachments = attach_public_letter(session, mail, title=file_title(mail.campaign, confidential=False))
    facts = load_facts(session, mail.campaign)
    left = [one for one in facts.served if one.state not in LEFT]
    seen = {
        "letters": facts.letters,
        "signed": facts.signed,
        "whole": bool(attachments),
        "visibility": facts.signing,
        "served": facts.served,
        "have": sum(one.has_it for one in facts.served),
        "in_doubt": any(one.state == "uncertain" for one in facts.served),
        "goes_by_mail": any(one.addressee.email for one in left),
    }
    return fill_template(mail, mail.organizers_address, attachments, {}, seen | context)


def _to_one(session: Session, mail: Mail) -> Message:
    if not mail.organizers_address:
        raise NothingToSay
    return replace(to_organizers(session, mail), reply_to=settings.current().mail_from)


def _signing(session: Session, mail: Mail) -> dict[str, Any]:
    """The numbers of the seal that a mail speaks of; of persons, null where the letter says none."""
    found = count_in_seal(session, mail.campaign, mail.seal_number)
    return {"signed": sum(found.values()), "visibility": found, "members": _members(session, mail)}


def _members(session: Session, mail: Mail) -> int | None:
    if not is_in_letter(mail.campaign):
        return None
    return count_members_in_seal(session, mail.campaign, mail.seal_number)
