"""Places in a mail where each reader gets something else, so that it is worded once for all."""

import re
import secrets

MARKS = tuple(map(chr, range(0xE000, 0xE020)))  # of private use: in no text
# Of an address, for Markdown to make a link of it; nobody who types a text can know one.
LINK, UNSUBSCRIBE_LINK = (f"https://{secrets.token_hex(16)}.invalid/" for _ in range(2))
A_MARK = re.compile(f"[{MARKS[0]}-{MARKS[-1]}]|{re.escape(LINK)}|{re.escape(UNSUBSCRIBE_LINK)}")


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
