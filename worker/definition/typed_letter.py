"""A letter as it is typed into a form, in each of its languages: read and checked as the files of a folder are."""

import re
from collections.abc import Mapping

from worker.definition import placeholders
from worker.definition.letters import check_text, look_at_text, members_of_nobody
from worker.definition.printable import letter_glyph_problems
from worker.definition.problems import Problem, few
from worker.text import characters


def read_letter(typed: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """The texts by language, with the ends of lines of files; how a text ends is as it ended before."""
    return {language: _as_in_file(text, present.get(language, "\n")) for language, text in typed.items()}


def check_letter(letters: Mapping[str, str], *, members_closed: bool, members_before: bool) -> dict[str, list[Problem]]:
    """Every problem of these texts, by language.

    `members_closed`: persons can never add a voice; `members_before`: they can, before the letter leaves.
    """
    found = {language: check_text(_file(language), text) for language, text in letters.items()}
    others = [*letter_glyph_problems(letters), *placeholders.left_over({}, letters)]
    if not members_before:
        others += members_of_nobody(letters, closed=members_closed)
    for language in letters:
        found[language] += [one for one in others if one.file == _file(language)]
    return {language: few(problems) for language, problems in found.items() if problems}


def remarks_of(letters: Mapping[str, str]) -> list[Problem]:
    """What is to be looked at in texts without problems."""
    return [remark for language, text in letters.items() for remark in look_at_text(_file(language), text)]


def check_line(text: str, *, most: int = 300) -> str:
    """What keeps a text from being a line of an address, in the word that forms know; empty if nothing."""
    if len(text) > most:
        return "too long"
    return "unfit" if any(characters.unfit(text)) else ""


def _file(language: str) -> str:
    return f"letter.{language}.md"


def _as_in_file(text: str, before: str) -> str:
    end = before[len(before.rstrip()) :] or "\n"
    return re.sub(r"\r\n?", "\n", text).rstrip() + end
