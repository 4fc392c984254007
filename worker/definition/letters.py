"""The letter in each language: `letter.<language>.md`, its first line the subject."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from worker.definition import readable_files
from worker.definition.problems import (
    MAX_OF_A_KIND,
    Problem,
    all_of,
    did_you_mean,
    line_named,
    named,
    rows_named,
    shown,
    what_is_wrong_with,
)
from worker.text import characters, letter_numbers
from worker.text.languages import LANGUAGES
from worker.text.phrases import P_, Phrase

MAX_LETTER = 256 * 1024
MAX_LINES = 4_000
MAX_SIGNS = 5_000  # of those below; each costs whoever reads Markdown as much as a page of words
_SIGNS = "[]*_`<>&~|{}\\#!"
MAX_WORD = 2_000  # letters, an address among them; Khmer is written without spaces
_LONG_WORD = re.compile(rf"[^\s|\u1780-\u17ff]{{{MAX_WORD + 1},}}")
_MAX_SUBJECT = 200
_PLACEHOLDERS = ("count", "members")
_BRACES = re.compile(r"\{\{([^{}\n]*)\}\}|\{\{|\}\}|\{[%#]|[%#]\}")
_NAME = re.compile(r"letter\.(.+)\.md", re.IGNORECASE)


@dataclass(frozen=True)
class Pasted(Problem):
    """What may print otherwise than its writer meant, as in text that was pasted as plain lines; a person decides."""


def asked_in(language: str) -> Phrase:
    """Why the letter must be there in a language."""
    return P_("partners are asked in %(language)s", language=language)


def read_letters(
    folder: Path, wanted: Mapping[str, str], problems: list[Problem], remarks: list[Problem]
) -> dict[str, str]:
    """Read every letter of a folder, by language; those of the wanted languages must be there.

    `wanted` says for each language why. Lines are parted by LF, whatever the file had.
    """
    there = _languages_there(folder)
    problems += _in_languages_not_known(there)
    letters = {}
    for language in LANGUAGES:
        if language in there or language in wanted:
            text = _read(folder, language, wanted.get(language, ""), problems)
            if text is not None:
                letters[language] = text
                problems += check_text(f"letter.{language}.md", text)
                if not too_much(f"letter.{language}.md", text):
                    remarks += look_at_text(f"letter.{language}.md", text)
    return letters


def check_text(file: str, text: str) -> list[Problem]:
    """All that is wrong with one letter, wherever it was written."""
    excess = too_much(file, text)
    return [excess] if excess else list(_problems(file, text))


def look_at_text(file: str, text: str) -> list[Problem]:
    """What is to be looked at in one letter without problems, and refuses nothing."""
    return list(_remarks(file, text))


def _in_languages_not_known(there: list[str]) -> Iterator[Problem]:
    wrong = [(language, *said) for language in there if (said := what_is_wrong_with(language))]
    for language, expected, fix in wrong[:MAX_OF_A_KIND]:
        found = P_("a letter in %(language)s", language=shown(language))
        yield Problem(named(f"letter.{language}.md"), "", found, expected, fix)
    if (more := len(wrong) - MAX_OF_A_KIND) > 0:
        yield Problem("letter.*.md", "", P_("%(n)s more of this kind", n=more), *wrong[-1][1:])


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def _languages_there(folder: Path) -> list[str]:
    matches = (re.fullmatch(r"letter\.([^.]+)\.md", name) for name in _names(folder))
    return [match[1] for match in matches if match]


def _near(folder: Path) -> str:
    """Name a file that may be the letter under another name."""
    others = (name for name in _names(folder) if name.lower().startswith("letter"))
    return next((name for name in others if _NAME.fullmatch(name) is None or name != name.lower()), "")


def _read(folder: Path, language: str, why: str, problems: list[Problem]) -> str | None:
    path = folder / f"letter.{language}.md"
    expected = P_("the letter in Markdown, since %(why)s", why=why) if why else P_("the letter in Markdown")
    try:
        octets = readable_files.content(path, expected=expected, most=MAX_LETTER)
        return re.sub(r"\r\n?", "\n", readable_files.utf8(path, octets))
    except readable_files.Unreadable as error:
        problem = error.problem
    near = _near(folder)
    if near and problem.found == "no such file":
        fix = P_("There is %(file)s: is it the letter, with another name or format?", file=shown(near))
        problem = replace(problem, fix=fix)
    elif why == asked_in(language) and problem.found == "no such file":
        fix = P_("Put a translation there, or leave the language of these partners empty in partners.csv.")
        problem = replace(problem, fix=fix)
    problems.append(problem)
    return None


def too_much(file: str, text: str) -> Problem | None:
    """What is no letter, and is looked at no further: to read it would take minutes."""
    lines, signs = text.count("\n") + 1, sum(map(text.count, _SIGNS))
    if lines > MAX_LINES:
        most = P_("%(n)s at most", n=MAX_LINES)
        return Problem(file, "", P_("%(n)s lines", n=lines), most, P_("Shorten the letter."))
    if signs > MAX_SIGNS:
        found, most = P_("%(n)s signs such as [ * _ ` <", n=signs), P_("%(n)s at most", n=MAX_SIGNS)
        return Problem(file, "", found, most, P_("Remove those that mean nothing in a letter."))
    if word := max(_LONG_WORD.finditer(text), key=lambda match: len(match[0]), default=None):
        where = line_named(text.count("\n", 0, word.start()) + 1)
        found, most = P_("%(n)s signs without a space", n=len(word[0])), P_("%(n)s at most", n=MAX_WORD)
        return Problem(file, where, found, most, P_("Put spaces between the words."))
    return None


def _problems(file: str, text: str) -> Iterator[Problem]:
    from worker.text import markdown_lint

    subject, _, body = text.partition("\n")
    yield from _subject(file, subject)
    if not body.strip():
        fix = P_("Write the letter below its first line.")
        yield Problem(file, line_named(2), P_("nothing"), P_("the text of the letter"), fix)
    for number, line in enumerate(text.split("\n"), 1):
        yield from _hidden(file, number, line)
        yield from _unknown_placeholders(file, number, line)
    for number, sentence in markdown_lint.problems(text):
        found = P_("something that letters cannot show")
        expected = P_("headings, paragraphs, lists, tables, footnotes, **bold**, *italic* and links")
        yield Problem(file, line_named(number), found, expected, sentence)


def _subject(file: str, line: str) -> Iterator[Problem]:
    first, expected = line_named(1), P_("# and the subject of the letter")
    subject = line.removeprefix("# ").strip()
    if not line.startswith("# ") or not subject:
        fix = P_("Begin the file with a line such as: # Postpone the elections")
        yield Problem(file, first, shown(line) if line.strip() else P_("nothing"), expected, fix)
    elif len(subject) > _MAX_SUBJECT:
        found, most = P_("%(n)s characters", n=str(len(subject))), P_("%(n)s at most", n=_MAX_SUBJECT)
        yield Problem(file, first, found, most, P_("Shorten the subject."))
    elif "{{" in subject:
        fix = P_("Write the number into a sentence of the letter instead.")
        yield Problem(file, first, P_("a placeholder in the subject"), expected, fix)


def _hidden(file: str, number: int, line: str) -> Iterator[Problem]:
    for name in dict.fromkeys(name for _, name in characters.unfit(line, "\t")):
        fix = _INSTEAD.get(name.rpartition(", ")[2], P_("Delete it, or type the line again."))
        yield Problem(file, line_named(number), name, P_("characters that can be read"), fix)


_INSTEAD = {
    "a line break": P_(
        "Word writes it where a line or a page ends. Type a new line in its place, and a backslash (\\) at the end "
        "of a line that is to end there in print."
    ),
    "a character that has no meaning outside one font": P_(
        "Word writes it for the sign of a list. Begin the line with a hyphen and a space (- ) instead."
    ),
}


def _unknown_placeholders(file: str, number: int, line: str) -> Iterator[Problem]:
    for match in _BRACES.finditer(line):
        name = (match[1] or "").strip()
        if match[1] is not None and name in _PLACEHOLDERS:
            continue
        fix = did_you_mean(name, _PLACEHOLDERS) if name else P_("Remove it; the number is written {{ count }}.")
        expected = P_("{{ count }} or {{ members }}, and no other placeholder")
        yield Problem(file, line_named(number), shown(match[0]), expected, fix)


def members_of_nobody(letters: Mapping[str, str], *, closed: bool) -> Iterator[Problem]:
    """Each place in which a letter says how many persons add their voices, although none can before it leaves.

    `closed`: not even afterwards.
    """
    if closed:
        expected = P_("no number of persons, as members is closed")
        fix = P_(
            'Remove it, or write members = "counted" and public_page = "from launch" in campaign.toml: '
            "then persons may add their voices."
        )
    else:
        expected = P_("no number of persons, as there is no public page before the letter is sent")
        fix = P_('Remove it, or write public_page = "from launch" in campaign.toml: then persons may add their voices.')
    for language in letter_numbers.say_members(letters):
        for number, line in enumerate(letters[language].split("\n"), 1):
            if match := letter_numbers.MEMBERS.search(line):
                yield Problem(f"letter.{language}.md", line_named(number), shown(match[0]), expected, fix)


def members_not_said(letters: Mapping[str, str], authentic: str) -> Iterator[Problem]:
    """That persons may add their voices, and no language of the letter says how many do, or not each."""
    saying = letter_numbers.say_members(letters)
    found, expected = P_("no {{ members }}"), P_("the number of persons in a sentence")
    if not saying:
        fix = P_("Without it only later emails tell the addressee of persons who add their voices: is that intended?")
        yield Problem(f"letter.{authentic}.md", "", found, expected, fix)
        return
    for language in letters:
        if language not in saying:
            fix = P_(
                "The letter says it in %(languages)s: is it intended that it does not here?",
                languages=all_of(list(saying)),
            )
            yield Problem(f"letter.{language}.md", "", found, expected, fix)


def _remarks(file: str, text: str) -> Iterator[Problem]:
    from worker.text import pasted_text

    if not letter_numbers.COUNT.search(text):
        fix = P_("Without it the letter does not say how many sign it: is that intended?")
        yield Problem(file, "", P_("no {{ count }}"), P_("the number of signatories in a sentence"), fix)
    for finding in pasted_text.findings(text):
        where = rows_named(finding.lines, "line")
        yield Pasted(file, where, finding.found, finding.expected, finding.fix)
