"""The command line, on a SQLite clock that a test moves by writing to a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from worker import cli, settings

PATTERN = "%Y-%m-%d %H:%M:%f"  # the one question that db.clock asks


@contextmanager
def installed(file: Path) -> Iterator[None]:
    """Every connection to SQLite from now on sees the clock moved by as many seconds as the file says."""

    def strftime(pattern: str, moment: str) -> str:
        assert (pattern, moment) == (PATTERN, "now")
        moved = datetime.now(UTC) + timedelta(seconds=float(file.read_text()))
        return moved.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def install(connection: Any, _: object) -> None:
        connection.create_function("strftime", 2, strftime)

    event.listen(Engine, "connect", install)
    yield
    event.remove(Engine, "connect", install)


if __name__ == "__main__":
    with installed(Path(os.environ.pop(f"{settings.PREFIX}TEST_MOVED_CLOCK"))):
        cli.main()
