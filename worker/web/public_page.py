"""`/c/<slug>`: a letter for everyone to read, as far and as soon as its campaign allows it."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import db
from worker.state import lifecycle, public_letters
from worker.state.campaigns import find_campaign
from worker.web import responses
from worker.wording.letter import build_public, letter_language


async def letter(request: Request) -> Response:
    """The page of one campaign; one that is not public is as unknown as one that does not exist."""
    slug, language = request.path_params["slug"], request.query_params.get("lang", "")
    return await run_in_threadpool(_page, slug, language)


def _page(slug: str, wanted: str) -> Response:
    with db.reading() as session:
        campaign = find_campaign(session, slug)
        if campaign is None or not campaign.is_public:
            raise HTTPException(404)
        language = responses.choose_language(wanted, campaign.authentic)
        now = db.clock(session)
        before, after = public_letters.neighbours(session, campaign)
        return responses.show(
            "public/page.html",
            language,
            campaign=campaign,
            addressee=campaign.letter.addressees[0],
            sheet=build_public(session, campaign, letter_language(campaign, language)),
            open=campaign.takes_answers(at=now),
            can_join=lifecycle.can_join(campaign, now),
            before=before,
            after=after,
        )
