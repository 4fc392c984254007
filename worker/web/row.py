"""`/s/<token>/row`: a partner corrects how it is printed."""

from dataclasses import dataclass, fields

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db, render, tasks
from worker.acts import correct_listing
from worker.acts.correct_listing import Listing
from worker.definition import characters
from worker.definition.partners import LONGEST
from worker.models import Campaign, Partner
from worker.state import lifecycle
from worker.state.refusals import Closed, LetterHasLeft, LinkRevoked
from worker.web import forms, links, pages
from worker.web.links import CodeForm

COLUMNS = ("organization", "acronym", "country", "sort_as")
_A_NAME = LONGEST["organization"]
AN_ACRONYM = 20


@dataclass(frozen=True)
class RowForm(CodeForm):
    """The row as it was typed; `name_<language>` are names in other languages than the letter's own."""

    organization: str = ""
    acronym: str = ""
    country: str = ""
    sort_as: str = ""
    name_en: str = ""
    name_fr: str = ""
    name_km: str = ""

    @classmethod
    def showing(cls, wanted: Listing, lang: str) -> "RowForm":
        """The form as it is first seen."""
        names = {f"name_{language}": name for language, name in wanted.names.items()}
        typed = {column: getattr(wanted, column) for column in COLUMNS}
        return cls(lang=lang, **typed, **{name: value for name, value in names.items() if name in _FIELDS})

    def row(self, campaign: Campaign) -> Listing:
        """What a form without problems asks for."""
        typed = {column: characters.tidy(getattr(self, column)) for column in COLUMNS}
        names = {language: characters.tidy(self.name_in(language)) for language in other_languages(campaign)}
        return Listing(**typed, names={language: name for language, name in names.items() if name})

    def name_in(self, language: str) -> str:
        """The name that was typed for a language."""
        return str(getattr(self, f"name_{language}", ""))

    def problems_of_row(self, partner: Partner) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template.

        What is printed at once says as little as it can: an acronym is short, and a country one that is known.
        """
        others = {f"name_{one}": self.name_in(one) for one in other_languages(partner.campaign)}
        found = {
            "organization": forms.wrong_with_print(self.organization, _A_NAME, needed=True),
            "acronym": "" if self.acronym == partner.acronym else forms.wrong_with_print(self.acronym, AN_ACRONYM),
            "country": forms.wrong_with_country(self.country, partner.country),
            "sort_as": forms.wrong_with_print(self.sort_as, _A_NAME),
        } | {field: forms.wrong_with_print(typed, _A_NAME) for field, typed in others.items()}
        return {field: wrong for field, wrong in found.items() if wrong}


_FIELDS = {field.name for field in fields(RowForm)}


def other_languages(campaign: Campaign) -> list[str]:
    """In which languages an organization may have another name than in the letter's own."""
    return [one for one in render.LANGUAGES if one in campaign.letter.texts and one != campaign.authentic]


class RowPage(HTTPEndpoint):
    """Looking changes nothing; what is asked for needs the mail code."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_ask, token, language)

    async def post(self, request: Request) -> Response:
        token, typed = request.path_params["token"], RowForm.of(await forms.read(request))
        if typed.switch:
            return await run_in_threadpool(_again, token, typed)
        partner = await run_in_threadpool(links.whose, token)
        wrong = typed.has_wrong_code(partner)
        return await links.answered(
            request, partner, wrong=wrong, answer=lambda: run_in_threadpool(_correct, token, typed)
        )


def _ask(token: str, wanted_language: str) -> Response:
    with db.reading() as session:
        partner = links.partner(session, token)
        language = links.language(wanted_language, partner)
        return _page(
            session, partner, token, language, RowForm.showing(correct_listing.proposed_listing(partner), language), {}
        )


def _again(token: str, typed: RowForm) -> Response:
    """The form in another language."""
    with db.reading() as session:
        partner = links.partner(session, token)
        return _page(session, partner, token, links.language(typed.switch, partner), typed, {})


def _correct(token: str, typed: RowForm) -> Response:
    """What came of the form; back on the partner's page the row stands as it is printed now."""
    with db.reading() as session:
        partner = links.partner(session, token)
        language = links.language(typed.lang, partner)
        wanted = typed.row(partner.campaign)
        if problems := typed.problems_of_row(partner) | typed.problems(partner):
            return _page(session, partner, token, language, typed, problems)
    try:
        with db.transaction() as session:
            correct_listing.correct_listing(session, partner.id, wanted, generation=partner.generation)
    except LinkRevoked:
        raise HTTPException(404) from None
    except (Closed, LetterHasLeft):
        pass  # the partner's page says that the list is closed
    tasks.ring(tasks.deliver)
    return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)


def _page(
    session: Session, partner: Partner, token: str, language: str, typed: RowForm, problems: dict[str, str]
) -> Response:
    campaign = partner.campaign
    if "correct" not in lifecycle.ALLOWED[lifecycle.load_stage(session, campaign, db.clock(session))]:
        return RedirectResponse(f"/s/{token}{links.query(language, partner)}", 303)
    return pages.show(
        "row.html",
        language,
        422 if problems else 200,
        campaign=campaign,
        partner=partner,
        token=token,
        row=render.signatory(partner, language, campaign.authentic),
        others=other_languages(campaign),
        typed=typed,
        problems=problems,
    )
