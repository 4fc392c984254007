"""`/s/<token>/names`: to a partner, all who have signed publicly, where its own page shows the first of them."""

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db
from worker.models import Partner
from worker.state import public_list, signatories
from worker.state.links import Holder
from worker.state.positions import load_position
from worker.tokens import PATHS
from worker.web import link_auth, responses
from worker.wording import letter


class NamesPage(HTTPEndpoint):
    """It is only looked at; where partners do not see each other it leads to the page of the link."""

    async def get(self, request: Request) -> Response:
        """One page of the list, as it is at this moment."""
        token, asked = request.path_params["token"], request.query_params
        holder = await link_auth.find_holder(token)
        language = responses.choose_language(asked.get("lang", ""), holder.language)
        page = await run_in_threadpool(_page, token, holder, language, responses.read_page(asked.get("page", "")))
        return page or RedirectResponse(f"/{PATHS['sign']}/{token}?lang={language}", 303)


def _page(token: str, holder: Holder, language: str, number: int) -> Response | None:
    with db.reading() as session:
        return _names(session, link_auth.load_owner(session, Partner, holder), token, language, number)


def _names(session: Session, partner: Partner, token: str, language: str, number: int) -> Response | None:
    position = load_position(session, partner)
    campaign = position.campaign
    if not (partner.is_in_list and signatories.lists_others(campaign, position.stage)):
        return None
    list_page = public_list.load_page(session, campaign, number)
    spoken = letter.letter_language(campaign, language)
    return responses.show(
        "partner/names.html",
        language,
        campaign=campaign,
        token=token,
        list_page=list_page,
        sheet=letter.build_draft(campaign, letter.printed_rows(campaign, list_page.rows, spoken), spoken),
        own_place=next((place for place, row in enumerate(list_page.rows) if row.id == partner.id), None),
    )
