"""How the pages are served: uvicorn, and for how long a connection may keep it waiting.

The rest of a form is waited for in `forms.py`. There is no bound for open connections: whoever opened that many would
lock everybody else out.
"""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_TIMEOUT_S = 10.0  # for the whole of a request's head
MAX_HEAD = 64 * 1024  # bytes


class TimedProtocol(HttpToolsProtocol):
    """Hangs up on who does not end the head of a request; uvicorn waits for it without end, and for any length.

    Between two requests uvicorn's own keep-alive timeout counts, until the first byte comes.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = False
        self._head_size = 0
        self._timeout: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Bytes that belong to no request (an empty line, the rest of one that is answered) keep nothing open either.
        if self._in_head or not self._is_answering():
            self._wait_for_a_head()
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                self._refuse(431)

    def on_message_begin(self) -> None:
        self._in_head, self._head_size = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def _wait_for_a_head(self) -> None:
        """Begin to wait, unless we do: more bytes give nobody more time."""
        if self._timeout is None and not self.transport.is_closing():
            self._timeout = self.loop.call_later(HEAD_TIMEOUT_S, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _hang_up(self) -> None:
        self._timeout = None
        if self._is_answering():  # an earlier request, and this one was sent before that is answered
            self._wait_for_a_head()
        elif self._in_head:
            self._refuse(408)
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int) -> None:
        if not self.transport.is_closing():
            headers = [*self.server_state.default_headers, (b"content-length", b"0"), (b"connection", b"close")]
            lines = [name + b": " + value + b"\r\n" for name, value in headers]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n"]))
            self.transport.close()


# A path holds a token and a header may hold an address: no access log, no header that tells who we are.
OPTIONS: dict[str, Any] = {
    "http": TimedProtocol,
    "ws": "none",
    "lifespan": "on",
    "access_log": False,
    "log_config": None,
    "server_header": False,
}
