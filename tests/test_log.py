"""What is logged is one line a thing that happened."""

import logging
import subprocess
import sys

import pytest

from tests import cast
from worker import db
from worker.mail import outbox
from worker.models import Mail
from worker.wording import composing, mails

AWAY = """
import logging
from worker import log
log.to_stderr()
try:
    raise ConnectionError("refused")
except ConnectionError as error:
    logging.getLogger("celery.beat").error("Message Error: %s\\n%s", error, ["  File ..."], exc_info=True)
"""

ABOUT = """
import logging
import threading
from worker import log
log.to_stderr()
said = logging.getLogger("said")
log.begin_task("close", 17)
said.info("sealed")
threading.Thread(target=said.info, args=("beside it",)).start()
log.begin_task("deliver", None)
said.warning("put off", extra={"campaign": 18, "mail": 40})
said.info("drained")
log.end_task()
said.info("idle")
"""


def test_a_line_begins_with_the_task_the_campaign_and_the_mail_that_it_is_about() -> None:
    said = subprocess.run([sys.executable, "-c", ABOUT], capture_output=True, text=True, check=True).stderr
    assert sorted(line.partition(": ")[2] for line in said.splitlines()) == [
        "beside it",
        "idle",
        "task=close campaign=17 sealed",
        "task=deliver campaign=18 mail=40 put off",
        "task=deliver drained",
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_line_about_a_mail_says_which_and_of_which_campaign(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with db.transaction() as session:
        cast.a_campaign(session, "another")
        campaign = cast.a_campaign(session)
        outbox.put(session, [outbox.to_partner("reminder", campaign, campaign.partners[0], "1", db.clock(session))])
    monkeypatch.setattr(mails, "word_mail", lambda *_: [][0])

    with db.reading() as session:
        mail_id = session.query(Mail).one().id
        composing.compose_batch(session, [mail_id])

    [told] = caplog.records
    assert (told.campaign, told.mail) == (2, mail_id)  # type: ignore[attr-defined]
    assert told.getMessage() == "it could not be composed (IndexError)"


def test_a_clock_whose_broker_is_away_says_so_in_one_line() -> None:
    """As celery.beat logs it: the traceback of the place in the message, and that of the exception after it."""
    said = subprocess.run([sys.executable, "-c", AWAY], capture_output=True, text=True, check=True).stderr
    (line,) = said.splitlines()
    assert line.endswith(f"{logging.getLevelName(logging.ERROR)} celery.beat: Message Error: refused")
