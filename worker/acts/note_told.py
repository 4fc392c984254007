"""Note that addressees were told who has stepped back since they got the letter: an organizer writes to them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.state.disclosures import Notice, load_notices
from worker.state.letters import load_letters
from worker.state.refusals import NothingToTell

SAME_MOMENT = timedelta(milliseconds=1)  # what SQLite's clock tells apart: who stepped back in it is told of once more


def note_notices_told(session: Session, campaign_id: int, until: datetime | None = None) -> list[Notice]:
    """Show no more what each addressee is to be told now; returns what that was.

    `until`: when the notices were read, so that whoever stepped back later is still shown. Raises NothingToTell.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    told = load_notices(session, campaign, load_letters(session, campaign))
    if not told:
        raise NothingToTell
    for one in told:
        one.addressee.told_at = now if until is None else until - SAME_MOMENT
    audit.log(session, campaign, "organizer", "notice_told", detail=len(told), at=now)
    return told
