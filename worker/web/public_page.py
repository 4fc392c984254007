"""`/c/<slug>`: a letter for everyone to read, as far and as soon as its campaign allows it.

A long list goes on over further pages (`?page=2`), which do not repeat the letter.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import db
from worker.state import lifecycle, members, public_letters, public_list
from worker.state.campaigns import find_public
from worker.text.languages import LANGUAGES
from worker.web import compression, responses
from worker.web.batching import Batcher
from worker.wording import letter as letters


class Wanted(NamedTuple):
    """One page, as an address names it, and whether its reader takes it compressed."""

    slug: str
    language: str
    number: int = 1
    is_compressed: bool = False


async def letter(request: Request) -> Response:
    """The page of one campaign; one that is not public is as unknown as one that does not exist.

    It holds no secret and nothing that was typed, so it may be compressed.
    """
    language = request.query_params.get("lang", "")  # what no page speaks must not make a page of its own
    wanted = Wanted(
        request.path_params["slug"],
        language if language in LANGUAGES else "",
        responses.read_page(request.query_params.get("page", "")),
        compression.takes_gzip(request),
    )
    page = await _pages.ask(wanted)
    if page is None:
        raise HTTPException(404)
    return compression.response(page, "text/html", is_compressed=wanted.is_compressed)


def as_seen(session: Session, slug: str, language: str) -> bytes | None:
    """The page in one language, as everyone sees it; null where there is none."""
    return _page(session, Wanted(slug, language))


def _read(wanted: Sequence[Wanted]) -> list[bytes | Exception | None]:
    """Each page once for all who ask for it at the same time, with the names as they are now; nothing is kept."""
    made = {one: _page_or_error(one) for one in {one._replace(is_compressed=False) for one in wanted}}
    for one in set(wanted) - made.keys():
        page = made[one._replace(is_compressed=False)]
        made[one] = compression.compress(page) if isinstance(page, bytes) else page
    return [made[one] for one in wanted]


_pages = Batcher(_read)


def _page_or_error(wanted: Wanted) -> bytes | Exception | None:
    try:
        with db.reading() as session:
            return _page(session, wanted)
    except Exception as error:  # is of this page alone
        return error


def _page(session: Session, wanted: Wanted) -> bytes | None:
    found = find_public(session, wanted.slug)
    if found is None:
        return None
    campaign, now = found
    language = responses.choose_language(wanted.language, campaign.authentic)
    before, after = public_letters.neighbours(session, campaign)
    list_page = public_list.shown_to_everyone(session, campaign, wanted.number)
    sent_under = public_list.count_sent_under(session, campaign)
    page = responses.show(
        "public/page.html",
        language,
        campaign=campaign,
        addressee=campaign.letter.addressees[0].name_in(language),
        copies=[one.name_in(language) for one in campaign.letter.addressees if one.copy],
        sheet=letters.build_public(
            session, campaign, list_page.rows, letters.letter_language(campaign, language), sent_under
        ),
        list_page=list_page,
        sent_under=sent_under,
        says_members=members.is_in_letter(campaign),
        told=members.number_told(session, campaign),
        can_add_voice=members.can_add_voice(campaign),
        open=campaign.takes_answers(at=now),
        can_join=lifecycle.can_join(campaign, now),
        before=before,
        after=after,
    )
    return bytes(page.body)
