"""The minute in which an organizer's act can be taken back: its mails wait, and after a sleep it starts anew.

A laptop that is closed ten seconds after a launch would send everything as it wakes. So whoever is about to claim mail,
or to write down a sign of life, first looks for how long there was none: of the minutes that were to end meanwhile,
each begins once more. So does that of partners who were added, taken out or put back, which no `--undo` takes back but
an act of its own.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, or_, select, update
from sqlalchemy.orm import Session

from worker import db, settings
from worker.mail.circuit_breaker import relay_health
from worker.models import Campaign, Mail, OrganizerAct, RelayHealth

MAX_RESTARTS = 5  # of one minute: workers that are killed again and again must not keep its mails for ever
SWEEPS_MISSED = 3  # after so many without a sign of life everything slept, or was not started yet

KINDS: dict[OrganizerAct, tuple[str, ...]] = {
    "launch": ("invitation",),
    "amend": ("amended", "corrected", "voice_again"),
    "remind": ("reminder",),
    "extend": ("extended", "earlier"),
}


OF_THE_LIST = ("invitation", "taken_out")
"""The mails that wait a minute after partners were added, taken out or put back."""


def act_of_mail(kind: str) -> OrganizerAct:
    """The act whose mails are of this kind; the launch if none has such."""
    return next((act for act, its in KINDS.items() if kind in its), "launch")


def undo_until(campaign: Campaign, now: datetime) -> datetime:
    """When the mails of an act leave that is done now: `settings.undo` later, or less shortly before the deadline.

    A tenth of what is left until then at most, so that whoever is asked still has time to answer.
    """
    most = timedelta(seconds=settings.current().undo)
    return now + max(timedelta(0), min(most, (campaign.deadline_at - now) / 10))


def mails_of_act(campaign: Campaign) -> ColumnElement[bool]:
    """The condition for the mails of the last act, whatever became of them."""
    if campaign.undo is None or campaign.undo["act"] is None:
        return false()
    its = (Mail.campaign_id == campaign.id) & Mail.kind.in_(KINDS[campaign.undo["act"]])
    if campaign.undo["act"] == "launch":
        return its
    if "mails" in campaign.undo:
        return its & Mail.id.in_(campaign.undo["mails"])
    return its & (Mail.dated_at == moment_of_act(campaign))


def note_mails_of_act(session: Session, campaign: Campaign) -> None:
    """Write down which they are, before those that wait are dated anew. Needs the campaign alone."""
    if campaign.undo is not None and campaign.undo["act"] not in {None, "launch"}:
        ids = session.scalars(select(Mail.id).where(mails_of_act(campaign)).order_by(Mail.id)).all()
        campaign.undo = campaign.undo | {"mails": list(ids)}


def moment_of_act(campaign: Campaign) -> datetime:
    """When the last act was done; only of a campaign that has one."""
    assert campaign.undo is not None
    return datetime.fromisoformat(campaign.undo["at"])


def restart_if_slept(session: Session) -> None:
    """Start the undo minutes anew that were to end while no process of ours gave a sign of life.

    Also those of acts that were done while none was running yet. Call it before mail is claimed, and before a sign of
    life is written down. Takes the campaigns alone, so it needs a transaction that holds nothing of them.
    """
    if not settings.current().undo:
        return
    now, health = db.clock(session), relay_health(session)
    if not _slept(health, now):
        return
    since = _last_sign(health)
    ended = Campaign.undo_until.is_not(None) if since is None else Campaign.undo_until > since
    # Campaigns first, then mails, then the row with the sign of life: in another order two would deadlock.
    of_acts = set(session.scalars(select(Campaign.id).where(ended)))
    of_lists = set(session.scalars(select(Mail.campaign_id).where(_waits_with_the_list(since)).distinct()))
    campaigns = [db.locked(session, campaign_id) for campaign_id in sorted(of_acts | of_lists)]
    if not _slept(relay_health(session), now):
        return  # another process has seen to it
    for campaign in campaigns:
        if campaign.id in of_acts:
            _restart(session, campaign, now)
        if campaign.id in of_lists:
            _restart_of_list(session, campaign, since, now, launches=campaign.id in of_acts)
    session.execute(update(RelayHealth).values(drained_at=now))


def _last_sign(health: RelayHealth) -> datetime | None:
    return max((sign for sign in (health.swept_at, health.drained_at) if sign is not None), default=None)


def _slept(health: RelayHealth, now: datetime) -> bool:
    conf, last = settings.current(), _last_sign(health)
    return last is None or now - last > timedelta(seconds=max(SWEEPS_MISSED * conf.sweep, conf.undo / 2))


def _restart(session: Session, campaign: Campaign, now: datetime) -> None:
    """Give one campaign its minute again, unless it had it often enough, or some of its mails were tried already."""
    undo = campaign.undo
    if undo is None or undo["act"] is None or undo["restarts"] >= MAX_RESTARTS:
        return
    its = or_(mails_of_act(campaign), _invitations(campaign)) if undo["launching"] else mails_of_act(campaign)
    begun = or_(Mail.attempts > 0, Mail.sent_at.is_not(None), Mail.refused_at.is_not(None))
    if session.scalar(select(Mail.id).where(its, begun).limit(1)):
        return
    campaign.undo_until = undo_until(campaign, now)
    campaign.undo = undo | {"restarts": undo["restarts"] + 1}
    _put_off(session, campaign.undo_until, its, Mail.due_at.is_not(None))


def _restart_of_list(
    session: Session, campaign: Campaign, since: datetime | None, now: datetime, *, launches: bool
) -> None:
    """The same for partners who were added, taken out or put back; each of their mails that was tried stays.

    `launches`: the invitations may be the launch's, whose minute was seen to.
    """
    undo = campaign.undo
    if undo is None or undo.get("list_restarts", 0) >= MAX_RESTARTS:
        return
    of_it = [Mail.campaign_id == campaign.id, _waits_with_the_list(since)]
    if launches and undo["launching"]:
        of_it.append(Mail.kind != "invitation")
    campaign.undo = undo | {"list_restarts": undo.get("list_restarts", 0) + 1}
    _put_off(session, undo_until(campaign, now), *of_it)


def _waits_with_the_list(since: datetime | None) -> ColumnElement[bool]:
    untried = Mail.kind.in_(OF_THE_LIST) & (Mail.attempts == 0) & Mail.due_at.is_not(None)
    return untried if since is None else untried & (Mail.due_at > since)


def _put_off(session: Session, until: datetime, *which: ColumnElement[bool]) -> None:
    waiting = select(Mail.id).where(*which).order_by(Mail.id).with_for_update().cte("waiting")
    later = update(Mail).where(Mail.id.in_(select(waiting.c.id))).values(due_at=until)
    session.execute(later.execution_options(synchronize_session=False))


def _invitations(campaign: Campaign) -> ColumnElement[bool]:
    return (Mail.campaign_id == campaign.id) & (Mail.kind == "invitation")
