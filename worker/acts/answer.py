"""A partner answers: signs, declines, withdraws, changes its mind; by its link, or by hand through an organizer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import close, diary
from worker.mail import outbox
from worker.models import Answer, Campaign, Mail, Partner

Visibility = Literal["public", "addressee", "counted"]
Choice = Literal["sign", "decline", "withdraw"]

AN_HOUR, BETWEEN_RECEIPTS, RECEIPTS_AT_ONCE = timedelta(hours=1), timedelta(minutes=10), 3
DISOWNED = "disowned its answer"
EXPOSURE = {"public": 3, "addressee": 2, "counted": 1}


class Closed(Exception):
    """The deadline has passed: nothing more can be added. What was recorded before stands."""


class LetterHasLeft(Exception):
    """The letter is with its addressee, or on the way: it cannot be called back."""


class NotSigned(Exception):
    """There is no signature to withdraw."""


class NotAnswered(Exception):
    """No answer stands, so there is none to disown."""


class NotOffered(Exception):
    """The campaign does not let partners sign in this way."""


class LinkIsDead(Exception):
    """The address was corrected after this link was made: it speaks for nobody any more."""


@dataclass(frozen=True)
class Said:
    """Who speaks, in which language it was read, and how it reached us."""

    representative: str = ""
    role: str = ""
    reason: str = ""
    language: str = "en"
    channel: Literal["link", "by hand"] = "link"
    note: str = ""


def sign(
    session: Session, partner_id: int, visibility: Visibility, said: Said, *, generation: int | None = None
) -> Answer:
    """Record that an organization signs; the same again changes nothing.

    Holds the campaign's lock, so that nobody is accepted after the list was taken. After the deadline only
    a signature that exposes less than before is taken, until the letter has left; who signs may stay unsaid then.
    `generation` is that of the link it came by, null by hand. Raises Closed, LetterHasLeft, NotOffered or LinkIsDead.
    """
    campaign, partner, standing = _hold(session, partner_id, generation)
    if visibility not in campaign.visibilities:
        raise NotOffered(visibility)
    if not campaign.takes_answers(at=(now := db.clock(session))):
        if standing is None or not standing.signs or EXPOSURE[visibility] >= EXPOSURE[standing.visibility or ""]:
            raise _why_closed(session, campaign)
        _call_back(session, campaign)
        said = replace(
            said, representative=said.representative or standing.representative, role=said.role or standing.role
        )
    return _supersede(session, campaign, partner, standing, "sign", visibility, said, now)


def decline(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Record that an organization does not sign. Raises Closed after the deadline, LetterHasLeft or LinkIsDead."""
    campaign, partner, standing = _hold(session, partner_id, generation)
    if not campaign.takes_answers(at=(now := db.clock(session))):
        raise _why_closed(session, campaign)
    return _supersede(session, campaign, partner, standing, "decline", None, said, now)


