"""`/s/<token>/not-us`: somebody answered in a partner's name. Undoes the answer, and revokes the link it came by."""

from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.responses import Response

from worker import db, tasks
from worker.acts import disown
from worker.models import Partner
from worker.state.answers import standing_answer
from worker.state.disclosures import load_disclosure
from worker.state.letters import load_letters
from worker.state.lifecycle import load_offered, stage_at
from worker.web import responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit


class DisownPage(CodePage[Partner, CodeForm]):
    """The second of two steps: the first is the link on the partner's page that leads here."""

    model, form = Partner, CodeForm

    def show(self, session: Session, partner: Partner, visit: Visit[CodeForm]) -> Response:
        """What it would do, and the place for the code; where there is nothing to disown, the partner's page."""
        standing = standing_answer(session, partner.id)
        if "disown" not in load_offered(session, partner.campaign, standing):
            return self.home(visit)
        return _page(session, partner, visit)

    def act(self, partner: Partner, typed: CodeForm) -> Act:
        return lambda session: disown.disown_answer(session, partner.id, generation=partner.generation)

    def done(self, visit: Visit[CodeForm]) -> Response:
        """A page and no redirect: the link is revoked now."""
        tasks.notify(tasks.close, visit.holder.campaign_id)
        tasks.notify(tasks.deliver)
        with db.reading() as session:
            return _page(session, session.get_one(Partner, visit.holder.id), replace(visit, token="", done=True))


def _page(session: Session, partner: Partner, visit: Visit[CodeForm]) -> Response:
    campaign = partner.campaign
    letters = load_letters(session, campaign)
    return responses.show(
        "not_us.html",
        visit.language,
        422 if visit.problems else 200,
        campaign=campaign,
        partner=partner,
        token=visit.token,
        done=visit.done,
        disclosure=load_disclosure(session, campaign, partner, standing_answer(session, partner.id), letters),
        stage=stage_at(campaign, letters, db.clock(session)),
        typed=visit.typed,
        problems=visit.problems,
    )
