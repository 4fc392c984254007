"""What becomes of the letter: sent, brought, answered, sent again; replies of addressees, and the campaign's end."""

from typing import Any

from sqlalchemy.orm import Session

from worker.acts import dispatch as acts
from worker.acts import erase
from worker.acts.export import export_signatures
from worker.acts.note_reply import add_reply
from worker.acts.note_told import note_notices_told
from worker.models import Addressee
from worker.state.blockers import overridable
from worker.state.erasing import load_erasing
from worker.state.facts import as_sealed, load_facts
from worker.state.letters import load_doubted, load_seal_had, to_note
from worker.state.recipients import count_waiting
from worker.state.refusals import NotUncertain
from worker.state.replies import load_last_reply
from worker.text import days
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.web.desk.fields import filled_in
from worker.wording.acts import Before, erasing
from worker.wording.acts import letter as words
from worker.wording.organizers import O_, catalogue

ALL = "all"
"""Chosen in the place of an addressee: every one that does not have the letter."""


def _dispatch(session: Session, at: At) -> object:
    return acts.dispatch_now(session, at.campaign.id)


def _before_dispatch(session: Session, at: At) -> Before:
    facts = load_facts(session, at.campaign)
    overridden = overridable(facts)
    return words.dispatch(facts, acts.dispatch_now(session, at.campaign.id), overridden, at.language)


def _chosen(at: At) -> Addressee | None:
    """The addressee that was chosen; null for all of them."""
    typed = at.typed.get("addressee", "")
    return next((one for one in at.campaign.letter.addressees if str(one.id) == typed), None)


def _note_arrived(session: Session, at: At) -> list[str]:
    chosen = _chosen(at)
    if chosen is None and at.typed.get("addressee") != ALL:
        raise Wrong(addressee="addressee missing")
    number = chosen.id if chosen else None
    return filled_in(lambda: acts.note_brought_by_hand(session, at.campaign.id, number, at.typed.get("on", "")))


def _before_arrived(session: Session, at: At) -> Before:
    facts, chosen = load_facts(session, at.campaign), _chosen(at)
    overridden, is_first = overridable(facts), at.campaign.dispatched_at is None
    settles = not to_note(at.campaign, facts.letters, chosen.id if chosen else None)
    names = _note_arrived(session, at)
    if settles:
        return words.settled(names, at.language)
    had = load_seal_had(session, at.campaign, names[0])
    facts = as_sealed(session, facts, had and had.number)
    return words.brought(facts, names, overridden, had, is_first=is_first, language=at.language)


def _addressees(at: At, *, with_all: bool) -> dict[str, Any]:
    """The choices of a form, and the one that is made where there is no other."""
    those = at.campaign.letter.addressees
    options = [(str(one.id), one.name_in(at.language)) for one in those]
    if with_all and len(those) > 1:
        options.append((ALL, catalogue(at.language).gettext(O_("All that do not have it yet"))))
    today = days.day_at(at.visitor.now, at.campaign.zone).isoformat()
    return {"options": options, "typed": {"addressee": options[0][0] if len(options) == 1 else "", "on": today}}


def _resend(session: Session, at: At) -> None:
    if not acts.resend_letter(session, at.campaign.id):
        raise NotUncertain


def _before_resend(session: Session, at: At) -> Before:
    doubted = load_doubted(session, at.campaign)
    _resend(session, at)
    return words.resend(doubted.names, doubted.older_seal, at.language)


def _note_told(session: Session, at: At) -> object:
    return note_notices_told(session, at.campaign.id)


def _before_told(session: Session, at: At) -> Before:
    return words.told(note_notices_told(session, at.campaign.id), at.language)


def _note_reply(session: Session, at: At) -> object:
    chosen, on, text = _chosen(at), at.typed.get("on", ""), at.typed.get("text", "")
    if chosen is None:
        raise Wrong(addressee="addressee missing")
    return filled_in(lambda: add_reply(session, at.campaign.id, chosen.id, on, text))


def _before_reply(session: Session, at: At) -> Before:
    _note_reply(session, at)
    return words.reply(load_last_reply(session, at.campaign), at.campaign.zone, at.language)


