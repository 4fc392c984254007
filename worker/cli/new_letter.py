"""The letters that `new` takes over: from Word or from text, all understood before anything is written."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from worker.cli import console
from worker.text.languages import LANGUAGES

if TYPE_CHECKING:
    from worker.definition.letter_files import TakenLetter
    from worker.definition.problems import Problem
    from worker.definition.word import Changes

_SETTLE = "Or add `--changes accept` to take them as accepted, or `--changes reject`."
_BY = {"letters": "by its letters", "words": "by its words", "tag": "as Word says"}


@dataclass
class Letters:
    """The letters of a new campaign, the first of them the one that counts."""

    taken: "list[TakenLetter]" = field(default_factory=list)
    problems: "list[Problem]" = field(default_factory=list)
    changes: "Changes" = ""

    @property
    def language(self) -> str:
        """Of the letter that counts; English, in which the example is, where none was given."""
        return self.taken[0].language if self.taken else "en"

    def say_missing(self, partners: Mapping[str, int]) -> None:
        """Say in which languages partners are to be asked for which there is no letter yet."""
        for language, number in sorted(partners.items()):
            if language not in {one.language for one in self.taken} | (set() if self.taken else {"en"}):
                name, of = LANGUAGES[language].name, LANGUAGES[self.language].name
                console.say(
                    f"• {console.partners(number)} of the list read {name}, but there is no letter in it. Put a "
                    f"translation "
                    f"beside the letter as letter.{language}.md, or leave their language empty in partners.csv: "
                    f"then they are asked in {of}."
                )

    def say_remarks(self) -> None:
        """Say what is left out and what was guessed, before anything is written."""
        for one in self.taken:
            for remark in one.remarks:
                console.say(f"• {remark.sentence}")
            if not one.problems and one.language_from != "given":
                name, by = LANGUAGES[one.language].name, _BY.get(one.language_from)
                guess = f"taken as {name}, {by}" if by else f"its language is not clear; taken as {name}"
                console.say(
                    f"• {one.file}: {guess}. If that is wrong, name it: --letter {_quoted(f'LANGUAGE={one.file}')}"
                )

    def put_into(self, files: dict[str, str]) -> dict[str, str]:
        """The files of a new campaign with these letters in place of the example's."""
        if not self.taken:
            return files
        counts = self.taken[0].language
        kept = {name: text for name, text in files.items() if not name.startswith("letter.")}
        toml = kept["campaign.toml"].replace("letter.en.md", f"letter.{counts}.md")
        toml = toml.replace('authentic = "en"', f'authentic = "{counts}"')
        kept["campaign.toml"] = toml.replace(f'["{LANGUAGES["en"].on_behalf}"]', self._on_behalf())
        return {**kept, **{f"letter.{one.language}.md": one.text for one in self.taken}}

    def _on_behalf(self) -> str:
        """The line below the sender's name, as TOML: in the one language, or in each."""
        lines = {one.language: f'["{LANGUAGES[one.language].on_behalf}"]' for one in self.taken}
        if len(lines) == 1:
            return lines[self.language]
        return f"{{ {', '.join(f'{language} = {line}' for language, line in lines.items())} }}"

    def say_taken(self) -> None:
        """Say what was kept, and what is next."""
        for one in self.taken:
            name = LANGUAGES[one.language].name
            console.say(f"The letter in {name}: {_counted(one.counts)}." if one.counts else f"The letter in {name}.")
            if self.changes and one.tracked:
                console.say(f"  {console.count(one.tracked, 'tracked change')} taken as {self.changes}ed.")
            if one.subject:
                console.say(f"  Its subject: {one.subject}")
            else:
                console.say(f"  No subject was found: write it in the first line of letter.{one.language}.md.")
        if len(self.taken) > 1:
            name = LANGUAGES[self.taken[0].language].name
            console.say(f"The authoritative letter is the one in {name} (authentic in campaign.toml).")


def take_letters(given: Sequence[str], changes: str) -> Letters:
    """Read all that was given as `FILE` or `LANGUAGE=FILE`; says and writes nothing."""
    from worker.definition.letter_files import take_letter
    from worker.definition.problems import Problem, what_is_wrong_with

    way: Changes = "accept" if changes == "accept" else "reject" if changes == "reject" else ""
    letters = Letters(changes=way)
    if changes and not way:
        letters.problems.append(Problem("--changes", "", f"“{changes}”", "accept or reject", "Write one of the two."))
    for one in given:
        language, path = _parted(one)
        if language and (wrong := what_is_wrong_with(language)):
            letters.problems.append(Problem("--letter", "", f"“{language}=”", *wrong))
            continue
        taken = take_letter(path, language, way)
        if taken.tracked and not way:
            taken.problems = [replace(problem, fix=f"{problem.fix} {_SETTLE}") for problem in taken.problems]
        letters.taken.append(taken)
        letters.problems += taken.problems
    letters.problems += _of_one_language(letters.taken)
    return letters


def _parted(given: str) -> tuple[str, Path]:
    match = re.fullmatch(r"([A-Za-z-]{2,10})=(.+)", given, re.DOTALL)
    if match is None or Path(given).exists():
        return "", Path(given)
    return match[1].lower(), Path(match[2]).expanduser()


def _of_one_language(taken: "list[TakenLetter]") -> "list[Problem]":
    from worker.definition.problems import Problem

    files = defaultdict(list)
    for one in taken:
        if not one.problems:
            files[one.language].append(one)
    problems = []
    for language, those in files.items():
        if len(those) > 1:
            found = f"{len(those)} letters in {LANGUAGES[language].name}: {', '.join(one.file for one in those)}"
            fix = f"Take one, or say the language of each: --letter {_quoted(f'{language}={those[0].file}')}"
            problems.append(Problem("--letter", "", found, "one letter in each language", fix))
    return problems


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument


def _counted(counts: dict[str, int]) -> str:
    things = ("heading", "paragraph", "list", "footnote", "table", "link")
    return ", ".join(console.count(counts[f"{one}s"], one) for one in things if counts.get(f"{one}s")) or "no text"
