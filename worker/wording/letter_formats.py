"""The forms in which the letter exists: what is sealed, previewed and exported, in this order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from worker.registry import by_name
from worker.wording import letter_docx, letter_html, letter_pdf, letter_text
from worker.wording.sheet import Sheet


@dataclass(frozen=True)
class Format:
    """One form of the letter."""

    name: str
    """As in `Seal.format`."""
    ending: str
    """Of its files."""
    media_type: str
    """As an attachment of a mail."""
    every_language: bool
    """Whether it exists in each language of the letter, or in the authentic one only."""
    make: Callable[[Sheet, datetime], bytes]
    """Sets a sheet; the moment is what the file says of when it was made."""

    def file_name(self, language: str = "", title: str = "letter") -> str:
        """`letter.en.pdf`, or `letter.pdf` where there is one language only."""
        return f"{title}.{language}.{self.ending}" if language else f"{title}.{self.ending}"


FORMATS = by_name(
    Format("text", "txt", "text/plain; charset=utf-8", True, lambda sheet, _: letter_text.as_text(sheet).encode()),
    Format("html", "html", "text/html; charset=utf-8", True, lambda sheet, _: letter_html.as_html(sheet).encode()),
    Format("pdf", "pdf", "application/pdf", False, letter_pdf.as_pdf),
    Format(
        "docx",
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        False,
        letter_docx.as_docx,
    ),
)


def documents(sheet: Sheet, dated: datetime, authentic: str) -> Iterator[tuple[Format, bytes]]:
    """The letter on one sheet, in each form in which it exists in that sheet's language."""
    for one in FORMATS.values():
        if one.every_language or sheet.language == authentic:
            yield one, one.make(sheet, dated)
