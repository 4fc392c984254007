"""In a container as docker-compose.yml has it: a read-only root, and a user who is not root and not the image's."""

import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest

from tests import container, desks, servers
from tests.container import Container
from tests.desks import SIGNED, Desk
from tests.stage import eventually
from worker import settings

pytestmark = pytest.mark.skipif(
    not container.can_run(), reason="no container can be played here: it takes root and overlayfs"
)
asked, desk = desks.asked, desks.desk
A_PERSON = 12345


def closed_to_others(folder: Path) -> None:
    """As a person has it, who made it or copied it here under `umask 077`."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, A_PERSON, A_PERSON)
        path.chmod(0o700 if path.is_dir() else 0o600)


@pytest.fixture
def worker(asked: Desk, redis_url: str, tmp_path: Path) -> Container:
    """The service in which organizers' commands run, on a campaign that was launched."""
    conf = settings.current()
    secrets = {
        "database_url": conf.database,
        "broker_url": redis_url,
        "secret_key": conf.secret_key,
        "smtp_url": "smtps://user:password@mail.example.org",
        "imap_url": "",
    }
    folders = {name: tmp_path / name for name in ("campaigns", "out", "data", "backups", "secrets")}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    closed_to_others(folders["campaigns"] / "rivers")
    closed_to_others(folders["out"])
    for name in ("data", "backups"):
        folders[name].chmod(0o1777)  # as the image has /data and /backups
    for name, value in secrets.items():
        (folders["secrets"] / name).write_text(value)
    volumes = [volume.partition(":") for volume in container.SERVICES["worker"]["volumes"]]
    mounts = {there: folders[here.removeprefix("./")] for here, _, there in volumes}
    mounts |= {f"/run/secrets/{name}:ro": folders["secrets"] / name for name in secrets}
    return Container(mounts, container.environment_of("worker"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_commands_read_what_is_closed_to_others_and_leave_files_where_the_person_gets_them(
    asked: Desk, worker: Container, tmp_path: Path
) -> None:
    previewed = worker.types("preview", "campaigns/rivers", "--deadline", "in 2 weeks")
    carried = worker.types("carry", "rivers", "RW", "--page", "out/invitation.html")
    asked.types("sign", "rivers", "RW", *SIGNED)
    asked.reaches_its_deadline()
    exported = worker.types("export", "rivers", "--documents", "out/sealed")

    for done in (previewed, carried, exported):
        assert done.returncode == 0, done.stderr
        for said in done.stdout.split():
            assert (tmp_path / said).is_file(), said  # the same path inside and outside
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {"letter.pdf", "invitation.html"} < {path.name for path in left}
    assert {path.relative_to(tmp_path / "out").parts[0] for path in left} == {"preview", "invitation.html", "sealed"}
    assert {(path.stat().st_uid, path.stat().st_mode & 0o777) for path in left} == {(A_PERSON, 0o600)}
    refused = worker.types("export", "rivers", "--documents", "sealed")
    assert refused.returncode == 1
    assert refused.stderr == "This did not work: sealed: Read-only file system. Here, commands write below out\n"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_folder_of_somebody_else_is_named_with_what_is_wrong(worker: Container, tmp_path: Path) -> None:
    os.chown(tmp_path / "campaigns" / "rivers", 0, 0)

    refused = worker.types("preview", "campaigns/rivers")

    assert refused.returncode == 1
    assert "campaign.toml: found a file that cannot be opened (Permission denied)" in refused.stderr
    assert f"Let user {A_PERSON} read it" in refused.stderr


def test_everything_runs_in_one_container_with_one_volume(tmp_path: Path) -> None:
    tmp_path.joinpath("volume").mkdir()
    tmp_path.joinpath("volume").chmod(0o1777)
    environment = {"UNDERSIGNED_DATA_DIR": "/data", "UNDERSIGNED_SWEEP": "1", "UNDERSIGNED_UNDO": "0"}
    alone = Container({"/data": tmp_path / "volume"}, environment, user="10001:10001")
    port = servers.free_port()
    process = servers.Process(alone.command("up", "--host", "127.0.0.1", "--port", str(port)), tmp_path / "log")
    try:
        [inbox] = eventually(lambda: re.findall(r"http://\S+/inbox/\w+", process.log.read_text()))
        launch = ("launch", "campaigns/cambodia-2023", "--deadline", "in 10 minutes", "--reminders", "5m", "--yes")
        launched = alone.types(*launch)
        assert "by the running server" in launched.stderr, launched.stderr
        eventually(lambda: list(tmp_path.glob("volume/inbox/*.eml")))
        with urllib.request.urlopen(inbox) as page:
            assert page.status == 200
        assert process.end(signal.SIGTERM) == 0, process.log.read_text()
    finally:
        process.end()
    assert {"undersigned.db", "secret_key", "inbox"} <= {path.name for path in (tmp_path / "volume").iterdir()}
