"""Markdown as people write it, as a tree, and from the tree plain text and HTML.

A tree is a list of blocks, plain dictionaries and lists that JSON carries as they are. What goes beyond
headings, paragraphs, lists, quotations, rules, bold, italic and links is no markup here: it stands as it was
typed, and `problems` says so.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Literal, TypeAlias, TypedDict

import wcwidth
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
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
WIDTH = 72  # columns of a plain text
DEEPEST = 4  # a letter on paper cannot be set much deeper
_CONTAINERS = {"blockquote", "bullet_list", "ordered_list"}
_SAFE_LINK = re.compile(r"(https?://|mailto:)[^\s]", re.IGNORECASE)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LINE_SPACE = re.compile(r"[ \t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_BETWEEN_WORDS = re.compile(r"(?<!«)[ \t]+(?![:;!?»](?:[ \t]|$))")  # a French sign keeps to its word
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u20a0-\u20bf]*")
_NO_BREAK = re.compile(r"^ |  |« | [:;!?»]| $")  # spaces at which a line is not simply broken
_BARE_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_CLOSING = tuple(".,;:!?'*\\")
_BARE_REST = re.compile(r"://(?:[a-z0-9À-ɏ._~:/?#@!$&'()*+,;=%-]|\\[!-/:-@\[-`{-~])+", re.IGNORECASE)


def blocks(markdown: str) -> list[Block]:
    """Read Markdown into its tree; nothing raises, what is beyond the subset stands as text."""
    return list(_blocks(SyntaxTreeNode(_READER.parse(markdown)).children))


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


def to_text(tree: list[Block], width: int = WIDTH) -> str:
    """Set a tree as plain text of `width` columns, lines parted by LF, without one at the end.

    A line is only longer where one word is: addresses are never broken. A link is `label: address`.
    """
    return "\n".join(_lines(tree, width))


def _lines(tree: list[Block], width: int, gap: bool = True) -> list[str]:
    lines: list[str] = []
    for block in tree:
        if lines and gap:
            lines.append("")
        lines += _block_lines(block, width)
    return lines


def _block_lines(block: Block, width: int) -> list[str]:
    match block["kind"]:
        case "heading":
            title = wrap(plain(block["runs"]), width)
            line = {1: "=", 2: "-"}.get(block["level"], "")
            return [*title, line * max(map(columns, title), default=0)] if line else title
        case "paragraph":
            return wrap(plain(block["runs"]), width)
        case "list":
            return _list_lines(block, width)
        case "quote":
            return [f"> {line}".rstrip(" ") for line in _lines(block["blocks"], width - 2)]
        case "rule":
            return ["* * *"]


def _list_lines(block: Listing, width: int) -> list[str]:
    last = block["start"] + len(block["items"]) - 1
    room = len(f"{last}. ") if block["ordered"] else 2
    lines: list[str] = []
    for number, item in enumerate(block["items"], block["start"]):
        if lines and not block["tight"]:
            lines.append("")
        mark = (f"{number}." if block["ordered"] else "-").rjust(room - 1)
        inside = _lines(item, width - room, gap=not block["tight"]) or [""]
        lines += hang(inside, mark + " ")
    return lines


def hang(lines: list[str], mark: str) -> list[str]:
    """Put a mark before the first line, and as much room before the others."""
    first, *others = lines
    return [(mark + first).rstrip(" "), *((" " * len(mark) + line).rstrip(" ") for line in others)]


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of `width` columns between words, and at each newline; no word is ever cut."""
    lines: list[str] = []
    for part in text.split("\n"):
        # The second way does for any text; the first is ten times as fast for most.
        lines += _wrap_plain(part, max(width, 1)) if _is_plain(part) else _wrap_by_words(part, width)
    return lines


def _is_plain(text: str) -> bool:
    """Whether each character takes one column and a line may be broken at each space."""
    return _NARROW.fullmatch(text) is not None and _NO_BREAK.search(text) is None


def _wrap_plain(text: str, width: int) -> list[str]:
    lines, start = [], 0
    while len(text) - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end <= start and (end := text.find(" ", start + width)) < 0:
            break
        lines.append(text[start:end])
        start = end + 1
    lines.append(text[start:])
    return lines