def withdraw(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Take a signature back: at any moment until the letter has left.

    After the deadline it voids the seal; close makes the next one, without this organization.
    Raises NotSigned, LetterHasLeft or LinkIsDead.
    """
    campaign, partner, standing = _hold(session, partner_id, generation)
    if standing is None or standing.choice == "decline":
        raise NotSigned
    if standing.choice == "withdraw":
        return standing
    if not campaign.takes_answers(at=(now := db.clock(session))):
        _call_back(session, campaign)
    return _supersede(session, campaign, partner, standing, "withdraw", None, said, now)


def disown(session: Session, partner_id: int, *, generation: int | None = None) -> None:
    """Undo an answer that somebody else gave in a partner's name: none stands then, and its links die.

    While answers are taken, its address gets an invitation with a new link; the organizers are told in any case.
    After the deadline only a signature can be disowned, which voids the seal.
    Raises NotAnswered, Closed, LetterHasLeft or LinkIsDead.
    """
    campaign, partner, standing = _hold(session, partner_id, generation)
    if standing is None:
        raise NotAnswered
    open = campaign.takes_answers(at=(now := db.clock(session)))
    if not open:
        if not standing.signs:
            raise _why_closed(session, campaign)
        _call_back(session, campaign)
    standing.superseded_at = now
    partner.generation += 1
    outbox.cancel(session, Mail.partner_id == partner.id)
    mails = [outbox.to_organizers("disowned", campaign, str(standing.id), now)]
    if open and partner.email_hmac is not None and partner.quiet_at is None:
        mails.append(outbox.to_partner("invitation", campaign, partner, str(partner.generation), now))
    outbox.put(session, mails)
    diary.note(session, campaign, "partner", DISOWNED, partner)


def standing(session: Session, partner_id: int) -> Answer | None:
    """The answer that stands for a partner now."""
    return session.scalar(select(Answer).where(Answer.partner_id == partner_id, Answer.superseded_at.is_(None)))


def choices(session: Session, campaign: Campaign, answer: Answer | None) -> set[str]:
    """What a partner could say at this moment: sign, decline, withdraw, and less (sign, exposing less)."""
    if campaign.cancelled_at is not None:
        return set()
    if campaign.takes_answers(at=db.clock(session)):
        return {"sign", "withdraw" if answer and answer.signs else "decline"}
    if answer is None or not answer.signs or close.has_left_entirely(session, campaign):
        return set()
    lesser = [v for v in campaign.visibilities if EXPOSURE[v] < EXPOSURE[answer.visibility or ""]]
    return {"withdraw", "less"} if lesser else {"withdraw"}


def receipts(session: Session, campaign_id: int) -> int:
    """Put a receipt for each standing answer that has none; returns how many.

    A partner without an address, or that wants no mail, gets none. Whoever answers without end gets three at once,
    and then one in ten minutes at most, about the answer that stands by then: nobody can be flooded in our name.
    """
    campaign = session.get_one(Campaign, campaign_id)
    receipted = select(Mail.answer_id).where(Mail.campaign_id == campaign_id, Mail.kind == "receipt")
    answers = session.scalars(
        select(Answer)
        .join(Partner)
        .where(Partner.campaign_id == campaign_id, Partner.email_hmac.is_not(None), Answer.id.not_in(receipted))
        .where(Answer.superseded_at.is_(None), Partner.quiet_at.is_(None))
        .order_by(Answer.id)
    ).all()
    now = db.clock(session)
    rows = [
        outbox.to_partner("receipt", campaign, a.partner, str(a.id), now, answer_id=a.id, language=a.language)
        | {"due_at": _receipt_due(session, a.partner_id, now)}
        for a in answers
    ]
    return outbox.put(session, rows)


def _receipt_due(session: Session, partner_id: int, now: datetime) -> datetime:
    """At once, until somebody floods this partner."""
    recent = select(func.count(), func.max(Mail.sent_at)).where(
        Mail.partner_id == partner_id, Mail.kind == "receipt", Mail.dated_at > now - AN_HOUR
    )
    count, last_sent = session.execute(recent).one()
    return now if count < RECEIPTS_AT_ONCE or last_sent is None else max(now, last_sent + BETWEEN_RECEIPTS)


def _hold(session: Session, partner_id: int, generation: int | None) -> tuple[Campaign, Partner, Answer | None]:
    """Lock the campaign, shared, then this partner; read both only afterwards, and whether the link still lives."""
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == partner_id)).one()
    campaign = db.locked(session, campaign_id, "shared")
    partner = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    if generation not in {None, partner.generation}:
        raise LinkIsDead
    return campaign, partner, standing(session, partner_id)


def _supersede(
    session: Session,
    campaign: Campaign,
    partner: Partner,
    before: Answer | None,
    choice: Choice,
    visibility: Visibility | None,
    said: Said,
    now: datetime,
) -> Answer:
    """Write it down as of the moment at which it was found to be in time: a later one could be too late."""
    if before is not None and _says_the_same(before, choice, visibility, said):
        return before
    if before is not None:
        before.superseded_at = now
        session.flush()
    answer = Answer(
        partner=partner,
        letter=campaign.letter,
        choice=choice,
        visibility=visibility,
        representative=said.representative,
        role=said.role,
        reason=said.reason,
        language=said.language,
        channel=said.channel,
        note=said.note,
        at=now,
    )
    session.add(answer)
    if said.channel == "link":
        partner.language = said.language  # in which it gets its mails from now on
    # Whoever has answered is not asked again, even if the mail is in the outbox already; nor told what is past.
    outbox.cancel(session, Mail.partner_id == partner.id, Mail.kind.in_(["invitation", "reminder", "receipt"]))
    actor = "partner" if said.channel == "link" else "organizer"
    diary.note(session, campaign, actor, choice, partner)
    session.flush()
    return answer


def _says_the_same(before: Answer, choice: Choice, visibility: Visibility | None, said: Said) -> bool:
    then = (before.choice, before.visibility, before.representative, before.role, before.reason)
    return then == (choice, visibility, said.representative, said.role, said.reason)


def _call_back(session: Session, campaign: Campaign) -> None:
    """Void the seal and cancel the letters that carry it; raises LetterHasLeft if none can be called back."""
    if close.has_left_entirely(session, campaign, lock=True):
        raise LetterHasLeft
    close.void(session, campaign)


def _why_closed(session: Session, campaign: Campaign) -> Exception:
    return LetterHasLeft() if close.has_left_entirely(session, campaign) else Closed()
