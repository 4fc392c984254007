"""What organizers do for one partner."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from worker.acts.contacts import add_contact, end_contact
from worker.acts.correct_address import change_address
from worker.acts.correct_listing import decide_name, present_listing, proposed_listing
from worker.acts.erase import erase_partner
from worker.acts.hand_out import note_handed_out
from worker.acts.resend import mail_once_more
from worker.acts.unsubscribe import allow_mail, silence_partner
from worker.definition.partners import MAX_LENGTH
from worker.models import Contact, Partner
from worker.state.answers import standing_answer
from worker.state.contacts import load_contacts_of
from worker.state.disclosures import is_untold
from worker.state.partner_changes import Corrected
from worker.state.refusals import NotAnAddress, SameAddress
from worker.text import addresses, characters, names, similar_names
from worker.text.languages import LANGUAGES
from worker.web.desk import by_hand_acts, merge_act
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.wording import handout
from worker.wording.acts import Before
from worker.wording.acts import partner as words
from worker.wording.organizers import O_


def _is_kept(at: At) -> bool:
    return at.its_partner.erased_at is None


# The address and the mail


def _correct_address(session: Session, at: At) -> Corrected:
    try:
        return change_address(session, at.its_partner.id, at.typed.get("email", ""))
    except NotAnAddress:
        raise Wrong(email="address wrong") from None
    except SameAddress:
        raise Wrong(email="address of it already") from None


def _before_correct_address(session: Session, at: At) -> Before:
    partner, email = at.its_partner, at.typed.get("email", "").strip()
    corrected = _correct_address(session, at)
    return words.correct_address(partner.organization, email, corrected, partner, at.campaign, at.language)


def _present_address(session: Session, at: At) -> dict[str, Any]:
    partner = at.its_partner
    return {"typed": {"email": partner.email if partner.email_hmac is not None else ""}}


def _mail_again(session: Session, at: At) -> object:
    return mail_once_more(session, at.its_partner.id)


def _before_mail_again(session: Session, at: At) -> Before:
    again = mail_once_more(session, at.its_partner.id)
    return words.mail_once_more(at.its_partner.organization, again, at.language)


def _silence(session: Session, at: At) -> None:
    silence_partner(session, at.its_partner.id)


def _before_silence(session: Session, at: At) -> Before:
    silence_partner(session, at.its_partner.id)
    return words.silence(at.its_partner.organization, at.campaign, at.language)


def _allow_mail(session: Session, at: At) -> object:
    return allow_mail(session, at.its_partner.id)


def _before_allow_mail(session: Session, at: At) -> Before:
    partner, had_unsubscribed = at.its_partner, at.its_partner.quiet_at is not None
    is_asked = allow_mail(session, partner.id)
    return words.allow_mail(
        partner.organization, had_unsubscribed=had_unsubscribed, is_asked=is_asked, language=at.language
    )


# The invitation, carried by a person


def _carry(session: Session, at: At) -> Mapping[str, Any]:
    note_handed_out(session, at.its_partner)
    return carried(session, at.its_partner, at.language)


def carried(session: Session, partner: Partner, language: str) -> Mapping[str, Any]:
    """What the page shows on which its invitation stands."""
    message = handout.as_message(session, partner)
    return {
        "message": message,
        "message_language": partner.language if partner.language in LANGUAGES else "en",
        "picture": handout.as_picture(partner),
        "care": words.care(partner.organization, language),
        "works_here_only": "127.0.0.1" in message,
    }


def _before_carry(session: Session, at: At) -> Before:
    _carry(session, at)
    partner = at.its_partner
    return words.carry(partner.organization, silenced=partner.silenced_at is not None, language=at.language)


# The name under which it asks to be printed


def _agreed(at: At) -> bool:
    if (said := at.typed.get("agreed")) not in {"yes", "no"}:
        raise Wrong(agreed="name choice missing")
    return said == "yes"


def _decide_name(session: Session, at: At) -> object:
    return decide_name(session, at.its_partner.id, agreed=_agreed(at))


def _before_decide_name(session: Session, at: At) -> Before:
    printed = _names(session, at)
    _decide_name(session, at)
    return words.decide_name(printed["present"], printed["asked"], agreed=_agreed(at), language=at.language)


def _names(session: Session, at: At) -> dict[str, Any]:
    partner = at.its_partner
    return {
        "present": names.in_all_languages(present_listing(partner)),
        "asked": names.in_all_languages(proposed_listing(partner)),
    }


# Who may answer for it


def _add_contact(session: Session, at: At) -> Contact:
    typed, wrong = at.typed, {}
    language, name = typed.get("language", ""), characters.tidy(typed.get("name", ""))
    if addresses.normalize(typed.get("email", "").strip())[1]:
        wrong["email"] = "address wrong"
    if code := names.wrong_with_person(typed.get("name", ""), MAX_LENGTH["contact"]):
        wrong["name"] = code
    if language not in LANGUAGES:
        wrong["language"] = "desk language unknown"
    if wrong:
        raise Wrong(**wrong)
    try:
        return add_contact(session, at.its_partner.id, typed.get("email", ""), language=language, name=name)
    except SameAddress:
        raise Wrong(email="answers already") from None


def _before_add_contact(session: Session, at: At) -> Before:
    contact, partner = _add_contact(session, at), at.its_partner
    return words.add_contact(
        partner.organization, contact.email, contact.language, is_told=partner.takes_alerts, language=at.language
    )


def _its_language(session: Session, at: At) -> dict[str, Any]:
    spoken = [(one.code, one.endonym) for one in LANGUAGES.values()]
    return {"spoken": spoken, "typed": {"language": at.its_partner.language}}


def _living_contacts(session: Session, at: At) -> dict[str, tuple[Contact, int]]:
    """Those whose links live, by their number as it is typed."""
    found = load_contacts_of(session, at.its_partner)
    return {str(number): (one, number) for number, one in enumerate(found, 1) if one.ended_at is None}


def _contact(session: Session, at: At) -> tuple[Contact, int]:
    if (found := _living_contacts(session, at).get(at.typed.get("contact", ""))) is None:
        raise Wrong(contact="contact choice missing")
    return found


def _end_contact(session: Session, at: At) -> Contact:
    return end_contact(session, at.its_partner.id, _contact(session, at)[0].id)


def _before_end_contact(session: Session, at: At) -> Before:
    partner, (contact, number) = at.its_partner, _contact(session, at)
    called = words.contact_called(contact.email, number, at.language)
    standing = standing_answer(session, partner.id)
    _end_contact(session, at)
    answered = standing is not None and standing.contact_id == contact.id
    return words.end_contact(partner.organization, called, answered=answered, language=at.language)


def _contacts_to_end(session: Session, at: At) -> dict[str, Any]:
    living = _living_contacts(session, at).values()
    called = [(one, number, words.contact_called(one.email, number, at.language)) for one, number in living]
    return {"living": [(str(number), f"{one.name}, {said}".removeprefix(", ")) for one, number, said in called]}


# Its end


def _erase(session: Session, at: At) -> bool:
    typed, name = at.typed.get("name", ""), at.its_partner.organization
    if _same(typed) != _same(name):
        raise Wrong(name="confirming name wrong")
    return erase_partner(session, at.its_partner.id)


def _same(name: str) -> str:
    return similar_names.same_name(name) or name.strip()


def _before_erase(session: Session, at: At) -> Before:
    partner = at.its_partner
    called, further = partner.organization, len(load_contacts_of(session, partner))
    untold = is_untold(session, at.campaign, partner)
    its_name = _erase(session, at)
    return words.erase(called, further, its_name=its_name, is_untold=untold, language=at.language)


ACTS = (
    *by_hand_acts.ACTS,
    DeskAct(
        "mail-again",
        O_("Send its email with the link again"),
        "partners",
        _before_mail_again,
        _mail_again,
        sends=True,
        of_partner=True,
        fits=lambda at: at.its_partner.takes_mail,
        watches="partner",
    ),
    DeskAct(
        "carry",
        O_("Bring its invitation in another way"),
        "partners",
        _before_carry,
        _carry,
        is_dangerous=True,
        of_partner=True,
        fits=lambda at: at.campaign.takes_answers(at.visitor.now) and _is_kept(at),
        watches="partner",
        wakes=(),
        done_page="carried",
    ),
    DeskAct(
        "address",
        O_("Correct its address"),
        "partners",
        _before_correct_address,
        _correct_address,
        form_page="address",
        form=_present_address,
        sends=True,
        is_dangerous=True,
        of_partner=True,
        fits=_is_kept,
        watches="partner",
    ),
    DeskAct(
        "name",
        O_("Say yes or no to the name that it asks for"),
        "partners",
        _before_decide_name,
        _decide_name,
        form_page="name",
        form=_names,
        of_partner=True,
        fits=lambda at: at.its_partner.proposed is not None,
        watches="partner",
        wakes=(),
    ),
    DeskAct(
        "add-contact",
        O_("Let one more person answer for it"),
        "partners",
        _before_add_contact,
        _add_contact,
        form_page="add_contact",
        form=_its_language,
        sends=True,
        is_dangerous=True,
        of_partner=True,
        fits=lambda at: (
            at.campaign.takes_answers(at.visitor.now) and _is_kept(at) and at.its_partner.silenced_at is None
        ),
        watches="partner",
    ),
    DeskAct(
        "end-contact",
        O_("End the link of one person"),
        "partners",
        _before_end_contact,
        _end_contact,
        form_page="end_contact",
        form=_contacts_to_end,
        of_partner=True,
        fits=_is_kept,
        watches="partner",
        wakes=(),
    ),
    DeskAct(
        "silence",
        O_("Stop all email to it"),
        "partners",
        _before_silence,
        _silence,
        of_partner=True,
        fits=lambda at: at.its_partner.silenced_at is None and _is_kept(at),
        watches="partner",
        wakes=(),
    ),
    DeskAct(
        "allow-mail",
        O_("Allow email to it again"),
        "partners",
        _before_allow_mail,
        _allow_mail,
        sends=True,
        of_partner=True,
        fits=lambda at: bool(at.its_partner.silenced_at or at.its_partner.quiet_at) and _is_kept(at),
        watches="partner",
    ),
    *merge_act.ACTS,
    DeskAct(
        "erase",
        O_("Erase its records"),
        "partners",
        _before_erase,
        _erase,
        form_page="erase_partner",
        is_dangerous=True,
        of_partner=True,
        fits=_is_kept,
        watches="partner",
        wakes=("scrub",),
        then=O_("Please erase your own files too: its line in the list, exports, emails. Older backups still hold it."),
    ),
)
