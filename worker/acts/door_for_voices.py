"""An organizer lets no more persons add their voices, or lets them again."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.mail import outbox
from worker.models import Mail, Member
from worker.state.member_counts import shut_because
from worker.state.refusals import MembersUnchanged


def stop_voices(session: Session, campaign_id: int) -> int:
    """Let nobody add its voice from now on; voices that were confirmed stay, and their pages work on.

    Mails that ask addresses to confirm and have not left are called back: their links would lead to a shut door. Who
    types such an address again once it is open waits no day for its mail. Returns how many. Raises MembersUnchanged
    where nobody can come any more anyway.
    """
    campaign = db.locked(session, campaign_id)
    if (because := shut_because(campaign)) not in {None, "not public"}:
        raise MembersUnchanged(because=because)
    campaign.voices_stopped_at = now = db.clock(session)
    unconfirmed = select(Member.id).where(Member.campaign_id == campaign_id, ~Member.stands)
    asks = (Mail.campaign_id == campaign_id, Mail.kind == "voice", Mail.member_id.in_(unconfirmed))
    called_back = outbox.cancel(session, *asks, at=now)
    not_mailed = Member.id.in_(select(Mail.member_id).where(*asks, Mail.cancelled_at == now))
    anew = update(Member).where(not_mailed).values(mailed_at=None)
    session.execute(anew.execution_options(synchronize_session=False))
    audit.log(session, campaign, "organizer", "voices_stopped", detail=called_back or None, at=now)
    return called_back


def reopen_voices(session: Session, campaign_id: int) -> None:
    """Let persons add their voices again, as far as the letter's page is there.

    Raises InPanic, and MembersUnchanged if they can.
    """
    campaign = locking.lock_calm(session, campaign_id)
    if campaign.voices_stopped_at is None:
        raise MembersUnchanged(because="not stopped")
    campaign.voices_stopped_at = None
    audit.log(session, campaign, "organizer", "voices_reopened")
