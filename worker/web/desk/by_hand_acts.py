"""An answer that reached organizers in another way than by the partner's page."""

from typing import Any, cast

from sqlalchemy.orm import Session

from worker.acts.answer import Statement, record_by_hand
from worker.choices import Choice
from worker.models import Answer, Visibility
from worker.state.answers import standing_answer
from worker.state.disclosures import has_left
from worker.state.partner_changes import receipt_fate
from worker.web.desk.doing import At, DeskAct
from worker.web.desk.fields import filled_in
from worker.wording.acts import Before
from worker.wording.acts import by_hand as words
from worker.wording.organizers import O_


def _record(session: Session, at: At, choice: Choice) -> Answer:
    """Record it; where something is not filled in, all of that comes back."""
    said = Statement(
        representative=at.typed.get("representative", ""),
        role=at.typed.get("role", ""),
        note=at.typed.get("note", ""),
        language=at.its_partner.language,
    )
    visibility = cast(Visibility, at.typed.get("visibility", "")) if choice == "sign" else None
    return filled_in(lambda: record_by_hand(session, at.its_partner.id, choice, visibility, said))


def _before(session: Session, at: At, choice: Choice) -> Before:
    partner, campaign = at.its_partner, at.campaign
    standing = standing_answer(session, partner.id)
    answer = _record(session, at, choice)
    return words.record(
        partner.organization,
        choice,
        answer.visibility,
        standing,
        receipt_fate(session, partner, standing_answer(session, partner.id)),
        campaign,
        has_left=has_left(session, campaign),
        language=at.language,
    )


def _form_to_sign(session: Session, at: At) -> dict[str, Any]:
    standing = standing_answer(session, at.its_partner.id)
    typed = {}
    if standing is not None and standing.signs:
        typed = {"representative": standing.representative, "role": standing.role}
    return {"ways": words.ways_to_sign(at.campaign, at.language), "typed": typed}


ACTS = (
    DeskAct(
        "sign",
        O_("Record that it signs"),
        "partners",
        lambda session, at: _before(session, at, "sign"),
        lambda session, at: _record(session, at, "sign"),
        form_page="sign",
        form=_form_to_sign,
        sends=True,
        of_partner=True,
        fits=lambda at: at.campaign.cancelled_at is None and at.its_partner.erased_at is None,
        watches="partner",
        wakes=(),
        wakes_for_it=("record",),
    ),
    DeskAct(
        "decline",
        O_("Record that it does not sign"),
        "partners",
        lambda session, at: _before(session, at, "decline"),
        lambda session, at: _record(session, at, "decline"),
        form_page="told",
        sends=True,
        of_partner=True,
        fits=lambda at: at.campaign.takes_answers(at.visitor.now) and at.its_partner.erased_at is None,
        watches="partner",
        wakes=(),
        wakes_for_it=("record",),
    ),
    DeskAct(
        "withdraw",
        O_("Take back its signature"),
        "partners",
        lambda session, at: _before(session, at, "withdraw"),
        lambda session, at: _record(session, at, "withdraw"),
        form_page="told",
        of_partner=True,
        fits=lambda at: at.campaign.cancelled_at is None,
        watches="partner",
        wakes=(),
        wakes_for_it=("record",),
    ),
)
