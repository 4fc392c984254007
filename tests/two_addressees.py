"""A campaign with two addressees, and letters that are on their way to each."""

from sqlalchemy.orm import Session

from tests import cast
from worker import db
from worker.mail import outbox
from worker.models import Addressee, Campaign, Mail


def a_campaign_with_two_addressees(
    session: Session, partners: tuple[str, ...] = (), *, by_hand: tuple[int, ...] = (), slug: str = "dam"
) -> Campaign:
    """`by_hand` are the places of those without a mail address, from 0."""
    campaign = cast.a_campaign(session, slug, partners=partners)
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
    for place in by_hand:
        campaign.letter.addressees[place].email = ""
    session.flush()
    return campaign


def a_letter_goes(session: Session, campaign: Campaign, to: int, state: str, *, seal: int = 1) -> Mail:
    """To the addressee in this place (from 0), as far as this: due, in data, refused, uncertain, sent, returned."""
    addressee, now = campaign.letter.addressees[to], db.clock(session)
    row = outbox.to_addressee(campaign, addressee, seal, 1, now)
    outbox.put(session, [row])
    letter = session.query(Mail).filter_by(key=row["key"]).one()
    if state != "due":
        letter.in_data_at, letter.due_at = now, None
    if state == "uncertain":
        letter.uncertain_at = now
    if state == "refused":
        letter.refused_at, letter.in_data_at, letter.reply = now, None, "550 5.1.1 no such user"
    if state in {"sent", "returned"}:
        letter.sent_at = now
        campaign.dispatched_at = campaign.dispatched_at or now
    if state == "returned":
        letter.bounced_at, letter.reply = now, "came back: 550 5.1.1 no such user"
    session.flush()
    return letter
