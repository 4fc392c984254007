"""The words of mails to partners and to their contacts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from worker import tokens
from worker.mail.kinds import kind_named
from worker.mail.mime import Attachment, Message, NothingToSay
from worker.models import Answer, Contact, Mail, Partner
from worker.state import recipients
from worker.state.answers import standing_answer
from worker.state.disclosures import had_left_by, load_disclosures
from worker.state.facts import CampaignFacts, load_facts
from worker.state.last_read import load_last_read
from worker.state.letters import LEFT, load_letters, served
from worker.state.lifecycle import BEYOND_RECALL
from worker.state.listings import changes_told_by, was_undone
from worker.text import dates, names
from worker.wording.changes import Changes, changes_since
from worker.wording.letter import letter_language, to_whom
from worker.wording.mail_rows import BulkMail, is_alert
from worker.wording.mail_template import attach_public_letter, fill_template, require_not_over


def invitation(session: Session, mail: Mail | BulkMail) -> Message:
    """Asks a partner for its answer; after it disowned one, first says why link and code are new."""
    partner = mail.partner
    return to_partner(mail, renewed=partner is not None and partner.disowned_at == mail.dated_at)


def amended(session: Session, mail: Mail) -> Message:
    """Asks a partner again, because the letter means something else now; with what changed since it read it."""
    return to_partner(mail, answer=mail.answer, changes=_changes(session, mail))


def corrected(session: Session, mail: Mail) -> Message:
    """Tells a partner that signed that a typo in the letter was corrected."""
    return to_partner(mail, changes=_changes(session, mail))


def cancelled(session: Session, mail: Mail | BulkMail) -> Message:
    """Tells whoever was asked that the letter will not be sent; nobody whom no other mail reached.

    One that wants no mail hears it too if its organization signs: it is put for none other.
    """
    if not recipients.has_heard(session, mail.id):
        raise NothingToSay
    return to_partner(mail, is_alert=mail.contact is None)


def taken_out(session: Session, mail: Mail) -> Message:
    """Tells a partner that it is not asked any more; nobody whom no other mail reached."""
    if not recipients.has_heard(session, mail.id):
        raise NothingToSay
    return to_partner(mail)


def passed_on(session: Session, mail: Mail) -> Message:
    """Brings a partner's invitation to a further contact; who typed the address is said, and why a link is new."""
    contact = mail.contact
    by_organizer = contact is not None and contact.added_by == "organizer"
    return to_partner(mail, by_organizer=by_organizer, renewed=contact is not None and contact.generation > 1)


def merged(session: Session, mail: Mail) -> Message:
    """Tells that two entries were one organization: what stands as it is read, and that others may answer too."""
    assert mail.partner_id is not None
    return to_partner(mail, answer=standing_answer(session, mail.partner_id))


def listing(session: Session, mail: Mail) -> Message:
    """Tells the registered contact what a link changed of how the partner is printed; and nothing else of it."""
    changes = changes_told_by(session, mail)
    if not changes:
        raise NothingToSay
    return to_partner(mail, fields=changes, undone=was_undone(session, mail))


def receipt(session: Session, mail: Mail) -> Message:
    """Tells a partner what was recorded in its name, and that it can be changed."""
    answer, departed, departure = mail.answer, False, None
    if answer is not None and mail.campaign.closed_at is not None:
        facts = load_facts(session, mail.campaign)
        departed = had_left_by(mail.campaign, facts.letters, answer.at)
        if answer.at > mail.campaign.closed_at:
            departure = _departure(session, facts, answer, mail.language)
    through = answer.contact if answer and answer.contact_id != mail.contact_id else None
    return to_partner(
        mail,
        is_alert=is_alert(session, mail),
        answer=answer,
        departed=departed,
        departure=departure,
        was_public=answer is not None and answer.replaces is not None and answer.replaces.visibility == "public",
        through=through,
    )


@dataclass(frozen=True)
class Departure:
    """What has gone before an answer, and says more of its partner: named there, or counted only."""

    naming: bool
    to: list[str]
    """Who has it, with the day; the names alone where of one it is not known."""
    is_doubtful: bool
    organizers_are_told: bool
    more_to_send: bool
    """Whether an addressee is still to get the letter."""


