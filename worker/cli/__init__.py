"""What people type: `prepare`, `run` and `leave` for those who run campaigns, `operator` for the program's own."""

import gc
import io
import os
import signal
import sys

GARBAGE = 200_000  # new objects before Python looks for garbage; by itself 700, and a start is all objects that stay
INTERRUPTED = 128 + signal.SIGINT  # as shells say it


def main() -> None:
    """Run `undersigned`; what is wrong with settings, disk or database is said in sentences, not as a traceback."""
    try:
        _run()
    except KeyboardInterrupt:  # before any command began
        sys.exit(INTERRUPTED)


def _run() -> None:
    gc.set_threshold(GARBAGE)
    from worker.cli.commands import app

    os.umask(0o077)  # what we write down holds names: it is for this user only
    _print_anything()
    try:
        try:
            app(prog_name="undersigned")
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read what we print has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from worker.cli import errors  # not before it is needed: it doubles the start of --help

        if (sentence := errors.sentence(error)) is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(errors.exit_code(error))


def _print_anything() -> None:
    """A terminal in ASCII shows `?` for an accent; data that goes into a file or a pipe is UTF-8.

    Without a stream (`>&-`) it is printed nowhere.
    """
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
