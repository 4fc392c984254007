"""The recipes of CONTRIBUTING.md, followed step by step in a copy of the program."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


class Copy:
    """A copy of the program, in which a newcomer changes files; `touched` are those of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: list[str] = []
        for name in ("worker", "templates", "campaigns"):
            shutil.copytree(TOP / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def inserts(self, file: str, before: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{before!r} stands in {file} {text.count(before)} times"
        path.write_text(text.replace(before, new + before), encoding="utf-8")
        self.touched.append(file)

    def writes(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.touched.append(file)

    def runs(self, code: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            "UNDERSIGNED_DATA_DIR": str(self.folder / "var"),
            "UNDERSIGNED_TEMPLATES_DIR": str(self.folder / "templates"),
            "UNDERSIGNED_CAMPAIGNS_DIR": str(self.folder / "campaigns"),
        }
        command = [
            sys.executable,
            "-c",
            f"import worker; assert worker.__file__.startswith({str(self.folder)!r})\n{code}",
        ]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def says(self, code: str) -> str:
        ended = self.runs(code)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture
def program(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "program")


def recipe(title: str) -> str:
    text = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.partition(f"### {title}\n")[2].partition("\n### ")[0]


CHECKS = "from worker import startup; startup.check_registered()\n"
WORDS_A_MAIL = """
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy.orm import Session
from worker.acts import launch
from worker.definition import campaign
from worker.models import Mail, Partner
from worker.wording import mails
definition = campaign.read_definition(Path("campaigns/cambodia-2023"), now=datetime.now(UTC), deadline="in 2 weeks")
row = launch.as_row(definition, datetime.now(UTC))
partner = Partner(**launch.partner_columns(definition, definition.partners[0]))
mail = Mail(kind={kind!r}, language={language!r}, partner=partner, campaign=row)
said = mails.word_mail(Session(), mail)
print(said.subject)
print(said.text)
"""


def test_a_mail_is_added_by_a_row_and_its_templates(program: Copy) -> None:
    program.inserts(
        "worker/mail/kinds.py", '    MailKind("was_passed_on", "partner"', '    MailKind("thanks", "partner", LATER),\n'
    )
    half = program.runs(CHECKS)
    assert "mail 'thanks': there is no template mail/thanks.km.md" in half.stderr

    for language in ("en", "fr", "km"):
        program.writes(
            f"templates/mail/thanks.{language}.md", f"Thanks {language}\n\nTo {{{{ partner.organization }}}}.\n"
        )

    assert "Thanks fr" in program.says(CHECKS + WORDS_A_MAIL.format(kind="thanks", language="fr"))
    for step in ("worker/mail/kinds.py", "templates/mail/<name>.<language>.md"):
        assert step in recipe("Add a mail")
    assert {re.sub(r"thanks\.\w\w", "<name>.<language>", file) for file in program.touched} == {
        "worker/mail/kinds.py",
        "templates/mail/<name>.<language>.md",
    }


def test_a_key_is_added_by_its_declaration_its_field_and_the_examples(program: Copy) -> None:
    program.inserts(
        "worker/definition/campaign_keys.py",
        '    Key(\n        "sender",',
        '    _whole("patience", "How patient we are.", default=3, least=1, most=9),\n',
    )
    program.inserts("worker/definition/campaign.py", "    def as_json(self)", "    patience: int = 3\n\n")
    for example in ("templates/new/campaign.toml", "campaigns/cambodia-2023/campaign.toml"):
        program.inserts(example, "[sender]", "patience = 7\n\n")

    read = WORDS_A_MAIL.partition("row = ")[0] + 'print(definition.patience, definition.as_json()["patience"])\n'
    assert program.says(CHECKS + read) == "7 7\n"
    assert {file for file in program.touched if file in recipe("Add a key")} == set(program.touched)


def test_a_language_is_added_by_its_record_its_templates_and_its_catalogue(program: Copy) -> None:
    record = (
        '    Language(\n        code="de",\n        endonym="Deutsch",\n        name=N_("German"),\n'
        '        locale="de_DE",\n'
        '        date="d. MMMM yyyy",\n        moment="EEEE, d. MMMM yyyy, HH:mm",\n'
        '        clock="Zeit in {}",\n        on_behalf="im Namen der Unterzeichner",\n    ),\n'
    )
    program.inserts("worker/text/languages.py", '    key="code",\n', record)
    half = program.runs(CHECKS)
    assert "mail 'invitation': there is no template mail/invitation.de.md" in half.stderr
    assert "language 'de': there is no catalogue locale/de/LC_MESSAGES/pages.po" in half.stderr

    for template in sorted((program.folder / "templates" / "mail").glob("*.en.md")):
        program.writes(f"templates/mail/{template.name.replace('.en.', '.de.')}", template.read_text(encoding="utf-8"))
    french = (TOP / "templates/locale/fr/LC_MESSAGES/pages.po").read_text(encoding="utf-8")
    program.writes("templates/locale/de/LC_MESSAGES/pages.po", french.replace("Language: fr", "Language: de"))

    said = program.says(CHECKS + WORDS_A_MAIL.format(kind="invitation", language="de"))
    assert re.search(r"\d\d?\. \w+ \d{4}", said), "the deadline is told as the record says"
    assert "worker/text/languages.py" in recipe("Add a language")
    assert [file for file in program.touched if file.endswith(".py")] == ["worker/text/languages.py"]
