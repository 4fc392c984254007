"""Change the letter while partners answer: a typo is told to who signed, another meaning asks everybody again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session, joinedload

from worker import db
from worker.acts import audit, launch
from worker.choices import CHOICES
from worker.definition.campaign import Definition
from worker.mail import kinds, outbox
from worker.models import Addressee, Answer, Campaign, Letter, Mail, Partner
from worker.state.answers import load_standing
from worker.state.recipients import load_answering_contacts, load_to_ask_again
from worker.state.refusals import Closed, OtherAddressee, SameLetter


@dataclass(frozen=True)
class Amended:
    """How many are told by mail, and the names of those whose signature lapses and whom no mail of ours tells."""

    told: int
    fallen: int
    not_told: list[str]


def change_letter(session: Session, campaign_id: int, definition: Definition, *, meaning: bool) -> Amended:
    """Put the letter and its addressees as `definition` has them in place of the present ones.

    A typo leaves every answer as it is. Another `meaning` takes back who signed or asked for a change, and asks
    everybody again; who declined or withdrew is asked once and stays so without an answer.
    Raises Closed once the deadline has passed, SameLetter or OtherAddressee.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("amend", campaign)
    before, after = campaign.letter, launch.letter_of(definition)
    if before.hash == after.hash and _addressed(before) == _addressed(after):
        raise SameLetter(slug=campaign.slug)
    if not meaning and _to_whom(before) != _to_whom(after):
        raise OtherAddressee
    after.version, after.meaning = before.version + 1, before.meaning + meaning
    campaign.letters.append(after)
    session.flush()
    superseded = Mail.kind.in_(kinds.cancelled_by("amendment"))
    outbox.cancel(session, Mail.campaign_id == campaign.id, superseded, at=now)
    standing = load_standing(session, campaign, joinedload(Answer.partner))
    concerned = load_to_ask_again(session, campaign) if meaning else _signers(campaign, standing)
    kind, which = "amended" if meaning else "corrected", f"version-{after.version}"
    answering, rows = load_answering_contacts(session, campaign), []
    for p in concerned:
        about = outbox.MailOptions(answer_id=standing[p.id].id if p.id in standing else None)
        if p.takes_mail:
            rows.append(outbox.to_partner(kind, campaign, p, which, now, **about))
        if p.silenced_at is None:
            rows += [outbox.to_contact(kind, campaign, one, which, now, **about) for one in answering.get(p.id, [])]
    told = outbox.put(session, rows)
    fallen = [one for one in standing.values() if meaning and CHOICES[one.choice].lapses]
    for one in fallen:
        one.superseded_at = now
    outbox.cancel(session, Mail.answer_id.in_([one.id for one in fallen]), Mail.kind == "receipt")
    what = "meaning" if meaning else "typo"
    audit.log(session, campaign, "organizer", "amended", detail=f"version {after.version}, {what}", at=now)
    by_mail = {row["partner_id"] for row in rows}
    not_told = [one.partner.organization for one in fallen if one.partner_id not in by_mail]
    return Amended(told, sum(one.signs for one in fallen), not_told)


def _addressed(letter: Letter) -> list[tuple[Any, ...]]:
    return [(*_one(a), a.office, a.salutation, a.address, a.email) for a in letter.addressees]


def _to_whom(letter: Letter) -> list[tuple[Any, ...]]:
    return [_one(addressee) for addressee in letter.addressees]


def _one(addressee: Addressee) -> tuple[str, bool]:
    return addressee.name, addressee.copy


def _signers(campaign: Campaign, standing: dict[int, Answer]) -> list[Partner]:
    return [one.partner for one in standing.values() if one.signs and one.letter.meaning == campaign.letter.meaning]
