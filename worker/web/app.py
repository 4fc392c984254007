"""The web application: which address shows what, and what stands in front of all of them."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from worker import db, startup
from worker.key_check import WrongKey
from worker.tokens import PATHS
from worker.web import health, key_gate, not_now, public_page, responses, restored, static
from worker.web.contacts_page import ContactsPage
from worker.web.desk.door import Door
from worker.web.desk.table import TABLE
from worker.web.digest_page import DigestPage
from worker.web.disown import DisownPage
from worker.web.inbox import routes_of_inbox
from worker.web.join import ConfirmPage, JoinPage
from worker.web.link_auth import LinkEnded, NotNow
from worker.web.listing_page import ListingPage
from worker.web.member_page import MemberPage, NotMePage
from worker.web.middleware import Guard
from worker.web.names_page import NamesPage
from worker.web.origins import Origins
from worker.web.partner_page import PartnerPage
from worker.web.pass_on import PassOnPage
from worker.web.paths import OneSpelling
from worker.web.responses import Apology
from worker.web.unsubscribe import UnsubscribePage
from worker.web.voice import VoicePage

log = logging.getLogger("web")

APOLOGIES: dict[int, Apology] = {
    status: which for which, status in responses.STATUS.items() if which not in {"cut link", "restored"}
}  # what is no link by its characters alone never comes as far as a page


def make_app(inbox: Path | None = None) -> Starlette:
    """The pages; with the folder of caught mails also their inbox, which is for this machine only.

    Raises NotRegistered.
    """
    startup.check_registered()
    key_gate.forget()
    app = Starlette(
        routes=[
            Route("/s/{token:token}", PartnerPage),
            Route("/s/{token:token}/not-us", DisownPage),
            Route("/s/{token:token}/row", ListingPage),
            Route("/s/{token:token}/pass-on", PassOnPage),
            Route("/s/{token:token}/contacts", ContactsPage),
            Route("/s/{token:token}/names", NamesPage),
            Route("/j/{token:token}", ConfirmPage),
            Route("/c/{slug:slug}/join", JoinPage),
            Route("/c/{slug:slug}/voice", VoicePage),
            Route("/v/{token:token}", MemberPage),
            Route("/v/{token:token}/not-me", NotMePage),
            Route("/u/{token:token}", UnsubscribePage),
            Route("/d/{token:token}", DigestPage),
            Route("/c/{slug:slug}", public_page.letter),
            *Door(TABLE).routes(),
            Route("/livez", health.livez),
            Route("/readyz", health.readyz),
            Route("/style.css", static.stylesheet),
            Route("/desk.css", static.stylesheet),
            Route("/khmer.woff2", static.font),
            *(routes_of_inbox(inbox) if inbox else []),
        ],
        lifespan=_no_more_threads_than_connections,
        middleware=[
            Middleware(Guard, broken=responses.apology("broken")),
            Middleware(OneSpelling),
            Middleware(restored.UnlessRestored),
        ],
        exception_handlers={
            HTTPException: _refused,
            LinkEnded: _ended,
            NotNow: _not_now,
            OperationalError: _unavailable,
            InterfaceError: _unavailable,
            WrongKey: _wrong_key,
            PoolTimeout: _unavailable,
            ClientDisconnect: _unreadable,
            db.Restored: _restored,
        },
    )
    app.state.origins, app.state.origins_of_voices = Origins(), Origins()
    app.router.redirect_slashes = False  # it would send people to whatever the Host header says
    return app


@asynccontextmanager
async def _no_more_threads_than_connections(app: Starlette) -> AsyncIterator[None]:
    """Whoever comes in a crowd waits for a thread, and not in a thread for a connection, where patience ends."""
    current_default_thread_limiter().total_tokens = db.CONNECTIONS
    yield


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return responses.apology(APOLOGIES.get(error.status_code, "wrong link"), dict(error.headers or {}))


async def _ended(request: Request, error: Exception) -> Response:
    """What became of the letter, in the language of the link's last holder."""
    assert isinstance(error, LinkEnded)
    language = responses.choose_language(request.query_params.get("lang", ""), error.ended.language)
    told = {"ended": error.ended, "of_a_person": request.url.path.startswith(f"/{PATHS['voice']}/")}
    return responses.show("ended.html", language, error.status_code, here=request.url.path, **told)


async def _not_now(request: Request, error: Exception) -> Response:
    """Nothing of the campaign, in the language of the link's holder; the same for a look and for a form."""
    assert isinstance(error, NotNow)
    path, page = request.url.path, request.scope.get("endpoint")
    language = responses.choose_language(request.query_params.get("lang", ""), error.language)
    takes_back = getattr(page, "takes_back", None) if error.holder is not None else None
    return not_now.page(path, language, error.holder, takes_back)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer (%s)", type(error).__name__)
    return responses.apology("unavailable", {"Retry-After": "30"}, getattr(request.state, "form", None))


async def _restored(request: Request, error: Exception) -> Response:
    return restored.apology(getattr(request.state, "form", None))


async def _wrong_key(request: Request, error: Exception) -> Response:
    log.error("SECRET_KEY is not the key with which this database was written: no link can be looked up")
    return responses.apology("unavailable", {"Retry-After": "30"}, getattr(request.state, "form", None))


async def _unreadable(request: Request, error: Exception) -> Response:
    return responses.apology("unreadable")
