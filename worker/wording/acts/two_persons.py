"""What waits for a second person: the act in words, what was typed for it, and what it would do now."""

from collections.abc import Mapping
from typing import Any

from worker.state.approvals import ACTS, ActOfTwo
from worker.text.numbers import grouped
from worker.wording import settings
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue

NAMES: dict[str, str] = {
    "dispatch": O_("send the letter before its time"),
    "brought": O_("record before its time that the letter was brought"),
    "close": O_("close before the deadline"),
    "earlier": O_("make the deadline earlier"),
    "settings": O_("wait less before the letter is sent, or have replies go to another address"),
    "show_more": O_("show more of an organization"),
    "address": O_("correct the address of an organization that withheld its name"),
    "contact": O_("let one more person answer for an organization that withheld its name"),
    "carry": O_("bring the invitation of an organization that withheld its name"),
    "merge": O_("merge two partners of which one withheld its name"),
    "export": O_("take out withheld names"),
    "end_panic": O_("end the panic"),
    "erase": O_("erase the campaign"),
    "erase_after_telling": O_("erase the campaign once everybody was told"),
    "two_persons_off": O_("let one person be enough"),
}
assert set(NAMES) == set(ACTS)
_LABELS: dict[str, str] = {
    "partner": O_("Organization"),
    "other": O_("Merged with"),
    "email": O_("Email address"),
    "name": O_("Name"),
    "visibility": O_("Who may see its name"),
    "representative": O_("Who signs for it"),
    "role": O_("Role"),
    "note": O_("How it reached you"),
    "language": O_("Language"),
    "deadline": O_("New deadline"),
    "addressee": O_("Addressee"),
    "on": O_("Day on which it was brought"),
    "what": O_("What is taken out"),
    "give_up": O_("Also if the letter was not sent"),
    **settings.LABELS,
}
_VALUES: dict[Any, str] = {
    "public": O_("everyone"),
    "addressee": O_("the addressee only"),
    "counted": O_("nobody: it is counted"),
    "signatures": O_("the list of who signs, with who signed for it"),
    "documents": O_("the sealed letter, with the names that only the addressee may see"),
    True: O_("yes"),
    False: O_("no"),
    None: O_("none"),
}


def in_words(act: ActOfTwo, language: str = "en") -> str:
    """The act, as a verb."""
    return catalogue(language).gettext(NAMES[act])


def typed(fields: Mapping[str, Any], known: Mapping[str, str], language: str = "en") -> list[tuple[str, str]]:
    """What was typed, each with its label; `known` has words for what stands there as a number or a moment."""
    words = catalogue(language)
    found = [(words.gettext(_LABELS[name]), name) for name in fields]
    return [(label[:1].upper() + label[1:], known.get(name) or _value(fields[name], language)) for label, name in found]


def before(act: ActOfTwo, numbers: Mapping[str, Any], language: str = "en") -> Before:
    """What it would do at this moment."""
    words, lines = catalogue(language), list[str]()
    if act in {"dispatch", "brought"}:
        goes = On_("The letter of %(n)s organization.", "The letter of %(n)s organizations.")
        lines.append(words.ngettext(*goes, numbers["signed"]) % {"n": grouped(numbers["signed"], language)})
        named = O_("%(public)s named for everyone, %(addressee)s for the addressee only, %(counted)s not named.")
        lines.append(words.gettext(named) % numbers["visibilities"])
    if act == "close":
        lines.append(words.gettext(O_("Nobody can sign after that. The letter is sealed.")))
    if act == "show_more":
        lines.append(words.gettext(O_("Its name is shown to more people than it agreed to before.")))
    if act in {"address", "contact", "carry", "merge"}:
        lines.append(words.gettext(O_("Who gets its link can answer for it, also so that everybody sees its name.")))
    if act == "carry":
        lines.append(words.gettext(O_("You get the invitation now, and bring it.")))
    if act == "export":
        lines.append(words.gettext(O_("You get the file now. It names those who withheld their name: keep it safe.")))
    if act in {"erase", "erase_after_telling"}:
        lines.append(words.gettext(O_("Contacts and withheld names go, and cannot be brought back.")))
    if act == "two_persons_off":
        lines.append(words.gettext(O_("From then on one person alone can do all of this.")))
    return Before(in_words(act, language), lines, words.gettext(O_("Yes, do it now")))


def filed_by_command(number: int, act: ActOfTwo, fields: Mapping[str, Any]) -> str:
    """What a command says in place of doing it."""
    said = f"Not done: this campaign wants two persons. A command only asks (request {number}: {NAMES[act]})."
    if act == "export":
        said += " Who agrees gets the file at the desk."
    return f"{said} An owner who logs in by email says yes at the desk within 48 hours, and then it is done."


def _value(value: Any, language: str) -> str:
    return catalogue(language).gettext(_VALUES[value]) if value in _VALUES else str(value)


def switch(*, on: bool, owners: int, language: str = "en") -> Before:
    """`owners`: how many persons could say yes."""
    words = catalogue(language)
    if not on:
        lines = [words.gettext(O_("From then on one person is enough for everything."))]
        return Before(words.gettext(O_("Is one person enough?")), lines, words.gettext(O_("Let one person be enough")))
    lines = [
        words.gettext(
            O_(
                "From then on a second owner has to say yes at the desk before the letter is closed or sent before its "
                "time, more of a partner is shown, withheld names are taken out, a panic ends, or all is erased."
            )
        )
    ]
    if owners < 2:
        few = On_(
            "Only %(n)s owner can log in by email: add others.", "Only %(n)s owners can log in by email: add others."
        )
        lines.append(words.ngettext(*few, owners) % {"n": owners})
    return Before(words.gettext(O_("Want two persons?")), lines, words.gettext(O_("Want two persons")))
