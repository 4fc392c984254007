"""What `new` wrote to be filled in does not go out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.phrases import printed
from worker import settings
from worker.definition.campaign import Definition, read_definition
from worker.definition.problems import BadDefinition


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `undersigned new` makes it, with one partner."""
    made = tmp_path / "river-2027"
    made.mkdir()
    soon = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT18:00:00}"
    for source in (settings.current().templates_dir / "new").iterdir():
        (made / source.name).write_text(source.read_text().replace("DEADLINE", soon))
    (made / "partners.csv").write_text("organization,email\nRiver Watch,contact@rw.example\n")
    return made


def test_every_unfilled_place_is_named(folder: Path) -> None:
    with pytest.raises(BadDefinition) as refused:
        _read(folder)

    told = printed(refused.value.problems)
    for place in (
        *("key title", "key reply_to", "key sender.name", "key addressee[1].name", "key addressee[1].office"),
        *("key addressee[1].address[1]", "key addressee[1].salutation", "letter.en.md, line 1", "letter.en.md, line 3"),
    ):
        assert place in told, place
    assert "zone" not in told
    assert "Respectfully" not in told


def test_a_filled_in_folder_is_accepted(folder: Path) -> None:
    toml = folder / "campaign.toml"
    filled = toml.read_text()
    for example, real in {
        "NAME OF THE CAMPAIGN": "Clean rivers",
        "secretariat@coalition.example": "people@rivers.example",
        "NAME OF THE COALITION": "River Coalition",
        "NAME OF THE ADDRESSEE": "Ada Example",
        '"OFFICE"': '"Minister"',
        '"STREET", "TOWN", "COUNTRY"': '"1 Quay", "Rivertown"',
        "Dear …,": "Dear Minister,",
    }.items():
        assert example in filled
        filled = filled.replace(example, real)
    toml.write_text(filled)
    (folder / "letter.en.md").write_text("# Clean rivers\n\nWe, the {{ count }} undersigned, ask.\n\nRespectfully,\n")

    assert _read(folder).title == "Clean rivers"


def test_an_unfilled_text_is_found_by_language_and_in_any_addressee(folder: Path) -> None:
    toml = folder / "campaign.toml"
    second = (
        '[[addressee]]\nname = "Mayor Ode"\naddress = ["1 Quay", "TOWN"]\nsalutation = "Dear Mayor,"\ncopy = true\n'
    )
    toml.write_text(toml.read_text().replace('"OFFICE"', '{ en = "OFFICE", fr = "Ministre" }') + second)

    with pytest.raises(BadDefinition) as refused:
        _read(folder)

    told = printed(refused.value.problems)
    assert "key addressee[1].office.en: found “OFFICE”" in told
    assert "key addressee[2].address[2]: found “TOWN”" in told


@pytest.mark.parametrize("broken", [None, b"title = ", b"\xff\xfe"])
def test_without_an_example_nothing_is_missed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bytes | None
) -> None:
    if broken:
        (tmp_path / "new").mkdir()
        for name in ("campaign.toml", "letter.en.md"):
            (tmp_path / "new" / name).write_bytes(broken)
    monkeypatch.setenv("UNDERSIGNED_TEMPLATES_DIR", str(tmp_path))
    settings.current.cache_clear()

    assert _read(folder).title == "NAME OF THE CAMPAIGN"


def _read(folder: Path) -> Definition:
    return read_definition(folder, now=datetime.now(UTC))
