"""Markdown as people write it, as a tree.

A tree is a list of blocks, plain dictionaries and lists that JSON carries as they are. What goes beyond
headings, paragraphs, lists, quotations, tables, footnotes, rules, bold, italic and links is no markup here: it
stands as it was typed, and `markdown_lint.problems` says so.

A footnote is `[^1]` in the text, and `[^1]: The note.` on a line of its own. Notes are numbered in the order in
which the text refers to them, whatever their labels; they are the tree's last block. A table is one of pipes: a
header row, a row of dashes (with colons for the alignment of a column), and rows.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref


class Run(TypedDict):
    """Characters in one style; `href` is empty outside links, a text of one newline is a hard break.

    Where the text refers to a note, `note` is its number, `again` how often it was referred to before, and the
    text is the reference in plain words: `[1]`.
    """

    text: str
    bold: bool
    italic: bool
    href: str
    note: NotRequired[int]
    again: NotRequired[int]


class Heading(TypedDict):
    kind: Literal["heading"]
    level: int
    runs: list[Run]


class Paragraph(TypedDict):
    kind: Literal["paragraph"]
    runs: list[Run]


class Listing(TypedDict):
    """A list; `tight` when no blank line stood between its items, `start` only matters when `ordered`."""

    kind: Literal["list"]
    ordered: bool
    start: int
    tight: bool
    items: list[list["Block"]]


class Quote(TypedDict):
    kind: Literal["quote"]
    blocks: list["Block"]


class Rule(TypedDict):
    kind: Literal["rule"]


class Table(TypedDict):
    """Cells are one line each; every row has as many as the header, and as many as there are alignments."""

    kind: Literal["table"]
    align: list[Literal["", "left", "center", "right"]]
    header: list[list[Run]]
    rows: list[list[list[Run]]]


class Notes(TypedDict):
    """The notes that the text refers to, from number 1 on; the last block of a tree that has any."""

    kind: Literal["notes"]
    notes: list[list[Run]]


Block: TypeAlias = Heading | Paragraph | Listing | Quote | Rule | Table | Notes

BREAK = "\n"
EMPHASIS = {"em_open", "em_close", "strong_open", "strong_close"}
MAX_EMPHASIS = 10  # bold and italics within each other, which mean nothing more from the second on
MAX_COLUMNS_READ = 12  # of a table; what has more is text
SAFE_LINK = re.compile(r"(https?://|mailto:)[^\s]", re.IGNORECASE)
A_LABEL = r"\[\^([^\W_](?:[^\W_]|[-.]){0,39})\]"  # of a note: letters and digits, nothing that could be markup
_REFERENCE, _DEFINITION = re.compile(A_LABEL), re.compile(A_LABEL + ":")
_ALIGNMENTS: dict[str, Literal["left", "center", "right"]] = {
    "text-align:left": "left",
    "text-align:center": "center",
    "text-align:right": "right",
}
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LINE_SPACE = re.compile(r"[ \t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_BARE_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_CLOSING = tuple(".,;:!?'*\\")
_BARE_REST = re.compile(r"://(?:[a-z0-9À-ɏ._~:/?#@!$&'()*+,;=%-]|\\[!-/:-@\[-`{-~])+", re.IGNORECASE)


def blocks(markdown: str) -> list[Block]:
    """Read Markdown into its tree; nothing raises, what is beyond the subset stands as text."""
    read: dict[str, Any] = {}
    root = SyntaxTreeNode(READER.parse(markdown, read))
    if not read.get("footnotes", {}).get("refs"):
        return list(_blocks(root.children, _NO_NOTES))
    notes = _NotesOfText(root)
    tree = list(_blocks(root.children, notes))
    return [*tree, {"kind": "notes", "notes": notes.runs()}] if notes.numbers else tree


class _NotesOfText:
    """Which notes a text refers to, and by what number; any other reference or note stands as it was typed."""

    def __init__(self, root: SyntaxTreeNode | None) -> None:
        self.numbers: dict[str, int] = {}
        self.definitions: dict[str, SyntaxTreeNode] = {}
        self._referred: Counter[str] = Counter()
        if root:
            self._define(root)
            first = root.children[0] if root.children else root
            for node in root.children[1:] if first.type == "heading" and first.tag == "h1" else root.children:
                self._number(node)

    def _define(self, parent: SyntaxTreeNode) -> None:
        for node in parent.children:
            if node.type == "footnote_reference":
                self.definitions.setdefault(node.meta["label"], node)
            elif node.type != "inline":
                self._define(node)

    def _number(self, node: SyntaxTreeNode) -> None:
        if node.type == "footnote_ref" and node.meta["label"] in self.definitions:
            self.numbers.setdefault(node.meta["label"], len(self.numbers) + 1)
        elif node.type != "footnote_reference":
            for child in node.children:
                self._number(child)

    def are_of(self, node: SyntaxTreeNode) -> bool:
        """Whether this definition is the one of a note that the text refers to."""
        label = node.meta["label"]
        return label in self.numbers and self.definitions[label] is node

    def reference(self, label: str, style: Run) -> Run:
        """One reference, in the order in which the text is read."""
        if label not in self.numbers:
            return {**style, "text": f"[^{label}]"}
        self._referred[label] += 1
        number, again = self.numbers[label], self._referred[label] - 1
        return {"text": f"[{number}]", "bold": False, "italic": False, "href": "", "note": number, "again": again}

    def runs(self) -> list[list[Run]]:
        """The words of each note, from number 1 on."""
        return [_joined(_blocks(self.definitions[label].children, _NO_NOTES)) for label in self.numbers]


_NO_NOTES = _NotesOfText(None)


def _joined(tree: Iterable[Block]) -> list[Run]:
    """The words of a note on one line; one that is more than a paragraph is a problem elsewhere, and loses none."""
    runs: list[Run] = []
    for block in tree:
        parts: list[list[Run]]
        match block["kind"]:
            case "heading":
                parts = [block["runs"]]
            case "paragraph":
                parts = [block["runs"]]
            case "list":
                parts = [_joined(item) for item in block["items"]]
            case "quote":
                parts = [_joined(block["blocks"])]
            case "table":
                parts = [cell for row in (block["header"], *block["rows"]) for cell in row]
            case _:
                parts = []
        for part in parts:
            runs += [_plain_run(" "), *part] if runs else part
    return runs


def _plain_run(text: str) -> Run:
    return {"text": text, "bold": False, "italic": False, "href": ""}


def _blocks(nodes: Iterable[SyntaxTreeNode], notes: _NotesOfText) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "heading":
                yield {"kind": "heading", "level": int(node.tag[1:]), "runs": _runs(node, notes)}
            case "bullet_list" | "ordered_list":
                yield _listing(node, notes)
            case "blockquote":
                yield {"kind": "quote", "blocks": list(_blocks(node.children, notes))}
            case "hr":
                yield {"kind": "rule"}
            case "table":
                yield _table(node, notes)
            case "footnote_reference":
                if not notes.are_of(node):
                    typed = [_plain_run(f"[^{node.meta['label']}]: "), *_joined(_blocks(node.children, _NO_NOTES))]
                    yield {"kind": "paragraph", "runs": typed}
            case _:
                yield {"kind": "paragraph", "runs": _runs(node, notes)}


def _listing(node: SyntaxTreeNode, notes: _NotesOfText) -> Listing:
    paragraphs = [child for item in node.children for child in item.children if child.type == "paragraph"]
    return {
        "kind": "list",
        "ordered": node.type == "ordered_list",
        "start": int(node.attrs.get("start", 1)),
        "tight": all(paragraph.hidden for paragraph in paragraphs),
        "items": [list(_blocks(item.children, notes)) for item in node.children],
    }


def _table(node: SyntaxTreeNode, notes: _NotesOfText) -> Table:
    header, *rows = (row for part in node.children for row in part.children)
    return {
        "kind": "table",
        "align": [_ALIGNMENTS.get(str(cell.attrs.get("style", "")), "") for cell in header.children],
        "header": [_runs(cell, notes) for cell in header.children],
        "rows": [[_runs(cell, notes) for cell in row.children] for row in rows],
    }


def _runs(node: SyntaxTreeNode, notes: _NotesOfText) -> list[Run]:
    runs: list[Run] = []
    for inline in node.children:
        for token in _styled(inline.children, _plain_run(""), notes):
            if runs and BREAK not in (token["text"], runs[-1]["text"]) and _style(runs[-1]) == _style(token):
                runs[-1]["text"] += token["text"]
            else:
                runs.append(token)
    return runs


def _style(run: Run) -> tuple[bool, bool, str, object]:
    return run["bold"], run["italic"], run["href"], (run["note"], run["again"]) if "note" in run else None


def _styled(nodes: Iterable[SyntaxTreeNode], style: Run, notes: _NotesOfText) -> Iterator[Run]:
    for node in nodes:
        match node.type:
            case "strong":
                yield from _styled(node.children, {**style, "bold": True}, notes)
            case "em":
                yield from _styled(node.children, {**style, "italic": True}, notes)
            case "link":
                yield from _styled(node.children, {**style, "href": str(node.attrs["href"])}, notes)
            case "footnote_ref":
                yield notes.reference(node.meta["label"], style)
            case "hardbreak":
                yield {**style, "text": BREAK}
            case "softbreak":
                yield {**style, "text": " "}
            case _:
                # &#10; in the source is a newline that must not pass for a hard break
                yield {**style, "text": node.content.replace("\n", " ")}


def escape(value: str) -> str:
    """Make a value stand for itself inside Markdown, on one line: no name is ever markup, tag or link.

    Not for an address inside `<…>`, where Markdown knows no escapes.
    """
    return _PUNCTUATION.sub(r"\\\1", one_line(value))


def one_line(value: str) -> str:
    """Put a value on one line: a line's end in it is a space."""
    return _LINE_SPACE.sub(" ", value)


