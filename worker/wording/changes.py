"""What changed in the letter for one reader: since the version that it read, and in the language in which it reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from worker.models import Addressee, Campaign, Letter
from worker.text import dates, diff
from worker.text.diff import Kind
from worker.text.languages import LANGUAGES, N_, said
from worker.wording import slots, templates
from worker.wording.letter import postal_block

Part = Literal["text", "addressee", "copy", "salutation"]


@dataclass(frozen=True)
class Item:
    """One thing that changed, by words that stay, are gone, or are new."""

    part: Part
    language: str
    """In which its words are."""
    pieces: list[tuple[Kind, str]]
    label: str = ""
    """What it is, in the reader's language; empty for a line of the text."""

    @property
    def marked(self) -> str:
        """Its words for a mail, with marks around what is gone and what is new."""
        return slots.marked(self.pieces)


@dataclass(frozen=True)
class Changes:
    """All that changed for one reader."""

    sentence: str
    """What follows, or why nothing does, in the reader's language."""
    items: list[Item]
    concern_reader: bool
    """Whether it would read anything else now; not where the letter changed in other languages alone."""
    is_as_before: bool
    """Whether nothing that people see differs, in any language: what was changed was changed back."""


def changes_since(campaign: Campaign, before: Letter, wanted: str) -> Changes:
    """Compare a version with the present letter, for a reader who wants it in one language.

    Where nothing changed in that language, what changed in the authentic one is shown, for that one is signed.
    """
    present, authentic = campaign.letter, campaign.authentic
    was, reads = (wanted if wanted in one.texts else authentic for one in (before, present))
    language = reads if was == reads else authentic  # in which both are there
    text = _text(before, present, language)
    addressing = _addressing(before, present, language, authentic)
    concern_reader = bool(text or addressing) or was != reads
    in_authentic: list[Item] = []
    if language != authentic:
        in_authentic = [] if text else _text(before, present, authentic)
        addressing = addressing or _addressing(before, present, authentic, authentic)
    items = [*text, *in_authentic, *addressing]
    elsewhere = [] if items else _languages_changed(before, present)
    is_as_before = not items and not elsewhere and was == reads
    sentence = _sentence(
        *(wanted, reads, authentic, elsewhere),
        case="added"
        if was != reads and reads == wanted
        else "removed"
        if was != reads
        else "untouched"
        if in_authentic
        else "elsewhere"
        if elsewhere
        else "changed"
        if items
        else "as before",
        has_items=bool(items),
    )
    return Changes(sentence, [_labelled(item, wanted, language) for item in items], concern_reader, is_as_before)


def all_changes(before: Letter, after: Letter, authentic: str) -> list[Item]:
    """All that differs between two versions, in each language of either, for organizers."""
    items: list[Item] = []
    for language in sorted(set(before.texts) | set(after.texts), key=lambda one: (one != authentic, one)):
        items += [*_text(before, after, language), *_addressing(before, after, language, authentic)]
    return items


def parts_left_alone(before: Letter, after: Letter, authentic: str) -> dict[str, list[Part]]:
    """What changes in some languages of the letter and not in others: by such a language, which parts.

    A table by language that lacks one says the authentic words there, and changes with them.
    """
    common = sorted(set(before.texts) & set(after.texts))
    parts: list[tuple[Part, dict[str, bool]]] = [
        ("text", {language: before.texts[language] != after.texts[language] for language in common})
    ]
    for old, new in _paired(before, after):
        if old and new:
            offices = {one: _postal(old, one, authentic) != _postal(new, one, authentic) for one in common}
            salutations = {one: _differ(old.salutation, new.salutation, one, authentic) for one in common}
            parts += [("addressee", offices), ("salutation", salutations)]
    alone: dict[str, list[Part]] = {}
    for part, changed in parts:
        for language in common:
            if any(changed.values()) and not changed[language] and part not in alone.setdefault(language, []):
                alone[language].append(part)
    return {language: parts for language, parts in alone.items() if parts}


def _differ(before: Any, after: Any, language: str, authentic: str) -> bool:
    return bool(said(before, language, authentic) != said(after, language, authentic))


