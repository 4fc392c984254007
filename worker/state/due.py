"""What is due now, by the database's clock: read by the sweep, for whatever nobody notified."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from worker import db, settings
from worker.models import Answer, Campaign, Mail, Partner
from worker.state.letters import is_irrevocable, living_seal, load_letters
from worker.state.recipients import reminder_due, select_not_yet_asked, select_without_receipt

A_WEEK = timedelta(days=7)  # in which organizers can print the notice about who withdrew after all was erased


def first_mail_at(campaign: Campaign) -> datetime:
    """When the first mails leave: until then a launch can be taken back with nobody the wiser."""
    return campaign.launched_at + timedelta(seconds=settings.current().undo)


def due_acts(session: Session) -> list[tuple[str, int]]:
    """The acts that have something to do, as (name, campaign id), in the order of a campaign's life."""
    now = db.clock(session)
    campaigns = session.scalars(select(Campaign).order_by(Campaign.id))
    return [(name, campaign.id) for campaign in campaigns for name in _due_for(session, campaign, now)]


def is_erasing_due(session: Session, campaign: Campaign, now: datetime) -> bool:
    """Whether a campaign is to be erased by itself, or once more because somebody answered since."""
    if campaign.erase_at is None or now < campaign.erase_at:
        return False
    if campaign.erased_at is None:
        return True
    since = (Answer.at > campaign.erased_at) & (Answer.at <= now - A_WEEK)
    came = exists().where(Answer.partner_id == Partner.id, Partner.campaign_id == campaign.id, since)
    return bool(session.scalar(select(came)))


def _due_for(session: Session, campaign: Campaign, now: datetime) -> list[str]:
    if is_erasing_due(session, campaign, now):
        return ["erase"]
    if campaign.cancelled_at is not None or campaign.erased_at is not None:
        return []
    names = []
    if campaign.takes_answers(at=now):
        if session.scalar(select_not_yet_asked(campaign).limit(1)):
            names.append("invite")
        if reminder_due(campaign, now):
            names.append("remind")
    if session.scalar(select_without_receipt(campaign.id).with_only_columns(Answer.id).limit(1)):
        names.append("record")
    if campaign.held_at is None:
        names += _towards_the_letter(session, campaign, open=campaign.takes_answers(at=now))
    return names


def _towards_the_letter(session: Session, campaign: Campaign, *, open: bool) -> list[str]:
    if campaign.closed_at is None:
        return [] if open else ["close"]
    if not is_irrevocable(campaign, load_letters(session, campaign)):
        names = ["close"] if living_seal(session, campaign) is None else ["dispatch"]
    else:
        names = ["dispatch"] if campaign.dispatched_at is None else []
    reported = exists().where(Mail.campaign_id == campaign.id, Mail.kind == "report").select()
    if campaign.dispatched_at is not None and not session.scalar(reported):
        names.append("report")
    return names
