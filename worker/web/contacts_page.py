"""`/s/<token>/contacts`: the registered contact sees which other links live, and ends one.

No address stands on it: whoever has the link alone must not learn who else of the organization takes part.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from worker.acts import contacts
from worker.models import Contact, Partner
from worker.state.contacts import load_who_answered
from worker.state.refusals import NoSuchContact
from worker.web import responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit


@dataclass(frozen=True)
class EndingForm(CodeForm):
    """Which link is to be ended, by a part of its ref: no link can be made of that, and nothing counted."""

    which: str = ""


class ContactsPage(CodePage[Partner, EndingForm]):
    """Looking changes nothing; ending a link needs the mail code, and is no answer."""

    model, form = Partner, EndingForm

    def show(self, session: Session, partner: Partner, visit: Visit[EndingForm]) -> Response:
        """Each living link with a way to end it; the partner's page where there is none, or for who has one of them."""
        living = contacts.load_living(session, partner.id)
        if visit.holder.contact_id is not None or not living or not partner.is_in_list:
            return self.home(visit)
        return responses.show(
            "contacts.html",
            visit.language,
            422 if visit.problems else 200,
            campaign=partner.campaign,
            partner=partner,
            own_language=visit.holder.language,
            token=visit.token,
            contacts={_mark(one): one for one in living},
            answered=load_who_answered(session, living),
            typed=visit.typed,
            problems=visit.problems,
        )

    def problems(self, partner: Partner, typed: EndingForm) -> dict[str, str]:
        return {} if typed.which else {"which": "link missing"}

    def act(self, partner: Partner, visit: Visit[EndingForm]) -> Act:
        def end(session: Session) -> None:
            chosen = [one.id for one in contacts.load_living(session, partner.id) if _mark(one) == visit.typed.which]
            if not chosen:
                raise NoSuchContact
            contacts.end_contact(session, partner.id, chosen[0], link=visit.holder.link)

        return end

    def done(self, visit: Visit[EndingForm]) -> Response:
        """The links that are left, or the partner's page."""
        return self.home(visit, below="/contacts")

    def refused(self, visit: Visit[EndingForm], refusal: Exception) -> Response:
        """It was ended meanwhile, so the list says what is left."""
        return self.home(visit, below="/contacts")


def _mark(contact: Contact) -> str:
    return contact.ref.hex()[:8]
