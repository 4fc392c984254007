"""Settings fail loudly: by variable, with what was expected, all at once, and without telling a secret."""

import fcntl
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from worker import settings
from worker.settings import BadSettings, current
from worker.text import durations

A_KEY = "0123456789abcdef0123456789abcdef"
REAL = {"SMTP_URL": "smtps://user:p4ssw0rd@mail.example.org", "MAIL_FROM": "letters@example.org", "SECRET_KEY": A_KEY}


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch, tmp_path):
    monkeypatch.setenv("UNDERSIGNED_DATA_DIR", str(tmp_path / "var"))


@pytest.fixture
def environment(monkeypatch):
    """Sets variables (without their prefix) and lets the settings be read anew."""

    def put(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"UNDERSIGNED_{name}", str(value))
        current.cache_clear()

    return put


def problems() -> list[str]:
    with pytest.raises(BadSettings) as refused:
        current()
    return str(refused.value).splitlines()


def test_nothing_needs_to_be_set(tmp_path):
    conf = current()
    assert conf.embedded
    assert conf.database == f"sqlite:///{tmp_path}/var/undersigned.db"
    assert len(conf.secret_key) >= 32


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LEASE", "soon", "expected a number greater than 0, up to 1000000000, found 'soon'"),
        ("LEASE", "0", "expected a number greater than 0, up to 1000000000, found '0'"),
        ("LEASE", "nan", "expected a number greater than 0, up to"),
        ("LEASE", "1e99", "expected a number greater than 0, up to 1000000000, found '1e99'"),
        ("LEASE", "inf", "expected a number greater than 0, up to"),
        ("BATCH", "0", "expected a whole number from 1 to 1000"),
        ("BATCH", "1001", "expected a whole number from 1 to 1000"),
        ("SWEEP", "-1", "expected a number greater than 0, up to"),
        ("UNDO", "-1", "expected a number from 0 to 1000000000"),
        ("SMTP_PER_DAY", "1.5", "expected a whole number from 0 to 1000000000"),
        ("BATCH", "", "expected a whole number from 1 to 1000, found ''"),
        ("SMTP_CONNECTIONS", "four", "expected a whole number from 1 to 50"),
        ("PUBLIC_URL", "letters.example.org", "expected https://host without a path"),
        ("PUBLIC_URL", "https://example.org/letters", "expected https://host without a path"),
        ("PUBLIC_URL", "https://example.org/?a=b", "expected https://host without a path"),
        ("PUBLIC_URL", "https://user@example.org", "expected https://host without a path"),
        ("PUBLIC_URL", "https://[::1", "expected https://host without a path"),
        ("PUBLIC_URL", "", "expected https://host without a path"),
        ("PUBLIC_URL", "https://rivière.example", "the host in ASCII"),
        ("SECRET_KEY", "short", "at least 32 random characters"),
        ("MAIL_FROM", "Letters", "expected one address"),
        ("MAIL_FROM", "Letters <letters@example.org>", "expected one address"),
        ("DATABASE_URL", "mysql://host/name", "postgresql+psycopg://"),
        ("DATABASE_URL", "postgres://host/name", "postgresql+psycopg://"),
        ("BROKER_URL", "amqp://host", "redis://"),
        ("SMTP_URL", "mail.example.org:587", "smtps://"),
        ("SMTP_URL", "smtp://mail.example.org:none", "smtps://"),
    ],
)
def test_a_bad_value_is_refused_by_its_variable_and_with_what_was_expected(environment, name, value, told):
    environment(**{name: value})
    [first, *_] = [line for line in problems() if line.startswith(f"UNDERSIGNED_{name}: ")]
    assert told in first


def test_every_problem_is_told_at_once(environment, tmp_path):
    environment(BATCH="many", LEASE="0", PUBLIC_URL="nowhere", BROKER_URL="amqp://x", MAIL_FROM_FILE=tmp_path / "none")
    named = {line.split(":")[0].removeprefix("UNDERSIGNED_") for line in problems()}
    assert named >= {"BATCH", "LEASE", "PUBLIC_URL", "BROKER_URL", "MAIL_FROM_FILE"}


@pytest.mark.parametrize("url", ["https://letters.example.org", "https://letters.example.org/", "http://[::1]:8000"])
def test_an_address_with_nothing_after_the_host_is_accepted(environment, url):
    environment(PUBLIC_URL=url)
    assert current().public_url == url


def test_a_value_can_come_from_a_file(environment, tmp_path):
    (tmp_path / "key").write_text(f"{A_KEY}\n")
    (tmp_path / "batch").write_text("7\n")
    environment(SECRET_KEY_FILE=tmp_path / "key", BATCH_FILE=tmp_path / "batch")
    assert (current().secret_key, current().batch) == (A_KEY, 7)


def test_a_file_goes_before_the_variable(environment, tmp_path):
    (tmp_path / "key").write_text(A_KEY)
    environment(SECRET_KEY="another key, which nobody should use", SECRET_KEY_FILE=tmp_path / "key")
    assert current().secret_key == A_KEY


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00key"])
def test_a_file_that_can_not_be_read_is_named_with_its_variable(environment, tmp_path, content):
    path = tmp_path / "key"
    if content:
        path.write_bytes(content)
    environment(SECRET_KEY_FILE=path)
    assert any(line.startswith("UNDERSIGNED_SECRET_KEY_FILE: ") and str(path) in line for line in problems())


