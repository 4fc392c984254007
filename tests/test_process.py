"""A process that stays holds neither the command line that began it nor what is needed once in a while."""

import contextlib
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests import servers
from worker import settings

TOP = Path(__file__).resolve().parent.parent
OF_A_START = {"typer", "pydantic", "rich", "pygments", "alembic", "mako", "worker.cli", "worker.migrations"}
ONCE_IN_A_WHILE = {"openpyxl", "docx", "lxml", "pikepdf", "typst", "pyrage", "python_calamine", "pyotp", "wcwidth"}
ONLY_TO_TELL = {"celery", "redis", "worker.tasks"}

_PAGES = "import uvicorn; from worker.web import serving; from worker.web.app import make_app; make_app()"
_WORKER = "from worker import embedded, tasks"


@pytest.mark.parametrize(
    ("begins", "without"),
    [(_PAGES, OF_A_START | ONCE_IN_A_WHILE | ONLY_TO_TELL), (_WORKER, OF_A_START | ONCE_IN_A_WHILE)],
)
def test_what_is_not_needed_at_rest_is_not_loaded(begins: str, without: set[str]) -> None:
    code = f"import sys; from worker import process; {begins}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True).stdout

    assert not without & set(said.split())


def test_pages_stay_under_their_number_and_end_as_before(tmp_path: Path) -> None:
    """On a path that holds none of our modules, as an installed command is started."""
    settings.only_for_this_process(data_dir=tmp_path)
    port = servers.free_port()
    installed = f"import sys; sys.path.insert(0, {str(TOP)!r}); from worker.cli import main; main()"
    command = [sys.executable, "-c", installed, "web", "--port", str(port)]
    (tmp_path / "worker.py").touch()  # in the folder in which it was typed: not the program
    subprocess.run([sys.executable, "-m", "worker", "migrate"], cwd=TOP, check=True, capture_output=True)
    pages = servers.Process(command, tmp_path / "log", cwd=tmp_path)
    with_number = Path(f"/proc/{pages.popen.pid}/cmdline")

    servers.wait_for(lambda: b"worker.process" in with_number.read_bytes(), pages)
    servers.wait_for(lambda: _answers(port), pages)
    assert pages.end(signal.SIGINT) == 0
    assert not re.search("Traceback", pages.log.read_text())


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=3) as answer:
        return bool(answer.status == 200)
    return False
