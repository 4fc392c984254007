"""Invite every partner once, and remind only those who have not answered."""

from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import Session

from worker import db, settings
from worker.acts import diary
from worker.mail import outbox
from worker.models import Answer, Campaign, Mail, Partner, Suppression

A_DAY = timedelta(days=1)
THE_FIRST = 5
AT_ONCE = 2_000


def everyone_not_yet_asked(session: Session, campaign_id: int) -> int:
    """Put an invitation for partners that have an address and none yet; returns how many, 0 when all have one.

    AT_ONCE at most, for a list may be long: whoever calls it calls again. The first few go alone, and by fives
    until the relay took one: a mistake in the sender or in the relay's settings then reaches five and not five
    thousand. They wait for `settings.undo` after a launch.
    """
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if not campaign.takes_answers(at=now) or (number := _how_many_may_be_asked(session, campaign)) == 0:
        return 0
    partners = session.scalars(not_yet_asked(campaign).limit(number)).all()
    due_at = max(now, campaign.launched_at + timedelta(seconds=settings.current().undo))
    rows = [outbox.to_partner("invitation", campaign, p, "1", now) | {"due_at": due_at} for p in partners]
    asked = outbox.put(session, rows)
    if asked:
        diary.note(session, campaign, "clock", f"invited {asked} partners")
    return asked


def _how_many_may_be_asked(session: Session, campaign: Campaign) -> int:
    """Many once the relay took an invitation; before that a few, and none while no answer came about the last few."""
    invitations = select(Mail.id).where(Mail.campaign_id == campaign.id, Mail.kind == "invitation")
    if session.scalar(invitations.where(Mail.sent_at.is_not(None)).limit(1)):
        return AT_ONCE
    without_answer = Mail.reply.is_(None) | Mail.blocked_at.is_not(None) | Mail.uncertain_at.is_not(None)
    return 0 if session.scalar(invitations.where(Mail.due_at.is_not(None), without_answer).limit(1)) else THE_FIRST


def remind_the_silent(session: Session, campaign_id: int) -> int:
    """Put the reminder whose moment has come for silent partners; returns how many, 0 when all have it.

    A moment that was past when the deadline was set is skipped, and so is a partner that had a mail
    within the day before it (an eighth of the whole run, when that is shorter).
    """
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if not campaign.takes_answers(at=now) or (moment := moment_that_came(campaign, now)) is None:
        return 0
    quiet_since = moment - min(A_DAY, (campaign.deadline_at - campaign.launched_at) / 8)
    silent = session.scalars(select_silent(campaign).where(_last_mail() < quiet_since).limit(AT_ONCE)).all()
    return _remind(session, campaign, list(silent), f"{moment:%Y%m%dT%H%M%S}", now)


def remind_now(session: Session, campaign_id: int, *, mailed_lately: bool = True) -> int:
    """Put a reminder for every silent partner because an organizer asks for it; returns how many are new."""
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        return 0
    partners = silent(session, campaign, mailed_lately=mailed_lately)
    return _remind(session, campaign, partners, f"{now:%Y%m%dT%H%M%S}", now)


def silent(session: Session, campaign: Campaign, *, mailed_lately: bool = True) -> list[Partner]:
    """The partners whose invitation was accepted by a server and for whom no answer stands.

    Without `mailed_lately` those who were asked or reminded within the last day are left out.
    """
    partners = select_silent(campaign)
    if not mailed_lately:
        partners = partners.where(_last_mail() < db.clock(session) - A_DAY)
    return list(session.scalars(partners))


def moment_that_came(campaign: Campaign, now: datetime) -> datetime | None:
    """The latest moment for a reminder that has come since the deadline was set, if any."""
    moments = (campaign.deadline_at - before for before in campaign.reminders)
    return max((m for m in moments if campaign.deadline_set_at < m <= now), default=None)


def not_yet_asked(campaign: Campaign) -> Select[Partner]:
    """Selects the partners with an address that have no invitation and want mail."""
    invited = exists().where(Mail.partner_id == Partner.id, Mail.kind == "invitation")
    with_address = Partner.email_hmac.is_not(None)
    answered = exists().where(Answer.partner_id == Partner.id)
    return (
        select(Partner)
        .where(Partner.campaign_id == campaign.id, with_address, Partner.quiet_at.is_(None), ~invited, ~answered)
        .order_by(Partner.id)
    )


def select_silent(campaign: Campaign) -> Select[Partner]:
    """Selects the silent to whom a mail can go: they got their invitation, are reached by mail, and want it."""
    arrived = exists().where(
        Mail.partner_id == Partner.id,
        Mail.kind == "invitation",
        Mail.sent_at.is_not(None) & Mail.bounced_at.is_(None),
        func.coalesce(Mail.generation, Partner.generation) == Partner.generation,  # not at an address since corrected
    )
    suppressed = exists().where(Suppression.email_hmac == Partner.email_hmac)
    reached = arrived & ~suppressed & Partner.bounced_at.is_(None) & Partner.quiet_at.is_(None)
    answered = exists().where(Answer.partner_id == Partner.id, Answer.superseded_at.is_(None))
    return select(Partner).where(Partner.campaign_id == campaign.id, reached, ~answered).order_by(Partner.id)


def _last_mail() -> ScalarSelect[datetime]:
    """When the partner was last asked or reminded."""
    asked = Mail.kind.in_(["invitation", "reminder", "amended"])
    return (
        select(func.max(Mail.dated_at)).where(Mail.partner_id == Partner.id, asked).correlate(Partner).scalar_subquery()
    )


def _remind(session: Session, campaign: Campaign, partners: list[Partner], which: str, now: datetime) -> int:
    rows = [outbox.to_partner("reminder", campaign, partner, which, now) for partner in partners]
    reminded = outbox.put(session, rows)
    if reminded:
        diary.note(session, campaign, "clock", f"reminded {reminded} partners")
    return reminded
