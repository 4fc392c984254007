"""A mail server that takes everything and keeps nothing: just enough SMTP, so that it is never what one waits for."""

import asyncio
import sys

_REPLIES = {b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n"}


class Sink(asyncio.Protocol):
    """One connection: a reply for each command and for each mail, all in one write where several came at once."""

    def __init__(self) -> None:
        self._pending = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._pending += data
        replies = b""
        while reply := self._reply():
            replies += reply
        self._transport.write(replies)

    def _reply(self) -> bytes:
        """The reply to what has come whole; empty when more must come first."""
        came, end, rest = self._pending.partition(b"\r\n.\r\n" if self._in_data else b"\r\n")
        if not end:
            return b""
        self._pending = rest
        verb = b"" if self._in_data else came[:4].upper()
        self._in_data = verb == b"DATA"
        return _REPLIES.get(verb, b"250 2.0.0 ok\r\n")


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
