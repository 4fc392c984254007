"""A campaign with two addressees, and letters that are on their way to each."""

from sqlalchemy.orm import Session

from tests import cast
from worker import db
from worker.mail import outbox
from worker.models import Addressee, Campaign, Mail


def a_campaign_with_two_addressees(session: Session, partners: tuple[str, ...] = ()) -> Campaign:
    campaign = cast.a_campaign(session, partners=partners)
    campaign.letter.addressees.append(
        Addressee(
            position=2,
            name="Governor Bo Lund",
            office="",
            salutation="",
            address=[],
            email="bo@water.example",
            copy=True,
        )
    )
    session.flush()
    return campaign


def a_letter_goes(session: Session, campaign: Campaign, to: int, state: str) -> Mail:
    """To the addressee in this place (from 0), as far as this: due, in data, uncertain, sent."""
    addressee, now = campaign.letter.addressees[to], db.clock(session)
    row = outbox.to_addressee(campaign, addressee, 1, 1, now)
    outbox.put(session, [row])
    letter = session.query(Mail).filter_by(key=row["key"]).one()
    if state != "due":
        letter.in_data_at, letter.due_at = now, None
    if state == "uncertain":
        letter.uncertain_at = now
    if state == "sent":
        letter.sent_at = campaign.dispatched_at = now
    session.flush()
    return letter
