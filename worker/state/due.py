"""What is due now, by the database's clock: read by the sweep, for whatever nobody notified."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from worker import db, settings
from worker.models import Answer, Campaign, Mail, Partner
from worker.state.digests import due_digests
from worker.state.letters import (
    WITH_ADDRESSEES,
    is_due_by_mail,
    is_irrevocable,
    lacks_it,
    living_seals,
    load_letters_of,
)
from worker.state.recipients import reminder_due, select_with_receipts_missing, select_with_some_not_asked

A_WEEK = timedelta(days=7)  # in which organizers can print the notice about who withdrew after all was erased


def first_mail_at(campaign: Campaign) -> datetime:
    """When the first mails leave: until then a launch can be taken back with nobody the wiser."""
    if campaign.undo is not None and campaign.undo["launching"] and campaign.undo_until is not None:
        return campaign.undo_until  # its minute may have started anew
    return campaign.launched_at + timedelta(seconds=settings.current().undo)


def due_acts(session: Session) -> list[tuple[str, int]]:
    """The acts that have something to do, as (name, campaign id), in the order of a campaign's life.

    A constant number of statements, whatever was launched in the past; of a campaign that is over only its answers
    of the last month are looked for.
    """
    now = db.clock(session)
    erase = _to_erase(session, now)
    goes_on = (Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None), Campaign.id.not_in(erase))
    due = [("erase", campaign_id) for campaign_id in erase]
    due += [("record", campaign_id) for campaign_id in session.scalars(select_with_receipts_missing(now, *goes_on))]
    moves = (*goes_on, Campaign.panic_at.is_(None), ~_is_over())
    under_way = session.scalars(select(Campaign).where(*moves).options(WITH_ADDRESSEES)).all()
    open = [campaign for campaign in under_way if campaign.takes_answers(at=now)]
    due += [("invite", campaign_id) for campaign_id in session.scalars(select_with_some_not_asked(open))]
    due += [
        ("remind", campaign.id) for campaign in open if campaign.mail_held_at is None and reminder_due(campaign, now)
    ]
    towards = [one for one in under_way if one.held_at is None and not one.takes_answers(at=now)]
    due += [("close", campaign.id) for campaign in towards if campaign.closed_at is None]
    due += _towards_the_addressee(session, [campaign for campaign in towards if campaign.closed_at is not None])
    due += [("digest", campaign_id) for campaign_id in due_digests(session, now) if campaign_id not in erase]
    return sorted(due, key=lambda one: (one[1], _LIFE.index(one[0])))


_LIFE = ("erase", "invite", "remind", "record", "close", "dispatch", "report", "digest")


def is_erasing_due(session: Session, campaign: Campaign, now: datetime) -> bool:
    """Whether a campaign is to be erased by itself, or once more because somebody answered since."""
    return campaign.id in _to_erase(session, now, Campaign.id == campaign.id)


def _to_erase(session: Session, now: datetime, *which: ColumnElement[bool]) -> list[int]:
    kept = Campaign.definition["keep_contacts"].as_float()
    ended = func.coalesce(Campaign.dispatched_at, Campaign.cancelled_at)
    since = (Answer.at > Campaign.erased_at) & (Answer.at <= now - A_WEEK)
    came = exists().where(Answer.partner_id == Partner.id, Partner.campaign_id == Campaign.id, since)
    told = ~exists().where(Mail.campaign_id == Campaign.id, Mail.kind == "cancelled", Mail.due_at.is_not(None))
    given_up = Campaign.erase_by.is_not(None) & (told | (Campaign.erase_by <= now))
    over = select(Campaign.id, ended, kept, given_up).where(
        ended.is_not(None), Campaign.erased_at.is_(None) | came, *which
    )
    return [
        campaign_id
        for campaign_id, end, seconds, is_given_up in session.execute(over)
        if is_given_up or _is_past(end, seconds, now)
    ]


def _is_past(end: datetime, seconds: float | None, now: datetime) -> bool:
    """A campaign launched before `keep_contacts` could be said is erased by hand."""
    return seconds is not None and now >= end + timedelta(seconds=seconds)


@cache
def _is_over() -> ColumnElement[bool]:
    """Whether each addressee has the letter, by mail or by hand, and that was reported: nothing more is to happen."""
    reported = exists().where(Mail.campaign_id == Campaign.id, Mail.kind == "report")
    return Campaign.dispatched_at.is_not(None) & reported & ~lacks_it()


def _towards_the_addressee(session: Session, closed: Sequence[Campaign]) -> Iterator[tuple[str, int]]:
    if not closed:
        return
    ids = [campaign.id for campaign in closed]
    letters, seals = load_letters_of(session, ids), living_seals(session, ids)
    reported = set(session.scalars(select(Mail.campaign_id).where(Mail.campaign_id.in_(ids), Mail.kind == "report")))
    for campaign in closed:
        its = letters.get(campaign.id, [])
        if campaign.id not in seals and not is_irrevocable(campaign, its):
            yield "close", campaign.id
        elif campaign.dispatched_at is None or is_due_by_mail(campaign, its):
            yield "dispatch", campaign.id
        if campaign.dispatched_at is not None and campaign.id not in reported:
            yield "report", campaign.id
