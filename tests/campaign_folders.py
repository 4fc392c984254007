"""A campaign's folder as a small coalition writes it, and what is said of it when it is read."""

from datetime import UTC, datetime

import pytest

from tests.phrases import printed
from worker.definition.campaign import read_definition
from worker.definition.problems import BadDefinition

NOW = datetime(2030, 4, 1, 12, 0, tzinfo=UTC)
TOML = """
title = "Save the river"
authentic = "en"
deadline = 2030-04-14T18:00:00
zone = "Europe/Zurich"
reply_to = "rosa@river-watch.example"
reminders = ["1d", "7d"]
quorum = 2
review = "30s"

[sender]
name = "River Watch"
lines = { en = ["with many others"], fr = ["avec d’autres"] }

[[addressee]]
name = "Minister Kim"
office = { en = "Minister of Waters", fr = "Ministre des Eaux" }
address = ["1 Dam Street", "Port Ash"]
salutation = { en = "Dear Minister,", fr = "Madame la Ministre," }
email = "minister@waters.example"
"""
ENGLISH = "# Save the river\n\nWe, {{ count }} organizations, ask you to save it.\n"
FRENCH = "# Sauvez le fleuve\n\nNous, {{count}} organisations, vous le demandons.\n"
PARTNERS = "organization,country,language\nRiver Watch,USA,\nClean Coast,Ireland,en\nPêcheurs,France,fr\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "save-the-river"
    folder.mkdir()
    (folder / "campaign.toml").write_text(TOML)
    (folder / "letter.en.md").write_text(ENGLISH)
    (folder / "letter.fr.md").write_text(FRENCH)
    (folder / "partners.csv").write_text(PARTNERS)
    return folder


def change(folder, old, new, file="campaign.toml"):
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))


def told(folder, **overrides):
    """All that is said about a folder which is refused."""
    with pytest.raises(BadDefinition) as refused:
        read_definition(folder, now=NOW, **overrides)
    return printed(refused.value.problems)


def remarks_on(folder):
    return printed(read_definition(folder, now=NOW).remarks)
