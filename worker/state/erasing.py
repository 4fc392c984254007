"""What erasing a whole campaign takes away, counted before."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worker.models import Campaign, Member, Partner, Reply
from worker.state.contacts import load_contacts
from worker.state.disclosures import is_untold
from worker.state.recipients import count_waiting_copies


@dataclass(frozen=True)
class Erasing:
    """Numbers of partners, of further contacts, of persons, of copies that wait to be sent, and of replies.

    `untold`: whether an addressee's copy still names somebody that stepped back.
    """

    partners: int
    contacts: int
    persons: int
    waiting_copies: int
    replies: int
    untold: bool


def load_erasing(session: Session, campaign: Campaign) -> Erasing:
    """Count what there is now."""
    return Erasing(
        partners=_count(session, select(func.count()).where(Partner.campaign_id == campaign.id)),
        contacts=sum(map(len, load_contacts(session, campaign).values())),
        persons=count_kept(session, campaign),
        waiting_copies=count_waiting_copies(session, campaign),
        replies=_count(session, select(func.count()).where(Reply.campaign_id == campaign.id)),
        untold=is_untold(session, campaign),
    )


def count_kept(session: Session, campaign: Campaign) -> int:
    """Of how many persons of a campaign it is kept who they are."""
    return _count(session, select(func.count()).where(Member.campaign_id == campaign.id, Member.is_kept))


def _count(session: Session, statement: Select[int]) -> int:
    return session.scalar(statement) or 0
