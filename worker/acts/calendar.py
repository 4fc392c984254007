"""What is due now, by the database's clock: read by the sweep, for whatever nobody rang for."""

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import close, erase, invite
from worker.models import Answer, Campaign, Mail, Partner


def due(session: Session) -> list[tuple[str, int]]:
    """The acts that have something to do, as (name, campaign id), in the order of a campaign's life."""
    campaigns = session.scalars(select(Campaign).order_by(Campaign.id))
    return [(name, campaign.id) for campaign in campaigns for name in _due_for(session, campaign)]


def _due_for(session: Session, campaign: Campaign) -> list[str]:
    now = db.clock(session)
    if erase.is_due(session, campaign, now):
        return ["erase"]
    if campaign.cancelled_at is not None or campaign.erased_at is not None:
        return []
    names = []
    if campaign.takes_answers(at=now):
        if session.scalar(invite.not_yet_asked(campaign).limit(1)):
            names.append("invite")
        if invite.moment_that_came(campaign, now):
            names.append("remind")
    if session.scalar(_without_receipt(campaign)):
        names.append("record")
    if campaign.held_at is None:
        names += _towards_the_letter(session, campaign, campaign.takes_answers(at=now))
    return names


def _towards_the_letter(session: Session, campaign: Campaign, open: bool) -> list[str]:
    if campaign.closed_at is None:
        return [] if open else ["close"]
    if not close.has_left_entirely(session, campaign):
        names = ["close"] if close.living_seal(session, campaign) is None else ["dispatch"]
    else:
        names = ["dispatch"] if campaign.dispatched_at is None else []
    reported = exists().where(Mail.campaign_id == campaign.id, Mail.kind == "report").select()
    if campaign.dispatched_at is not None and not session.scalar(reported):
        names.append("report")
    return names


def _without_receipt(campaign: Campaign) -> Select[int]:
    receipted = exists().where(Mail.answer_id == Answer.id, Mail.kind == "receipt")
    return (
        select(Answer.id)
        .join(Partner)
        .where(
            Partner.campaign_id == campaign.id, Partner.email_hmac.is_not(None), Partner.quiet_at.is_(None), ~receipted
        )
        .where(Answer.superseded_at.is_(None))
        .limit(1)
    )
