"""A partner answers: signs, declines, withdraws, asks for a change; by its link, or by hand through an organizer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import close, departure, diary, speaking, stages
from worker.acts.speaking import Speaking
from worker.acts.stages import EXPOSURE, GONE, MAY, Action
from worker.mail import outbox
from worker.models import Answer, Campaign, Event, Mail, Partner

Visibility = Literal["public", "addressee", "counted"]
Choice = Literal["sign", "decline", "withdraw", "change"]

AN_HOUR, BETWEEN_RECEIPTS, RECEIPTS_AT_ONCE = timedelta(hours=1), timedelta(minutes=10), 3
DISOWNED = "disowned its answer"


class NotSigned(Exception):
    """There is no signature to withdraw."""


class NotAnswered(Exception):
    """No answer stands, so there is none to disown."""


class NotOffered(Exception):
    """The campaign does not let partners sign in this way."""


@dataclass(frozen=True)
class Said:
    """Who speaks, in which language it was read, and how it reached us.

    `read` is the meaning of the letter that was read, null if that is not known.
    """

    representative: str = ""
    role: str = ""
    reason: str = ""
    language: str = "en"
    channel: Literal["link", "by hand"] = "link"
    note: str = ""
    passage: str = ""
    read: int | None = None


def sign(
    session: Session, partner_id: int, visibility: Visibility, said: Said, *, generation: int | None = None
) -> Answer:
    """Record that an organization signs; the same again changes nothing.

    Holds the campaign's lock, so that nobody is accepted after the list was taken. After the deadline only
    a signature that exposes less than before is taken; who signs may stay unsaid then.
    `generation` is that of the link it came by, null by hand.
    Raises Closed, LetterHasLeft, LetterChanged, NotOffered or LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    if visibility not in held.campaign.visibilities:
        raise NotOffered(visibility)
    if "sign" not in MAY[held.stage]:
        before = held.standing
        if before is None or not before.signs or EXPOSURE[visibility] >= EXPOSURE[before.visibility or ""]:
            raise held.too_late()
        held.must_allow("reduce")
        _call_back(session, held)
        said = replace(said, representative=said.representative or before.representative, role=said.role or before.role)
    held.must_have_read(said.read)
    return _supersede(session, held, "sign", visibility, said)


def decline(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Record that an organization does not sign. Raises Closed, LetterHasLeft, LetterChanged or LinkIsDead."""
    held = speaking.partner(session, partner_id, generation)
    held.must_allow("decline")
    held.must_have_read(said.read)
    return _supersede(session, held, "decline", None, said)


def ask_for_a_change(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Record that an organization would sign if `said.passage` changed as `said.reason` wishes.

    It neither signs nor declines by it. The organizers are told, of one partner once in an hour at most.
    Raises Closed, LetterHasLeft, LetterChanged or LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    held.must_allow("change")
    held.must_have_read(said.read)
    answer = _supersede(session, held, "change", None, said)
    which = f"partner-{partner_id}/{held.now:%Y%m%dT%H}"
    outbox.put(session, [outbox.to_organizers("wish", held.campaign, which, held.now)])
    return answer


def withdraw(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Take a signature back, at any moment.

    After the deadline it voids the seal; close makes the next one, without this organization. Once the letter has
    left, it is recorded, and the organizers are told to tell the addressee. Raises NotSigned, Closed or LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    if held.standing is None or held.standing.choice not in {"sign", "withdraw"}:
        raise NotSigned
    if held.standing.choice == "withdraw":
        return held.standing
    held.must_allow("withdraw")
    _call_back(session, held)
    return _supersede(session, held, "withdraw", None, said)


def disown(session: Session, partner_id: int, *, generation: int | None = None) -> None:
    """Undo an answer that somebody else gave in a partner's name: none stands then, and its links die.

    While answers are taken, its address gets an invitation with a new link; the organizers are told in any case.
    After the deadline only a signature can be disowned, with what a withdrawal does then.
    Raises NotAnswered, Closed, LetterHasLeft or LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    campaign, partner, standing, now = held.campaign, held.partner, held.standing, held.now
    if standing is None:
        raise NotAnswered
    held.must_allow("disown")
    if held.stage != "open" and not standing.signs:
        raise held.too_late()
    _call_back(session, held)
    standing.superseded_at = now
    partner.generation += 1
    partner.proposed = None
    outbox.cancel(session, Mail.partner_id == partner.id)
    mails = [outbox.to_organizers("disowned", campaign, str(standing.id), now)]
    if held.stage == "open" and partner.email_hmac is not None and partner.quiet_at is None:
        mails.append(outbox.to_partner("invitation", campaign, partner, str(partner.generation), now))
    outbox.put(session, mails)
    diary.note(session, campaign, "partner", DISOWNED, partner)
    _tell_what_came_too_late(session, held, None)


def was_disowned(session: Session, answer: Answer) -> bool:
    """Whether a partner has said that an answer was not its own."""
    said = exists().where(Event.partner_id == answer.partner_id, Event.what == DISOWNED, Event.at >= answer.at)
    return bool(session.scalar(select(said)))


def offered(session: Session, campaign: Campaign, answer: Answer | None) -> set[Action]:
    """What a partner could do at this moment."""
    return stages.offered(campaign, stages.of(session, campaign, db.clock(session)), answer)


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


def _supersede(session: Session, held: Speaking, choice: Choice, visibility: Visibility | None, said: Said) -> Answer:
    """Write it down as of the moment at which it was found to be in time: a later one could be too late."""
    campaign, partner, before = held.campaign, held.partner, held.standing
    if before is not None and _says_the_same(before, choice, visibility, said, held.meaning):
        return before
    if before is not None:
        before.superseded_at = held.now
        session.flush()
    answer = Answer(
        partner_id=partner.id,
        letter_id=held.letter_id,
        choice=choice,
        visibility=visibility,
        representative=said.representative,
        role=said.role,
        reason=said.reason,
        language=said.language,
        channel=said.channel,
        note=said.note,
        at=held.now,
        passage=said.passage,
    )
    session.add(answer)
    if said.channel == "link":
        partner.language = said.language  # in which it gets its mails from now on
    # Whoever has answered is not asked again, even if the mail is in the outbox already; nor told what is past.
    asks = Mail.kind.in_(["invitation", "reminder", "receipt", "amended"])
    outbox.cancel(session, Mail.partner_id == partner.id, asks, at=held.now)
    actor = "partner" if said.channel == "link" else "organizer"
    diary.note(session, campaign, actor, choice, partner, held.now)
    session.flush()
    _tell_what_came_too_late(session, held, answer)
    return answer


def _says_the_same(before: Answer, choice: Choice, visibility: Visibility | None, said: Said, meaning: int) -> bool:
    then = (before.choice, before.visibility, before.representative, before.role, before.reason, before.passage or "")
    now = (choice, visibility, said.representative, said.role, said.reason, said.passage)
    return then == now and before.letter.meaning == meaning


def _call_back(session: Session, held: Speaking) -> None:
    """Void the seal and cancel the letters that carry it, as far as there are any and they have not left."""
    if held.stage != "open" and held.stage not in GONE:
        close.void(session, held.campaign)


def _tell_what_came_too_late(session: Session, held: Speaking, answer: Answer | None) -> None:
    """Tell the organizers of an addressee who reads more of this partner than its answer says now."""
    gone = departure.of(session, held.campaign, held.partner, answer)
    if held.standing is not None and (gone.naming or gone.counting):
        outbox.put(session, [outbox.to_organizers("notice", held.campaign, str(held.standing.id), held.now)])