def test_a_real_mail_server_with_all_it_needs_is_accepted(environment):
    environment(**REAL, PUBLIC_URL="https://letters.example.org")
    assert current().mail_domain == "letters.example.org"


@pytest.mark.parametrize("missing", ["PUBLIC_URL", "MAIL_FROM", "SECRET_KEY"])
def test_a_real_mail_server_without_one_of_the_three_is_refused(environment, missing):
    values = {**REAL, "PUBLIC_URL": "https://letters.example.org"}
    del values[missing]
    environment(**values)
    [problem] = problems()
    assert problem.startswith(f"UNDERSIGNED_{missing}: ")


def test_a_real_mail_server_alone_is_told_all_three(environment, tmp_path):
    environment(SMTP_URL="smtp+plain://mailpit:1025")
    assert len(problems()) == 3
    assert not (tmp_path / "var" / "secret_key").exists()


def test_a_real_mail_server_with_links_in_clear_is_refused(environment):
    environment(**REAL, PUBLIC_URL="http://letters.example.org")
    [problem] = problems()
    assert "https://" in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_mail_server_on_this_machine_needs_nothing_more(environment, host):
    environment(SMTP_URL=f"smtp://{host}:2525")
    assert current().smtp_url


def test_processes_that_share_a_queue_need_a_key_that_is_set(environment):
    environment(BROKER_URL="redis://localhost:6379/0")
    [problem] = problems()
    assert problem.startswith("UNDERSIGNED_SECRET_KEY: ")


def test_the_key_made_here_is_for_its_owner_only_and_survives(tmp_path):
    made = current().secret_key
    path = tmp_path / "var" / "secret_key"
    current.cache_clear()
    assert current().secret_key == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_was_not_written_to_its_end_is_made_anew(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").touch()
    assert len(current().secret_key) >= 32


def test_processes_that_make_the_key_at_once_agree():
    tell = "from worker import settings; input(); print(settings.current().secret_key)"
    several = [_python(tell) for _ in range(3)]
    for process in several:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    keys = [process.communicate()[0].strip() for process in several]
    assert len(set(keys)) == 1
    assert len(keys[0]) >= 32


def test_a_process_that_finds_the_key_half_made_waits_for_it(tmp_path):
    """The moment between making the file and writing it, held open."""
    (tmp_path / "var").mkdir()
    with (tmp_path / "var" / "secret_key").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        other = _python("from worker import settings; print(settings.current().secret_key)")
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(3)
        file.write(A_KEY)
    assert other.communicate()[0].strip() == A_KEY


def test_secrets_are_not_shown(environment):
    environment(
        **REAL,
        PUBLIC_URL="https://letters.example.org",
        DATABASE_URL="postgresql+psycopg://user:p4ssw0rd@db/name",
        BROKER_URL="rediss://:p4ssw0rd@redis/0",
    )
    for shown in (repr(current()), str(current()), f"{[current()]}"):
        assert "p4ssw0rd" not in shown
        assert A_KEY not in shown


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL", "SMTP_URL"])
@pytest.mark.parametrize(
    "url", ["ftp://user:p4ssw0rd@host/", "smtps://user:p4ssw0rd@[host", "redis://u:p4ssw0rd@h:port"]
)
def test_a_password_is_not_repeated_when_its_address_is_refused(environment, name, url):
    environment(**{name: url})
    assert "p4ssw0rd" not in "\n".join(problems())


def test_settings_of_a_process_reach_its_children():
    settings.set_for_this_process(batch=7)
    assert current().batch == 7
    output = _python("from worker import settings; print(settings.current().batch)").communicate()[0]
    assert output.strip() == "7"


def test_a_setting_that_does_not_exist_can_not_be_set():
    with pytest.raises(KeyError, match="colour"):
        settings.set_for_this_process(colour="blue")


def test_an_operator_reads_sentences_and_no_traceback(environment, tmp_path):
    environment(BATCH="many")
    ran = subprocess.run([sys.executable, "-m", "worker", "migrate"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "UNDERSIGNED_BATCH" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_keys_for_different_purposes_differ():
    assert current().key("links") != current().key("contacts")
    assert len(current().key("links")) == 32


def _python(code: str) -> subprocess.Popen[str]:
    here = Path(__file__).parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here
    )


def test_a_variable_that_nothing_reads_is_told_with_the_one_that_was_meant(environment):
    environment(PUBLIC_ULR="https://letters.example")
    with pytest.raises(settings.BadSettings, match="PUBLIC_ULR: no such setting; did you mean UNDERSIGNED_PUBLIC_URL"):
        settings.current()


def test_a_variable_in_small_letters_is_told_too(monkeypatch):
    monkeypatch.setenv("undersigned_batch", "7")
    with pytest.raises(settings.BadSettings, match=r"undersigned_batch: .* did you mean UNDERSIGNED_BATCH"):
        settings.current()


@pytest.mark.parametrize("written", ["1m", "12h", "1 d", "6weeks", "2 months"])
def test_how_often_backups_are_made_is_written_as_durations_are(environment, written):
    environment(BACKUP_EVERY=written)

    assert durations.duration(current().backup_every) > timedelta(0)


def test_what_is_no_such_duration_is_refused(environment):
    environment(BACKUP_EVERY="daily", BACKUP_KEEP="0d")

    told = problems()
    assert [line.partition(":")[0] for line in told] == ["UNDERSIGNED_BACKUP_EVERY", "UNDERSIGNED_BACKUP_KEEP"]
    assert "expected a number and one of m, h, d, weeks, months" in told[0]