def _erase(session: Session, at: At) -> int:
    """Erased at once, or once whoever was asked was told that it is cancelled; for how many mails that waits."""
    if at.typed.get("slug", "").strip() != at.campaign.slug:
        raise Wrong(slug="campaign name wrong")
    tells = at.campaign.cancelled_at is not None and not at.typed.get("tell_nobody")
    if waiting := erase.give_up(session, at.campaign.id) if tells else 0:
        return waiting
    erase.erase_campaign(session, at.campaign.id)
    return 0


def _before_erase(session: Session, at: At) -> Before:
    found, tells_nobody = load_erasing(session, at.campaign), bool(at.typed.get("tell_nobody"))
    told = _erase(session, at)
    names = erase.erase_campaign(session, at.campaign.id)
    return erasing.erase_campaign(
        found,
        names,
        ends=at.campaign.dispatched_at is None,
        told=told,
        tells_nobody=tells_nobody,
        language=at.language,
    )


def _erase_form(session: Session, at: At) -> dict[str, Any]:
    return {"waiting": count_waiting(session, at.campaign, "cancelled")}


def _is_over(at: At) -> bool:
    return at.campaign.erased_at is None and bool(at.campaign.dispatched_at or at.campaign.cancelled_at)


def _ask_to_export(session: Session, at: At) -> object:
    return export_signatures(session, at.campaign, "csv")


def _before_asking_to_export(session: Session, at: At) -> Before:
    return words.ask_to_export(at.language)


def _is_sealed_or_was(at: At) -> bool:
    campaign = at.campaign
    return campaign.closed_at is not None and campaign.cancelled_at is None and campaign.erased_at is None


ACTS = (
    DeskAct(
        "dispatch",
        O_("Send the letter now"),
        "letter",
        _before_dispatch,
        _dispatch,
        needs="owner",
        sends=True,
        is_dangerous=True,
        below="letter",
        fits=_is_sealed_or_was,
        watches="everything",
        then=O_("It leaves within a minute. This page says when an addressee has it."),
    ),
    DeskAct(
        "resend-letter",
        O_("Send the letter once more"),
        "letter",
        _before_resend,
        _resend,
        needs="owner",
        sends=True,
        below="letter",
        fits=_is_sealed_or_was,
        watches="everything",
        then=O_("It leaves within a minute."),
        wakes_for_it=("dispatch",),
    ),
    DeskAct(
        "letter-arrived",
        O_("Record that the letter arrived"),
        "letter",
        _before_arrived,
        _note_arrived,
        form_page="letter_arrived",
        form=lambda session, at: _addressees(at, with_all=True),
        sends=True,
        below="letter",
        fits=_is_sealed_or_was,
        watches="everything",
        wakes_for_it=("report",),
    ),
    DeskAct(
        "notice-told",
        O_("Record that the addressees were told who stepped back"),
        "letter",
        _before_told,
        _note_told,
        below="letter",
        fits=_is_sealed_or_was,
        watches="everything",
        wakes=(),
    ),
    DeskAct(
        "reply",
        O_("Note a reply of an addressee"),
        "letter",
        _before_reply,
        _note_reply,
        form_page="reply",
        form=lambda session, at: _addressees(at, with_all=False),
        below="letter",
        fits=_is_sealed_or_was,
        then=O_("It stands on the letter’s page."),
        wakes=(),
    ),
    DeskAct(
        "ask-to-export",
        O_("Ask a second person to take out who signed"),
        "letter",
        _before_asking_to_export,
        _ask_to_export,
        needs="owner",
        below="letter",
        fits=lambda at: at.campaign.two_persons and at.campaign.erased_at is None,
    ),
    DeskAct(
        "erase",
        O_("Erase the campaign"),
        "end",
        _before_erase,
        _erase,
        form_page="erase",
        form=_erase_form,
        needs="owner",
        is_dangerous=True,
        fits=_is_over,
        watches="everything",
        then=O_("Please erase your own files too: the list of partners, exports, emails. Backups hold it for a while."),
        wakes=("deliver", "scrub"),
    ),
)
