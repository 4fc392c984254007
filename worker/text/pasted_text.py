"""What a letter seems to mean that was pasted, or saved from Word, a mail or a PDF, as plain lines.

Nothing here is wrong in Markdown: it is read, and prints otherwise than it stands. Nothing is changed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from worker.text import pasted_lines, pasted_lists, pasted_parts
from worker.text.passages import Letter, read_letter
from worker.text.phrases import P_


@dataclass(frozen=True)
class Finding:
    """One kind of thing to look at, once, with all lines on which it stands (counted from 1)."""

    lines: tuple[int, ...]
    found: str
    expected: str
    fix: str


@dataclass(frozen=True)
class _Kind:
    look: Callable[[Letter, set[int]], list[int]]
    found: str
    expected: str
    fix: str


def findings(markdown: str) -> list[Finding]:
    """All kinds that stand in a letter, in the order of their first lines.

    What a line is meant to be is told once; marks within it (notes, hyphens, something to fill in) beside that.
    """
    letter = read_letter(markdown)
    return sorted([*_of_lines(letter), *_within_lines(letter)], key=lambda finding: finding.lines)


def _of_lines(letter: Letter) -> Iterator[Finding]:
    taken: set[int] = set()
    for kind in _OF_LINES:
        if lines := [number for number in kind.look(letter, taken) if number not in taken]:
            taken.update(lines)
            yield _finding(kind, lines)
    numbers, typed = pasted_lists.numbers_that_change(letter)
    if numbers:
        found = P_("a list with the numbers %(numbers)s", numbers=list(map(str, typed)))
        if len(typed) > 5:
            found = P_("a list with the numbers %(numbers)s …", numbers=list(map(str, typed[:5])))
        fix = P_(
            "Markdown counts on by one from the first number: correct the numbers, or end the list and begin another."
        )
        yield Finding(tuple(numbers), found, P_("numbers that follow each other"), fix)


def _within_lines(letter: Letter) -> Iterator[Finding]:
    for kind in _WITHIN_LINES:
        if lines := kind.look(letter, set()):
            yield _finding(kind, lines)


def _finding(kind: _Kind, lines: list[int]) -> Finding:
    return Finding(tuple(sorted(set(lines))), kind.found, kind.expected, kind.fix)


def _whole(look: Callable[[Letter], list[int]]) -> Callable[[Letter, set[int]], list[int]]:
    return lambda letter, _: look(letter)


# In the order in which they are asked: what the first take for theirs the later ones leave alone.
_OF_LINES = (
    _Kind(
        _whole(pasted_parts.word_before_the_subject),
        P_("a word such as “Subject:” before the subject"),
        P_("# and the subject itself"),
        P_("It is printed as part of the subject, also in the subject of each email: delete it."),
    ),
    _Kind(
        _whole(pasted_parts.mail_heads),
        P_("what stands around an email (From, Subject …)"),
        P_("the text of the letter"),
        P_("It is printed as part of the letter: delete it."),
    ),
    _Kind(
        _whole(pasted_lines.not_quite_empty),
        P_("lines that look empty and are not (with a space that cannot break)"),
        P_("empty lines"),
        P_("Paragraphs with such a line between them are printed as one: delete what is in the line."),
    ),
    _Kind(
        _whole(pasted_parts.heads_of_pages),
        P_("numbers or heads of pages"),
        P_("the text of the letter"),
        P_("They are printed within the text, and pages are numbered anyway: delete them."),
    ),
    _Kind(
        _whole(pasted_parts.drawn_lines),
        P_("lines drawn with signs (_____, .....)"),
        P_("words, or --- for a line across the page"),
        P_("They are printed as they are typed, and nobody has to fill them in: delete them."),
    ),
    _Kind(
        _whole(pasted_lists.rows_of_tables),
        P_("cells as of a table"),
        P_("a table in Markdown, a list or sentences"),
        P_(
            "The cells are printed as running text. For a table write | before, between and after the cells, and "
            "| --- | --- | below its first row."
        ),
    ),
    _Kind(
        _whole(pasted_lists.signs_of_items),
        P_("signs of a list that are none here"),
        P_("a hyphen and a space (- ) before each item"),
        P_("As it stands the items are printed as text, and run together if there is no empty line between them."),
    ),
    _Kind(
        _whole(pasted_lists.numbers_in_text),
        P_("numbers or letters of a list within a paragraph"),
        P_("an empty line above the list, and items that begin with 1., 2., 3."),
        P_("As it stands the items run together. Where (a), i. or 1.1 are to stay, put an empty line above each."),
    ),
    _Kind(
        _whole(pasted_lists.items_without_signs),
        P_("what may be items of a list, without signs"),
        P_("a hyphen and a space (- ) before each item"),
        P_("As it stands they run together in one paragraph."),
    ),
    _Kind(
        pasted_parts.printed_above,
        P_("an address, a date, a subject or a salutation"),
        P_("the text of the letter"),
        P_(
            "Each letter has them above its text, from campaign.toml and the first line: delete them here. Lines that "
            "are to stay need a backslash (\\) at their end, or they run together."
        ),
    ),
    _Kind(
        pasted_parts.printed_below,
        P_("names as of those who sign"),
        P_("the closing words at the end of the text"),
        P_("Each letter has the list of those who sign below its text: delete the names here."),
    ),
    _Kind(
        _whole(pasted_parts.copies),
        P_("who gets a copy"),
        P_("addressees with copy = true in campaign.toml"),
        P_("Each letter says below its text who gets a copy: delete the line here, or it is said twice."),
    ),
    _Kind(
        _whole(pasted_lists.below_a_list),
        P_("text directly below a list or a quotation"),
        P_("an empty line above it"),
        P_("As it stands it is printed as part of the last item, or of the quotation."),
    ),
    _Kind(
        pasted_lines.paragraphs_without_a_gap,
        P_("paragraphs with no empty line below them"),
        P_("an empty line between paragraphs"),
        P_("As it stands they are printed as one paragraph with the next line."),
    ),
    _Kind(
        pasted_lines.headings,
        P_("what may be a heading"),
        P_("## and a space before a heading, an empty line below it"),
        P_("As it stands it is printed as text."),
    ),
    _Kind(
        _whole(pasted_lines.lists_in_sentences),
        P_("a sentence that goes on in a line with a hyphen or a number in front"),
        P_("no line within a sentence that begins like this"),
        P_("As it stands a list begins there: join the line with the one before."),
    ),
    _Kind(
        _whole(pasted_lines.breaks_in_sentences),
        P_("two spaces or a backslash at the end of lines within a sentence"),
        P_("lines without spaces at the end"),
        P_("As it stands a new line begins at each in print: delete the spaces at the end."),
    ),
    _Kind(
        pasted_lines.short_lines,
        P_("short lines, as of an address, a signature or a list"),
        P_("a backslash (\\) or two spaces at the end of each line that ends there"),
        P_("As it stands they run together on one line. Items of a list begin with - and a space."),
    ),
    _Kind(
        pasted_lines.broken_apart,
        P_("an empty line within a sentence"),
        P_("empty lines between paragraphs only"),
        P_(
            "As it stands each line is printed as a paragraph: delete the empty lines between those that belong "
            "together."
        ),
    ),
)
_WITHIN_LINES = (
    _Kind(
        _whole(pasted_parts.marks_of_notes),
        P_("what may be marks of footnotes"),
        P_("[^1] in the text, and a line [^1]: with the note"),
        P_("As it stands the numbers are printed within the text."),
    ),
    _Kind(
        _whole(pasted_lines.hyphenated),
        P_("a hyphen at the end of a line, within a word"),
        P_("the whole word on one line"),
        P_("As it stands it is printed with a space behind the hyphen."),
    ),
    _Kind(
        _whole(pasted_parts.left_to_fill_in),
        P_("something to fill in"),
        P_("the words that are meant"),
        P_("It is printed as it is typed."),
    ),
    _Kind(
        _whole(pasted_parts.left_by_word),
        P_("codes that Word or an email program wrote for itself"),
        P_("the text of the letter"),
        P_("They are printed as they are typed: delete them."),
    ),
)
