"""Persons who added their voices, as rows, for those who look at them or decide about them."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.models import Campaign, Member, bound
from worker.text.addresses import mailbox


def a_voice(session: Session, campaign: Campaign, email: str, **columns: Any) -> Member:
    """One person, confirmed and counted unless told otherwise; its words wait from now on if it wrote any."""
    member = Member(**_values(session, campaign, email, columns))
    session.add(member)
    session.flush()
    return member


def many(session: Session, campaign: Campaign, number: int, domain: str = "many.example", **columns: Any) -> None:
    """So many at once, each at an address of this domain."""
    rows = [bound(Member, _values(session, campaign, f"person{n}@{domain}", columns)) for n in range(number)]
    session.execute(insert(Member), rows)


def _values(session: Session, campaign: Campaign, email: str, columns: dict[str, Any]) -> dict[str, Any]:
    now = db.clock(session)
    return {
        "campaign_id": campaign.id,
        "ref": tokens.new_ref(),
        "generation": 1,
        "language": "en",
        "name": "Somebody Shy",
        "email": email,
        "email_hmac": tokens.fingerprint(email),
        "mailbox_hmac": tokens.fingerprint(mailbox(email)),
        "country": "",
        "words": "",
        "appearance": "counted",
        "letter_id": campaign.letter.id,
        "at": now,
        "confirmed_at": now,
        "words_at": now if columns.get("words") else None,
        "mails": 1,
        "mailed_at": now,
    } | columns
