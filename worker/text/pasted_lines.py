"""Lines of a letter that print otherwise than they stand: paragraphs, headings and addresses that run together."""

import re
from collections.abc import Iterator
from itertools import pairwise

from worker.text.passages import MAX_WRAP, NARROWEST, Letter, Line, Passage

_SHORT = 60  # columns: no line of an address or a heading is longer
_PAGE = 25  # lines without an empty one: no paragraph is so long
_NUMBERED = re.compile(r"(?:[IVXLC]{1,5}|[A-H]|[0-9]{1,2}(?:\.[0-9]{1,2})*|[០-៩]{1,2})[.)៖]?[ \t\u00a0]+(?=[^\W\d_])")
_NO_SPACE = re.compile(r"#{1,6}\u00a0*[^\W\d_]")
_BOLD = re.compile(r"\*\*[^*]+\*\*|__[^_]+__")
_CONTACT = re.compile(r"\S+@\S|https?://|www\.|\+?[0-9]")
_MARKUP = ("*", "_", "[", "<", "`", "|", "“", "«", '"', "—", "–", "#", "{")


def _breaks(passage: Passage, taken: set[int]) -> Iterator[tuple[int, Line, Line]]:
    """Yield each place at which a line runs on into the next, but where that is kept or said already."""
    if passage.kind != "paragraph":
        return
    for place, (line, following) in enumerate(pairwise(passage.lines)):
        if not line.keeps_its_end and line.number not in taken and following.number not in taken:
            yield place, line, following


def paragraphs_without_a_gap(letter: Letter, taken: set[int]) -> list[int]:
    """The last lines of what looks like paragraphs, with no empty line below.

    Text that an editor wrapped, or in which each sentence has a line of its own, is none: there a sentence ends
    within no line, or lines are full.
    """
    prose = [one for one in letter.passages if one.is_prose or (one.kind == "paragraph" and len(one.lines) > 1)]
    prose = [passage for passage in prose if not passage.within]
    by_sentences = sum(_has_a_sentence_a_line(passage) for passage in prose) > 1
    found: list[int] = []
    for passage in letter.passages:
        if passage.is_wrapped:
            of_prose = len(passage.lines) / max(1, sum(len(one.lines) for one in prose))
            if of_prose >= 0.5 or len(passage.lines) >= _PAGE:
                found += _in_wrapped(passage, taken)
        elif prose == [passage] or passage.width > max(_SHORT, letter.wrapped_at):
            found += _in_unwrapped(passage, taken, by_sentences=by_sentences, alone=prose == [passage])
    return found


def _has_a_sentence_a_line(passage: Passage) -> bool:
    lines = passage.lines
    return len(lines) > 1 and not passage.is_wrapped and not any(line.has_several_sentences for line in lines)


def _in_unwrapped(passage: Passage, taken: set[int], *, by_sentences: bool, alone: bool) -> list[int]:
    """Paragraphs on one line each, or the clauses of a resolution."""
    ends: list[Line] = []
    clauses: list[Line] = []
    strong = False
    for _, line, following in _breaks(passage, taken):
        if not following.begins_anew:
            continue
        if line.ends_a_sentence or line.text.endswith((":", "៖")):
            ends.append(line)
            strong = strong or line.has_several_sentences or following.has_several_sentences
            strong = strong or (not by_sentences and max(line.width, following.width) > MAX_WRAP)
        elif line.text.endswith((",", ";")) and line.width > _SHORT:
            clauses.append(line)
    if len(clauses) > 1:
        ends, strong = [*ends, *clauses], True
    return [line.number for line in ends] if strong or (alone and len(ends) > 1) else []


