"""The program as a stranger has it: out of its wheel, in a virtual environment that knows no checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests import servers
from worker import settings

# Only what the wheel itself asks for may be imported: a path in a .pth file brings none of the .pth files in it, so the
# checkout that they name stays unknown.
_DEPENDENCIES = "import sys; sys.modules['setuptools'] = sys.modules['pkg_resources'] = None\n{}\n"


def build_wheel(source: Path, into: Path, umask: int = 0o022) -> Path:
    """Build the wheel of a checkout with the backend that is installed here; nothing is fetched."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
    subprocess.run(
        [*command, "--disable-pip-version-check", "--wheel-dir", into, source], check=True, cwd="/", umask=umask
    )
    (wheel,) = into.glob("*.whl")
    return wheel


def program() -> Path:
    """`undersigned`, installed once for the whole run."""
    folder = servers.run_folder() / "installed"
    with servers.once("installed") as note:
        if not note.exists():
            shutil.rmtree(folder, ignore_errors=True)
            wheel = build_wheel(settings.CHECKOUT, folder / "wheel")
            _install(wheel, folder / "venv")
            note.touch()
    return folder / "venv" / "bin" / "undersigned"


def environment() -> dict[str, str]:
    """An environment in which nobody has set anything for us."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}


def _install(wheel: Path, venv: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, cwd="/")
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(_DEPENDENCIES.format(Path(sysconfig.get_path("purelib")).resolve()))
