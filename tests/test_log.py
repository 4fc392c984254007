"""What is logged is one line a thing that happened."""

import logging
import subprocess
import sys

AWAY = """
import logging
from worker import log
log.to_stderr()
try:
    raise ConnectionError("refused")
except ConnectionError as error:
    logging.getLogger("celery.beat").error("Message Error: %s\\n%s", error, ["  File ..."], exc_info=True)
"""


def test_a_clock_whose_broker_is_away_says_so_in_one_line() -> None:
    """As celery.beat logs it: the traceback of the place in the message, and that of the exception after it."""
    said = subprocess.run([sys.executable, "-c", AWAY], capture_output=True, text=True, check=True).stderr
    (line,) = said.splitlines()
    assert line.endswith(f"{logging.getLevelName(logging.ERROR)} celery.beat: Message Error: refused")
