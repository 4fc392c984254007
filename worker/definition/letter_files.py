"""A letter as people have it, in Word or as text, taken over as `letter.<language>.md`."""

from dataclasses import dataclass, field
from pathlib import Path

from worker import child_process
from worker.definition import letters, readable_files, word, word_languages
from worker.definition.problems import Problem
from worker.definition.word import Changes

MAX_WORD_FILE = 32 * 1024 * 1024  # pictures, which are not read, make it large
_EXPECTED = "a letter as Word document (.docx) or as text (.md, .txt)"
_TEXT = (".md", ".markdown", ".txt")
_LIMITS = {
    "time": "a document that takes too long to read",
    "memory": "a document that needs too much memory",
    "output": "a document that is too long",
    "crash": "a document that its reader cannot read",
}


@dataclass
class TakenLetter:
    """A letter, and all that was understood, left out or doubted in it."""

    file: str
    text: str = ""
    subject: str = ""
    """Empty where none was found: the first line is then the example's, which `check` refuses."""
    language: str = ""
    """As it was given or guessed; what it was guessed by is in `language_from` (`given`, `letters`, `words`, `tag`)."""
    language_from: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    tracked: int = 0
    """Changes that were neither accepted nor rejected: without `changes` they are a problem."""
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


def take_letter(path: Path, language: str = "", changes: Changes = "") -> TakenLetter:
    """Read a letter from Word or from text; never raises for what is in the file."""
    try:
        octets = readable_files.octets(path, expected=_EXPECTED, most=MAX_WORD_FILE)
    except readable_files.Unreadable as error:
        return TakenLetter(path.name, problems=[error.problem])
    if path.suffix.lower() in _TEXT and not readable_files.kind_of(octets):
        taken = _from_text(path, octets)
    else:
        taken = _from_word(path.name, octets, changes)
    if language:
        taken.language, taken.language_from = language, "given"
    if len(taken.text.encode()) > letters.MAX_LETTER:
        found, expected = f"{len(taken.text):,} characters", f"{letters.MAX_LETTER // 1024} KB at most"
        taken.problems.append(Problem(path.name, "", found, expected, "Shorten the letter."))
    elif too_much := letters.too_much(path.name, taken.text):
        taken.problems.append(too_much)
    return taken


def _from_word(file: str, octets: bytes, changes: Changes) -> TakenLetter:
    try:
        read = child_process.call(word.as_markdown, octets, changes=changes)
    except child_process.ChildFailed as error:
        fix = "Copy its text alone into a new document, save that as .docx, and take it."
        return TakenLetter(file, problems=[Problem(file, "", _LIMITS[error.reason], _EXPECTED, fix)])
    if problem := read.get("problem"):
        return TakenLetter(file, problems=[Problem(file, **problem)])
    taken = TakenLetter(file, read["markdown"], read["subject"], read["language"], read["language_from"])
    taken.counts = read["counts"]
    taken.remarks = [
        Problem(file, one["where"], one["found"], "words that a letter can have", one["fix"]) for one in read["remarks"]
    ]
    taken.tracked = read["tracked"]
    if taken.tracked and not changes:
        taken.problems = [_open_changes(file, read["tracked"], read["places"])]
    return taken


def _open_changes(file: str, tracked: int, places: str) -> Problem:
    found = f"{tracked:,} tracked change{'s' * (tracked != 1)}, neither accepted nor rejected ({places})"
    fix = "In Word: Review, Accept All Changes (or Reject All Changes), save, and try again."
    return Problem(file, "", found, "a text that is settled", fix)


def _from_text(path: Path, octets: bytes) -> TakenLetter:
    try:
        text, guessed = readable_files.any_encoding(path, octets)
    except readable_files.Unreadable as error:
        return TakenLetter(path.name, problems=[error.problem])
    lines = [line.rstrip() for line in text.lstrip("\ufeff\r\n").splitlines()]
    taken = TakenLetter(path.name)
    if not any(lines):
        taken.problems.append(Problem(path.name, "", "an empty file", _EXPECTED, "Write the letter in it."))
        return taken
    if guessed:
        fix = "Look at the accents; if they are wrong, save the file again as UTF-8."
        taken.remarks.append(Problem(path.name, "", f"another encoding, read as {guessed}", "UTF-8", fix))
    if lines[0].startswith("# "):
        taken.subject = lines[0].removeprefix("# ").strip()
    else:
        lines = [f"# {word.PLACEHOLDER}", "", *lines]
    taken.text = "\n".join(lines).rstrip("\n") + "\n"
    taken.language, taken.language_from = word_languages.guess(taken.text, {}, "")
    return taken
