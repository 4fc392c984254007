"""The numbers that a letter says where they stand in its text in double braces; nothing else is filled in."""

import re
from collections.abc import Mapping

COUNT = re.compile(r"\{\{\s*count\s*\}\}")  # of the organizations that sign it
MEMBERS = re.compile(r"\{\{\s*members\s*\}\}")  # of the persons who add their voices to it
EITHER = re.compile(f"{COUNT.pattern}|{MEMBERS.pattern}")


def fill(text: str, count: int | str, members: int | str) -> str:
    """The text with both as plain numbers, or as what stands in their place."""
    return MEMBERS.sub(str(members), COUNT.sub(str(count), text))


def say_members(texts: Mapping[str, str]) -> list[str]:
    """The languages, of these texts by language, in which a letter says how many persons add their voices."""
    return [language for language, text in texts.items() if MEMBERS.search(text)]
