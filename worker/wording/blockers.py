"""What stands in the way of the letter, as a sentence for organizers."""

from collections.abc import Callable, Mapping
from typing import Any

from worker.state.blockers import Blocker, BlockerCode
from worker.text import dates


def sentence(blocker: Blocker) -> str:
    """One sentence, without a command; the command line adds what to type."""
    return _SENTENCES[blocker.code](blocker.facts)


_SENTENCES: dict[BlockerCode, Callable[[Mapping[str, Any]], str]] = {
    "cancelled": lambda f: "The campaign is cancelled.",
    "erased": lambda f: "The sealed letter was erased: nothing can be sent any more.",
    "not_closed": lambda f: "It is not closed yet.",
    "no_seal": lambda f: "The seal is being made again, because an organization withdrew.",
    "held": lambda f: "It is held.",
    "nobody_signed": lambda f: "Nobody signed: there is no letter to send.",
    "uncertain": lambda f: "The letter may have arrived: ask the addressee's office.",
    "no_address": lambda f: "No addressee has an email address: print the letter and bring it.",
    "in_review": lambda f: f"In review until {dates.day_and_time(f['until'], f['zone'], 'en')}.",
    "below_quorum": lambda f: f"{f['signed']} signed and the quorum is {f['quorum']}.",
    "refused": lambda f: "The addressee's server refused the letter.",
    "turned_down": lambda f: "The relay does not accept the letter.",
    "being_handed_over": lambda f: "It is being handed over at this moment: look at the status in a minute.",
}