def runs_of(tree: list[Block]) -> Iterator[Run]:
    """All runs of a tree, in the order in which they are read."""
    for block in tree:
        match block["kind"]:
            case "heading":
                yield from block["runs"]
            case "paragraph":
                yield from block["runs"]
            case "list":
                for item in block["items"]:
                    yield from runs_of(item)
            case "quote":
                yield from runs_of(block["blocks"])
            case "table":
                for row in (block["header"], *block["rows"]):
                    for cell in row:
                        yield from cell
            case "notes":
                for note in block["notes"]:
                    yield from note


def rewritten(tree: list[Block], rewrite: Callable[[str], str]) -> list[Block]:
    """The same tree with each text and each address in it rewritten."""
    return [_rewritten(block, rewrite) for block in tree]


def _rewritten(block: Block, rewrite: Callable[[str], str]) -> Block:
    match block["kind"]:
        case "heading":
            return {**block, "runs": _rewritten_runs(block["runs"], rewrite)}
        case "paragraph":
            return {**block, "runs": _rewritten_runs(block["runs"], rewrite)}
        case "list":
            return {**block, "items": [rewritten(item, rewrite) for item in block["items"]]}
        case "quote":
            return {**block, "blocks": rewritten(block["blocks"], rewrite)}
        case "table":
            header = [_rewritten_runs(cell, rewrite) for cell in block["header"]]
            rows = [[_rewritten_runs(cell, rewrite) for cell in row] for row in block["rows"]]
            return {**block, "header": header, "rows": rows}
        case "notes":
            return {**block, "notes": [_rewritten_runs(note, rewrite) for note in block["notes"]]}
        case "rule":
            return block


