"""`/s/<token>/row`: a partner corrects how it is printed."""

from dataclasses import dataclass, field, replace
from typing import Self

from sqlalchemy.orm import Session
from starlette.responses import Response

from worker import broker
from worker.acts import correct_listing
from worker.acts.correct_listing import Listing
from worker.models import Campaign, Partner
from worker.state.positions import load_position
from worker.state.refusals import NotFilledIn, Refused
from worker.text import characters, names
from worker.text.languages import LANGUAGES
from worker.web import responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit

COLUMNS = ("organization", "acronym", "country", "sort_as")


@dataclass(frozen=True)
class ListingForm(CodeForm):
    """The row as it was typed; `names` in other languages than the letter's, each in a field `name_<language>`."""

    organization: str = ""
    acronym: str = ""
    country: str = ""
    sort_as: str = ""
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_form(cls, sent: dict[str, str]) -> Self:
        """Take what we know out of a form; what is not there is empty."""
        return replace(super().from_form(sent), names={code: sent.get(f"name_{code}", "") for code in LANGUAGES})

    @classmethod
    def showing(cls, wanted: Listing, lang: str) -> "ListingForm":
        """The form as it is first seen."""
        typed = {column: getattr(wanted, column) for column in COLUMNS}
        return cls(lang=lang, **typed, names=wanted.names)

    def listing(self, campaign: Campaign) -> Listing:
        """What a form without problems asks for."""
        typed = {column: characters.tidy(getattr(self, column)) for column in COLUMNS}
        names = {
            language: characters.tidy(self.name_in(language)) for language in correct_listing.other_languages(campaign)
        }
        return Listing(**typed, names={language: name for language, name in names.items() if name})

    def name_in(self, language: str) -> str:
        """The name that was typed for a language."""
        return self.names.get(language, "")

    def problems(self, partner: Partner) -> dict[str, str]:
        """What is wrong with it as it was typed, by field; the sentences are in the template."""
        typed = {column: getattr(self, column) for column in COLUMNS}
        names = {language: self.name_in(language) for language in correct_listing.other_languages(partner.campaign)}
        return correct_listing.problems(partner, Listing(**typed, names=names))


class ListingPage(CodePage[Partner, ListingForm]):
    """Looking changes nothing; what is asked for needs the mail code."""

    model, form = Partner, ListingForm

    def show(self, session: Session, partner: Partner, visit: Visit[ListingForm]) -> Response:
        """The form, while rows can be corrected."""
        campaign = partner.campaign
        if not visit.done and not load_position(session, partner).allows("correct"):
            return self.home(visit)
        return responses.show(
            "row.html",
            visit.language,
            422 if visit.problems else 200,
            campaign=campaign,
            partner=partner,
            own_language=visit.holder.language,
            token=visit.token,
            row=names.signatory(partner, visit.language, campaign.authentic),
            proposed=names.signatory(correct_listing.proposed_listing(partner), visit.language, campaign.authentic),
            others=correct_listing.other_languages(campaign),
            typed=visit.typed,
            problems=visit.problems,
            done=visit.done,
        )

    def first_form(self, partner: Partner, language: str) -> ListingForm:
        return ListingForm.showing(correct_listing.proposed_listing(partner), language)

    def problems(self, partner: Partner, typed: ListingForm) -> dict[str, str]:
        return typed.problems(partner)

    def act(self, partner: Partner, visit: Visit[ListingForm]) -> Act:
        wanted = visit.typed.listing(partner.campaign)
        return lambda session: correct_listing.change_listing(session, partner.id, wanted, link=visit.holder.link)

    def done(self, visit: Visit[ListingForm]) -> Response:
        """What was saved, and what waits for the organizers."""
        broker.notify("deliver")
        return self.look(replace(visit, done=True))

    def refused(self, visit: Visit[ListingForm], refusal: Refused) -> Response:
        """Say beside its field what cannot be taken; where it is too late, lead home."""
        if isinstance(refusal, NotFilledIn):
            return self.look(replace(visit, problems=refusal.facts["problems"]))
        return self.home(visit)
