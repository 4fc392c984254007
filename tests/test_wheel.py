"""What is installed without a checkout: what is in the wheel, that it is the same each time, and that it works."""

import re
import shutil
import subprocess
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from tests import installed
from worker import settings

TOP = settings.CHECKOUT
PREVIEW = ("campaigns/cambodia-2023", "--deadline", "in 2 weeks")
CARRIED = ("worker", "templates", "campaigns/cambodia-2023")


@pytest.fixture(scope="module")
def wheel() -> Path:
    """The one that `installed.program` is installed from."""
    (built,) = installed.program().parents[2].glob("wheel/*.whl")
    return built


def tracked() -> list[str]:
    """What is part of the program; in a folder without Git what lies there, but for what runs leave behind."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name and (TOP / name).exists()]
    found = [path for top in CARRIED for path in (TOP / top).rglob("*") if path.is_file()]
    return [str(path.relative_to(TOP)) for path in found if "__pycache__" not in path.parts]


def test_it_carries_the_program_its_templates_and_the_example_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    carried = {name for name in tracked() if name.startswith(tuple(f"{folder}/" for folder in CARRIED))}
    assert names == {re.sub(r"^(templates|campaigns)/", r"worker/shipped/\1/", name) for name in carried}
    assert {"worker/migrations/script.py.mako", "worker/shipped/templates/pages/khmer.woff2"} <= names


def test_two_builds_have_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    """The second is made later, from another folder with other times, by somebody with another umask."""
    copy = tmp_path / "elsewhere"
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", *CARRIED):
        here, there = TOP / name, copy / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(here, there)
    (copy / "campaigns" / "river-2027").mkdir()
    (copy / "campaigns" / "river-2027" / "partners.csv").write_text("organization,email\nRiver Watch,rw@rw.example\n")

    again = installed.build_wheel(copy, tmp_path / "wheel", umask=0o077)

    assert again.read_bytes() == wheel.read_bytes()


def test_it_says_what_it_is_under_which_license_and_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        said: Message = Parser().parsestr(archive.read(name).decode())
        (license_file,) = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
        assert archive.read(license_file) == (TOP / "LICENSE").read_bytes()

    assert (said["License-Expression"], said["License-File"]) == ("MIT", "LICENSE")
    assert str(said.get_payload()).strip() == (TOP / "README.md").read_text().strip()
    needed = {re.split(r"[ \[<>=;]", requirement)[0] for requirement in said.get_all("Requires-Dist", [])}
    assert {"celery", "sqlalchemy"} <= needed
    assert not needed & {"hatchling", "pip", "setuptools"}


@pytest.mark.parametrize("pinned", ["requirements.txt", "requirements-build.txt"])
def test_what_builds_it_is_pinned_apart_from_what_runs_it(pinned: str) -> None:
    names = set(re.findall(r"^([\w-]+)==", (TOP / pinned).read_text(), re.MULTILINE))

    assert "setuptools" not in names
    assert ("hatchling" in names) == (pinned == "requirements-build.txt")


def types(*words: str, here: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the installed program, and what it says."""
    return subprocess.run(
        [installed.program(), *words],
        cwd=here,
        env=installed.environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_what_it_reads_it_finds_in_itself_and_what_it_writes_is_in_the_folder_where_it_is_typed(tmp_path: Path) -> None:
    assert types("--version", here=tmp_path).stdout.startswith("undersigned ")
    assert "The letter names every partner" in types("preview", *PREVIEW, here=tmp_path).stderr

    made = types("new", "river-2027", here=tmp_path)

    assert "Made campaigns/river-2027." in made.stderr, made.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"campaigns", "var"}
    assert (tmp_path / "campaigns" / "river-2027" / "letter.en.md").is_file()
    assert (tmp_path / "var" / "preview" / "cambodia-2023" / "letter.pdf").is_file()


def test_it_closes_no_folder_of_the_system_to_others() -> None:
    refused = types("status", here=Path("/"))

    assert refused.returncode == 1
    assert "UNDERSIGNED_DATA_DIR: expected a folder for this program alone, found /var" in refused.stderr
