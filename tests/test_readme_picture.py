"""The picture in README can be taken anew; apart, because a browser's loop is in the way of commands with a loop."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import readme_picture
from tests.conftest import CHROMIUM


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the picture in README was not taken")
def test_the_picture_can_be_taken_anew(database: str, chromium: Browser, tmp_path: Path) -> None:
    taken = readme_picture.smaller(readme_picture.take(chromium, tmp_path))

    assert taken.startswith(b"\x89PNG")
    assert len(taken) < 100_000
