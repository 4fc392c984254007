"""The letter as words: filled, and hashed."""

import functools
import hashlib
import json
import unicodedata
from dataclasses import dataclass

from worker.text import letter_numbers, markdown, plain_text

UNKNOWN = "…"  # where a number will stand that nobody may read yet


@dataclass(frozen=True)
class Confidential:
    """Whom only the addressee's copy names, and how it tells its reader so; all but the names is outside the letter."""

    notice: str  # above the letter
    heading: str  # above the names
    names: list[str]  # as in `Sheet.signatories`, numbered on from those
    footer: str  # the notice in short, on each page


@dataclass(frozen=True)
class Sheet:
    """All that stands in one rendition of a letter in one language, already worded."""

    language: str
    sender: list[str]  # the name, then further lines
    addressee: list[str]  # the lines of the postal block
    date: str  # "14 April 2023"
    salutation: str
    subject: str
    body: list[markdown.Block]
    list_heading: str
    signatories: list[str]  # each `Name (ACR), Country`, in the printed order
    withheld: str = ""  # the line about those who sign and are not named in it
    authentic_note: str = ""  # the sentence that says which text was signed, on a translation
    confidential: Confidential | None = None
    copies: tuple[str, ...] = ()  # who else gets it, each `Copy: name, office`
    draft: str = ""  # above the letter and on each page, where it is not the one that is sealed


@functools.lru_cache(maxsize=100)
def fill(letter_text: str, count: int | str, members: int | str = UNKNOWN) -> tuple[str, list[markdown.Block]]:
    """Part a letter into subject (its first line, `# …`) and body, with plain numbers (or "…") where it says them.

    `count` is of organizations, `members` of persons. Nothing else is a placeholder: other braces stand as they were
    typed. Without a first heading the subject is empty. What it returns is shared and not to be changed: pages and
    mails read the same letters.
    """
    tree = markdown.blocks(letter_numbers.fill(letter_text, count, members))
    if tree and tree[0]["kind"] == "heading" and tree[0]["level"] == 1:
        return " ".join(plain_text.plain(tree[0]["runs"]).split()), tree[1:]
    return "", tree


def hash_of(texts: dict[str, str]) -> str:
    """Hash what is signed, by language: SHA-256, as 64 hexadecimal digits.

    The input is the UTF-8 of a JSON array of [language, text] pairs, sorted by language, with no space
    between tokens and no character escaped that JSON does not oblige to; each text in Unicode NFC, its
    lines parted by LF.
    """
    pairs = [[language, _normal(texts[language])] for language in sorted(texts)]
    canonical = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
