"""The inbox of a trial run: every mail that the catcher caught, to click through a campaign on this machine.

Others on this machine reach our port too, so its address holds a token. A cookie would not do: browsers send it to
every port of a host.
"""

import email
import email.policy
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from worker import settings, tokens
from worker.web import responses

SHOWN_AT_ONCE = 100
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*\.eml")
_ADDRESS = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])")
# The HTML of a mail brings its own style; everything else stays forbidden to it.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HOST = re.compile(r"(\[(?P<six>[0-9A-Fa-f:]+)\]|(?P<name>[^\[\]:@/\s]+))(:[0-9]{1,5})?")
_OF_PROXIES = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via")


@dataclass(frozen=True)
class Line:
    """One mail as the list shows it."""

    name: str
    to: str
    subject: str
    at: datetime | None


class InboxRoute(Route):
    """An address of the inbox, which for everybody but its owner is one that does not exist.

    A page elsewhere could point a name of its own at this machine and read along; and a proxy that somebody put
    before us makes the whole world look as if it sat here.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        if match is not Match.NONE and not (_has_token(child["path_params"]["token"]) and _is_here(scope)):
            return Match.NONE, {}
        return match, child


def routes_of_inbox(folder: Path) -> list[InboxRoute]:
    """The addresses of the inbox; only for whoever sits at this machine, and was told the token."""
    inbox = Inbox(folder)
    return [
        InboxRoute("/inbox/{token}", inbox.listed),
        InboxRoute("/inbox/{token}/{name}", inbox.mail),
        InboxRoute("/inbox/{token}/{name}/html", inbox.html),
        InboxRoute("/inbox/{token}/{name}/source", inbox.source),
        InboxRoute("/inbox/{token}/{name}/{number:number}", inbox.attachment),
    ]


def _has_token(given: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), tokens.inbox_token().encode())


def _is_here(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return not any(header in headers for header in _OF_PROXIES) and _is_loopback(headers.get("host", ""))


def _is_loopback(host: str) -> bool:
    """Whether a Host header names this machine; a stricter reading than urlsplit's, which raises or lets through."""
    named = _HOST.fullmatch(host)
    return named is not None and (named["six"] or named["name"]).lower() in settings.LOOPBACK


class Inbox:
    """A folder of `.eml` files, the newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def listed(self, request: Request) -> Response:
        return await run_in_threadpool(self._listed, _address_of(request), request.query_params.get("page", ""))

    async def mail(self, request: Request) -> Response:
        message = await self._message(request)
        return _with_policy(
            responses.show(
                "inbox/mail.html",
                "en",
                inbox=_address_of(request),
                file=request.path_params["name"],
                subject=str(message["Subject"] or ""),
                headers=[(name, str(message[name] or "")) for name in _HEADERS_SHOWN if message[name]],
                pieces=_ADDRESS.split(_words(message, "plain")),
                has_html=message.get_body(("html",)) is not None,
                attachments=[(part.get_filename() or "attachment") for part in message.iter_attachments()],
            ),
            _PAGE_POLICY,
        )

    async def html(self, request: Request) -> Response:
        message = await self._message(request)
        # So that a link opens in a window of its own instead of the frame, where our pages refuse to stand.
        words = _words(message, "html").replace("<head>", '<head><base target="_blank">', 1)
        return _with_policy(HTMLResponse(words), _MAIL_POLICY)

    async def source(self, request: Request) -> Response:
        content = await run_in_threadpool(self._read, request.path_params["name"])
        return Response(content, media_type="text/plain; charset=utf-8")

    async def attachment(self, request: Request) -> Response:
        attachments = list((await self._message(request)).iter_attachments())
        number = request.path_params["number"]
        if number >= len(attachments):
            raise HTTPException(404)
        part = attachments[number]
        file_name = re.sub(r"[^0-9A-Za-z._-]", "_", part.get_filename() or "attachment")
        return Response(
            part.get_payload(decode=True) or b"",
            media_type=part.get_content_type(),
            headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
        )

    def _listed(self, inbox: str, page: str) -> Response:
        names = self._names()
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
        first = (number - 1) * SHOWN_AT_ONCE
        shown = names[max(first, 0) : first + SHOWN_AT_ONCE]
        return responses.show(
            "inbox/list.html",
            "en",
            inbox=inbox,
            lines=[self._line(name) for name in shown],
            total=len(names),
            number=number,
            more=len(names) > first + SHOWN_AT_ONCE,
        )

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted((p.name for p in self._folder.iterdir() if _NAME.fullmatch(p.name)), reverse=True)

    def _line(self, name: str) -> Line:
        with (self._folder / name).open("rb") as file:
            headers = BytesHeaderParser(policy=email.policy.default).parse(file)
        dated = headers["Date"]
        to = headers["Delivered-To"] or headers["To"] or ""
        return Line(name, str(to), str(headers["Subject"] or ""), dated.datetime if dated else None)

    async def _message(self, request: Request) -> EmailMessage:
        content = await run_in_threadpool(self._read, request.path_params["name"])
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def _read(self, name: str) -> bytes:
        """A mail's bytes; a name is one from the folder, never a way out of it."""
        if not _NAME.fullmatch(name):
            raise HTTPException(404)
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            raise HTTPException(404) from None


_HEADERS_SHOWN = ("From", "To", "Delivered-To", "Reply-To", "Date", "Message-ID")


def _words(message: EmailMessage, kind: str) -> str:
    """The part of that kind as text; what cannot be decoded is marked and not an error."""
    part = message.get_body((kind,))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _address_of(request: Request) -> str:
    """Of the inbox that this was asked of; its pages lead on from there."""
    return f"/inbox/{request.path_params['token']}"


def _with_policy(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    if policy == _MAIL_POLICY:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
