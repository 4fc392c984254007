"""`/c/<slug>/join` and `/j/<token>`: an organization that was not asked asks to sign, and confirms it by mail."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import broker, db
from worker.acts import join
from worker.acts.third_party_limits import Person
from worker.definition.partners import MAX_LENGTH
from worker.models import Campaign, ThirdPartyAddress
from worker.state import lifecycle
from worker.state.campaigns import find_campaign
from worker.state.refusals import Closed, InPanic, RateLimited, Refused
from worker.text import addresses, characters, names
from worker.web import forms, responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit
from worker.web.key_gate import require_key
from worker.web.origins import Origins

PRINTED = ("organization", "acronym", "country")
TYPED = (*PRINTED, "contact")


@dataclass(frozen=True)
class ApplicantForm:
    """The fields as they were typed."""

    organization: str = ""
    acronym: str = ""
    country: str = ""
    contact: str = ""
    email: str = ""
    lang: str = ""
    switch: str = ""  # the language in which to show the form again, with all that was typed

    @classmethod
    def from_form(cls, sent: dict[str, str]) -> "ApplicantForm":
        """Take what we know out of a form; what is not there is empty."""
        return cls(**{name: sent.get(name, "") for name in cls.__dataclass_fields__})

    def problems(self) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template."""
        found = {
            column: names.wrong_with_print(getattr(self, column), MAX_LENGTH[column], needed=column == "organization")
            for column in PRINTED
        } | {
            "contact": names.wrong_with_person(self.contact, MAX_LENGTH["contact"], needed=True),
            "email": forms.wrong_with_address(self.email),
        }
        return {field: wrong for field, wrong in found.items() if wrong}

    def person(self, language: str) -> Person:
        """What a form without problems asks for."""
        tidied = {column: characters.tidy(getattr(self, column)) for column in TYPED}
        return Person(addresses.normalize(self.email.strip())[0], language, **tidied)


class JoinPage(HTTPEndpoint):
    """Whoever asks is told the same whether a mail goes or not: nobody learns what we know of an address."""

    async def get(self, request: Request) -> Response:
        slug, language = request.path_params["slug"], request.query_params.get("lang", "")
        return await run_in_threadpool(_form, slug, ApplicantForm(lang=language), {})

    async def post(self, request: Request) -> Response:
        slug, typed = request.path_params["slug"], ApplicantForm.from_form(await forms.read_form(request))
        if typed.switch:
            return await run_in_threadpool(_form, slug, replace(typed, lang=typed.switch), {})
        host = request.client.host if request.client else ""
        return await run_in_threadpool(_asks, slug, typed, request.app.state.origins, host)


def _form(slug: str, typed: ApplicantForm, problems: dict[str, str], *, done: bool = False) -> Response:
    with db.reading() as session:
        campaign = _that_can_be_asked(session, slug)
        late = not lifecycle.can_join(campaign, db.clock(session))
        return responses.show(
            "public/join.html",
            _language(typed.lang, campaign),
            410 if late else 422 if problems else 200,
            campaign=campaign,
            typed=typed,
            problems=problems,
            late=late,
            done=done,
        )


def _asks(slug: str, typed: ApplicantForm, origins: Origins, host: str) -> Response:
    if problems := typed.problems():
        return _form(slug, typed, problems)
    with db.reading() as session:
        campaign = _that_can_be_asked(session, slug)
    require_key()
    who, before = typed.person(_language(typed.lang, campaign)), origins.note(campaign.id, host)
    try:
        with db.transaction() as session:
            join.ask_to_join(session, campaign.id, who, of_its_origin=before)
        broker.notify("deliver")
    except RateLimited:
        pass
    except InPanic:
        raise HTTPException(404) from None
    except Closed:
        return _form(slug, typed, {})  # which says that it is too late
    return _form(slug, typed, {}, done=True)


def _that_can_be_asked(session: Session, slug: str) -> Campaign:
    """A campaign that organizations may ask to join, or might until its deadline."""
    campaign = find_campaign(session, slug)
    if campaign is None or not campaign.may_be_joined:
        raise HTTPException(404)
    return campaign


def _language(wanted: str, campaign: Campaign) -> str:
    return responses.choose_language(wanted, campaign.authentic)


class ConfirmPage(CodePage[ThirdPartyAddress, CodeForm]):
    """Opening the link of the mail confirms nothing; its code does."""

    model, form, purpose = ThirdPartyAddress, CodeForm, "join"

    def show(self, session: Session, stranger: ThirdPartyAddress, visit: Visit[CodeForm]) -> Response:
        """The form; or that it is confirmed, or too late."""
        campaign = stranger.campaign
        return responses.show(
            "public/confirm.html",
            visit.language,
            422 if visit.problems else 200,
            campaign=campaign,
            stranger=stranger,
            token=visit.token,
            open=campaign.takes_answers(at=db.clock(session)),
            typed=visit.typed,
            problems=visit.problems,
        )

    def act(self, stranger: ThirdPartyAddress, visit: Visit[CodeForm]) -> Act:
        return lambda session: join.confirm_wish(session, stranger.id)

    def done(self, visit: Visit[CodeForm]) -> Response:
        broker.notify("deliver")
        return self.look(visit)

    def refused(self, visit: Visit[CodeForm], refusal: Refused) -> Response:
        """The page says that it is too late."""
        return self.look(visit)
