"""What a year leaves behind, written straight into the tables: campaigns that are over, and one all have signed."""

import os
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from tests.bench import campaign as campaigns
from worker import db
from worker.mail import outbox
from worker.models import Addressee, Answer, Campaign, Letter, Mail, Partner, Seal, bound

A_MONTH = timedelta(days=30)


def signed_by_all(partners: int, **changed: Any) -> int:
    """A campaign that is open, that everybody signed, and in which every mail has left: nothing is due."""
    campaign_id = campaigns.launched(partners, **changed)
    with db.transaction() as session:
        all_have_signed(session, session.get_one(Campaign, campaign_id))
    return campaign_id


def finished(partners: int, **changed: Any) -> int:
    """One whose letter has left a month ago, with its copies; its contacts are kept for some months more."""
    campaign_id = signed_by_all(partners, **changed)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        past = db.clock(session) - A_MONTH
        moments = {"deadline_at": past, "closed_at": past, "dispatched_at": past, "deadline_set_at": past - A_MONTH}
        moments["launched_at"] = past - A_MONTH
        session.execute(update(Campaign).where(Campaign.id == campaign_id).values(moments))
        answers = Answer.partner_id.in_(select(Partner.id).where(Partner.campaign_id == campaign_id))
        session.execute(update(Answer).where(answers).values(at=past - timedelta(days=1)))
        seal = {"campaign_id": campaign_id, "number": 1, "language": "en", "content": b"", "sha256": "0" * 64}
        session.execute(insert(Seal), [seal | {"rendition": "public", "format": "pdf", "sealed_at": past}])
        addressee = campaign.letter.addressees[0]
        signers = campaign.partners
        rows = [outbox.to_partner("copy", campaign, one, "seal-1", past, seal_number=1) for one in signers]
        rows += [outbox.to_organizers("report", campaign, "seal-1", past, seal_number=1)]
        rows += [outbox.to_addressee(campaign, addressee, 1, 1, past)]
        outbox.put(session, rows)
        _everything_was_taken(session, campaign_id, past)
    return campaign_id


def size_of_pdf(campaign_id: int) -> int:
    """Bytes of the PDF that carries the public names."""
    with db.reading() as session:
        of_it = (Seal.campaign_id == campaign_id, Seal.format == "pdf", Seal.rendition == "public")
        return session.scalars(select(func.length(Seal.content)).where(*of_it)).first() or 0


def finished_again(campaign_id: int, times: int) -> None:
    """Copies of a finished campaign, each with rows of its own."""
    with db.transaction() as session:
        for _ in range(times):
            _copied(session, campaign_id)


def all_have_signed(session: Session, campaign: Campaign) -> None:
    """Everybody signs, and every mail has left."""
    now = db.clock(session)
    said = {"letter_id": campaign.letter.id, "choice": "sign", "visibility": "public", "language": "en", "at": now}
    said |= {"representative": "Ada", "role": "chair", "reason": "", "note": "", "channel": "link"}
    session.execute(insert(Answer), [bound(Answer, said | {"partner_id": one.id}) for one in campaign.partners])
    campaigns.put_invitations(session, campaign.id)
    answers = session.scalars(select(Answer).join(Partner).where(Partner.campaign_id == campaign.id))
    outbox.put(
        session,
        [outbox.to_partner("receipt", campaign, a.partner, str(a.id), now, answer_id=a.id) for a in answers],
    )
    _everything_was_taken(session, campaign.id, now)


def _everything_was_taken(session: Session, campaign_id: int, at: datetime) -> None:
    taken = {"sent_at": at, "due_at": None, "attempts": 1, "reply": "250 2.0.0 queued"}
    session.execute(update(Mail).where(Mail.campaign_id == campaign_id, Mail.sent_at.is_(None)).values(taken))


def _copied(session: Session, campaign_id: int) -> None:
    (new,) = _rows(
        session, Campaign, Campaign.id == campaign_id, slug=lambda row: f"{row['slug']}-{os.urandom(4).hex()}"
    )
    ids = {"campaign_id": lambda _: new}
    letters = _map(session, Letter, Letter.campaign_id == campaign_id, **ids)
    of_letters = {"letter_id": lambda row: letters[row["letter_id"]]}
    addressees = _map(session, Addressee, Addressee.letter_id.in_(letters), **of_letters)
    partners = _map(session, Partner, Partner.campaign_id == campaign_id, **ids, ref=lambda _: os.urandom(8))
    of_partners = {"partner_id": lambda row: partners.get(row["partner_id"])}
    answers = _map(session, Answer, Answer.partner_id.in_(partners), **of_letters, **of_partners)
    _map(session, Seal, Seal.campaign_id == campaign_id, **ids)
    _map(
        session,
        Mail,
        Mail.campaign_id == campaign_id,
        **ids,
        **of_partners,
        key=lambda row: f"{row['key']}/{new}",
        addressee_id=lambda row: addressees.get(row["addressee_id"]),
        answer_id=lambda row: answers.get(row["answer_id"]),
    )


def _rows(session: Session, model: Any, which: Any, **changed: Any) -> list[int]:
    return list(_map(session, model, which, **changed).values())


def _map(session: Session, model: Any, which: Any, **changed: Any) -> dict[int, int]:
    """Copy rows with these columns changed; returns the copies' numbers by those of the rows."""
    table = model.__table__
    found = session.execute(select(*table.columns).where(which).order_by(table.c.id)).mappings().all()
    copies = [bound(model, _changed(dict(row), changed)) for row in found]
    made = session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), copies).all()
    return dict(zip((row["id"] for row in found), made, strict=True))


def _changed(row: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    own = {name: make(row) for name, make in changed.items()}
    return {name: value for name, value in row.items() if name != "id"} | own
