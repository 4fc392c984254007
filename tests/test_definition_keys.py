"""Each key of a campaign is declared once: the two files that organizers copy from, and what is read, agree with it."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.definition.campaign import Definition, read_definition
from worker.definition.campaign_keys import ADDRESSEE_KEYS, KEYS
from worker.definition.problems import BadDefinition

TOP = Path(__file__).resolve().parent.parent
NEW, EXAMPLE = TOP / "templates" / "new" / "campaign.toml", TOP / "campaigns" / "cambodia-2023" / "campaign.toml"
NOW = datetime(2023, 3, 1, tzinfo=UTC)
OF_THE_FOLDER = {"slug", "letters", "partners", "remarks"}  # fields that no key gives
BY_DEFAULT = [key.name for key in KEYS.values() if key.default is not None]


def stands_in(text: str, name: str, default: str | None) -> bool:
    """Whether the file sets a key, or has its default as a comment."""
    header = re.search(rf"^\[\[?{name}\]\]?$", text, re.MULTILINE)
    as_comment = default is not None and re.search(rf"^# ?{name} = {re.escape(default)}$", text, re.MULTILINE)
    return bool(header or re.search(rf"^{name} = ", text, re.MULTILINE) or as_comment)


@pytest.mark.parametrize("file", [NEW, EXAMPLE], ids=["new", "example"])
@pytest.mark.parametrize("name", KEYS)
def test_each_key_stands_in_both_files_that_organizers_copy_from(name: str, file: Path) -> None:
    assert stands_in(file.read_text(), name, KEYS[name].default)


@pytest.mark.parametrize("name", [name for name in ADDRESSEE_KEYS if name != "copy"])
def test_each_key_of_an_addressee_stands_in_the_file_that_new_writes(name: str) -> None:
    assert stands_in(NEW.read_text().partition("[[addressee]]")[2], name, None)


@pytest.mark.parametrize("name", [name for name in KEYS if name != "zone"])  # which stands below the deadline's words
def test_the_file_that_new_writes_says_what_each_key_decides(name: str) -> None:
    above, _, _ = re.split(rf"^((?:# ?|\[\[?)?{name}(?: = |\]))", NEW.read_text(), maxsplit=1, flags=re.MULTILINE)
    comment = " ".join(line.removeprefix("# ") for line in above.rpartition("\n\n")[2].splitlines())
    assert comment.startswith(KEYS[name].says)


def test_each_field_of_a_definition_has_its_key() -> None:
    assert {key.field for key in KEYS.values()} == {one.name for one in fields(Definition)} - OF_THE_FOLDER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rivers"
    folder.mkdir()
    for source in EXAMPLE.parent.iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    return folder


def without(folder: Path, name: str, instead: str = "") -> None:
    """Take a key that is written on one line out of the folder's file."""
    file = folder / "campaign.toml"
    lines = re.sub(rf"^{name} = .*\n", "", file.read_text(), flags=re.MULTILINE)
    file.write_text(f"{instead}\n{lines}")


@pytest.mark.parametrize("name", BY_DEFAULT)
def test_a_key_that_is_missing_is_its_default(name: str, folder: Path) -> None:
    key = KEYS[name]
    without(folder, name)
    missing = getattr(read_definition(folder, now=NOW), key.field)
    without(folder, name, f"{name} = {key.default}")
    assert missing == getattr(read_definition(folder, now=NOW), key.field)


@pytest.mark.parametrize("name", [name for name in KEYS if name not in {*BY_DEFAULT, "sender", "addressee"}])
def test_a_key_without_a_default_is_asked_for(name: str, folder: Path) -> None:
    without(folder, name)
    with pytest.raises(BadDefinition) as refused:
        read_definition(folder, now=NOW)
    assert f"key {name}" in str(refused.value)
