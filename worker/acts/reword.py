"""Change the letter while partners answer: a slip is told to who signed, another meaning asks everybody again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from worker import db
from worker.acts import amend, diary, launch
from worker.definition.campaign import Definition
from worker.mail import outbox
from worker.models import Addressee, Answer, Campaign, Letter, Mail, Partner


class SameLetter(Exception):
    """The folder says what the letter says already."""


class OtherAddressee(Exception):
    """To whom a letter goes is part of what was signed: that is never a slip."""


@dataclass(frozen=True)
class Reworded:
    """How many are told by mail, and the names of those whose signature falls and whom no mail of ours tells."""

    told: int
    fallen: int
    not_told: list[str]


def latest_of(campaign: Campaign, meaning: int) -> Letter | None:
    """The letter as it last read in one of its senses."""
    return next((one for one in reversed(campaign.letters) if one.meaning == meaning), None)


def letter(session: Session, campaign_id: int, definition: Definition, *, meaning: bool) -> Reworded:
    """Put the letter and its addressees as `definition` has them in place of the present ones.

    A slip leaves every answer as it is. Another `meaning` takes back who signed or asked for a change, and asks
    everybody again; who declined or withdrew is asked once and stays so without an answer.
    Raises TooLate once the deadline has passed, SameLetter or OtherAddressee.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise amend.TooLate
    before, after = campaign.letter, launch.letter_of(definition)
    if before.hash == after.hash and _addressed(before) == _addressed(after):
        raise SameLetter
    if not meaning and _to_whom(before) != _to_whom(after):
        raise OtherAddressee
    after.version, after.meaning = before.version + 1, before.meaning + meaning
    campaign.letters.append(after)
    session.flush()
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind.in_(["amended", "corrected"]))
    standing = _standing(session, campaign)
    concerned = _to_ask_again(session, campaign) if meaning else _signers(campaign, standing)
    kind, which = "amended" if meaning else "corrected", f"version-{after.version}"
    rows = [
        outbox.to_partner(kind, campaign, p, which, now, answer_id=standing[p.id].id if p.id in standing else None)
        for p in concerned
        if p.email_hmac is not None and p.quiet_at is None
    ]
    told = outbox.put(session, rows)
    fallen = [one for one in standing.values() if meaning and one.choice in {"sign", "change"}]
    for one in fallen:
        one.superseded_at = now
    outbox.cancel(session, Mail.answer_id.in_([one.id for one in fallen]), Mail.kind == "receipt")
    what = "meaning changed, everybody is asked again" if meaning else "a slip"
    diary.note(session, campaign, "organizer", f"amended the letter, version {after.version}: {what}")
    by_mail = {row["partner_id"] for row in rows}
    not_told = [one.partner.organization for one in fallen if one.partner_id not in by_mail]
    return Reworded(told, sum(one.signs for one in fallen), not_told)


def _addressed(letter: Letter) -> list[tuple[Any, ...]]:
    return [(*_one(a), a.office, a.salutation, a.address, a.email) for a in letter.addressees]


def _to_whom(letter: Letter) -> list[tuple[Any, ...]]:
    return [_one(addressee) for addressee in letter.addressees]


def _one(addressee: Addressee) -> tuple[str, bool]:
    return addressee.name, addressee.copy


def _standing(session: Session, campaign: Campaign) -> dict[int, Answer]:
    answers = session.scalars(
        select(Answer)
        .join(Partner)
        .where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None))
        .options(joinedload(Answer.partner))
        .order_by(Answer.partner_id)
    )
    return {answer.partner_id: answer for answer in answers}


def _signers(campaign: Campaign, standing: dict[int, Answer]) -> list[Partner]:
    return [one.partner for one in standing.values() if one.signs and one.letter.meaning == campaign.letter.meaning]


def _to_ask_again(session: Session, campaign: Campaign) -> list[Partner]:
    """Who has the invitation, or has answered without one."""
    arrived = exists().where(Mail.partner_id == Partner.id, Mail.kind == "invitation", Mail.sent_at.is_not(None))
    answered = exists().where(Answer.partner_id == Partner.id)
    known = select(Partner).where(Partner.campaign_id == campaign.id, arrived | answered)
    return list(session.scalars(known.order_by(Partner.id)))