def _rewritten_runs(runs: list[Run], rewrite: Callable[[str], str]) -> list[Run]:
    return [{**run, "text": rewrite(run["text"]), "href": rewrite(run["href"])} for run in runs]


def _bare_address(state: StateInline, silent: bool) -> bool:
    """Take a web address out of running text, so that no underscore in it turns into italics."""
    before = _BARE_SCHEME.search(state.pending)
    rest = _BARE_REST.match(state.src, state.pos, state.posMax)
    if silent or state.linkLevel or not before or not rest:
        return False
    typed = _without_closing_punctuation(rest[0])
    address = before[1] + re.sub(r"\\(.)", r"\1", typed)
    if typed == "://":
        return False
    state.pending = state.pending[: -len(before[1])]
    state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(address)}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    state.pos += len(typed)
    return True


def _without_closing_punctuation(address: str) -> str:
    """Leave to the sentence what closes it: “(see https://example.org).”"""
    while address.endswith(_CLOSING) or (address[-1] == ")" and address.count(")") > address.count("(")):
        address = address[:-1]
    return address


def _flat(state: StateCore) -> None:
    """Let bold and italics within each other stand as typed from a depth on at which a tree could not be walked."""
    for block in state.tokens:
        depth = 0
        for token in block.children or ():
            if token.type in EMPHASIS:
                opens = token.nesting == 1
                depth += opens
                if depth > MAX_EMPHASIS:
                    token.type, token.tag, token.content, token.nesting = "text", "", token.markup, 0
                depth -= not opens


def add_tables_and_footnotes(reader: MarkdownIt, *, always_match_refs: bool = False) -> None:
    """Teach a parser tables, unless of very many columns, and `[^1]`, its labels of letters and digits only.

    Notes stay where they stand. Such a one is text: each short row of it would be filled up.
    """

    def narrow_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        begin = state.bMarks[start + 1] if start + 1 < end else 0
        columns = state.src.count("|", begin, state.eMarks[start + 1]) if start + 1 < end else 0
        return columns <= MAX_COLUMNS_READ and table(state, start, end, silent)

    def definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        begin = state.bMarks[start] + state.tShift[start]
        return bool(_DEFINITION.match(state.src, begin, state.eMarks[start])) and footnote_def(
            state, start, end, silent
        )

    def reference(state: StateInline, silent: bool) -> bool:
        if not _REFERENCE.match(state.src, state.pos, state.posMax):
            return False
        return footnote_ref(state, silent, always_match=always_match_refs)

    reader.enable("table").block.ruler.at("table", narrow_table, {"alt": ["paragraph", "reference"]})
    footnote_plugin(reader, inline=False, move_to_end=False)
    reader.block.ruler.at("footnote_def", definition, {"alt": ["paragraph", "reference"]})
    reader.inline.ruler.at("footnote_ref", reference)


def _reader() -> MarkdownIt:
    """Build the parser that all we set goes through: a named few rules, and no raw HTML among them."""
    reader = MarkdownIt("zero", {"html": False, "maxNesting": 100})
    reader.enable(["blockquote", "heading", "hr", "list"])
    reader.enable(["autolink", "emphasis", "entity", "escape", "link", "newline"])
    add_tables_and_footnotes(reader)
    reader.core.ruler.push("flat", _flat)
    reader.inline.ruler.push("bare_address", _bare_address)
    reader.inline.add_terminator_char(":")
    reader.validateLink = lambda url: bool(SAFE_LINK.match(url))  # type: ignore[method-assign]
    reader.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return reader


READER = _reader()
