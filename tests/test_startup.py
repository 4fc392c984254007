"""No process begins with something that is registered by half: it says what is missing, by name."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import A_SECRET_KEY
from worker import settings, startup
from worker.mail import kinds
from worker.registry import NotRegistered, by_name
from worker.text.languages import LANGUAGES
from worker.web.app import make_app

TOP = Path(__file__).resolve().parent.parent
APART = {"SECRET_KEY": A_SECRET_KEY, "BROKER_URL": "redis://127.0.0.1:1/0", "SMTP_URL": "smtp+plain://127.0.0.1:1"}


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Templates of this test's own, of which some can be taken away."""
    folder = tmp_path / "templates"
    shutil.copytree(TOP / "templates", folder)
    settings.set_for_this_process(templates_dir=folder, data_dir=tmp_path / "var")
    return folder


def test_what_comes_with_the_program_is_registered_whole() -> None:
    startup.check_registered()


@pytest.mark.parametrize("command", ["worker", "beat", "web", "up", "remind rivers", "check rivers"])
def test_no_process_starts_without_a_mails_template(command: str, templates: Path) -> None:
    (templates / "mail" / "receipt.fr.md").unlink()
    values = {settings.PREFIX + name: value for name, value in APART.items() if command in ("worker", "beat")}

    ended = subprocess.run(
        [sys.executable, "-m", "worker", *command.split()],
        env=os.environ | values,
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1, ended.stderr
    assert "mail 'receipt': there is no template mail/receipt.fr.md" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_all_that_is_missing_is_said_at_once(templates: Path) -> None:
    (templates / "mail" / "receipt.fr.md").unlink()
    (templates / "mail" / "wish.km.md").unlink()

    with pytest.raises(NotRegistered) as told:
        make_app()

    assert "mail/receipt.fr.md" in str(told.value)
    assert "mail/wish.km.md" in str(told.value)


def test_a_language_that_is_registered_by_half_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    arabic = replace(LANGUAGES["km"], code="ar", endonym="العربية", locale="ar_XX", page_font="arabic.woff2")
    monkeypatch.setitem(LANGUAGES, "ar", arabic)

    with pytest.raises(NotRegistered) as told:
        startup.check_registered()

    assert str(told.value).split("\n") == [
        *(f"mail {name!r}: there is no template mail/{name}.ar.md" for name in kinds.names(lambda k: k.has_template)),
        "link and codes in mails: there is no template mail/_codes.ar.md",
        "language 'ar': there is no catalogue locale/ar/LC_MESSAGES/pages.po",
        "language 'ar': Babel knows no locale 'ar_XX'",
        "language 'ar': the letter's fonts cannot print 'العربية'; see worker/text/glyphs.py",
        "language 'ar': there is no font pages/arabic.woff2",
    ]


def test_nothing_is_registered_twice_under_one_name() -> None:
    with pytest.raises(NotRegistered, match="'same': it is registered twice"):
        by_name(Path("same"), Path("same"))
