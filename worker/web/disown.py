"""`/s/<token>/not-us`: somebody answered in a partner's name. Undoes the answer, and revokes the link it came by."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.responses import Response

from worker import broker, db
from worker.acts import disown
from worker.models import Partner
from worker.state import links
from worker.state.disclosures import Disclosure, load_disclosure
from worker.state.positions import Position, load_position
from worker.web import responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit


class DisownPage(CodePage[Partner, CodeForm]):
    """The second of two steps: the first is the link on the partner's page that leads here."""

    model, form = Partner, CodeForm

    def show(self, session: Session, partner: Partner, visit: Visit[CodeForm]) -> Response:
        """What it would do, and the place for the code; where there is nothing to disown, the partner's page."""
        position = load_position(session, partner)
        if "disown" not in position.offered():
            return self.home(visit)
        return _page(session, position, visit)

    def act(self, partner: Partner, visit: Visit[CodeForm]) -> Act:
        return lambda session: disown.disown_answer(session, partner.id, link=visit.holder.link)

    def done(self, visit: Visit[CodeForm]) -> Response:
        """A page and no redirect: the link is revoked now."""
        broker.notify("close", visit.holder.campaign_id)
        broker.notify("deliver")
        with db.reading() as session:
            position = load_position(session, links.load_row(session, Partner, visit.holder.id))
            return _page(session, position, replace(visit, token="", done=True))


def _page(session: Session, position: Position, visit: Visit[CodeForm]) -> Response:
    disclosure = load_disclosure(session, position, position.standing)
    if disclosure != Disclosure():  # else the letter need not be read for it
        names = {one.name: one.name_in(visit.language) for one in position.campaign.letter.addressees}
        disclosure = disclosure.called(names)
    return responses.show(
        "not_us.html",
        visit.language,
        422 if visit.problems else 200,
        campaign=position.campaign,
        partner=position.partner,
        own_language=visit.holder.language,
        standing=position.standing,
        token=visit.token,
        done=visit.done,
        disclosure=disclosure,
        stage=position.stage,
        typed=visit.typed,
        problems=visit.problems,
    )
