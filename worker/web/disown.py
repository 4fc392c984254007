"""`/s/<token>/not-us`: somebody answered in a partner's name. Undoes the answer, and the link by which it was given."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db, tasks
from worker.acts import disown
from worker.models import Partner
from worker.state.answers import standing_answer
from worker.state.disclosures import load_disclosure
from worker.state.letters import load_letters
from worker.state.lifecycle import load_offered, stage_at
from worker.state.refusals import Closed, LetterHasLeft, LinkRevoked, NotAnswered
from worker.web import forms, links, pages
from worker.web.links import CodeForm


class DisownPage(HTTPEndpoint):
    """The second of two steps: the first is the link on the partner's page that leads here."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_ask, token, CodeForm(lang=language))

    async def post(self, request: Request) -> Response:
        token, sent = request.path_params["token"], await forms.read(request)
        typed = CodeForm.of(sent)
        if typed.switch:
            return await run_in_threadpool(_ask, token, replace(typed, lang=typed.switch))
        partner = await run_in_threadpool(links.whose, token)
        wrong = typed.has_wrong_code(partner)
        return await links.answered(
            request, partner, wrong=wrong, answer=lambda: run_in_threadpool(_disown, token, typed)
        )


def _ask(token: str, typed: CodeForm, problems: dict[str, str] | None = None) -> Response:
    """What it would do, and the place for the code; where there is nothing to disown, the partner's page."""
    with db.reading() as session:
        partner = links.partner(session, token)
        language = links.language(typed.lang, partner)
        standing = standing_answer(session, partner.id)
        if "disown" not in load_offered(session, partner.campaign, standing):
            return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)
        return _page(session, partner, language, token, typed, problems or {})


def _disown(token: str, typed: CodeForm) -> Response:
    """What came of the form. The link is dead afterwards, so the answer is a page and no redirect."""
    partner = links.whose(token)
    if problems := typed.problems(partner):
        return _ask(token, typed, problems)
    language = links.language(typed.lang, partner)
    try:
        with db.transaction() as session:
            disown.disown_answer(session, partner.id, generation=partner.generation)
    except LinkRevoked:
        raise HTTPException(404) from None
    except (NotAnswered, Closed, LetterHasLeft):
        return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)
    tasks.ring(tasks.close, partner.campaign_id)
    tasks.ring(tasks.deliver)
    with db.reading() as session:
        return _page(session, session.get_one(Partner, partner.id), language)


def _page(
    session: Session,
    partner: Partner,
    language: str,
    token: str = "",
    typed: CodeForm | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    """Before it is done, with the link's token; without one, when it is done."""
    campaign = partner.campaign
    letters = load_letters(session, campaign)
    return pages.show(
        "not_us.html",
        language,
        422 if problems else 200,
        campaign=campaign,
        partner=partner,
        token=token,
        done=not token,
        disclosure=load_disclosure(session, campaign, partner, standing_answer(session, partner.id), letters),
        stage=stage_at(campaign, letters, db.clock(session)),
        typed=typed or CodeForm(),
        problems=problems or {},
    )
