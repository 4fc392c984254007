"""What people type: `organizer` for those who run campaigns, `operator` for those who run the program."""

import sys


def main() -> None:
    """Run `undersigned`; what an operator set wrongly is said in sentences, not as a traceback."""
    from worker.cli.commands import app
    from worker.settings import BadSettings

    try:
        app(prog_name="undersigned")
    except BadSettings as error:
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        sys.exit(1)
