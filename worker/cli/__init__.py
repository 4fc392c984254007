"""What people type: `organizer` for those who run campaigns, `operator` for those who run the program."""

import io
import os
import sys


def main() -> None:
    """Run `undersigned`; what an operator set wrongly is said in sentences, not as a traceback."""
    from worker.cli.commands import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows a ? and goes on
    os.umask(0o077)  # what we write down holds names: it is for this user only
    try:
        app(prog_name="undersigned")
    except Exception as error:
        if (sentence := _sentence(error)) is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(1)


def _sentence(error: Exception) -> str | None:
    """What an operator can mend, without a traceback; imported late, as it would double the start of `--help`."""
    from sqlalchemy.exc import DatabaseError

    from worker.settings import BadSettings

    if isinstance(error, BadSettings):
        return f"The settings cannot be used:\n{error}"
    if isinstance(error, DatabaseError):
        return "The database cannot be used: it is away, or the file is no database. See UNDERSIGNED_DATABASE_URL."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return None
