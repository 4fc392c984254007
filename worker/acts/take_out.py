"""A partner that should not have been asked: out of the list with its answer, as long as the letter has not left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.acts.close import void_seal
from worker.mail import kinds, outbox, undo_minutes
from worker.models import Answer, Campaign, Contact, Mail, Partner
from worker.state import recipients
from worker.state.answers import standing_answer
from worker.state.letters import delivery_state, load_letters
from worker.state.refusals import CannotBeTakenOut, Closed, Erased, TakenOut


@dataclass(frozen=True)
class Removed:
    """What became of it: how many mails tell it, whether its answer fell, and a seal that counts it."""

    told: int
    answered: bool
    voids: bool


def take_out_partner(session: Session, partner_id: int, *, tell: bool = True) -> Removed:
    """Count a partner nowhere from now on, and send it nothing more but that.

    Its answer stands no more, which voids a seal that counts it; its links say what happened. Only who had a mail, and
    wants mail, is told, a minute later. Raises TakenOut if it is so already, Erased, Closed of a letter that was
    cancelled, and CannotBeTakenOut once the letter has left, or may have.
    """
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    letters = load_letters(session, campaign, lock=True)
    now = db.clock(session)
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    if campaign.cancelled_at is not None:
        raise Closed.to("remove", campaign)
    if (where := delivery_state(campaign, letters)) != "not_sent":
        raise CannotBeTakenOut(where=where)
    rows = _mails_that_tell(session, campaign, partner, now) if tell else []
    standing = standing_answer(session, partner.id)
    voids = standing is not None and standing.signs and campaign.closed_at is not None
    if standing is not None:
        standing.superseded_at = now
    if voids:
        void_seal(session, campaign, now)
    partner.taken_out_at = now
    outbox.cancel(session, Mail.partner_id == partner.id, Mail.due_at.is_not(None), at=now)
    outbox.put(session, rows)
    audit.log(session, campaign, "organizer", "taken_out", partner, detail=len(rows), at=now)
    return Removed(len(rows), standing is not None, voids)


def put_back_partner(session: Session, partner_id: int) -> bool:
    """Take back that a partner was taken out, while answers are taken; whether it is asked once more.

    It is, if it was told that it is not asked any more, missed a change, or has no invitation. If nobody was told, its
    answer stands again, unless the letter means something else now. Raises InPanic, Closed, Erased, or TakenOut where
    it was not taken out.
    """
    campaign, partner = locking.lock_partner_alone(session, partner_id, even_taken_out=True)
    locking.require_calm(campaign)
    now = db.clock(session)
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    if partner.taken_out_at is None:
        raise TakenOut(organization=partner.organization, is_out=False)
    if not campaign.takes_answers(at=now):
        raise Closed.to("remove", campaign)
    taken_out_at, partner.taken_out_at = partner.taken_out_at, None
    tells = (Mail.partner_id == partner.id, Mail.kind == "taken_out")
    outbox.cancel(session, *tells, Mail.lease_holder.is_(None), at=now)
    was_told = session.scalar(select(Mail.id).where(*tells, Mail.cancelled_at.is_(None)).limit(1)) is not None
    stands = None if was_told else _stand_again(session, campaign, partner, taken_out_at)
    changes = (campaign.deadline_set_at, campaign.letter.made_at)
    missed = was_told or any(one is not None and one > taken_out_at for one in changes)
    asked = partner.takes_mail and stands is None and (missed or not recipients.may_have_heard(session, partner))
    if asked:
        due_at = undo_minutes.undo_until(campaign, now)
        again = outbox.to_partner("invitation", campaign, partner, outbox.moment_key(now), now, due_at=due_at)
        outbox.put(session, [again])
    audit.log(session, campaign, "organizer", "put_back", partner, detail=int(asked), at=now)
    return asked


def _mails_that_tell(session: Session, campaign: Campaign, partner: Partner, now: datetime) -> list[outbox.MailRow]:
    which, due_at = outbox.moment_key(now), undo_minutes.undo_until(campaign, now)
    rows = []
    if partner.takes_mail and recipients.may_have_heard(session, partner):
        rows.append(outbox.to_partner("taken_out", campaign, partner, which, now, due_at=due_at))
    if partner.silenced_at is None:
        answering = recipients.select_answering_contacts(Contact.partner_id == partner.id)
        rows += [
            outbox.to_contact("taken_out", campaign, one, which, now, due_at=due_at)
            for one in session.scalars(answering)
        ]
    return rows


def _stand_again(session: Session, campaign: Campaign, partner: Partner, taken_out_at: datetime) -> Answer | None:
    """The answer that fell as it was taken out, if it is to this letter; what asks for one is of no use then."""
    fell = select(Answer).where(Answer.partner_id == partner.id, Answer.superseded_at == taken_out_at)
    answer = session.scalar(fell)
    if answer is None or answer.letter.meaning != campaign.letter.meaning:
        return None
    answer.superseded_at = None
    asks = Mail.kind.in_(kinds.cancelled_by("answer"))
    outbox.cancel(session, Mail.partner_id == partner.id, asks)
    return answer
