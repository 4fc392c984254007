"""A mail of the past in the words in which it left, for organizers: without the links and codes of its reader."""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from worker import settings, tokens
from worker.models import Mail
from worker.wording.composing import read_again


@dataclass(frozen=True)
class MailAgain:
    """`as_sent`: whether these are the words that left; null if none did, and false if it would say something else."""

    as_sent: bool | None
    subject: str
    text: str


def word_again(session: Session, mail: Mail) -> MailAgain:
    """Word a mail once more. Raises NothingToSay where its link has ended, or its reader was erased."""
    message, as_sent = read_again(session, mail)
    return MailAgain(as_sent, message.subject, _without_secrets(message.text, mail))


def _without_secrets(text: str, mail: Mail) -> str:
    reader = mail.contact or mail.partner
    if reader is not None:
        for code in (tokens.printed_long_code(reader), tokens.printed_code(reader)):
            text = text.replace(code, "[code]")
    base = re.escape(settings.current().public_url.rstrip("/"))
    return re.sub(rf"{base}/[{''.join(tokens.PATHS.values())}]/[^\s<>]+", "[link]", text)
