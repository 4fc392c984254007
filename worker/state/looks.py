"""What a look at a partner's page sees of its link and its campaign, which is what most requests are: one statement."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, exists, func, select, tuple_
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from worker import db
from worker.column_types import Moment
from worker.models import Answer, Campaign, Contact, Letter, Partner
from worker.state.letters import WITH_ADDRESSEES
from worker.state.positions import few_are_asked

SETTINGS = ("reply_to", "public_page", "show_signers")
"""What stands on a page, or decides over it, and may be set anew while a campaign runs."""


def load_looks(links: Collection[tuple[bytes, int]]) -> Sequence[Row[Any]]:
    """What is seen of each link that somebody has, by ref and generation."""
    return db.read_autocommit(_LOOK, links=list(links))


def load_campaigns(session: Session, numbers: Collection[int]) -> Sequence[Campaign]:
    """These campaigns, with those to whom their letters go."""
    return session.scalars(select(Campaign).where(Campaign.id.in_(numbers)).options(WITH_ADDRESSEES)).all()


T = TypeVar("T")


def _of_the_letter(latest: ColumnElement[T]) -> ScalarSelect[T]:
    return select(latest).where(Letter.campaign_id == Campaign.id).correlate(Campaign).scalar_subquery()


_LOOK = (
    select(
        Partner.id,
        Partner.ref,
        Partner.generation,
        Partner.organization,
        Partner.acronym,
        Partner.country,
        Partner.names,
        Partner.sort_as,
        Partner.proposed,
        Partner.wrong_codes,
        Partner.language.label("reader"),
        Partner.email_hmac.is_not(None).label("has_address"),
        Partner.quiet_at.is_not(None).label("wants_no_mail"),
        # What is told on a page of its own, for few.
        (
            Partner.silenced_at.is_not(None)
            | Partner.taken_out_at.is_not(None)
            | Partner.listing_changed_at.is_not(None)
            | Partner.passed_on_at.is_not(None)
            | exists().where(Contact.partner_id == Partner.id)
        ).label("is_special"),
        Campaign.id.label("campaign_id"),
        Campaign.launched_at,
        Campaign.deadline_at,
        Campaign.voices_stopped_at,
        *(Campaign.definition[key].as_string().label(key) for key in SETTINGS),
        Campaign.panic_at.is_not(None).label("in_panic"),
        Campaign.taking_answers(db.now()).label("takes_answers"),
        few_are_asked(Campaign.id.expression).label("few_are_asked"),
        db.now().label("now"),
        _of_the_letter(func.max(Letter.id)).label("letter_id"),
        _of_the_letter(func.max(Letter.made_at, type_=Moment())).label("letter_made_at"),
        _of_the_letter(func.max(Letter.meaning)).label("meaning"),
        Answer.choice,
        Answer.visibility,
        Answer.channel,
        Answer.at,
        Answer.letter_id.label("answered_letter"),
    )
    .join(Campaign, Campaign.id == Partner.campaign_id)
    .outerjoin(Answer, (Answer.partner_id == Partner.id) & Answer.superseded_at.is_(None))
    .where(tuple_(Partner.ref, Partner.generation).in_(bindparam("links", expanding=True)))
)
