"""The mail server of a stage: everybody's mailbox, with the moods of real ones."""

import asyncio
import email
import email.policy
import time
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from worker.mail.catcher import Catcher

A_LOOK = 0.02  # seconds


@dataclass(frozen=True)
class Taken:
    """One mail that was accepted, and when its recipient was named, just before DATA (monotonic seconds)."""

    begun: float
    to: str
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        read = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read


class MailServer(Catcher):
    """Puts mail off for addresses in `greylisted`, and lets that for addresses in `slow` wait behind its last dot.

    Both may change while it runs. `put_off` and `waiting` tell to whom that happened, and whose mail waits now.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.greylisted: set[str] = set()
        self.slow: set[str] = set()
        self.put_off: list[str] = []
        self.waiting: list[str] = []
        self.taken: list[Taken] = []

    def is_itself_again(self) -> None:
        """Every mailbox takes mail at once."""
        for moody in (self.refuse, self.greylisted, self.slow):
            moody.clear()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.greylisted:
            self.put_off.append(address)
            return "451 4.7.1 greylisted, please try again later"
        envelope.begun = time.monotonic()  # type: ignore[attr-defined]
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        to = envelope.rcpt_tos[0]
        if to in self.slow:
            self.waiting.append(to)
            while to in self.slow:
                await asyncio.sleep(A_LOOK)
            self.waiting.remove(to)
        reply = await super().handle_DATA(server, session, envelope)
        self.taken.append(Taken(envelope.begun, to, envelope.original_content or b""))  # type: ignore[attr-defined]
        return reply
