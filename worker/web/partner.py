"""A partner's page: reads the link, reads the form, calls the act, and shows what came of it."""

from typing import Literal

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db, render, tasks
from worker.acts import answer, close, departure, sheets
from worker.acts.answer import EXPOSURE, Closed, LetterHasLeft, LinkIsDead, NotOffered, NotSigned
from worker.models import Answer, Campaign, Partner
from worker.web import forms, links, pages
from worker.web.answer_form import AnswerForm

Stage = Literal["open", "closing", "review", "leaving", "uncertain", "partly", "left", "dispatched", "cancelled"]


class PartnerPage(HTTPEndpoint):
    """`/s/<token>`: looking changes nothing, only a complete form with the mail code does."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_look, token, language)

    async def post(self, request: Request) -> Response:
        token, typed = request.path_params["token"], AnswerForm.of(await forms.read(request))
        partner = await run_in_threadpool(links.whose, token)
        if typed.switch:
            return await run_in_threadpool(_look, token, typed.switch, typed)
        wrong = typed.has_wrong_code(partner)
        return await links.answered(request, partner, wrong=wrong, answer=lambda: _answer(token, typed))


def _look(token: str, language: str, typed: AnswerForm | None = None) -> Response:
    with db.reading() as session:
        partner = links.partner(session, token)
        return _page(session, partner, token, links.language(language, partner), typed=typed)


def _answer(token: str, typed: AnswerForm) -> Response:
    """What came of a form."""
    with db.reading() as session:
        partner = links.partner(session, token)
        language = links.language(typed.lang, partner)
        offered = answer.choices(session, partner.campaign, answer.standing(session, partner.id))
        if problems := typed.problems(partner, reduces="less" in offered):
            return _page(session, partner, token, language, typed=typed, problems=problems)
    try:
        with db.transaction() as session:
            _ACTS[typed.choice](session, partner, typed, language)
    except LinkIsDead:
        raise HTTPException(404) from None
    except (Closed, LetterHasLeft, NotSigned, NotOffered) as refusal:
        with db.reading() as session:
            partner = links.partner(session, token)
            return _page(session, partner, token, language, refusal=type(refusal).__name__)
    tasks.ring(tasks.record, partner.campaign_id)
    # To GET, so that a reload sends nothing again; what it shows comes from the database.
    return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)


def _sign(session: Session, by: Partner, typed: AnswerForm, language: str) -> None:
    answer.sign(session, by.id, typed.known_visibility(), typed.said(language), generation=by.generation)


def _decline(session: Session, by: Partner, typed: AnswerForm, language: str) -> None:
    answer.decline(session, by.id, typed.said(language), generation=by.generation)


def _withdraw(session: Session, by: Partner, typed: AnswerForm, language: str) -> None:
    answer.withdraw(session, by.id, typed.said(language), generation=by.generation)


_ACTS = {"sign": _sign, "decline": _decline, "withdraw": _withdraw}


def _page(
    session: Session,
    partner: Partner,
    token: str,
    language: str,
    typed: AnswerForm | None = None,
    problems: dict[str, str] | None = None,
    refusal: str = "",
) -> Response:
    """The letter, what stands, and what can still be said; a form that cannot be taken any more is refused."""
    campaign = partner.campaign
    standing = answer.standing(session, partner.id)
    offered = answer.choices(session, campaign, standing)
    if problems and not offered:
        typed, problems, refusal = None, None, "Closed"
    stage = _stage(session, campaign)
    return pages.show(
        "partner/page.html",
        language,
        422 if problems else 409 if refusal else 200,
        campaign=campaign,
        partner=partner,
        token=token,
        row=render.signatory(partner, language, campaign.authentic),
        addressee=campaign.letter.addressees[0],
        sheet=sheets.for_reading(campaign, partner, _letter_language(campaign, language)),
        stage=stage,
        review_is_over=campaign.review_ends_at is not None and campaign.review_ends_at <= db.clock(session),
        departure=departure.of(session, campaign, partner, standing),
        standing=standing,
        offered=offered,
        visibilities=_visibilities(campaign, standing, offered),
        typed=typed or AnswerForm(),
        problems=problems or {},
        refusal=refusal,
    )


def _stage(session: Session, campaign: Campaign) -> Stage:
    """Where things stand, as a partner is told."""
    if campaign.cancelled_at is not None:
        return "cancelled"
    where = close.whereabouts(session, campaign)
    if where == "left":
        return "left" if campaign.dispatched_at is None else "dispatched"
    if where == "leaving" and close.has_left_entirely(session, campaign):
        return "left"
    if where != "here":
        return where
    if campaign.takes_answers(at=db.clock(session)):
        return "open"
    return "closing" if campaign.closed_at is None else "review"


def _letter_language(campaign: Campaign, language: str) -> str:
    return language if language in campaign.letter.texts else campaign.authentic


def _visibilities(campaign: Campaign, standing: Answer | None, offered: set[str]) -> list[str]:
    """In which ways a partner may still sign."""
    if "sign" in offered:
        return campaign.visibilities
    if "less" not in offered or standing is None:
        return []
    return [v for v in campaign.visibilities if EXPOSURE[v] < EXPOSURE[standing.visibility or ""]]
