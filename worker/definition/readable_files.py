"""Files as organizers have them: the wrong kind, the wrong size, a folder where a file should be."""

import os
import stat
from pathlib import Path

from worker.definition import encodings
from worker.definition.problems import Problem

_BEGINNINGS = (
    (b"%PDF", "a PDF"),
    (b"\xff\xd8\xff", "a photo (JPEG)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"{\\rtf", "a rich text document (RTF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"Rar!", "a compressed file (RAR)"),
    (b"7z\xbc\xaf", "a compressed file (7z)"),
    (b"SQLite format 3", "a database"),
)
_INSIDE_ZIP = (
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a presentation"),
    (b"opendocument.text", "a LibreOffice document"),
    (b"opendocument.spreadsheet", "a LibreOffice spreadsheet"),
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
        fix = f"{_may_read()}."
        raise Unreadable(Problem(path.name, "", _reason(error), expected, fix)) from None


def check_text(
    path: Path,
    octets: bytes,
    *,
    expected: str,
    most: int,
    fix: str = "Save it as plain text (a list: as CSV UTF-8) and try again.",
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
        return "no such file", "Put it there, or correct its name."
    except (OSError, ValueError) as error:
        return _reason(error), f"Correct its name. {_may_read()}."
    if stat.S_ISLNK(state.st_mode):
        return "a link to another file", "Put the file itself there."
    if stat.S_ISDIR(state.st_mode):
        return "a folder", "Put a file of that name there."
    if not stat.S_ISREG(state.st_mode):
        return "something that is no file", "Put a file of that name there."
    if state.st_size > most:
        found, _, fix = _too_large(state.st_size, most, "")
        return found, fix
    return "", ""


def _too_large(size: int, most: int, expected: str) -> tuple[str, str, str]:
    return f"{_size(size)}", expected, f"It may have {_size(most)} at most: remove what is not needed."


def _may_read() -> str:
    return f"Let user {os.geteuid()} read it, as whom this program runs"


def _reason(error: OSError | ValueError) -> str:
    return f"a file that cannot be opened ({getattr(error, 'strerror', None) or error})"


def _size(octets: int) -> str:
    return f"{octets / 1_048_576:.1f} MB" if octets >= 1_048_576 else f"{octets / 1024:.0f} KB"


def kind_of(octets: bytes) -> str:
    """Name what this is when it is no text: `a Word document`; empty when it may be text."""
    for beginning, kind in _BEGINNINGS:
        if octets.startswith(beginning):
            return kind
    if octets.startswith(b"PK\x03\x04"):
        return next((kind for mark, kind in _INSIDE_ZIP if mark in octets), "a compressed file (ZIP)")
    start = octets[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_WEB_PAGE):
        return "a web page"
    if start.startswith(b"<?xml"):
        return "a file in XML"
    if start.startswith((b"mime-version:", b"from: <saved by")):
        return "a web page saved as archive (MHTML)"
    if b"\0" in octets and not octets.startswith(_MARKS_OF_UTF_16):
        return "something that is no text"
    return ""


def utf8(path: Path, octets: bytes) -> str:
    """Decode what must be UTF-8, dropping the mark that Windows puts before it.

    Raises Unreadable, naming the line.
    """
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"line {octets.count(10, 0, error.start) + 1}"
        found = "text in another encoding than UTF-8"
        fix = "Save it again as UTF-8 (in most editors: Save as, Encoding)."
        raise Unreadable(Problem(path.name, where, found, "text in UTF-8", fix)) from None


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
        fix = "Save it as CSV UTF-8 and try again."
        raise Unreadable(Problem(path.name, "", "something that is no text", "text", fix))
    return text, guessed


def _utf8_or_guessed(octets: bytes) -> tuple[str, str]:
    try:
        return octets.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return encodings.best_of(octets)
