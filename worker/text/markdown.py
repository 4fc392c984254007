"""Markdown as people write it, as a tree.

A tree is a list of blocks, plain dictionaries and lists that JSON carries as they are. What goes beyond
headings, paragraphs, lists, quotations, rules, bold, italic and links is no markup here: it stands as it was
typed, and `markdown_lint.problems` says so.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TypeAlias, TypedDict

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode


class Run(TypedDict):
    """Characters in one style; `href` is empty outside links, a text of one newline is a hard break."""

    text: str
    bold: bool
    italic: bool
    href: str


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


Block: TypeAlias = Heading | Paragraph | Listing | Quote | Rule

BREAK = "\n"
COUNT = re.compile(r"\{\{\s*count\s*\}\}")  # the one thing in a letter that is filled in
SAFE_LINK = re.compile(r"(https?://|mailto:)[^\s]", re.IGNORECASE)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LINE_SPACE = re.compile(r"[ \t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_BARE_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_CLOSING = tuple(".,;:!?'*\\")
_BARE_REST = re.compile(r"://(?:[a-z0-9À-ɏ._~:/?#@!$&'()*+,;=%-]|\\[!-/:-@\[-`{-~])+", re.IGNORECASE)


def blocks(markdown: str) -> list[Block]:
    """Read Markdown into its tree; nothing raises, what is beyond the subset stands as text."""
    return list(_blocks(SyntaxTreeNode(READER.parse(markdown)).children))


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "heading":
                yield {"kind": "heading", "level": int(node.tag[1:]), "runs": _runs(node)}
            case "bullet_list" | "ordered_list":
                yield _listing(node)
            case "blockquote":
                yield {"kind": "quote", "blocks": list(_blocks(node.children))}
            case "hr":
                yield {"kind": "rule"}
            case _:
                yield {"kind": "paragraph", "runs": _runs(node)}


def _listing(node: SyntaxTreeNode) -> Listing:
    paragraphs = [child for item in node.children for child in item.children if child.type == "paragraph"]
    return {
        "kind": "list",
        "ordered": node.type == "ordered_list",
        "start": int(node.attrs.get("start", 1)),
        "tight": all(paragraph.hidden for paragraph in paragraphs),
        "items": [list(_blocks(item.children)) for item in node.children],
    }


def _runs(node: SyntaxTreeNode) -> list[Run]:
    runs: list[Run] = []
    for inline in node.children:
        for token in _styled(inline.children, {"text": "", "bold": False, "italic": False, "href": ""}):
            if runs and BREAK not in (token["text"], runs[-1]["text"]) and _style(runs[-1]) == _style(token):
                runs[-1]["text"] += token["text"]
            else:
                runs.append(token)
    return runs


def _style(run: Run) -> tuple[bool, bool, str]:
    return run["bold"], run["italic"], run["href"]


def _styled(nodes: Iterable[SyntaxTreeNode], style: Run) -> Iterator[Run]:
    for node in nodes:
        match node.type:
            case "strong":
                yield from _styled(node.children, {**style, "bold": True})
            case "em":
                yield from _styled(node.children, {**style, "italic": True})
            case "link":
                yield from _styled(node.children, {**style, "href": str(node.attrs["href"])})
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


def _reader() -> MarkdownIt:
    """Build the parser that all we set goes through: a named few rules, and no raw HTML among them."""
    reader = MarkdownIt("zero", {"html": False, "maxNesting": 100})
    reader.enable(["blockquote", "heading", "hr", "list"])
    reader.enable(["autolink", "emphasis", "entity", "escape", "link", "newline"])
    reader.inline.ruler.push("bare_address", _bare_address)
    reader.inline.add_terminator_char(":")
    reader.validateLink = lambda url: bool(SAFE_LINK.match(url))  # type: ignore[method-assign]
    reader.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return reader


READER = _reader()