def _in_wrapped(passage: Passage, taken: set[int]) -> list[int]:
    """Paragraphs of several lines: their last line is short, or the first of the next is indented."""
    found, several, first_lines, seen = [], 0, 0, False
    indents = sum(line.indented for line in passage.lines) <= len(passage.lines) / 2
    for place, line, following in _breaks(passage, taken):
        seen = seen or line.has_several_sentences
        indented = indents and following.indented and not passage.within
        short = passage.room(place) >= max(10, passage.width // 8)
        if line.ends_a_sentence and following.begins_anew and (short or indented):
            found.append(line.number)
            several += seen or indented
            first_lines += indented
            seen = False
    return found if several and len(found) > 1 and (first_lines or len(passage.lines) > 7) else []


def headings(letter: Letter, taken: set[int]) -> list[int]:
    """Short lines that look like headings: alone above a paragraph, or as its first line."""
    found = [line.number for line in _alone(letter, taken)]
    for passage in letter.passages:
        found += [line.number for line in _above_their_text(passage, taken)]
    return sorted(found)


def _alone(letter: Letter, taken: set[int]) -> Iterator[Line]:
    before: Passage | None = None
    for passage, following in pairwise(letter.passages):
        line = passage.first
        goes_on = following.kind == "paragraph" and (following.is_prose or following.within == "list")
        if line.number in taken or not goes_on:
            pass
        elif passage.stands_alone and not (before and before.within == "quote"):
            in_a_row = before is not None and before.stands_alone and is_a_title(before.first)
            if _NO_SPACE.match(line.text) or (is_a_title(line) and not in_a_row):
                yield line
        elif _is_a_list_of_one(letter, passage) and not following.within and is_a_title(line):
            yield line
        before = passage


def _is_a_list_of_one(letter: Letter, passage: Passage) -> bool:
    items = next((items for items in letter.numbered if items[0][0] == passage.first.number), [])
    return len(items) == 1 and len(passage.lines) == 1 and passage.within == "list"


def _above_their_text(passage: Passage, taken: set[int]) -> Iterator[Line]:
    begins = True
    lines = passage.lines if passage.kind == "paragraph" else ()
    for place, (line, following) in enumerate(pairwise(lines)):
        long = following.width > _SHORT and following.begins_anew
        words = 5 if passage.is_wrapped else 8
        may_be = begins and not line.keeps_its_end and line.number not in taken
        is_title = is_a_title(line) or (line.width <= _SHORT and _BOLD.fullmatch(line.text))
        if may_be and long and passage.room(place, 72) > 10 and is_title and len(line.text.split()) <= words:
            yield line
        begins = line.ends_a_sentence


def is_a_title(line: Line) -> bool:
    """Whether a line is short, ends in no punctuation and begins with a capital letter, if its script has them."""
    text = line.text
    if (
        line.width > _SHORT
        or not line.is_open
        or line.breaks_off
        or text.startswith(_MARKUP)
        or "{{" in text
        or "://" in text
    ):
        return False
    words = _NUMBERED.sub("", text, count=1)
    if not words[:1].isalpha() or words[0].islower() or sum(map(str.isalpha, words)) < 4:
        return False
    return words.isupper() or len(words.split()) <= 9


def short_lines(letter: Letter, taken: set[int]) -> list[int]:
    """Lines as of an address or a signature: short, each beginning anew, and running into the next."""
    found: set[int] = set()
    for passage in letter.passages:
        least = 3 if passage.is_wrapped else 2
        for run in _runs_of_short_lines(passage, taken):
            if len(run) >= least:
                found.update(run)
    return sorted(found)


def _runs_of_short_lines(passage: Passage, taken: set[int]) -> Iterator[list[int]]:
    run: list[int] = []
    listed = False
    narrowest = NARROWEST if passage.is_wrapped else _SHORT
    for place, line, following in _breaks(passage, taken):
        are_short = max(line.width, following.width) <= _SHORT and not line.ends_a_sentence
        listed = are_short and (line.text.endswith((":", "៖")) or (listed and line.is_open))
        begins = following.begins_anew or _CONTACT.match(following.text)
        belongs = (begins and not line.breaks_off) or listed or line.text.endswith(";")
        goes_on = are_short and belongs and passage.room(place, narrowest) > 0
        if run and not (goes_on and run[-1] == line.number):
            yield run
            run = []
        if goes_on:
            run = [*run, following.number] if run else [line.number, following.number]
    yield run


def broken_apart(letter: Letter, taken: set[int]) -> list[int]:
    """Paragraphs of one line that break off within a sentence which the next one goes on with."""
    found = []
    for passage, following in pairwise(letter.passages):
        if passage.stands_alone and following.stands_alone and passage.first.number not in taken:
            line, after = passage.first, following.first.text
            if line.is_open and len(line.text) > 20 and after[0].islower():
                found.append(line.number)
    return found if len(found) > 2 else []


def breaks_in_sentences(letter: Letter) -> list[int]:
    """Lines that keep their ends within a sentence, for some program left two spaces there."""
    found = [
        line.number
        for passage in letter.passages
        for line, following in pairwise(passage.lines)
        if line.keeps_its_end and line.is_open and line.width > 50 and following.text[:1].islower()
    ]
    return found if len(found) > 1 else []


def lists_in_sentences(letter: Letter) -> list[int]:
    """Lines within a paragraph that begin with a dash or a number and so become a list of one item."""
    found = []
    following = [*letter.passages[2:], None]
    for (before, passage), after in zip(pairwise(letter.passages), following, strict=False):
        line, last = passage.first, before.lines[-1]
        follows = passage.within == "list" and not before.within and before.kind == "paragraph"
        alone = after is None or after.within != "list"
        if follows and alone and last.number == line.number - 1 and last.is_open:
            wide = max(before.width, passage.width + 2, _SHORT)
            if wide - last.width - 3 - len(line.text[:40].split()[0]) < 0:
                found.append(line.number)
    return found


def not_quite_empty(letter: Letter) -> list[int]:
    """Lines with spaces that are none for Markdown: they part no paragraphs."""
    return [number for number, line in enumerate(letter.typed, 1) if not line.strip() and line.strip(" \t")]


def hyphenated(letter: Letter) -> list[int]:
    """Lines that end within a word: the hyphen stays, and a space comes behind it."""
    return [
        line.number
        for passage in letter.passages
        for line, following in pairwise(passage.lines)
        if re.search(r"[^\W\d_][-\u2010\u00ad¬]\Z", line.text[-3:])
        and following.text[:1].islower()
        and not re.match(r"(?:and|or|to|et|ou)\b", following.text)
    ]
