"""Files as organizers have them: the wrong kind, the wrong size, a folder where a file should be."""

import os
import stat
from pathlib import Path

from worker.definition import encodings
from worker.definition.problems import Problem, line_named
from worker.text.phrases import P_, Phrase

_BEGINNINGS = (
    (b"%PDF", P_("a PDF")),
    (b"\xff\xd8\xff", P_("a photo (JPEG)")),
    (b"\x89PNG", P_("a picture (PNG)")),
    (b"GIF8", P_("a picture (GIF)")),
    (b"\xd0\xcf\x11\xe0", P_("an old Word or Excel file")),
    (b"{\\rtf", P_("a rich text document (RTF)")),
    (b"\x1f\x8b", P_("a compressed file (gzip)")),
    (b"Rar!", P_("a compressed file (RAR)")),
    (b"7z\xbc\xaf", P_("a compressed file (7z)")),
    (b"SQLite format 3", P_("a database")),
)
_INSIDE_ZIP = (
    (b"word/", P_("a Word document")),
    (b"xl/", P_("an Excel workbook")),
    (b"ppt/", P_("a presentation")),
    (b"opendocument.text", P_("a LibreOffice document")),
    (b"opendocument.spreadsheet", P_("a LibreOffice spreadsheet")),
)
_WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<meta", b"<body", b"<style", b"<table")
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):
    """A file cannot be read as text; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.file)


def content(path: Path, *, expected: str, most: int) -> bytes:
    """Read a plain text file of at most `most` bytes; links to files elsewhere are not followed.

    Raises Unreadable.
    """
    read = octets(path, expected=expected, most=most)
    check_text(path, read, expected=expected, most=most)
    return read


def octets(path: Path, *, expected: str, most: int) -> bytes:
    """Read a file of any kind, of at most `most` bytes; links to files elsewhere are not followed.

    Raises Unreadable.
    """
    found, fix = _refused(path, most)
    if found:
        raise Unreadable(Problem(path.name, "", found, expected, fix))
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Unreadable(Problem(path.name, "", _reason(error), expected, _let_read())) from None


def check_text(
    path: Path,
    octets: bytes,
    *,
    expected: str,
    most: int,
    fix: str = P_("Save it as plain text (a list: as CSV UTF-8) and try again."),
) -> None:
    """Raise Unreadable for what is no text, or more than `most` bytes of it."""
    if kind := kind_of(octets):
        raise Unreadable(Problem(path.name, "", kind, expected, fix))
    if len(octets) > most:
        raise Unreadable(Problem(path.name, "", *_too_large(len(octets), most, expected)))


def _refused(path: Path, most: int) -> tuple[str, str]:
    """Say what is wrong before the file is opened: a pipe in its place would never answer."""
    try:
        state = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return P_("no such file"), P_("Put it there, or correct its name.")
    except (OSError, ValueError) as error:
        return _reason(error), P_("Correct its name. %(fix)s", fix=_let_read())
    if stat.S_ISLNK(state.st_mode):
        return P_("a link to another file"), P_("Put the file itself there.")
    if stat.S_ISDIR(state.st_mode):
        return P_("a folder"), P_("Put a file of that name there.")
    if not stat.S_ISREG(state.st_mode):
        return P_("something that is no file"), P_("Put a file of that name there.")
    if state.st_size > most:
        found, _, fix = _too_large(state.st_size, most, "")
        return found, fix
    return "", ""


def _too_large(size: int, most: int, expected: str) -> tuple[str, str, str]:
    return _size(size), expected, P_("It may have %(size)s at most: remove what is not needed.", size=_size(most))


def _let_read() -> Phrase:
    return P_("Let user %(number)s read it, as whom this program runs.", number=str(os.geteuid()))


def _reason(error: OSError | ValueError) -> Phrase:
    return P_("a file that cannot be opened (%(why)s)", why=getattr(error, "strerror", None) or str(error))


def _size(octets: int) -> Phrase:
    if octets >= 1_048_576:
        return P_("%(n)s MB", n=f"{octets / 1_048_576:.1f}")
    return P_("%(n)s KB", n=f"{octets / 1024:.0f}")


def kind_of(octets: bytes) -> str:
    """Name what this is when it is no text: `a Word document`; empty when it may be text."""
    for beginning, kind in _BEGINNINGS:
        if octets.startswith(beginning):
            return kind
    if octets.startswith(b"PK\x03\x04"):
        return next((kind for mark, kind in _INSIDE_ZIP if mark in octets), P_("a compressed file (ZIP)"))
    start = octets[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_WEB_PAGE):
        return P_("a web page")
    if start.startswith(b"<?xml"):
        return P_("a file in XML")
    if start.startswith((b"mime-version:", b"from: <saved by")):
        return P_("a web page saved as archive (MHTML)")
    if b"\0" in octets and not octets.startswith(_MARKS_OF_UTF_16):
        return P_("something that is no text")
    return ""


def utf8(path: Path, octets: bytes) -> str:
    """Decode what must be UTF-8, dropping the mark that Windows puts before it.

    Raises Unreadable, naming the line.
    """
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = line_named(octets.count(10, 0, error.start) + 1)
        found = P_("text in another encoding than UTF-8")
        fix = P_("Save it again as UTF-8 (in most editors: Save as, Encoding).")
        raise Unreadable(Problem(path.name, where, found, P_("text in UTF-8"), fix)) from None


def any_encoding(path: Path, octets: bytes) -> tuple[str, str]:
    """Decode UTF-8 or UTF-16 with its mark, else the likeliest other encoding, and name that one: (text, guess).

    Raises Unreadable.
    """
    try:
        if octets.startswith(_MARKS_OF_UTF_16):
            text, guessed = octets.decode("utf-16"), ""
        else:
            text, guessed = _utf8_or_guessed(octets)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        fix = P_("Save it as CSV UTF-8 and try again.")
        raise Unreadable(Problem(path.name, "", P_("something that is no text"), P_("text"), fix))
    return text, guessed


def _utf8_or_guessed(octets: bytes) -> tuple[str, str]:
    try:
        return octets.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return encodings.best_of(octets)
