"""`/c/<slug>`: a letter for everyone to read, as far and as soon as its campaign allows it."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import db
from worker.models import Campaign
from worker.web import links, pages
from worker.wording import letter as letters


async def letter(request: Request) -> Response:
    """The page of one campaign; one that is not public is as unknown as one that does not exist."""
    slug, language = request.path_params["slug"], request.query_params.get("lang", "")
    return await run_in_threadpool(_page, slug, language)


def _page(slug: str, wanted: str) -> Response:
    with db.reading() as session:
        campaign = session.scalar(select(Campaign).where(Campaign.slug == slug))
        if campaign is None or not campaign.is_public:
            raise HTTPException(404)
        language = links.in_language(wanted, campaign.authentic)
        before, after = _neighbours(session, campaign)
        return pages.show(
            "public/page.html",
            language,
            campaign=campaign,
            addressee=campaign.letter.addressees[0],
            sheet=letters.build_public(session, campaign, letters.letter_language(campaign, language)),
            open=campaign.takes_answers(at=db.clock(session)),
            before=before,
            after=after,
        )


def _neighbours(session: Session, campaign: Campaign) -> tuple[Campaign | None, Campaign | None]:
    """The public letters launched just before and just after this one."""
    everything = session.scalars(select(Campaign).order_by(Campaign.launched_at, Campaign.id))
    public = [one for one in everything if one.is_public]
    place = public.index(campaign)
    return (
        public[place - 1] if place else None,
        public[place + 1] if place + 1 < len(public) else None,
    )