def _departure(session: Session, facts: CampaignFacts, answer: Answer, language: str) -> Departure | None:
    campaign = facts.campaign
    found = load_disclosures(session, {campaign: facts.letters}, {answer.partner_id: (campaign, answer)})
    disclosure = found[answer.partner_id]
    to = disclosure.naming or disclosure.counting
    if not to:
        return None
    has_it = {one.addressee.name: one.at for one in facts.served if one.has_it and one.at is not None}
    called = {one.name: one.name_in(language) for one in campaign.letter.addressees}
    is_doubtful = not has_it.keys() >= set(to)
    days = {} if is_doubtful else {one: f" ({dates.date(has_it[one], campaign.zone, language)})" for one in to}
    to = [called[one] + days.get(one, "") for one in to]
    more_to_send = any(one.state not in LEFT | {"uncertain"} for one in facts.served)
    return Departure(bool(disclosure.naming), to, is_doubtful, facts.stage in BEYOND_RECALL, more_to_send)


def copy(session: Session, mail: Mail) -> Message:
    """Brings the letter as it was sent to a partner that signed it; without it once it names somebody too many."""
    attachments = attach_public_letter(session, mail, letter_language(mail.campaign, mail.language))
    went, still = _who_has_it(session, mail)
    return to_partner(mail, attachments, whole=bool(attachments), went=went, still=still)


def to_partner(
    mail: Mail | BulkMail, attachments: list[Attachment] | None = None, *, is_alert: bool = False, **context: Any
) -> Message:
    """A mail to a contact of a partner, with the link it was put for or not at all.

    `is_alert`: it is told whatever silence its reader's link asked for, as a kind of that name always is.
    """
    require_not_over(mail)
    partner, reader = mail.partner, mail.contact or mail.partner
    if partner is None or reader is None or not reader.email or partner.silenced_at is not None:
        raise NothingToSay
    if (partner.taken_out_at is not None) != (mail.kind == "taken_out"):
        raise NothingToSay  # it is told that it was taken out, and nothing else
    if mail.generation not in {None, reader.generation} or (isinstance(reader, Contact) and reader.ended_at):
        raise NothingToSay  # that link was revoked, and whoever reads it has no claim to another
    if reader.quiet_at is not None and not (is_alert or kind_named(mail.kind).alert):
        raise NothingToSay
    unsubscribe = tokens.link(reader, "quiet")
    personal = {
        "contact": reader.name if isinstance(reader, Contact) else partner.contact,
        "organization": partner.organization,
        "link": tokens.link(reader),
        "mail_code": tokens.printed_code(reader),
        "long_code": tokens.printed_long_code(reader),
        "row": names.unlinked(names.signatory(partner, mail.language, mail.campaign.authentic)),
        "unsubscribe": unsubscribe if reader.quiet_at is None else "",
        "elsewhere": dates.elsewhere(mail.campaign.deadline_at, mail.campaign.zone, partner.country, mail.language),
    }
    context |= {"silent": reader.quiet_at is not None}
    return fill_template(mail, reader.email, attachments or [], personal, context, unsubscribe)


def _who_has_it(session: Session, mail: Mail) -> tuple[str, str]:
    """To whom the letter went and to whom it did not yet, as far as anybody knows at this moment; in words."""
    addressees, still = mail.campaign.letter.addressees, []
    if len(addressees) > 1:
        those = served(mail.campaign, load_letters(session, mail.campaign))
        addressees = [one.addressee for one in those if one.state in LEFT]
        still = [one.addressee.name_in(mail.language) for one in those if one.state not in LEFT]
    return to_whom(addressees, mail.language), dates.listed(still, mail.language)


def _changes(session: Session, mail: Mail) -> Changes | None:
    """What was changed in the letter since its reader read it; null if nobody knows what that was."""
    read = load_last_read(session, mail.campaign, mail.dated_at, Partner.id == mail.partner_id)
    before = read.get((mail.partner_id, mail.contact_id))
    if before is None or before is mail.campaign.letter:
        return None
    return changes_since(mail.campaign, before, mail.language)
