"""What a writer typed as Markdown that is none here, by line."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from worker.text.markdown import SAFE_LINK

MAX_DEPTH = 4  # a letter on paper cannot be set much deeper
_CONTAINERS = {"blockquote", "bullet_list", "ordered_list"}


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
            if depth > MAX_DEPTH and token.map and token.nesting == 1:
                yield token.map[0] + 1, f"Lists and quotations may stand inside each other {MAX_DEPTH} deep at most."


def _inline_problems(block: Token, line: int) -> Iterator[tuple[int, str]]:
    for token in block.children or []:
        yield from ((line, sentence) for sentence in _objections(token))
        line += token.type in ("softbreak", "hardbreak")


def _objections(token: Token) -> Iterator[str]:
    if token.type == "text" and re.search(r"\[\^[^\]\s]+\]", token.content):
        yield "Footnotes are not possible here: write the note into the sentence."
    elif token.type == "text" and re.match(r"\[[^\]]+\]: ", token.content):
        yield "A link is written where it stands: [words](https://address)."
    elif token.type == "link_open" and not SAFE_LINK.match(str(token.attrs["href"])):
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


def _critic() -> MarkdownIt:
    """Build the parser that knows more than we set, to see what a writer meant; it never renders."""
    critic = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    critic.enable(["table", "strikethrough"]).disable("reference")
    critic.validateLink = lambda url: True  # type: ignore[method-assign]
    return critic


_CRITIC = _critic()
