"""Persons who add their voices, as rows: how they came to be confirmed is told in other tests."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import voices
from worker import db, tokens
from worker.mail import outbox
from worker.models import Campaign, Digest, Mail, Member

NAMES, WORDS = ("Chanthou Meas", "Rosalind Oak"), ("The mill took our well", "We drink what flows here")
ADDRESSES = ("chanthou@home.example", "rosalind@home.example")
COUNTRY = "Kiribati"
SECRETS = (*NAMES, *WORDS, *ADDRESSES, COUNTRY)


def adds_voice(session: Session, campaign: Campaign, which: int = 0, **columns: Any) -> Member:
    """One of two persons is there by name and in its own words, confirmed unless `confirmed_at` says otherwise."""
    email = columns.pop("email", ADDRESSES[which])
    about = {"name": NAMES[which], "country": COUNTRY, "words": WORDS[which], "appearance": "named"}
    return voices.a_row(session, campaign, email, **about | columns)


def is_mailed(session: Session, member: Member, **columns: Any) -> Mail:
    """The mail with link and code, handed over unless `sent_at` says otherwise."""
    now = db.clock(session)
    campaign = session.get_one(Campaign, member.campaign_id)
    outbox.put(session, [outbox.to_member("voice", campaign, member, str(member.mails), now)])
    mail = session.scalars(select(Mail).where(Mail.member_id == member.id).order_by(Mail.id.desc())).first()
    assert mail is not None
    left = {"sent_at": now, "due_at": None, "attempts": 1, "reply": "250 ok"} | columns
    for name, value in left.items():
        setattr(mail, name, value)
    session.flush()
    return mail


def a_digest(session: Session, campaign: Campaign, *told: Member, number: int = 1, **columns: Any) -> Digest:
    """A digest that tells of these persons by name."""
    addressee = campaign.letter.addressees[0]
    row = Digest(
        campaign_id=campaign.id,
        addressee_id=addressee.id,
        number=number,
        ref=tokens.new_ref(),
        drawn_at=db.clock(session),
        **columns,
    )
    session.add(row)
    session.flush()
    for one in told:
        one.digest_id = row.id
    session.flush()
    return row
