"""What people type: `organizer` for those who run campaigns, `operator` for those who run the program."""

import os
import sys


def main() -> None:
    """Run `undersigned`; what an operator set wrongly is said in sentences, not as a traceback."""
    from worker.cli.commands import app

    os.umask(0o077)  # what we write down holds names: it is for this user only
    try:
        app(prog_name="undersigned")
    except Exception as error:
        from worker.settings import BadSettings  # not before it is needed: it doubles the start of --help

        if not isinstance(error, BadSettings):
            raise
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        sys.exit(1)
