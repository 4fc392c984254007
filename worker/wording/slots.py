"""Places in a mail where each reader gets something else, so that it is worded once for all."""

import re
import secrets
from collections.abc import Sequence

from worker.text.diff import Kind

MARKS = tuple(map(chr, range(0xE000, 0xE020)))  # of private use: in no text
# Of an address, for Markdown to make a link of it; nobody who types a text can know one.
LINK, UNSUBSCRIBE_LINK = (f"https://{secrets.token_hex(16)}.invalid/" for _ in range(2))
A_MARK = re.compile(f"[{MARKS[0]}-{MARKS[-1]}]|{re.escape(LINK)}|{re.escape(UNSUBSCRIBE_LINK)}")

_GONE, _NEW, _END = map(chr, range(0xE020, 0xE023))  # of private use too
_A_CHANGE = re.compile(f"([{_GONE}{_NEW}])([^{_END}]*){_END}")


class Slot:
    """Stands in a mail where each reader gets something else; a template prints it, or asks whether it is empty.

    So one mail is worded once for everybody who gets it: Jinja2 and Markdown cost ten times what sending costs.
    """

    def __init__(self, mark: str, filled: bool) -> None:
        """Prints `mark`: one of MARKS, or that of an address."""
        self.mark, self._filled = mark, filled

    def __bool__(self) -> bool:
        return self._filled

    def __str__(self) -> str:
        raise TypeError("what is personal in a mail can only be printed as it is, or asked whether it is empty")


def marked(pieces: Sequence[tuple[Kind, str]]) -> str:
    """Words of which some are gone or new, as one text with marks around those."""
    text = ""
    for kind, words in pieces:
        inside = words.strip(" \u200b")
        if kind == "same" or not inside:
            text += words
            continue
        if text.endswith(_END):
            text += " "
        before, _, after = words.partition(inside)
        text += f"{before}{_GONE if kind == 'gone' else _NEW}{inside}{_END}{after}"
    return text


def changes_in_text(text: str, gone: str, new: str) -> str:
    """A plain text with words in the place of such marks; `gone` and `new` have %(words)s in them."""
    return _A_CHANGE.sub(lambda found: (gone if found[1] == _GONE else new) % {"words": found[2]}, text)


def changes_in_html(page: str) -> str:
    """A page with elements in the place of such marks."""
    return _A_CHANGE.sub(lambda found: "<{0}>{1}</{0}>".format("del" if found[1] == _GONE else "ins", found[2]), page)