def _wrap_by_words(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line, taken = "", 0
    for word in _BETWEEN_WORDS.split(text.strip(" \t")):
        room = columns(word)
        if line and taken + 1 + room > width:
            lines.append(line)
            line, taken = word, room
        else:
            line, taken = (f"{line} {word}", taken + 1 + room) if line else (word, room)
    lines.append(line)
    return lines


def columns(text: str) -> int:
    """Count the columns that a text takes in a terminal; control characters and escape sequences take none."""
    return wcwidth.width(text, control_codes="ignore")


def plain(runs: list[Run]) -> str:
    """Write one paragraph's runs as one text, with a newline at each hard break."""
    parts: list[str] = []
    for href, linked in groupby(runs, key=lambda run: run["href"]):
        label = "".join(run["text"] for run in linked)
        parts.append(_plain_link(label, href) if href else label)
    return "".join(parts)


def _plain_link(label: str, href: str) -> str:
    if not label.strip() or href in (label, "mailto:" + label) or href == _READER.normalizeLink(label):
        return label.strip() or href
    return f"{label}: {href.removeprefix('mailto:')}"


def to_html(tree: list[Block]) -> str:
    """Write a tree as HTML elements, one a line, all escaped; only web and mail addresses are links."""
    return "\n".join(_element(block) for block in tree)


def _element(block: Block) -> str:
    match block["kind"]:
        case "heading":
            return f"<h{block['level']}>{_inline(block['runs'])}</h{block['level']}>"
        case "paragraph":
            return f"<p>{_inline(block['runs'])}</p>"
        case "list":
            return _list_element(block)
        case "quote":
            return f"<blockquote>\n{to_html(block['blocks'])}\n</blockquote>"
        case "rule":
            return "<hr>"


def _list_element(block: Listing) -> str:
    tag = "ol" if block["ordered"] else "ul"
    start = f' start="{block["start"]}"' if block["ordered"] and block["start"] != 1 else ""
    items = "\n".join(f"<li>{_item(item, block['tight'])}</li>" for item in block["items"])
    return f"<{tag}{start}>\n{items}\n</{tag}>"


def _item(item: list[Block], tight: bool) -> str:
    if not tight:
        return to_html(item)
    return "\n".join(_inline(block["runs"]) if block["kind"] == "paragraph" else _element(block) for block in item)


def _inline(runs: list[Run]) -> str:
    parts: list[str] = []
    for href, linked in groupby(runs, key=lambda run: run["href"]):
        inside = "".join(map(_inline_run, linked))
        parts.append(f'<a href="{html.escape(href)}">{inside}</a>' if _SAFE_LINK.match(href) else inside)
    return "".join(parts)


def _inline_run(run: Run) -> str:
    if run["text"] == BREAK:
        return "<br>\n"
    text = html.escape(run["text"])
    if run["italic"]:
        text = f"<em>{text}</em>"
    return f"<strong>{text}</strong>" if run["bold"] else text


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


def problems(markdown: str) -> list[tuple[int, str]]:
    """List what stands in the text as typed although it looks like markup: (line from 1, what to do)."""
    tokens = _CRITIC.parse(markdown)
    found = list(_too_deep(tokens))
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
            if depth > DEEPEST and token.map and token.nesting == 1:
                yield token.map[0] + 1, f"Lists and quotations may stand inside each other {DEEPEST} deep at most."


def _inline_problems(block: Token, line: int) -> Iterator[tuple[int, str]]:
    for token in block.children or []:
        yield from ((line, sentence) for sentence in _objections(token))
        line += token.type in ("softbreak", "hardbreak")


def _objections(token: Token) -> Iterator[str]:
    if token.type == "text" and re.search(r"\[\^[^\]\s]+\]", token.content):
        yield "Footnotes are not possible here: write the note into the sentence."
    elif token.type == "text" and re.match(r"\[[^\]]+\]: ", token.content):
        yield "A link is written where it stands: [words](https://address)."
    elif token.type == "link_open" and not _SAFE_LINK.match(str(token.attrs["href"])):
        yield f"“{token.attrs['href']}” is no address to link to: write all of it, with https:// in front."
    elif token.type == "heading_open" and token.markup in ("=", "-"):
        yield f"{token.markup * 3} under a text: write # before a heading, or a blank line before a rule."
    elif sentence := _BEYOND.get(token.type):
        yield sentence


_BEYOND = {
    "table_open": "Tables are not possible here: write the rows as a list.",
    "image": "Pictures are not possible here: describe it, or link to it with [words](https://address).",
    "fence": "Code blocks are not possible here: remove the ``` or ~~~ lines.",
    "code_block": "This line begins with four spaces or more: remove them.",
    "code_inline": "Code is not possible here: remove the ` signs, or write **bold** or *italic*.",
    "html_block": "HTML is printed as it is typed: remove the part in < >.",
    "html_inline": "HTML is printed as it is typed: remove the part in < >.",
    "s_open": "Struck-out text is not possible here: remove it, or the ~~ signs.",
}


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
    reader.validateLink = lambda url: bool(_SAFE_LINK.match(url))  # type: ignore[method-assign]
    reader.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return reader


def _critic() -> MarkdownIt:
    """Build the parser that knows more than we set, to see what a writer meant; it never renders."""
    critic = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    critic.enable(["table", "strikethrough"]).disable("reference")
    critic.validateLink = lambda url: True  # type: ignore[method-assign]
    return critic


_READER = _reader()
_CRITIC = _critic()
