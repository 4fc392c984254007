"""What stands in the way of the letter, as a sentence for organizers."""

from collections.abc import Callable, Mapping
from gettext import NullTranslations
from typing import Any

from worker.state.blockers import Blocker, BlockerCode
from worker.text import dates
from worker.wording.organizers import O_, catalogue

_Sentence = Callable[[NullTranslations, Mapping[str, Any], str], str]


def sentence(blocker: Blocker, language: str = "en") -> str:
    """One sentence, without a command; the command line adds what to type."""
    return _SENTENCES[blocker.code](catalogue(language), blocker.facts, language)


def _plain(said: str) -> _Sentence:
    return lambda words, facts, language: words.gettext(said) % facts


def _in_review(words: NullTranslations, facts: Mapping[str, Any], language: str) -> str:
    until = dates.day_and_time(facts["until"], facts["zone"], language)
    return words.gettext(O_("In review until %(until)s.")) % {"until": until}


_SENTENCES: dict[BlockerCode, _Sentence] = {
    "cancelled": _plain(O_("The campaign is cancelled.")),
    "erased": _plain(O_("The sealed letter was erased: nothing can be sent any more.")),
    "not_closed": _plain(O_("It is not closed yet.")),
    "no_seal": _plain(O_("The seal is being made again, because an organization withdrew.")),
    "held": _plain(O_("It is held.")),
    "nobody_signed": _plain(O_("Nobody signed: there is no letter to send.")),
    "uncertain": _plain(O_("The letter may have arrived: ask the addressee's office.")),
    "no_address": _plain(O_("No addressee has an email address: print the letter and bring it.")),
    "in_review": _in_review,
    "below_quorum": _plain(O_("%(signed)s signed and the quorum is %(quorum)s.")),
    "refused": _plain(O_("The addressee's server refused the letter.")),
    "turned_down": _plain(O_("The relay does not accept the letter.")),
    "being_handed_over": _plain(O_("It is being handed over at this moment: look at the status in a minute.")),
}
