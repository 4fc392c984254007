"""The conventions of a command line: help, questions, exit codes, data for programs, pipes and terminals."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer.main
from typer.testing import CliRunner

from tests import desks
from tests.command_kinds import ACTS, ASKS, DATA, KINDS
from tests.desks import SIGNED, Desk
from tests.servers import TIMEOUT_S
from worker import db
from worker.cli import console
from worker.cli.commands import app
from worker.models import Base, Campaign

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TOP = Path(__file__).resolve().parent.parent
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
desk, asked, sealed = desks.desk, desks.asked, desks.sealed


def types(*words: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words), env=env)
    return result.exit_code, result.stdout, result.stderr


def program(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, whose output is a pipe."""
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}} | env
    typed = [sys.executable, "-m", "worker", *words]
    return subprocess.run(
        typed, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def in_a_terminal(*words: str, types: str = "", when: str = "", **env: str) -> tuple[int, str]:
    """The same before a person, who types something once a word stands on the screen: exit code and screen."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"} | env
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", *words],
        cwd=TOP,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=_takes_the_terminal,
    )
    os.close(theirs)
    shown, until, typed = "", time.monotonic() + TIMEOUT_S, False
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                read = os.read(ours, 65536)
            except OSError:  # its other end is closed
                break
            shown += read.decode(errors="replace")
        if types and not typed and when in shown:
            os.write(ours, types.encode())
            typed = True
    code = process.wait(TIMEOUT_S)
    os.close(ours)
    return code, shown.replace("\r\n", "\n")


def _takes_the_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",), ("help",), ("help", "help"), ("help", "-h")])
def test_help_is_shown_however_it_is_asked_for(database: str, words: tuple[str, ...]) -> None:
    code, out, err = types(*words)

    assert (code, err) == (0, "")
    assert out == types("--help")[1]
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in COMMANDS)
    assert out.index("  launch") < out.index("  remind") < out.index("  dispatch") < out.index("  export")
    assert "Read more: README.md" in " ".join(out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_shows_words(database: str, name: str) -> None:
    code, out, err = types(name, "-h")

    assert (code, err) == (0, "")
    assert types("help", name)[1] == types(name, "--help")[1] == out
    assert not re.search(r"[<{}]|\bTEXT\b|`", out), out
    assert re.search(rf"^Examples?\n  undersigned {name}\b", out, re.MULTILINE)
    assert out.splitlines()[-1] == f"Read more: {COMMANDS[name].epilog}"
    assert (TOP / COMMANDS[name].epilog).is_file()
    assert not re.search(r"\b(fate|slips?|mends?|mended|falls?|fallen)\b", out)
    told = [line for line in out.splitlines() if line.startswith("  -")]
    assert all(re.search(r"\S {2,}\S", line) for line in told), "an option without a word of help"


def test_the_docs_that_help_names_exist(database: str) -> None:
    named = re.findall(r"[\w./-]+\.md", types("--help")[1])

    assert named
    assert all((TOP / name).is_file() for name in named)


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_has_two_spellings(database: str, option: str) -> None:
    assert re.fullmatch(r"undersigned [\d.]+\n", types(option)[1])


@pytest.mark.parametrize("words", [("lauch", "x"), ("help", "lauch")])
def test_an_unknown_command_is_guessed(database: str, words: tuple[str, ...]) -> None:
    code, out, err = types(*words)

    assert (code, out) == (console.USAGE, "")
    assert "Did you mean 'launch'?" in err


def test_every_command_is_of_one_kind(database: str) -> None:
    offered = {name: {option for param in COMMANDS[name].params for option in param.opts} for name in COMMANDS}

    assert KINDS.keys() == COMMANDS.keys()
    assert {name for name in offered if "--yes" in offered[name]} == {name for name in KINDS if KINDS[name] == ASKS}
    assert {name for name in offered if "--dry-run" in offered[name]} == {
        name for name in KINDS if KINDS[name] in {ASKS, ACTS}
    }
    assert {name for name in offered if "--json" in offered[name]} == DATA


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_yes(database: str, name: str) -> None:
    assert types(name, "--yes", "--help")[0] == 0
    assert types(name, "--yes", "--no-such-option")[0] == console.USAGE


def test_a_hold_at_midnight_needs_no_thought(asked: Desk) -> None:
    tried = asked.types("hold", "rivers", "--all-mail", "--dry-run")
    assert "Dry run: would be held: the letter is not sent, and no email goes" in tried
    assert asked.campaign().held_at is None

    assert "Held: the letter is not sent." in asked.types("hold", "rivers", "--yes")
    assert asked.campaign().held_at is not None
    assert "Held already" in asked.types("hold", "rivers", "--yes")
    assert "Held already" in asked.types("hold", "rivers", "--dry-run")


def _rows() -> dict[str, list[tuple[Any, ...]]]:
    with db.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(table.select())] for table in Base.metadata.sorted_tables
        }


DRY_RUNS = [
    ("remind rivers --again", "that have not answered are reminded"),
    ("extend rivers in 5 weeks", "The new deadline is"),
    ("hold rivers", "would be held"),
    ("panic rivers", "panic would begin"),
    (
        "sign rivers RW --visibility public --representative Ada --role chair --note call",
        "Record that River Watch signs?",
    ),
    ("decline rivers RW --note call", "Record that River Watch does not sign?"),
    ("amend rivers --partner RW --email new@new.example", "Change the address of River Watch to new@new.example?"),
    ("contacts rivers RW --add one@more.example", "Let one@more.example answer"),
    ("silence rivers RW", "no email at all?"),
    ("merge rivers RW ADF", "Merge River Watch"),
    ("close rivers", "The letter is closed and sealed now"),
    ("cancel rivers", "The letter will never be sent"),
    ("erase rivers RW", "Erase the records of River Watch?"),
    ("carry rivers RW", "the invitation of River Watch would be printed"),
    ("carry rivers RW --page PAGE", "would be written into"),
    ("export rivers", "0 signatures would be printed"),
    ("migrate", "the database is at this version already"),
    ("new lakes", "would make"),
    ("preview FOLDER", "would be written into"),
    ("resend rivers", "No letter is uncertain"),
]


@pytest.mark.parametrize(("words", "said"), DRY_RUNS)
def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    asked: Desk, tmp_path: Path, words: str, said: str
) -> None:
    folder = str(asked.story.folder)
    typed = [{"PAGE": str(tmp_path / "page.html"), "FOLDER": folder}.get(word, word) for word in words.split()]
    typed += ["--deadline", "in 2 weeks"] if "FOLDER" in words else []
    before, files = _rows(), sorted(tmp_path.rglob("*"))

    code, out, err = types(*typed, "--dry-run")

    assert (code, out) == (0, ""), err
    assert said in err
    assert "Dry run: " in err or "nothing was changed" in err
    assert _rows() == before
    assert {path.name for path in set(tmp_path.rglob("*")) - set(files)} <= {"secret_key"}


def test_export_of_documents_can_be_tried(sealed: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    code, out, err = types("export", "rivers", "--documents", str(folder), "--dry-run")
    assert (code, out) == (0, "")
    assert "these files would be written" in err
    assert not folder.exists()

    written = json.loads(types("export", "rivers", "--documents", str(folder), "--json")[1])
    assert {one["file"] for one in written} == {str(path) for path in folder.rglob("*") if path.is_file()}
    assert f"{written[0]['file']}\n" in err


NOTHING_TO_DO = [
    "remind rivers --yes",
    "resend rivers --yes",
    "resume rivers --yes",
    "notice rivers",
    "silence rivers RW --end --yes",
    "withdraw rivers RW --note call --yes",
    "amend rivers --letter --typo --yes",
    "amend rivers --partner RW --name yes --yes",
    "amend rivers --partner RW --email ADDRESS --yes",
    "admit rivers --forget-unconfirmed --yes",
    "merge rivers RW RW --yes",
    "extend rivers DEADLINE --yes",
    "migrate",
]


@pytest.mark.parametrize("words", NOTHING_TO_DO)
def test_where_there_is_nothing_to_do_that_is_said_and_no_failure(asked: Desk, words: str) -> None:
    if words.startswith("remind"):
        for who in ("RW", "ADF", "WWE"):
            asked.types("sign", "rivers", who, *SIGNED)
    values = {"ADDRESS": asked.story.partners[0].email, "DEADLINE": _local_deadline(asked.campaign())}
    before = _rows()

    code, _, err = types(*(values.get(word, word) for word in words.split()))

    assert code == 0, err
    assert err
    assert _rows() == before


def _local_deadline(campaign: Campaign) -> str:
    return f"{campaign.deadline_at.astimezone(ZoneInfo(campaign.zone)):%Y-%m-%dT%H:%M}"


def test_what_is_done_already_is_no_failure(sealed: Desk) -> None:
    assert "closed already" in sealed.types("close", "rivers", "--yes")
    sealed.types("dispatch", "rivers", "--yes")
    assert "Nothing was sent" in sealed.types("dispatch", "rivers", "--yes")
    sealed.relay_accepts()
    assert "Nothing was sent" in sealed.types("dispatch", "rivers", "--yes")


def test_what_cannot_be_is_a_failure_and_what_waits_for_a_person_is_told_apart(asked: Desk) -> None:
    asked.types("extend", "rivers", "in 1 day", "--yes", code=console.FAILED)
    asked.types("status", "lakes", code=console.FAILED)
    asked.types("extend", "rivers", "some day", "--yes", code=console.USAGE)
    asked.types("extend", "rivers", code=console.USAGE)
    asked.reaches_its_deadline()
    asked.types("dispatch", "rivers", "--yes", code=console.WAITS)
    asked.types("cancel", "rivers", "--yes")
    asked.types("cancel", "rivers", "--yes")
    asked.types("close", "rivers", "--yes", code=console.FAILED)
    asked.types("hold", "rivers", "--yes", code=console.FAILED)


ENDS = {
    "close": ("close", "rivers"),
    "cancel": ("cancel", "rivers"),
    "merge": ("merge", "rivers", "RW", "ADF"),
    "erase": ("erase", "rivers", "RW"),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_cannot_be_undone_asks_for_the_campaigns_name(asked: Desk, name: str) -> None:
    before = _rows()
    code, shown = in_a_terminal(*ENDS[name], types="y\n", when="type rivers: ")
    assert (code, "Nothing was done." in shown) == (1, True), shown
    assert _rows() == before

    code, shown = in_a_terminal(*ENDS[name], types="rivers\n", when="type rivers: ")
    assert code == 0, shown
    assert _rows() != before


def test_the_letter_leaves_once_the_name_is_typed(sealed: Desk) -> None:
    code, shown = in_a_terminal("dispatch", "rivers", types="yes\n", when="type rivers: ")
    assert (code, sealed.mails("letter")) == (1, 0), shown

    code, shown = in_a_terminal("dispatch", "rivers", types="rivers\n", when="type rivers: ")
    assert (code, sealed.mails("letter")) == (0, 1), shown


@pytest.mark.parametrize(("typed", "reminded"), [("y\n", 3), ("Yes\n", 3), ("\n", 0), ("n\n", 0), ("\x04", 0)])
def test_what_can_be_undone_asks_for_yes(asked: Desk, typed: str, reminded: int) -> None:
    code, shown = in_a_terminal("remind", "rivers", "--again", types=typed, when="[y/N]: ")

    assert (code, asked.mails("reminder")) == (0 if reminded else 1, reminded), shown


def test_ctrl_c_at_a_question_does_nothing(asked: Desk) -> None:
    code, shown = in_a_terminal("close", "rivers", types="\x03", when="type rivers: ")

    assert code == 130, shown
    assert "Traceback" not in shown
    assert asked.campaign().closed_at is None


def test_ctrl_c_at_any_moment_shows_no_traceback(asked: Desk) -> None:
    for seconds in (0.05, 0.2, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", "status", "rivers"],
            cwd=TOP,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        if seconds > 0.2:  # before that it may be Python itself that begins
            assert b"Traceback" not in err, err
            assert process.returncode in {0, 130, -signal.SIGINT}, "the last is Python that has ended already"


@pytest.mark.parametrize("words", ["--help", "status", "status rivers", "status rivers --json", "export rivers"])
def test_whoever_reads_only_the_beginning_gets_no_complaint(asked: Desk, words: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-m", "worker", *words.split()], cwd=TOP, stdout=writes, stderr=subprocess.PIPE, check=False
    )
    os.close(writes)

    assert done.stderr == b""


def test_whoever_hears_and_reads_nothing_gets_no_traceback(asked: Desk) -> None:
    typed = f"{sys.executable} -m worker"
    for words in ("--help", "status rivers", "check nowhere"):
        closed = subprocess.run(
            ["sh", "-c", f"{typed} {words} >&-"], cwd=TOP, capture_output=True, text=True, check=False
        )
        assert closed.returncode == (1 if words == "check nowhere" else 0), closed.stderr
        assert "Traceback" not in closed.stderr
        full = subprocess.run(
            ["sh", "-c", f"{typed} {words} >/dev/full"], cwd=TOP, capture_output=True, text=True, check=False
        )
        assert full.returncode == 1
        assert full.stderr == "This did not work: No space left on device\n" or words == "check nowhere"


def _is_a_moment(value: object) -> bool:
    return isinstance(value, str) and bool(re.match(r"\d{4}-\d\d-\d\dT", value))


def _moments(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [one for value in data.values() for one in _moments(value)]
    if isinstance(data, list):
        return [one for value in data for one in _moments(value)]
    return [data] if _is_a_moment(data) else []


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "status rivers",
        "contacts rivers RW",
        "carry rivers RW",
        "notice rivers",
        "export rivers",
        "check FOLDER",
        "preview FOLDER",
    ],
)
def test_data_for_programs_stands_alone(asked: Desk, words: str) -> None:
    asked.types("sign", "rivers", "RW", *SIGNED)
    asked.types("contacts", "rivers", "RW", "--add", "two@rw.example", "--yes")
    typed = [str(asked.story.folder) if word == "FOLDER" else word for word in words.split()]
    typed += ["--deadline", "in 2 weeks"] if "FOLDER" in words else []

    code, out, _ = types(*typed, "--json")

    assert code == 0
    for moment in _moments(json.loads(out)):
        assert datetime.fromisoformat(moment).tzinfo is not None, moment


def test_contacts_as_data(asked: Desk) -> None:
    asked.types("contacts", "rivers", "RW", "--add", "two@rw.example", "--name", "Bo", "--yes")

    found = json.loads(asked.types("contacts", "rivers", "RW", "--json"))

    assert (found["campaign"], found["organization"], found["acronym"]) == ("rivers", "River Watch", "RW")
    assert found["registered"]["email"] == asked.story.partners[0].email
    (one,) = found["contacts"]
    assert (one["number"], one["name"], one["email"], one["added_by"]) == (1, "Bo", "two@rw.example", "organizer")
    assert not one["answered_by_its_link"]
    asked.types("contacts", "rivers", "RW", "--json", "--end", "1", code=console.USAGE)


def test_problems_as_data(desk: Desk) -> None:
    desk.story.writes_its_folder()
    folder = desk.story.folder
    (folder / "partners.csv").write_text("organization,acronym,country,email\nRiver Watch,RW,Canada,nowhere\n")

    code, out, err = types("check", str(folder), "--deadline", "in 2 weeks", "--json")

    (problem,) = json.loads(out)["problems"]
    assert (code, err) == (1, "")
    assert (problem["file"], problem["where"]) == ("partners.csv", "row 2, column email")
    assert "nowhere" in problem["found"]
    assert problem["fix"]


LONG = "The Very Long Name of an Organization for the Protection of Rivers, Lakes, Wetlands and Everything in Them Ltd"


def test_lines_are_whole_in_a_pipe(desk: Desk) -> None:
    desk.story.partners[0].organization = LONG
    desk.launches(
        title="A title that alone is longer than eighty columns, which is what a terminal had in 1978 and later"
    )
    desk.relay_accepts()

    status = program("status", "rivers")
    every = program("status")
    said = program("check", str(desk.story.folder), "--deadline", "in 2 weeks")
    shown = program("help", "amend")

    assert (status.returncode, status.stderr) == (0, "")
    assert any(LONG in line and "Canada" not in line for line in status.stdout.splitlines())
    assert (
        "A title that alone is longer than eighty columns, which is what a terminal had in 1978 and later\n"
        in status.stdout
    )
    assert "…" not in status.stdout + every.stdout
    assert max(map(len, shown.stdout.splitlines())) > 150
    assert "\x1b" not in status.stdout + every.stdout + said.stderr + shown.stdout
    assert all(line == line.rstrip() for line in shown.stdout.splitlines())


@pytest.mark.parametrize("words", [("--help",), ("help", "amend"), ("status", "rivers")])
def test_a_terminal_is_filled_and_coloured_only_if_it_is_wished(asked: Desk, words: tuple[str, ...]) -> None:
    plain = [in_a_terminal(*words, NO_COLOR="1")[1], in_a_terminal(*words, TERM="dumb")[1]]
    narrow = in_a_terminal(*words, COLUMNS="60", NO_COLOR="1")[1]

    assert "\x1b[" in in_a_terminal(*words)[1]
    assert all("\x1b[" not in shown for shown in plain)
    if words != ("status", "rivers"):
        lines = [line for line in narrow.splitlines() if not line.startswith("  undersigned ")]
        assert max(map(len, lines)) <= 60


def test_help_starts_without_what_it_does_not_need(database: str) -> None:
    looks = (
        "import sys; from worker.cli.commands import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", looks], cwd=TOP, capture_output=True, text=True, check=True).stdout

    assert not {"sqlalchemy", "celery", "pydantic", "jinja2", "rich", "worker.settings"} & set(said.split())


def test_a_file_of_settings_is_read_by_compose_alone(database: str, tmp_path: Path) -> None:
    """What would make a demo beside it send real mail is read by nobody who was not told to."""
    (tmp_path / ".env").write_text("UNDERSIGNED_SMTP_URL=smtps://relay.invalid\nUNDERSIGNED_NOT_A_SETTING=1\n")
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    read = "from worker import settings; print(repr(settings.current().smtp_url))"
    said = subprocess.run(
        [sys.executable, "-c", read], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )

    assert said.stdout == "''\n"
    assert "docker compose reads" in (TOP / ".env.example").read_text().splitlines()[0]
    assert "The program itself reads no `.env`" in (TOP / "docs" / "operating.md").read_text()


def test_what_is_said_to_do_about_bad_settings_promises_no_more(database: str) -> None:
    done = program("doctor", UNDERSIGNED_LEASE="soon")

    assert done.returncode == 1
    assert "in the environment (docker compose reads .env for it)" in done.stdout