def _text(before: Letter, present: Letter, language: str) -> list[Item]:
    changed = diff.between(before.texts.get(language, ""), present.texts.get(language, ""))
    return [Item("text", language, change.pieces) for change in changed]


def _addressing(before: Letter, present: Letter, language: str, authentic: str) -> list[Item]:
    """To whom it goes and how that is greeted, as far as a reader of this language sees it."""
    items: list[Item] = []
    for old, new in _paired(before, present):
        part: Part = "copy" if (new or old or present.addressees[0]).copy else "addressee"
        items += _line(part, language, *(_postal(one, language, authentic) for one in (old, new)))
    greeted = (str(said(one.addressees[0].salutation, language, authentic)) for one in (before, present))
    return [*items, *_line("salutation", language, *greeted)]


def _line(part: Part, language: str, before: str, after: str) -> Iterator[Item]:
    if before != after:
        yield Item(part, language, diff.line_change(before, after).pieces)


def _postal(addressee: Addressee | None, language: str, authentic: str) -> str:
    return ", ".join(filter(None, postal_block(addressee, language, authentic))) if addressee else ""


def _paired(before: Letter, after: Letter) -> Iterator[tuple[Addressee | None, Addressee | None]]:
    """Each addressee before and after: the one that is written to, copies of one name, then the others in order."""
    old, new = ([one for one in letter.addressees if one.copy] for letter in (before, after))
    main = ([one for one in letter.addressees if not one.copy] for letter in (before, after))
    yield from zip(*main, strict=False)
    by_name = {one.name: one for one in old}
    kept = [(by_name[one.name], one) for one in new if one.name in by_name]
    yield from kept
    gone = [one for one in old if all(one is not before for before, _ in kept)]
    added = [one for one in new if all(one is not after for _, after in kept)]
    for place in range(max(len(gone), len(added))):
        yield gone[place] if place < len(gone) else None, added[place] if place < len(added) else None


def _languages_changed(before: Letter, present: Letter) -> list[str]:
    """The languages in which the text is new, gone, or says something else."""
    every = sorted(set(before.texts) | set(present.texts))
    return [one for one in every if diff.between(before.texts.get(one, ""), present.texts.get(one, ""))]


def _labelled(item: Item, wanted: str, language: str) -> Item:
    if item.part == "text":
        return item
    words = templates.translations(wanted)
    label = words.gettext(_LABELS[item.part])
    if item.language not in {language, wanted}:
        label = words.gettext("%(label)s (in %(language)s)") % {
            "label": label,
            "language": _name(item.language, wanted),
        }
    return Item(item.part, item.language, item.pieces, label)


def _name(language: str, wanted: str) -> str:
    return templates.translations(wanted).gettext(LANGUAGES[language].name)


def _sentence(wanted: str, reads: str, authentic: str, elsewhere: list[str], *, case: str, has_items: bool) -> str:
    words = templates.translations(wanted).gettext
    facts = {
        "language": _name(wanted if case in {"added", "removed"} else reads, wanted),
        "authentic": _name(authentic, wanted),
        "languages": dates.listed([_name(one, wanted) for one in elsewhere], wanted),
    }
    return words(_SENTENCES[case, has_items]) % facts


_LABELS: dict[Part, str] = {
    "addressee": N_("Addressee:"),
    "copy": N_("Copy to:"),
    "salutation": N_("Salutation:"),
}
_SENTENCES = {
    ("changed", True): N_("This is what changed:"),
    ("as before", False): N_("The text is the same as before, but it had a different meaning in between."),
    ("untouched", True): N_(
        "The text in %(language)s is the same as before. In the text in %(authentic)s, which is the authoritative "
        "one, this changed:"
    ),
    ("elsewhere", False): N_(
        "What you read in %(language)s is the same as before. The letter was changed in: %(languages)s."
    ),
    ("added", True): N_("The letter now also exists in %(language)s. In the text in %(authentic)s, this changed:"),
    ("added", False): N_(
        "The letter now also exists in %(language)s. The text in %(authentic)s is the same as before."
    ),
    ("removed", True): N_(
        "The letter no longer exists in %(language)s: please read it in %(authentic)s. In that text, this changed:"
    ),
    ("removed", False): N_(
        "The letter no longer exists in %(language)s: please read it in %(authentic)s. That text is the same as before."
    ),
}
