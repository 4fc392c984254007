"""A real IMAP server (pymap) on loopback, and a wire-tapper who may sit before it."""

import asyncio
import contextlib
import imaplib
import os
import socket
import ssl
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from urllib.parse import quote

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, DictBackend, Login
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

from tests.servers import free_port

USER, PASSWORD = "bounces@letters.example", 'pa/ss:w@rd#é "quoted"'


class Mailserver:
    """An account with folders, in a thread of its own; its mail outlives stop() and start(). Plaintext is let in."""

    def __init__(self, certificate: ssl.SSLContext | None = None, *, implicit_tls: bool = False) -> None:
        self.port = free_port()
        self._certificate, self._implicit_tls = certificate, implicit_tls
        self._config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host="127.0.0.1",
            port=self.port,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
            tls_enabled=certificate is not None and not implicit_tls,
            ssl_context=certificate,
            invalid_user_sleep=0,
            hash_context=BuiltinHash(rounds=1),
        )
        self._login = Login(self._config)
        asyncio.run(DictBackend._add_demo_user(self._config, self._login))
        self._loop: asyncio.AbstractEventLoop | None = None
        self.start()

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        """Hang up on everybody; what was delivered is there again after start()."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
            self._loop = None

    def url(self, scheme: str = "imap", *, folder: str = "INBOX", password: str = PASSWORD, port: int = 0) -> str:
        login = f"{quote(USER, safe='')}:{quote(password, safe='')}"
        return f"{scheme}://{login}@127.0.0.1:{port or self.port}/{folder}"

    def deliver(self, message: bytes, folder: str = "INBOX", flags: str = "") -> None:
        """Put a message into the mailbox, by IMAP APPEND."""
        with self._client() as client:
            client.create(folder)
            assert client.append(folder, flags, "", message)[0] == "OK"

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """The flags of each message, in the order in which they came; what only the server says is left out."""
        with self._client() as client:
            client.select(folder, readonly=True)
            _, found = client.fetch("1:*", "(FLAGS)")
            flags = [{flag.decode() for flag in imaplib.ParseFlags(line)} for line in found if isinstance(line, bytes)]
            return [each - {"\\Recent"} for each in flags]

    @contextlib.contextmanager
    def _client(self) -> Iterator[imaplib.IMAP4]:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        client = (
            imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=trusting)
            if self._implicit_tls
            else imaplib.IMAP4("127.0.0.1", self.port)
        )
        with client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield client

    async def _serve(self, ready: threading.Event) -> None:
        self._config.apply_context()
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        serve = IMAPServer(self._login, self._config)

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await serve(reader, writer, SocketInfo.get(writer, None, unique_id=os.urandom(8)))

        context = self._certificate if self._implicit_tls else None
        server = await asyncio.start_server(one, "127.0.0.1", self.port, ssl=context)
        ready.set()
        await self._stopping.wait()
        server.close()


class Wiretap:
    """Somebody on the way, who hears every byte and may change what the server says."""

    def __init__(self, server: Mailserver, change: Callable[[bytes], bytes] = lambda said: said) -> None:
        self.heard = b""  # what the client said
        self._server, self._change = server, change
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._server.port))
                threading.Thread(target=self._pump, args=(client, server, self._hear), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, self._change), daemon=True).start()

    def _hear(self, said: bytes) -> bytes:
        self.heard += said
        return said

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
        with contextlib.suppress(OSError):
            while said := source.recv(65536):
                target.sendall(change(said))
            target.shutdown(socket.SHUT_WR)
