"""Tell organizers by email where mail goes to another address, so that nobody redirects it in silence."""

from datetime import datetime

from sqlalchemy.orm import Session

from worker.mail import outbox
from worker.models import Campaign
from worker.state.organizers import load_reached_owners


def tell_of_moved_replies(session: Session, campaign: Campaign, now: datetime) -> None:
    """Tell the address to which replies come until now, and each owner; call it before another is set."""
    _tell(session, campaign, "replies_moved", now, former=campaign.reply_to)


def tell_of_moved_letter(session: Session, campaign: Campaign, now: datetime) -> None:
    """Tell the organizers, and each owner, that the letter goes to another address of an addressee."""
    _tell(session, campaign, "letter_moved", now)


def _tell(session: Session, campaign: Campaign, kind: str, now: datetime, former: str | None = None) -> None:
    which = f"{outbox.moment_key(now)}-{now.microsecond}"
    rows = [outbox.to_organizers(kind, campaign, which, now, former_address=former)]
    for owner in load_reached_owners(session, campaign.id):
        if owner.email != campaign.reply_to:
            about = outbox.MailOptions(organizer_id=owner.id, language=owner.language)
            rows.append(outbox.to_organizers(kind, campaign, f"{which}/{owner.id}", now, **about))
    outbox.put(session, rows)
