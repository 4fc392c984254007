"""`/d/<token>`: the addressee reads what our mails about members are, stops them, and may have them again.

The link is in each of these mails, and so in their `List-Unsubscribe`; each works as long as the campaign is kept. A
look changes nothing, and neither does a form without its tick: mail scanners open links, and some press buttons.
"""

from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import broker, db
from worker.acts import digests
from worker.state import links
from worker.state.campaigns import get_campaign
from worker.state.digests import single_mails
from worker.state.refusals import InPanic
from worker.text.languages import LANGUAGES
from worker.web import forms, link_auth, responses
from worker.web.key_gate import require_key
from worker.web.link_auth import NotNow

_WISHES = {"stop": digests.stop_digests, "restart": digests.restart_digests}


class DigestPage(HTTPEndpoint):
    """Whoever has the link decides, for it is in no mail but those to the addressee."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_page, token, language, {})

    async def post(self, request: Request) -> Response:
        token, sent = request.path_params["token"], await forms.read_form(request)
        return await run_in_threadpool(_takes, token, sent)


def _takes(token: str, sent: dict[str, str]) -> Response:
    campaign_id, wish = _campaign_of(token), _WISHES.get(sent.get("wish", ""))
    language = sent.get("switch") or sent.get("lang", "")
    if sent.get("switch"):
        return _page(token, language, {})
    if wish is None:
        raise HTTPException(400)
    if sent.get("sure") != "yes":
        return _page(token, language, {"sure": "tick missing"})
    try:
        with db.transaction() as session:
            wish(session, campaign_id, "addressee")
    except InPanic:  # it began a moment ago: its page says so
        return _page(token, language, {})
    broker.notify("digest", campaign_id)
    query = f"?lang={language}" if language in LANGUAGES else ""
    return RedirectResponse(f"/d/{token}{query}", 303)  # by GET, so that a reload sends nothing again


def _page(token: str, language: str, problems: dict[str, str]) -> Response:
    campaign_id = _campaign_of(token)
    with db.reading() as session:
        campaign = get_campaign(session, campaign_id)
        return responses.show(
            "digest.html",
            responses.choose_language(language, campaign.authentic),
            422 if problems else 200,
            campaign=campaign,
            token=token,
            stopped=campaign.digests_stopped_at is not None,
            singly=bool(single_mails(campaign)),
            over=campaign.erased_at is not None or campaign.cancelled_at is not None,
            problems=problems,
        )


def _campaign_of(token: str) -> int:
    """Whose digest has this link; ends in the same 404 for every other, after the same one statement. Raises NotNow."""
    require_key()
    ref, generation = link_auth.parse_or_nobody(token, "digest")
    found = links.find_campaign_of_digest(ref)
    if found is None or generation != 1:
        raise HTTPException(404)
    if found.in_panic:
        raise NotNow(found.authentic)
    return found.campaign_id
