"""What a mail's page is made of: words, the button of its link, its code, and the small print at the end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from worker.text import markdown
from worker.text.khmer import keep_words
from worker.text.markdown import Block


@dataclass(frozen=True)
class MailPart:
    """A stretch of a mail; the layout sets each kind its own way."""

    kind: Literal["words", "button", "code", "small print"]
    blocks: list[Block] = field(default_factory=list)
    label: str = ""
    """What is on the button, or before the code."""
    value: str = ""
    """The address of the button, or the code."""


def parts(blocks: list[Block], link: str, code: str) -> Iterator[MailPart]:
    """Cut a mail's tree where its reader's link or code stands in a paragraph alone, and at a rule.

    `link` and `code` are what stands there: the marks of a draft. What follows the rule is small print.
    """
    kind: Literal["words", "small print"] = "words"
    for block in blocks:
        if block["kind"] == "rule":
            kind = "small print"
        elif label := button_label(block, link):
            yield MailPart("button", label=keep_words(label), value=link)
        elif label := _code_label(block, code):
            yield MailPart("code", label=keep_words(label), value=code)
        elif block["kind"] == "list":  # of what the letter says, and of names: not our words
            yield MailPart(kind, [block])
        else:
            yield MailPart(kind, markdown.rewritten([block], keep_words))


def button_label(block: Block, link: str) -> str:
    """The words of a paragraph that is a link of this address and nothing else; empty if it is none."""
    if block["kind"] != "paragraph" or {run["href"] for run in block["runs"] if run["text"]} != {link}:
        return ""
    label = "".join(run["text"] for run in block["runs"])
    return "" if label == link else label


def with_bare_links(blocks: list[Block], link: str) -> list[Block]:
    """The same tree with the address itself where a button is: in plain text it stands alone on its line."""
    bare: Block = {"kind": "paragraph", "runs": [{"text": link, "bold": False, "italic": False, "href": link}]}
    return [bare if button_label(block, link) else block for block in blocks]


def _code_label(block: Block, code: str) -> str:
    """The words before the code, in a paragraph that says nothing after it; empty if it is none."""
    if block["kind"] != "paragraph" or not all(run["bold"] for run in block["runs"] if run["text"]):
        return ""
    text = "".join(run["text"] for run in block["runs"])
    return text.removesuffix(code).strip() if text.endswith(code) else ""
