"""What a writer typed as Markdown that is none here, by line."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from worker.text.markdown import EMPHASIS, MAX_EMPHASIS, SAFE_LINK, add_tables_and_footnotes
from worker.text.phrases import P_, Pn_

MAX_DEPTH = 4  # a letter on paper cannot be set much deeper
MAX_COLUMNS = 6  # of a table: on paper each still has room for a word
MAX_HEADER = 600  # characters of a table's first row: printed again on each page, it leaves room for others
_CONTAINERS = {"blockquote", "bullet_list", "ordered_list"}


def problems(markdown: str) -> list[tuple[int, str]]:
    """List what stands in the text as typed although it looks like markup: (line from 1, what to do)."""
    tokens = _CRITIC.parse(markdown)
    found = [*_too_deep(tokens), *_notes(tokens), *_tables(tokens, markdown.split("\n"))]
    for token in tokens:
        if token.map:
            found += [(token.map[0] + 1, sentence) for sentence in _objections(token)]
            found += _inline_problems(token, token.map[0] + 1)
    return sorted(set(found))


def _too_deep(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    depth = 0
    for token in tokens:
        if token.type.removesuffix("_open").removesuffix("_close") in _CONTAINERS:
            depth += token.nesting
            if depth > MAX_DEPTH and token.map and token.nesting == 1:
                said = P_("Lists and quotations may stand inside each other %(n)s deep at most.", n=MAX_DEPTH)
                yield token.map[0] + 1, said


def _notes(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """References and notes that do not belong together, and notes that are more than a paragraph."""
    defined: dict[str, int] = {}
    referred: dict[str, int] = {}
    open_notes, containers, parts = 0, 0, 0
    for place, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "footnote_reference_open":
            label = str(token.meta["label"])
            if label in defined:
                said = P_(
                    "Line %(line)s has a note %(note)s too: give each a number of its own.",
                    line=str(defined[label]),
                    note=_mark(label),
                )
                yield line, said
            if open_notes or containers:
                yield line, P_("A note begins its line, outside lists, quotations and other notes.")
            defined.setdefault(label, line)
            open_notes, parts, begun = open_notes + 1, 0, line
        elif token.type == "footnote_reference_close":
            open_notes -= 1
            if parts == 0:
                yield begun, P_("This note has no words: write them behind the colon.")
        elif token.type.removesuffix("_open").removesuffix("_close") in _CONTAINERS:
            containers += token.nesting
        if open_notes and token.level > 0 and token.block and token.nesting >= 0 and token.type not in _INSIDE:
            parts += 1
            if parts > 1 or token.type != "paragraph_open":
                yield line, P_("A note is one paragraph: no list, table or second paragraph belongs to it.")
        for number, reference in _inline(token, line):
            if reference.type == "footnote_ref":
                label = str(reference.meta["label"])
                referred.setdefault(label, number)
                if open_notes:
                    said = P_("A note cannot have a note itself: write out what %(note)s says.", note=_mark(label))
                    yield number, said
                elif place == 1 and tokens[0].tag == "h1":
                    said = P_("The subject cannot have a note: write %(note)s into the text.", note=_mark(label))
                    yield number, said
    for label in referred.keys() - defined.keys():
        said = P_("There is no note %(note)s: write it on a line of its own: %(note)s: The note.", note=_mark(label))
        yield referred[label], said
    for label in defined.keys() - referred.keys():
        said = P_("Nothing refers to this note: write %(note)s where it belongs, or remove it.", note=_mark(label))
        yield defined[label], said


def _mark(label: str) -> str:
    return f"[^{label}]"


_INSIDE = {"inline", "footnote_reference_open", "thead_open", "tbody_open", "tr_open", "th_open", "td_open"}


def _tables(tokens: list[Token], lines: list[str]) -> Iterator[tuple[int, str]]:
    """Tables that do not fit a page, or of which something would be lost; and pipes that are no table."""
    containers = 0
    for place, token in enumerate(tokens):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind in _CONTAINERS or kind == "footnote_reference":
            containers += token.nesting
        elif token.type == "table_open" and token.map:
            if containers:
                yield token.map[0] + 1, P_("A table begins at the margin, outside lists, quotations and notes.")
            else:
                yield from _table(lines, *token.map)
        elif token.type == "inline" and tokens[place - 1].type == "paragraph_open" and token.map:
            for number, line in enumerate(token.content.split("\n"), token.map[0] + 1):
                if line.lstrip().startswith("|") or ("|" in line and "--" in line and set(line) <= set("|-: \t")):
                    said = P_(
                        "This is no table: under the first row belongs a row of dashes with as many cells, "
                        "%(n)s at most, | --- | --- |.",
                        n=MAX_COLUMNS,
                    )
                    yield number, said


def _table(lines: list[str], start: int, end: int) -> Iterator[tuple[int, str]]:
    header = _cells(lines[start])
    if len(header) > MAX_COLUMNS:
        said = P_(
            "A page has room for %(most)s columns, this table has %(n)s: make it two.",
            most=MAX_COLUMNS,
            n=str(len(header)),
        )
        yield start + 1, said
    if not any(map(str.strip, header)):
        yield start + 1, P_("The first row of a table says what stands in its columns: fill it in.")
    if sum(map(len, header)) > MAX_HEADER:
        said = P_(
            "The first row of a table, which is printed again on each page, names its columns, in %(n)s characters at "
            "most: write what is longer above the table.",
            n=MAX_HEADER,
        )
        yield start + 1, said
    if start + 2 == end:
        yield start + 1, P_("This table has no rows below its dashes: add them, or remove it.")
    for number in range(start + 2, end):
        if "|" not in lines[number]:
            yield number + 1, P_("This line would be a row of the table: leave a blank line before it.")
        elif (count := len(_cells(lines[number]))) != len(header):
            said = Pn_(
                "This row has %(n)s cell, the first row of its table %(cells)s: write one | between two cells, and "
                "\\| for a | inside a cell.",
                "This row has %(n)s cells, the first row of its table %(cells)s: write one | between two cells, and "
                "\\| for a | inside a cell.",
                count,
                n=str(count),
                cells=str(len(header)),
            )
            yield number + 1, said


def _cells(line: str) -> list[str]:
    """Part a row as the parser does."""
    cells = escapedSplit(line.strip())
    if cells and cells[0] == "":
        cells.pop(0)
    if cells and cells[-1] == "":
        cells.pop()
    return cells


def _inline_problems(block: Token, line: int) -> Iterator[tuple[int, str]]:
    before = ""
    depth = 0
    for number, token in _inline(block, line):
        depth += token.nesting if token.type in EMPHASIS else 0
        if depth > MAX_EMPHASIS:
            yield number, P_("These are more * or _ signs than bold and italics need: remove them.")
        yield from ((number, sentence) for sentence in _objections(token))
        if before == "footnote_ref" and token.type == "text" and token.content.startswith("]("):
            yield number, P_("A note stands behind a link, not in its words: [words](https://address)[^1].")
        before = token.type


def _inline(block: Token, line: int) -> Iterator[tuple[int, Token]]:
    for token in block.children or []:
        yield line, token
        line += token.type in ("softbreak", "hardbreak")


def _objections(token: Token) -> Iterator[str]:
    if token.type == "text" and re.search(r"\[\^[^\]\s]+\]", token.content):
        yield P_("A footnote is marked with letters and digits only, 40 at most: [^1].")
    elif token.type == "text" and re.search(r"\^\[[^\]]+\]", token.content):
        yield P_("A footnote is [^1] here, and on a line of its own: [^1]: The note.")
    elif token.type == "text" and re.match(r"\[[^\]]+\]: ", token.content):
        yield P_("A link is written where it stands: [words](https://address).")
    elif token.type == "link_open" and not SAFE_LINK.match(str(token.attrs["href"])):
        address = P_("“%(value)s”", value=str(token.attrs["href"]))
        yield P_("%(address)s is no address to link to: write all of it, with https:// in front.", address=address)
    elif token.type == "heading_open" and token.markup in ("=", "-"):
        yield P_(
            "%(signs)s under a text: write # before a heading, or a blank line before a rule.", signs=token.markup * 3
        )
    elif sentence := _BEYOND.get(token.type):
        yield sentence


_BEYOND = {
    "image": P_("Pictures are not possible here: describe it, or link to it with [words](https://address)."),
    "fence": P_("Code blocks are not possible here: remove the ``` or ~~~ lines."),
    "code_block": P_("This line begins with four spaces or more: remove them."),
    "code_inline": P_("Code is not possible here: remove the ` signs, or write **bold** or *italic*."),
    "html_block": P_("HTML is printed as it is typed: remove the part in < >."),
    "html_inline": P_("HTML is printed as it is typed: remove the part in < >."),
    "s_open": P_("Struck-out text is not possible here: remove it, or the ~~ signs."),
}


def _critic() -> MarkdownIt:
    """Build the parser that knows more than we set, to see what a writer meant; it never renders."""
    critic = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    critic.enable("strikethrough").disable("reference")
    add_tables_and_footnotes(critic, always_match_refs=True)
    critic.validateLink = lambda url: True  # type: ignore[method-assign]
    return critic


_CRITIC = _critic()
