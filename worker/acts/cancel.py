"""Cancel: a letter that nobody has never leaves, and whoever was asked hears of it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from worker import db, settings
from worker.acts import audit
from worker.mail import kinds, outbox
from worker.models import Campaign, Mail
from worker.state.letters import delivery_state, load_letters
from worker.state.recipients import select_contacts_to_tell_of_end, select_to_tell_of_end
from worker.state.refusals import CannotBeCancelled


def cancel_campaign(session: Session, campaign_id: int, *, tell: bool = True) -> int | None:
    """Cancel a campaign whose letter nobody has; how many mails tell of it, None if it was cancelled already.

    All its mail that waits is called back, and a hold on it ends, so that those mails leave. Links stay, and show
    what happened. Raises CannotBeCancelled.
    """
    campaign = db.locked(session, campaign_id)
    letters = load_letters(session, campaign, lock=True)
    now = db.clock(session)
    if campaign.cancelled_at is not None:
        return None
    if (where := delivery_state(campaign, letters)) != "not_sent":
        raise CannotBeCancelled(where=where)
    rows = _mails_that_tell(session, campaign, now) if tell else []
    campaign.cancelled_at = now
    campaign.held_at = campaign.mail_held_at = None
    useless = {*kinds.names(lambda kind: kind.audience not in kinds.OF_OURSELVES), *kinds.cancelled_by("cancel")}
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind.in_(useless), at=now)
    outbox.put(session, rows)
    audit.log(session, campaign, "organizer", "cancelled", detail=len(rows), at=now)
    return len(rows)


def _mails_that_tell(session: Session, campaign: Campaign, now: datetime) -> list[outbox.MailRow]:
    """One for each reader. What a worker holds may leave, or not: that is known after a lease."""
    later = now + timedelta(seconds=settings.current().lease)
    due = {True: now, False: later}
    rows = [
        outbox.to_partner("cancelled", campaign, one, "1", now, due_at=due[bool(one.has_heard)])
        for one in session.execute(select_to_tell_of_end(campaign))
    ]
    rows += [
        outbox.to_contact("cancelled", campaign, one, "1", now, due_at=due[bool(one.has_heard)])
        for one in session.execute(select_contacts_to_tell_of_end(campaign))
    ]
    return rows
