"""The mail catcher: a mail server on this machine only, for whom every mail ends as a file in a folder."""

import asyncio
import contextlib
import ipaddress
import logging
import os
import secrets
import socket
import threading
from collections.abc import Collection
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_MAIL = 40 * 1024 * 1024  # octets on the wire: 30 MB of letter and a generous rest
_BACKLOG = 256


class Catcher:
    """A real SMTP server on loopback, in a thread of its own; names in `refuse` have no mailbox here."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, refuse: Collection[str] = ()) -> None:
        """Prepare; `refuse` may change while it runs. Raises ValueError for a host that is not loopback."""
        if host != "localhost" and not _is_loopback(host):
            raise ValueError("the mail catcher listens on this machine only: 127.0.0.1, ::1 or localhost")
        self.folder = folder
        self.refuse = set(refuse)
        self._host, self._port = host, port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._caught = 0

    def start(self) -> int:
        """Open the folder (0700) and listen; return the port. Raises OSError if the port is taken."""
        if self._thread is not None:
            raise RuntimeError("the mail catcher is running")
        # aiosmtpd logs recipients, and at debug level every line of a mail.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        self._open_folder()
        listener = _listen(self._host, self._port)
        port: int = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), name="mail catcher", daemon=True)
        self._thread.start()
        ready.wait()
        return port

    def stop(self) -> None:
        """Hang up on everybody and stop; a mail half received is not kept. Idempotent."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = self._loop = self._stopping = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient unless it is one of `refuse` (called by aiosmtpd)."""
        # A copy: another thread may add to the set while we look through it.
        if address.casefold() in [refused.casefold() for refused in tuple(self.refuse)]:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a mail, and only then say so (called by aiosmtpd)."""
        return f"250 2.0.0 kept as {self._keep(envelope)}"

    async def handle_exception(self, error: Exception) -> str:
        """Put off what went wrong, such as a full disk, and repeat nothing of it (called by aiosmtpd)."""
        return "451 4.3.0 the mail catcher could not do that"

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listener, ready))
        finally:
            ready.set()

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._session, sock=listener, backlog=_BACKLOG)
        ready.set()
        await self._stopping.wait()
        # asyncio.run cancels the sessions that are left, and aiosmtpd then hangs up.
        server.close()

    def _session(self) -> SMTP:
        return SMTP(
            self,
            data_size_limit=MAX_MAIL,
            enable_SMTPUTF8=True,
            hostname="catcher.localhost",
            ident="mail catcher",
            loop=self._loop,
        )

    def _open_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for unfinished in self.folder.glob(".*.part"):
            unfinished.unlink(missing_ok=True)
        kept = (path.name.partition("-")[0] for path in self.folder.glob("*-*.eml"))
        self._caught = max((int(number) for number in kept if number.isdecimal()), default=0)

    def _keep(self, envelope: Envelope) -> int:
        """Write one mail as a file (0600) that appears whole; its name tells the order and nothing else."""
        self._caught += 1
        # The random part: two catchers on one folder must not overwrite each other's mails.
        name = f"{self._caught:06d}-{secrets.token_hex(3)}.eml"
        part = self.folder / f".{name}.part"
        try:
            with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.writelines(_trace(envelope))
                file.write(envelope.original_content or b"")
            part.rename(self.folder / name)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        return self._caught


def _trace(envelope: Envelope) -> list[bytes]:
    """The envelope as the final server writes it in front of a mail (RFC 5321 section 4.4, RFC 9228)."""
    lines = [f"Return-Path: <{envelope.mail_from}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
    return ["".join(c for c in line if c.isprintable()).encode("utf-8", "replace") + b"\r\n" for line in lines]


def _listen(host: str, port: int) -> socket.socket:
    """Bind here, in the caller's thread: its errors are the caller's, and port 0 becomes a number."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
