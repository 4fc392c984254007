"""A partner answers: signs, declines, withdraws, asks for a change; by its link, or by hand through an organizer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import close, departure, diary, speaking, stages
from worker.acts.speaking import LinkIsDead, Refusal, Speaking
from worker.acts.stages import EXPOSURE, GONE, MAY, Action
from worker.mail import outbox
from worker.models import Answer, Campaign, Event, Mail, Partner

Visibility = Literal["public", "addressee", "counted"]
Choice = Literal["sign", "decline", "withdraw", "change"]

AN_HOUR, BETWEEN_RECEIPTS, RECEIPTS_AT_ONCE = timedelta(hours=1), timedelta(minutes=10), 3
DISOWNED = "disowned its answer"


class NotSigned(Refusal):
    """There is no signature to withdraw."""


class NotAnswered(Refusal):
    """No answer stands, so there is none to disown."""


class NotOffered(Refusal):
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


@dataclass(frozen=True)
class Given:
    """One answer as it was given; `generation` is that of the link by which it came, null by hand."""

    partner_id: int
    choice: Choice
    visibility: Visibility | None
    said: Said
    generation: int | None = None


def record(session: Session, given: Sequence[Given]) -> list[Answer | Refusal]:
    """Record answers of partners of one campaign, of each one at most; for each what stands now, or why not.

    The same again changes nothing. Holds the campaign's lock, so that nobody is accepted after the list was taken:

    - sign: after the deadline only a signature that exposes less than before is taken; who signs may stay unsaid.
    - decline.
    - change: it would sign if `said.passage` changed as `said.reason` wishes, and neither signs nor declines by it.
      The organizers are told, of one partner once in an hour at most.
    - withdraw, at any moment: after the deadline it voids the seal; close makes the next one, without this
      organization. Once the letter has left, the organizers are told to tell the addressee.
    """
    held = speaking.partners(session, {one.partner_id: one.generation for one in given})
    results: list[Answer | Refusal] = []
    new: list[tuple[Speaking, Answer]] = []
    for one in given:
        try:
            if (speaks := held.get(one.partner_id)) is None:
                raise LinkIsDead
            results.append(answer := _decided(speaks, one))
            if answer is not speaks.standing:
                new.append((speaks, answer))
        except Refusal as refusal:
            results.append(refusal)
    if new:
        _write(session, new)
    return results


def sign(
    session: Session, partner_id: int, visibility: Visibility, said: Said, *, generation: int | None = None
) -> Answer:
    """Record one signature. Raises Closed, LetterHasLeft, LetterChanged, NotOffered or LinkIsDead."""
    return _alone(session, Given(partner_id, "sign", visibility, said, generation))


def decline(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Record that one does not sign. Raises Closed, LetterHasLeft, LetterChanged or LinkIsDead."""
    return _alone(session, Given(partner_id, "decline", None, said, generation))


def ask_for_a_change(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Record one wish. Raises Closed, LetterHasLeft, LetterChanged or LinkIsDead."""
    return _alone(session, Given(partner_id, "change", None, said, generation))


def withdraw(session: Session, partner_id: int, said: Said, *, generation: int | None = None) -> Answer:
    """Take one signature back. Raises NotSigned, Closed or LinkIsDead."""
    return _alone(session, Given(partner_id, "withdraw", None, said, generation))


def _alone(session: Session, given: Given) -> Answer:
    (result,) = record(session, [given])
    if isinstance(result, Refusal):
        raise result
    return result


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
        .order_by(Partner.id)  # as whoever answers locks them: in another order two would wait in a circle
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


def _decided(held: Speaking, given: Given) -> Answer:
    """What is to stand: a new answer, not yet written, or the one that does if it says the same. Raises a Refusal.

    It changes nothing: what is refused here is committed beside what is not.
    """
    before, said = held.standing, given.said
    match given.choice:
        case "withdraw":
            if before is None or before.choice not in {"sign", "withdraw"}:
                raise NotSigned
            if before.choice == "withdraw":
                return before
            held.must_allow("withdraw")
        case "sign":
            said = _signed(held, given)
            held.must_have_read(said.read)
        case choice:
            held.must_allow(choice)
            held.must_have_read(said.read)
    if before is not None and _says_the_same(before, given, said, held.meaning):
        return before
    return Answer(
        partner_id=held.partner.id,
        letter_id=held.letter_id,
        choice=given.choice,
        visibility=given.visibility,
        representative=said.representative,
        role=said.role,
        reason=said.reason,
        language=said.language,
        channel=said.channel,
        note=said.note,
        at=held.now,  # the moment at which it was found to be in time: a later one could be too late
        passage=said.passage,
    )


def _signed(held: Speaking, given: Given) -> Said:
    """Who signs. After the deadline it exposes less than before, or is refused."""
    visibility, said, before = given.visibility or "", given.said, held.standing
    if visibility not in held.campaign.visibilities:
        raise NotOffered(visibility)
    if "sign" in MAY[held.stage]:
        return said
    if before is None or not before.signs or EXPOSURE[visibility] >= EXPOSURE[before.visibility or ""]:
        raise held.too_late()
    held.must_allow("reduce")
    return replace(said, representative=said.representative or before.representative, role=said.role or before.role)


def _write(session: Session, new: Sequence[tuple[Speaking, Answer]]) -> None:
    """Let these answers stand in place of those before them, with all that follows from it."""
    campaign, now = new[0][0].campaign, new[0][0].now
    _call_back(session, new[0][0])
    superseded = [held.standing for held, _ in new if held.standing is not None]
    for before in superseded:
        before.superseded_at = now
    if superseded:
        session.flush()  # of each partner one stands at most
    session.add_all([answer for _, answer in new])
    wishes = []
    for held, answer in new:
        by_link = answer.channel == "link"
        if by_link:
            held.partner.language = answer.language  # in which it gets its mails from now on
        diary.note(session, campaign, "partner" if by_link else "organizer", answer.choice, held.partner, now)
        if answer.choice == "change":
            wishes.append(outbox.to_organizers("wish", campaign, f"partner-{held.partner.id}/{now:%Y%m%dT%H}", now))
    session.flush()
    # Whoever has answered is not asked again, even if the mail is in the outbox already; nor told what is past.
    asks = Mail.kind.in_(["invitation", "reminder", "receipt", "amended"])
    outbox.cancel(session, Mail.partner_id.in_([held.partner.id for held, _ in new]), asks, at=now)
    left = [held.partner.id for held, answer in new if not answer.signs]
    if left and campaign.dispatched_at is not None:
        outbox.cancel(session, Mail.partner_id.in_(left), Mail.kind == "copy", at=now)
    if wishes:
        outbox.put(session, wishes)
    for held, answer in new:
        _tell_what_came_too_late(session, held, answer)


def _says_the_same(before: Answer, given: Given, said: Said, meaning: int) -> bool:
    then = (before.choice, before.visibility, before.representative, before.role, before.reason, before.passage or "")
    now = (given.choice, given.visibility, said.representative, said.role, said.reason, said.passage)
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
