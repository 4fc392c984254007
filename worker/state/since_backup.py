"""Where each campaign stands by a database that was put back from a backup, and what may have happened since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Answer, Campaign, Installation, Mail, Partner
from worker.state.blockers import organizer_state
from worker.state.facts import CampaignFacts, load_facts_of
from worker.state.lifecycle import OrganizerState


@dataclass(frozen=True)
class SinceBackup:
    """One campaign. `deadline_passed`: before the database was put back, or while it stands still since.

    `letter_in_doubt`: its letter has not left by this database, and may have left since the backup.
    """

    campaign: Campaign
    state: OrganizerState
    answers: int
    mails_waiting: int
    deadline_passed: Literal["before", "meanwhile"] | None
    letter_in_doubt: bool


def load_since_backup(session: Session, restored_at: datetime) -> list[SinceBackup]:
    """Each campaign that is not over, the oldest first; a constant number of statements."""
    now = db.clock(session)
    goes_on = (Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None))
    campaigns = session.scalars(select(Campaign).where(*goes_on).order_by(Campaign.id)).all()
    answers = _counted(session, select(Partner.campaign_id, func.count()).join(Answer).group_by(Partner.campaign_id))
    waiting = select(Mail.campaign_id, func.count()).where(Mail.due_at.is_not(None)).group_by(Mail.campaign_id)
    mails = _counted(session, waiting)
    return [
        SinceBackup(
            facts.campaign,
            organizer_state(facts),
            answers.get(facts.campaign.id, 0),
            mails.get(facts.campaign.id, 0),
            _deadline_passed(facts.campaign, restored_at, now),
            may_have_left(facts),
        )
        for facts in load_facts_of(session, campaigns, now)
    ]


def may_have_left(facts: CampaignFacts, *, even_while_open: bool = False) -> bool:
    """Whether a letter that has not left by this database may have left since: by mail, and after its deadline.

    Also of a campaign that is held here, for it may have been resumed; and `even_while_open`, if nothing says that it
    was not closed early since.
    """
    campaign = facts.campaign
    if campaign.cancelled_at is not None or campaign.erased_at is not None or facts.is_irrevocable:
        return False
    if campaign.closed_at is None and campaign.takes_answers(at=facts.now) and not even_while_open:
        return False
    return any(one.addressee.email and one.state in {"waiting", "queued", "refused"} for one in facts.served)


def load_installation(session: Session) -> Installation | None:
    """What the database says of itself."""
    return session.get(Installation, 1, populate_existing=True)


def _deadline_passed(campaign: Campaign, restored_at: datetime, now: datetime) -> Literal["before", "meanwhile"] | None:
    if campaign.closed_at is not None or campaign.takes_answers(at=now):
        return None
    return "before" if campaign.deadline_at <= restored_at else "meanwhile"


def _counted(session: Session, counts: Select[int, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in session.execute(counts)}
