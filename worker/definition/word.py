"""A letter as it is in Word, as Markdown: what is taken, and all that is not, with its place.

Runs in a child process (`child_process`): it returns what JSON carries.
"""

import re
from collections import Counter
from dataclasses import asdict
from typing import Any, Literal, TypeAlias

from worker.definition import letters, word_blocks, word_languages
from worker.definition.problems import shown
from worker.definition.word_blocks import Line, Reader
from worker.definition.word_package import NotTaken, Package
from worker.definition.word_told import Remark
from worker.text import markdown_writer
from worker.text.markdown_writer import Block, Heading, Listing, Paragraph, Piece, Quote, Table, plain

Changes: TypeAlias = Literal["", "accept", "reject"]
PLACEHOLDER = "The letter's subject"  # as in templates/new, where `check` asks for it
_SUBJECT = re.compile(
    r"(?:subject|re|objet|concerne|sujet|កម្មវត្ថុ|ប្រធានបទ)[ \u00a0\u202f]*[:៖][ \u00a0]*(.+)", re.I | re.S
)
_MAX_SUBJECT = 200


def as_markdown(octets: bytes, changes: Changes = "") -> dict[str, Any]:
    """Read a Word file: the letter as Markdown, what was kept and not, and what is to be decided.

    `problem` is there instead of all else where the file cannot be taken; `tracked` is the number of changes that
    are neither accepted nor rejected, with their `places`: then a person says first which way (`changes`).
    """
    try:
        return _taken(Reader(Package(octets), changes))
    except NotTaken as error:
        problem = {"where": error.where, "found": error.found, "expected": error.expected, "fix": error.fix}
        return {"problem": problem}


def _taken(reader: Reader) -> dict[str, Any]:
    lines = reader.lines()
    left_out: list[str] = []
    if reader.is_ours:
        lines, left_out = word_blocks.without_frame(lines)
    subject, whence, moved = _subject(lines)
    if moved:
        reader.telling.tell("note in subject", where=shown(subject, 40))
        _move_notes(lines, moved)
    notes = reader.notes()
    for line in lines:
        if line.kind == "heading" and any(piece.note for piece in line.pieces):
            reader.telling.tell("note in heading", where=shown(line.text, 40))
    blocks = word_blocks.together(lines, reader.telling, ours=bool(left_out))
    if not lines:
        raise NotTaken("no text", "a letter", "Its words may stand in pictures: type them, or take another file.")
    if too_much := letters.too_much("", "\n".join(line.text for line in lines)):
        raise NotTaken(too_much.found, too_much.expected, too_much.fix)
    text, lost = markdown_writer.write(subject or PLACEHOLDER, blocks, notes)
    remarks = [Remark("", f"the letter's frame: {one}", "The letter prints it by itself.") for one in left_out]
    remarks += reader.telling.remarks()
    if lost:
        fix = "The words are kept: mark them again if it matters."
        remarks.append(
            Remark("", f"bold or italics that Markdown cannot tell, in {lost:,} paragraph{'s' * (lost != 1)}", fix)
        )
    language, why = word_languages.guess(
        "\n".join(line.text for line in lines), reader.runs.languages, reader.styles.language()
    )
    return {
        "markdown": text,
        "subject": subject,
        "subject_from": whence,
        "language": language,
        "language_from": why,
        "counts": _counts(blocks, notes),
        "remarks": [asdict(remark) for remark in remarks],
        "tracked": len(reader.telling.tracked),
        "places": reader.telling.places(),
    }


def _subject(lines: list[Line]) -> tuple[str, str, list[Piece]]:
    """Take the subject out of the lines: (it, where it stood, notes that it had)."""
    found = next((at for at, line in enumerate(lines) if line.kind == "title"), None)
    whence = "title"
    if found is None:
        found = next((at for at, line in enumerate(lines) if line.kind == "heading" and line.level == 1), None)
        whence = "heading"
    if found is None:
        candidates = (
            at for at, line in enumerate(lines[:40]) if line.kind != "table" and _SUBJECT.fullmatch(line.text)
        )
        found, whence = next(candidates, None), "line"
    if found is None:
        return "", "", []
    text = " ".join(lines[found].text.split())
    match = _SUBJECT.fullmatch(text)
    text = match[1] if match else text
    if not text or len(text) > _MAX_SUBJECT:
        return "", "", []
    return text, whence, [piece for piece in lines.pop(found).pieces if piece.note]


def _move_notes(lines: list[Line], notes: list[Piece]) -> None:
    paragraph = next((line for line in lines if line.kind == "paragraph"), None)
    if paragraph is None:
        lines.insert(0, Line("paragraph", notes))
    else:
        paragraph.pieces += notes


def _counts(blocks: list[Block], notes: list[list[Piece]]) -> dict[str, int]:
    counts: Counter[str] = Counter(footnotes=len(notes))
    _count(blocks, counts)
    return dict(counts)


def _count(blocks: list[Block], counts: Counter[str]) -> None:
    for block in blocks:
        match block:
            case Heading():
                counts["headings"] += 1
                counts["links"] += _links(block.pieces)
            case Paragraph():
                counts["paragraphs"] += 1
                counts["links"] += _links(block.pieces)
            case Table():
                counts["tables"] += 1
            case Quote():
                _count(block.blocks, counts)
            case Listing():
                counts["lists"] += 1
                for item in block.items:
                    _count(item, counts)
            case _:
                pass


def _links(pieces: list[Piece]) -> int:
    return len({piece.href for piece in pieces if piece.href and plain([piece])})
