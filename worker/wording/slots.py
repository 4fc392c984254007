"""Places in a mail where each reader gets something else, so that it is worded once for all."""

import re
import secrets

MARKS = tuple(map(chr, range(0xE000, 0xE020)))  # of private use: in no text
MARK_OF_AN_ADDRESS = f"https://{secrets.token_hex(16)}.invalid/"  # nobody who types a text can know it
A_MARK = re.compile(f"[{MARKS[0]}-{MARKS[-1]}]|{re.escape(MARK_OF_AN_ADDRESS)}")


class Slot:
    """Stands in a mail where each reader gets something else; a template prints it, or asks whether it is empty.

    So one mail is worded once for everybody who gets it: Jinja2 and Markdown cost ten times what sending costs.
    """

    def __init__(self, mark: str, filled: bool) -> None:
        """Prints `mark`: one of MARKS, or the mark of an address, for Markdown to make a link of it."""
        self.mark, self._filled = mark, filled

    def __bool__(self) -> bool:
        return self._filled

    def __str__(self) -> str:
        raise TypeError("what is personal in a mail can only be printed as it is, or asked whether it is empty")
