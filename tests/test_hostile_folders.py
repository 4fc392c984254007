"""Folders that nobody would write by hand: each is answered soon, and with a handful of problems."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.definition.campaign import read_definition
from worker.definition.letters import MAX_SIGNS
from worker.definition.partners import read_list
from worker.definition.pasted_list import Fix
from worker.definition.printable import glyph_problems
from worker.definition.problems import MAX_OF_A_FILE, BadDefinition, Problem, few

EXAMPLE = Path(__file__).parent.parent / "campaigns" / "cambodia-2023"
FILES = {one.name: one.read_text().replace("2023-04-14T", "2031-04-14T") for one in EXAMPLE.iterdir()}
NOW = datetime(2030, 4, 1, tzinfo=UTC)
MAX_SECONDS = 10  # of this process: a normal folder takes a tenth of one, and a slow machine ten times as long
TOML = FILES["campaign.toml"]
COLUMNS = "organization,acronym,country,contact,email,language,note\n"


def with_key(line: str) -> dict[str, str]:
    return {"campaign.toml": f"{line}\n{TOML}"}


def with_value(key: str, value: str) -> dict[str, str]:
    lines = [f"{key} = {value}" if line.startswith(f"{key} = ") else line for line in TOML.split("\n")]
    return {"campaign.toml": "\n".join(lines)}


def with_letter(body: str) -> dict[str, str]:
    return {"letter.en.md": f"# A subject\n\nWe, {{{{ count }}}}, ask.\n\n{body}"}


def with_rows(row: Callable[[int], str], number: int = 20_000) -> dict[str, str]:
    return {"partners.csv": COLUMNS + "".join(row(place) + "\n" for place in range(number))}


def growing(mark: str, between: str, most: int) -> str:
    return between.join(mark * length for length in range(1, most))


CAMPAIGNS = {
    "20,000 dotted keys": with_key("\n".join(f"a.b{n} = 1" for n in range(20_000))),
    "a key of 20,000 parts": with_key(".".join("a" * 20_000) + " = 1"),
    "a table of 20,000 parts": with_key(f"[{'.'.join('a' * 20_000)}]"),
    "a key of 20,000 quoted parts": with_key(".".join(['"a"'] * 20_000) + " = 1"),
    "keys within keys": with_key("x = [\n" + f"{{{'.'.join('a' * 150)} = [\n" * 90 + "]}" * 90 + "\n]"),
    "18,000 unknown keys": with_key("\n".join(f"key{n} = 1" for n in range(18_000))),
    "20,000 tables": {"campaign.toml": TOML + "".join(f"\n[t{n}]" for n in range(20_000))},
    "18,000 addressees": {"campaign.toml": TOML + "\n[[addressee]]" * 18_000},
    "arrays in arrays": with_key("x = " + "[" * 100_000 + "]" * 100_000),
    "tables in tables": with_key("x = " + "{a=" * 2_000 + "1" + "}" * 2_000),
    "60,000 visibilities": with_value("visibility", "[" + '"x",' * 60_000 + "]"),
    "100,000 reminders": with_value("reminders", "[" + "1," * 100_000 + "]"),
    "25,000 namesakes": with_key("namesakes = [" + ",".join(f'"x{n}"' for n in range(25_000)) + "]"),
    "a zone of 100,000 parts": with_value("zone", f'"{"A/" * 100_000}"'),
    "an address of 100,000 parts": with_value("reply_to", f'"{"a" * 200_000}"'),
    "a very long number": with_value("quorum", "0x" + "f" * 240_000),
    "one long line": with_key(f'x = "{"a" * 240_000}"'),
    "a text without an end": with_key('x = """' + 'a"' * 110_000),
}
LETTERS = {
    "[a]( × 10,000": "[a](" * 10_000,
    "[ × 50,000": "[" * 50_000,
    "[ on as many lines": "[\n" * 50_000,
    "![ × 50,000": "![" * 50_000,
    "as many [ as may be": "[" * (MAX_SIGNS - 10),
    "as many ![ as may be": "![" * (MAX_SIGNS // 2 - 10),
    "as many [a]( as may be": "[a](" * (MAX_SIGNS - 10),
    "as many *a_ as may be": "*a_" * (MAX_SIGNS // 2 - 10),
    "stars": "*a**" * 60_000,
    "underscores": "a_b__" * 50_000,
    "> × 10,000": ">" * 10_000,
    "quotations in quotations": "\n".join(f"{'>' * (n % 100)} a" for n in range(80)),
    "unclosed backticks": growing("`", " ", 700),
    "unclosed backticks by paragraph": growing("`", "\n\n", 700),
    "unclosed backticks as may be": growing("`", " a ", 95),
    "10,000 links": " ".join(f"[a](https://a.example/{n})" for n in range(10_000)),
    "10,000 addresses": "https://a.example/b " * 10_000,
    "10,000 bad links": " ".join(f"[a](b{n})" for n in range(10_000)),
    "comments": "<!-- a -->\n\n" * 20_000,
    "open comments": "a <!-- " * 30_000,
    "lists": "- a\n" * 60_000,
    "lists in lists": "- " * 100_000,
    "numbers": "1. " * 80_000,
    "paragraphs": "a\n\n" * 80_000,
    "tables": "|a|b|\n|-|-|\n" + "|c|d|\n" * 30_000,
    "headings": "a\n===\n" * 40_000,
    "placeholders": "{{ x }}\n" * 4_000,
    "invisible characters": "a\u202eb\n" * 3_900,
    "marks": "a" + "\u0301" * 100_000,
    "one long line": "a" * 260_000,
    "what is nearly the second row of a table": "a|b\n" + "|" + ":-" * 2_000 + "x",
    "numbers glued to words": "aaaa1," * 40_000,
    "raised numbers": "a¹" * 80_000,
    "cells": "a\tb" * 60_000,
    "spaces in rows": ("a" + " " * 60_000) * 4,
    "short lines": "Ab\n" * 3_900,
    "lines below a list": "- a\n" + "B c\n" * 3_900,
    "sentences": ("Ab. Cd. " * 100 + "\n") * 300,
    "words": "word " * 52_000,
    "megabytes": "a " * 3_000_000,
}
LISTS = {
    "20,000 bad rows": with_rows(lambda n: f"Org {n},,,,bad{n},xx,"),
    "20,000 empty names": with_rows(lambda n: ",A,,,,,"),
    "20,000 times one": with_rows(lambda n: "River Watch,,Cambodia,,,,"),
    "10,000 pairs": with_rows(lambda n: f"River Watch {n // 2},,Cambodia,,,,"),
    "20,000 countries": with_rows(lambda n: f"Org {n},,Land {n},,,,"),
    "10,000 addresses twice": with_rows(lambda n: f"Org {n},,,,a{n // 2}@b.example,,"),
    "characters without a glyph": with_rows(lambda n: f"Org 漢 {n},,,,,,"),
    "marks": with_rows(lambda n: "a" + "\u0301" * 100 + ",,,,,,"),
    "10,000 long names that begin alike": with_rows(
        lambda n: (
            f"aa National Federation of Independent Agricultural Workers Unions and Cooperatives zz{n * 7919:08x},,,,,,"
        ),
        10_000,
    ),
    "long names of one word again and again": with_rows(lambda n: f"{'x y ' * 70}{n},,,,,,", 3_000),
    "5,000 columns": {"partners.csv": "organization," + ",".join(f"c{n}" for n in range(5_000)) + "\nA\n"},
    "100,000 times one column": {"partners.csv": ",".join(["organization"] * 100_000) + "\nA\n"},
    "400,000 times a synonym": {"partners.csv": "name," * 400_000 + "\nA\n"},
    "2,000,000 cells": {"partners.csv": "organization\nA" + ",x" * 2_000_000 + "\n"},
    "a quotation mark": {"partners.csv": f'{COLUMNS}"A\n' + "b,c\n" * 800_000},
    "quotation marks": {"partners.csv": COLUMNS + '"' * 4_000_000},
    "commas": {"partners.csv": "," * 5_000_000},
    "one long line": {"partners.csv": "a" * 5_000_000},
    "2,000,000 rows": {"partners.csv": "organization\n" + "a\n" * 2_000_000},
}
HOSTILE = {
    "3,000 letters in no language": {f"letter.x{n}.md": "x" for n in range(3_000)},
    **{f"campaign.toml: {name}": files for name, files in CAMPAIGNS.items()},
    **{f"letter: {name}": with_letter(body) for name, body in LETTERS.items()},
    **{f"partners.csv: {name}": files for name, files in LISTS.items()},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rivers"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_is_answered_soon_and_with_a_handful_of_problems(name: str, folder: Path) -> None:
    for file, text in HOSTILE[name].items():
        (folder / file).write_text(text)

    started, remarks = time.process_time(), list[Problem]()
    try:
        definition = read_definition(folder, now=NOW)
        problems, remarks = few(glyph_problems(definition)), definition.remarks
    except BadDefinition as refused:
        problems = refused.problems
    took = time.process_time() - started

    assert took < MAX_SECONDS
    assert len(problems) <= MAX_OF_A_FILE + 1
    assert len(remarks) <= MAX_OF_A_FILE + 1
    assert all(len(one.sentence) < 600 and one.sentence.isprintable() for one in [*problems, *remarks])


PASTED = {
    "megabytes in one line": "a" * 5_000_000,
    "lines": "a\n" * 2_000_000,
    "brackets": "(" * 5_000_000,
    "brackets by line": ("(a)" * 600 + "\n") * 2_000,
    "commas by line": ("a," * 900 + "\n") * 2_500,
    "numbers": "1. " * 1_600_000,
    "addresses": "a@" * 2_500_000,
    "addresses by line": ("a@b.example " * 150 + "\n") * 2_500,
    "quote marks": ("> " * 900 + "a\n") * 2_500,
    "invisible characters": ("a\u202e" * 900 + "\n") * 1_000,
    "marks": ("a\u0301" * 900 + "\n") * 1_000,
}


@pytest.mark.parametrize("name", PASTED)
def test_a_hostile_paste_is_taken_apart_or_refused_soon(name: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(PASTED[name])

    started = time.process_time()
    rows, problems, fixes = read_list(tmp_path / "list.txt")

    assert time.process_time() - started < MAX_SECONDS
    assert rows or problems
    assert all(len(one.sentence) < 600 for one in fixes if isinstance(one, Fix))


def test_of_many_problems_of_a_kind_the_first_are_told_and_how_many_more_there_are(folder: Path) -> None:
    rows = "".join(f"Org {n},,,,bad{n},,\n" for n in range(20_000))
    (folder / "partners.csv").write_text(COLUMNS + rows)

    with pytest.raises(BadDefinition) as refused:
        read_definition(folder, now=NOW)

    wheres = [problem.where for problem in refused.value.problems]
    assert wheres[:10] == [f"row {n}, column email" for n in range(2, 12)]
    assert refused.value.problems[10].sentence == (
        "partners.csv: found 19,990 more of this kind; expected one address such as secretariat@name.example, or"
        " nothing. Correct these first, and look again."
    )


def test_ten_of_a_kind_are_all_told_and_of_another_file_too() -> None:
    ten = [Problem("a", f"line {n}", "x", "y", "") for n in range(10)]

    assert few([*ten, Problem("b", "", "x", "y", "")]) == [*ten, Problem("b", "", "x", "y", "")]


def test_of_very_many_kinds_in_one_file_it_is_said_how_many_there_are() -> None:
    told = few(Problem("a", "", "x", str(n), "") for n in range(1_000))

    assert len(told) == MAX_OF_A_FILE + 1
    assert told[-1].found == "1,000 problems in all"
