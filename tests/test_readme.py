"""What the README says exists, and what exists is in the README."""

import re
from pathlib import Path

import pytest
import typer.main

from worker.cli.commands import app

TOP = Path(__file__).resolve().parent.parent
README = (TOP / "README.md").read_text()
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_command_is_in_the_readme() -> None:
    mentioned = set(re.findall(r"undersigned ([a-z]+)\b", README))

    assert set(COMMANDS) <= mentioned
    assert mentioned - {"stands", "help"} <= set(COMMANDS)


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text(), re.M))

    assert set(re.findall(r"make ([a-z]+)\b", README + (TOP / "CONTRIBUTING.md").read_text())) <= targets


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = COMMANDS[name]

    assert f"undersigned {name}" in (command.help or ""), f"{name} shows no example"


def test_every_file_that_the_readme_names_exists() -> None:
    named = re.findall(r"`((?:docs|worker|tests|campaigns|templates)/[\w./-]+|[A-Z]+\.md|\.env\.example)`", README)

    assert named
    missing = [name for name in named if "river-2027" not in name and not (TOP / name).exists()]
    assert not missing
