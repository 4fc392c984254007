"""`/s/<token>/pass-on`: somebody else of the organization is the one who signs."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.responses import Response

from worker import broker
from worker.acts import pass_on
from worker.acts.third_party_limits import Person
from worker.models import Partner
from worker.state.positions import load_position
from worker.state.refusals import PassedOnTooOften, RateLimited, Refused, SameAddress
from worker.text import addresses
from worker.text.languages import LANGUAGES
from worker.web import forms, responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit


@dataclass(frozen=True)
class PersonForm(CodeForm):
    """Who is to be written to, as it was typed."""

    email: str = ""
    language: str = ""

    def problems(self) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template."""
        wrong = forms.wrong_with_address(self.email)
        return {"email": wrong} if wrong else {}

    def person(self) -> Person:
        """What a form without problems asks for."""
        language = self.language if self.language in LANGUAGES else self.lang
        return Person(addresses.normalize(self.email.strip())[0], language)


class PassOnPage(CodePage[Partner, PersonForm]):
    """Looking changes nothing; passing on needs the mail code, and is no answer."""

    model, form = Partner, PersonForm

    def show(self, session: Session, partner: Partner, visit: Visit[PersonForm]) -> Response:
        """The form, or that it is done, while invitations can be passed on."""
        if not load_position(session, partner).allows("pass on"):
            return self.home(visit)
        return responses.show(
            "pass_on.html",
            visit.language,
            422 if visit.problems else 200,
            campaign=partner.campaign,
            partner=partner,
            own_language=visit.holder.language,
            token=visit.token,
            typed=visit.typed,
            problems=visit.problems,
            done=visit.done,
        )

    def first_form(self, partner: Partner, language: str) -> PersonForm:
        return PersonForm(lang=language, language=language)

    def problems(self, partner: Partner, typed: PersonForm) -> dict[str, str]:
        return typed.problems()

    def act(self, partner: Partner, visit: Visit[PersonForm]) -> Act:
        person = visit.typed.person()
        return lambda session: pass_on.pass_invitation_on(session, partner.id, person, link=visit.holder.link)

    def done(self, visit: Visit[PersonForm]) -> Response:
        broker.notify("deliver")
        return self.look(replace(visit, done=True))

    def refused(self, visit: Visit[PersonForm], refusal: Refused) -> Response:
        """Say beside its field why an address is not written to; where it is too late, lead home."""
        if isinstance(refusal, PassedOnTooOften | SameAddress | RateLimited):
            return self.look(replace(visit, problems={"email": refusal}))
        return self.home(visit)
