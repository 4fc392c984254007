"""What a person says of itself in a form, before and after its address is confirmed: cleaned, and what is wrong."""

import re
from typing import Protocol

from worker.acts.add_voice import Voice
from worker.definition.partners import MAX_LENGTH
from worker.models import Appearance, Campaign
from worker.text import characters, linkable, names

MAX_WORDS = 1_000  # characters


class VoiceFields(Protocol):
    """The fields as they were typed."""

    @property
    def name(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def appearance(self) -> str: ...


def problems(typed: VoiceFields, campaign: Campaign) -> dict[str, str]:
    """What is wrong, by field; the sentences are in `wording/problems.py`."""
    found = {
        "name": names.wrong_with_person(typed.name, MAX_LENGTH["contact"], needed=True),
        "country": names.wrong_with_person(typed.country, MAX_LENGTH["country"]),
        "words": _wrong_with_words(typed, campaign),
    }
    for field in found:
        if not found[field] and linkable.has_link(getattr(typed, field)):
            found[field] = "has link"  # it would be sent under our name
    return {field: wrong for field, wrong in found.items() if wrong}


def voice(typed: VoiceFields, campaign: Campaign, language: str) -> Voice:
    """What a form without problems says."""
    name, country = characters.tidy(typed.name), characters.tidy(typed.country)
    return Voice(name, _appearance(typed, campaign), country, _lines(typed.words), language)


def repeats(words: str, before: str) -> bool:
    """Whether a form only brings back the words that it was given."""
    return _lines(words) == before


def _appearance(typed: VoiceFields, campaign: Campaign) -> Appearance:
    return "named" if typed.appearance == "named" and campaign.members == "named" else "counted"


def _wrong_with_words(typed: VoiceFields, campaign: Campaign) -> str:
    words = _lines(typed.words)
    if len(words) > MAX_WORDS:
        return "too long"
    if any(characters.unfit_unprinted(words, allowed="\n")):
        return "unfit"
    return "words without name" if words and _appearance(typed, campaign) != "named" else ""


def _lines(typed: str) -> str:
    """A text of several lines as it is kept: one empty line between paragraphs at most."""
    lines = [characters.tidy(line) for line in re.split(r"\r\n|\r|\n", typed)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
