"""What a campaign has lived through: each of these goes on from the one before, as far as there is one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import cast
from worker import db
from worker.acts import dispatch, invite, receipts, report
from worker.models import Campaign, Mail


def asked(session: Session, campaign: Campaign) -> None:
    invite.enqueue_invitations(session, campaign.id)


def answered(session: Session, campaign: Campaign) -> None:
    asked(session, campaign)
    cast.signs(session, campaign.partners[0])


def receipted(session: Session, campaign: Campaign) -> None:
    answered(session, campaign)
    receipts.put_receipts(session, campaign.id)


def past_its_deadline(session: Session, campaign: Campaign) -> None:
    receipted(session, campaign)
    cast.passes_its_deadline(session, campaign, closed=False)


def voided(session: Session, campaign: Campaign) -> None:
    receipted(session, campaign)
    cast.passes_its_deadline(session, campaign)


def sealed(session: Session, campaign: Campaign) -> None:
    voided(session, campaign)
    cast.is_sealed(session, campaign)


def in_data(session: Session, campaign: Campaign) -> None:
    sealed(session, campaign)
    cast.the_letter_leaves(session, campaign, accepted=False)


def uncertain(session: Session, campaign: Campaign) -> None:
    in_data(session, campaign)
    letter = session.scalars(select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter")).one()
    letter.uncertain_at, letter.due_at = db.clock(session), None


def dispatched(session: Session, campaign: Campaign) -> None:
    sealed(session, campaign)
    cast.the_letter_leaves(session, campaign)


def reported(session: Session, campaign: Campaign) -> None:
    dispatched(session, campaign)
    report.put_copies(session, campaign.id)


def stepped_back(session: Session, campaign: Campaign) -> None:
    reported(session, campaign)
    cast.signs(session, campaign.partners[0], "counted")


def brought_by_hand(session: Session, campaign: Campaign) -> None:
    sealed(session, campaign)
    dispatch.note_brought_by_hand(session, campaign.id)
    report.put_copies(session, campaign.id)


def held(session: Session, campaign: Campaign) -> None:
    sealed(session, campaign)
    campaign.held_at = db.clock(session)


def cancelled(session: Session, campaign: Campaign) -> None:
    answered(session, campaign)
    campaign.cancelled_at = db.clock(session)
