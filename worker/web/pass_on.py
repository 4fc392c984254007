"""`/s/<token>/pass-on`: somebody else of the organization is the one who signs."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db, render, tasks
from worker.acts import pass_on
from worker.acts.third_party_limits import Person
from worker.definition import addresses
from worker.models import Partner
from worker.state import lifecycle
from worker.state.refusals import (
    Closed,
    LetterHasLeft,
    LinkRevoked,
    PassedOnTooOften,
    RateLimited,
    Refused,
    SameAddress,
)
from worker.web import forms, links, pages
from worker.web.links import CodeForm


@dataclass(frozen=True)
class PersonForm(CodeForm):
    """Who is to be written to, as it was typed."""

    email: str = ""
    language: str = ""

    def problems_of_person(self) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template."""
        wrong = forms.wrong_with_address(self.email)
        return {"email": wrong} if wrong else {}

    def person(self) -> Person:
        """What a form without problems asks for."""
        language = self.language if self.language in render.LANGUAGES else self.lang
        return Person(addresses.mended(self.email.strip())[0], language)


class PassOnPage(HTTPEndpoint):
    """Looking changes nothing; passing on needs the mail code, and is no answer."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_ask, token, language)

    async def post(self, request: Request) -> Response:
        token, typed = request.path_params["token"], PersonForm.of(await forms.read(request))
        if typed.switch:
            return await run_in_threadpool(_again, token, typed)
        partner = await run_in_threadpool(links.whose, token)
        wrong = typed.has_wrong_code(partner)
        return await links.answered(
            request, partner, wrong=wrong, answer=lambda: run_in_threadpool(_pass_on, token, typed)
        )


def _ask(token: str, wanted: str) -> Response:
    with db.reading() as session:
        partner = links.partner(session, token)
        language = links.language(wanted, partner)
        return _page(session, partner, token, language, PersonForm(lang=language, language=language), {})


def _again(token: str, typed: PersonForm) -> Response:
    """The form in another language."""
    with db.reading() as session:
        partner = links.partner(session, token)
        return _page(session, partner, token, links.language(typed.switch, partner), typed, {})


def _pass_on(token: str, typed: PersonForm) -> Response:
    with db.reading() as session:
        partner = links.partner(session, token)
        language = links.language(typed.lang, partner)
        if problems := typed.problems_of_person() | typed.problems(partner):
            return _page(session, partner, token, language, typed, problems)
    try:
        with db.transaction() as session:
            pass_on.pass_invitation_on(session, partner.id, typed.person(), generation=partner.generation)
    except LinkRevoked:
        raise HTTPException(404) from None
    except (Closed, LetterHasLeft):
        return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)
    except (PassedOnTooOften, SameAddress, RateLimited) as refusal:
        with db.reading() as session:
            return _page(session, partner, token, language, typed, {"email": refusal})
    tasks.ring(tasks.deliver)
    with db.reading() as session:
        return _page(session, partner, token, language, typed, {}, done=True)


def _page(
    session: Session,
    partner: Partner,
    token: str,
    language: str,
    typed: PersonForm,
    problems: Mapping[str, str | Refused],
    *,
    done: bool = False,
) -> Response:
    partner = session.get_one(Partner, partner.id)
    if "pass on" not in lifecycle.ALLOWED[lifecycle.load_stage(session, partner.campaign, db.clock(session))]:
        return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)
    return pages.show(
        "pass_on.html",
        language,
        422 if problems else 200,
        campaign=partner.campaign,
        partner=partner,
        token=token,
        typed=typed,
        problems=problems,
        done=done,
    )
