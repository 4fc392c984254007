"""Where a campaign stands, in words for organizers: its partners in numbers, and what became of its letter."""

from collections.abc import Iterator

from worker.state.board import Filter
from worker.state.counts import Counts
from worker.state.letters import ServedState
from worker.text.numbers import grouped
from worker.wording.organizers import O_, On_, catalogue

SERVED: dict[ServedState, str] = {
    "waiting": O_("will be sent by email"),
    "to_bring": O_("no email address: you bring it"),
    "queued": O_("waits to be sent"),
    "sending": O_("is being handed over"),
    "uncertain": O_("it may have arrived"),
    "refused": O_("its server refused it"),
    "returned": O_("it came back"),
    "sent": O_("has it"),
    "brought": O_("has it, by hand"),
}
"""What became of the letter for one addressee."""

_COUNTED: tuple[tuple[Filter, str, tuple[str, str]], ...] = (
    ("signed", "signed", On_("%(n)s signed", "%(n)s signed")),
    ("wishes", "wish_a_change", On_("%(n)s asks for a change of the text", "%(n)s ask for a change of the text")),
    ("declined", "declined", On_("%(n)s declined", "%(n)s declined")),
    ("withdrawn", "withdrawn", On_("%(n)s withdrew its signature", "%(n)s withdrew their signatures")),
    ("silent", "silent", On_("%(n)s has not answered", "%(n)s have not answered")),
    ("no_address", "by_hand", On_("%(n)s has no email address", "%(n)s have no email address")),
    ("not_reached", "unreached", On_("no email reaches %(n)s", "no email reaches %(n)s")),
    (
        "may_not_have_arrived",
        "may_not_have_arrived",
        On_("an email to %(n)s may not have arrived", "emails to %(n)s may not have arrived"),
    ),
)


def served(state: ServedState, language: str = "en") -> str:
    """What became of the letter for one addressee, to be said after its name."""
    return catalogue(language).gettext(SERVED[state])


def what_to_do(state: ServedState, language: str = "en") -> str:
    """What a person can do so that an addressee has the letter; empty where nothing waits for a person."""
    return catalogue(language).gettext(_TO_DO[state]) if state in _TO_DO else ""


_TO_DO: dict[ServedState, str] = {
    "to_bring": O_("Print the PDF and bring it. Then record that it arrived."),
    "uncertain": O_("Ask whether it is there. If so, record that it arrived; if not, send it once more."),
    "refused": O_("Send it now to try again. Or print the PDF, bring it, and record that it arrived."),
    "returned": O_("Print the PDF and bring it. Then record that it arrived."),
}


def partners(counts: Counts, language: str = "en") -> str:
    """`60 partners`."""
    return catalogue(language).ngettext(*_PARTNERS, counts.partners) % {"n": grouped(counts.partners, language)}


_PARTNERS = On_("%(n)s partner", "%(n)s partners")


def numbers(counts: Counts, language: str = "en") -> Iterator[tuple[Filter, str]]:
    """The numbers of partners that are not zero, each with the filter of the board that shows them; who signed first.

    How many signed is told even if nobody did.
    """
    words, told = catalogue(language), counts.as_json()
    for which, name, said in _COUNTED:
        if told[name] or which == "signed":
            yield which, words.ngettext(*said, told[name]) % {"n": grouped(told[name], language)}
