"""A partner answers: signs, declines, withdraws, asks for a change; by its link, or by hand through an organizer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import audit, locking, two_persons
from worker.acts.after_departure import tell_what_came_too_late, void_what_has_not_left
from worker.acts.locking import LockedPartner
from worker.choices import CHOICES, Choice
from worker.mail import kinds, outbox
from worker.models import Actor, Answer, AuditEvent, Channel, Partner, Visibility, new_row
from worker.state.answers import exposure
from worker.state.lifecycle import VISIBILITY_RANK
from worker.state.links import Link
from worker.state.refusals import (
    AnsweredMeanwhile,
    Erased,
    LinkRevoked,
    NotFilledIn,
    NotOffered,
    NotSigned,
    Refused,
    Silenced,
)
from worker.text import characters

MAX_NAME, MAX_REASON = 200, 2000  # characters


@dataclass(frozen=True)
class Statement:
    """Who speaks, in which language it was read, and how it reached us.

    `read` is the meaning of the letter that was read, `version` its version, null if that is not known. `stood` names
    the answer that stood on the page that was sent, as `standing_mark` does; empty if that is not known.
    """

    representative: str = ""
    role: str = ""
    reason: str = ""
    language: str = "en"
    channel: Channel = "link"
    note: str = ""
    passage: str = ""
    read: int | None = None
    version: int | None = None
    stood: str = ""


@dataclass(frozen=True)
class AnswerInput:
    """One answer as it was given; `link` is the one by which it came, null by hand."""

    partner_id: int
    choice: Choice
    visibility: Visibility | None
    said: Statement
    link: Link | None = None


def standing_mark(at: datetime | None) -> str:
    """Names the answer that stands by its moment: a page carries it, and no number that others could count by."""
    return f"{at.timestamp():.6f}" if at else "none"


def record_answers(
    session: Session, given: Sequence[AnswerInput], partners: Sequence[Partner] | None = None
) -> list[Answer | Refused]:
    """Record answers of partners of one campaign, of each one at most; for each what stands now, or why not.

    A new one is returned without its number. The same again changes nothing. Holds the campaign's lock, so that nobody
    is accepted after the list was taken; `partners` have them, where they are locked already:

    - sign: after the deadline only a signature that exposes less than before is taken; who signs may stay unsaid.
    - decline.
    - change: it would sign if `said.passage` changed as `said.reason` wishes, and neither signs nor declines by it.
      The organizers are told, of one partner once in an hour at most.
    - withdraw, at any moment: after the deadline it voids the seal; close makes the next one, without this
      organization. Once the letter has left, the organizers are told to tell the addressee.
    """
    links = {one.partner_id: one.link for one in given}
    if partners is None:
        partners = locking.lock_partners(session, links)
    locked = locking.read_locked(session, partners, links)
    results: list[Answer | Refused] = []
    new: list[tuple[LockedPartner, Answer]] = []
    for one in given:
        try:
            if (held := locked.get(one.partner_id)) is None:
                raise LinkRevoked
            answer = _decided(held, one)
            if answer is not held.standing:
                _require_second_person(session, held, one)
                new.append((held, answer))
            results.append(answer)
        except Refused as refused:
            results.append(refused)
    if new:
        _write(session, new)
    return results


def _require_second_person(session: Session, held: LockedPartner, given: AnswerInput) -> None:
    """Whoever signed less visibly is shown more by hand only if two persons want that; also if it withdrew since."""
    before = held.standing
    if given.link is not None or given.choice != "sign" or not held.campaign.two_persons:
        return
    rank = VISIBILITY_RANK[given.visibility or ""]
    if before is not None and before.signs and VISIBILITY_RANK[before.visibility or ""] >= rank:
        return
    signed = select(Answer.visibility).where(Answer.partner_id == held.partner.id, Answer.choice == "sign")
    if any(VISIBILITY_RANK[one or ""] < rank for one in session.scalars(signed)):
        said = {name: getattr(given.said, name) for name in ("representative", "role", "note", "language")}
        two_persons.require(
            session, held.campaign, "show_more", partner=held.partner.id, visibility=given.visibility, **said
        )


def sign(session: Session, partner_id: int, visibility: Visibility, said: Statement) -> Answer:
    """Record one signature.

    Raises Closed, LetterHasLeft, LetterChanged, NotOffered, NotFilledIn, LinkRevoked, or SecondPersonNeeded by hand.
    """
    return _alone(session, AnswerInput(partner_id, "sign", visibility, said))


def decline(session: Session, partner_id: int, said: Statement) -> Answer:
    """Record that one does not sign. Raises Closed, LetterHasLeft, LetterChanged or LinkRevoked."""
    return _alone(session, AnswerInput(partner_id, "decline", None, said))


def withdraw(session: Session, partner_id: int, said: Statement) -> Answer:
    """Take one signature back. Raises NotSigned, Closed or LinkRevoked."""
    return _alone(session, AnswerInput(partner_id, "withdraw", None, said))


def record_by_hand(
    session: Session, partner_id: int, choice: Choice, visibility: Visibility | Literal[""] | None, said: Statement
) -> Answer:
    """Record what reached an organizer in another way; the note says in which.

    Raises NotFilledIn with all that is missing, and whatever `sign`, `decline` or `withdraw` raises.
    """
    texts = {name: getattr(said, name).strip() for name in ("representative", "role", "note")}
    said = replace(said, **texts, channel="by hand")
    partner = session.get_one(Partner, partner_id)
    is_open = partner.campaign.takes_answers(at=db.clock(session))
    found = {"visibility": "visibility by hand missing"} if visibility == "" else {}
    found |= {
        field: _BY_HAND.get(code, code)
        for field, code in problems(said, choice, names_itself=choice == "sign" and is_open).items()
    }
    if wrong := wrong_with_text(said.note) or ("" if said.note else "note missing"):
        found["note"] = wrong
    if found:
        raise NotFilledIn(problems=found)
    return _alone(session, AnswerInput(partner_id, choice, visibility or None, said))


_BY_HAND = {"representative missing": "signer missing", "role missing": "signer role missing"}


def problems(said: Statement, choice: str, *, names_itself: bool) -> dict[str, str]:
    """What is missing or cannot be taken of what was said, as a code by field.

    `names_itself`: whoever signs says its name and role; who only reduces its exposure need not.
    """
    found = {}
    for field in ("representative", "role"):
        text = getattr(said, field)
        if len(text) > MAX_NAME:
            found[field] = f"{field} too long"
        elif any(characters.unfit_unprinted(text.strip())):
            found[field] = f"{field} unfit"
        elif names_itself and not characters.has_letters(text):
            found[field] = f"{field} missing"
    if choice in CHOICES and CHOICES[choice].needs_reason and not said.reason.strip():
        found["reason"] = "reason missing"
    return found | {field: wrong for field in ("reason", "passage") if (wrong := wrong_with_text(getattr(said, field)))}


def wrong_with_text(text: str) -> str:
    """What is wrong with a text of several lines, as a code; empty if nothing."""
    if len(text) > MAX_REASON:
        return "too long"
    return "unfit" if any(characters.unfit_unprinted(text, allowed="\n\t")) else ""


def _alone(session: Session, given: AnswerInput) -> Answer:
    (result,) = record_answers(session, [given])
    if isinstance(result, Refused):
        raise result
    return result


def _decided(held: LockedPartner, given: AnswerInput) -> Answer:
    """What is to stand: a new answer, not yet written, or the one that does if it says the same. Raises a Refused.

    It changes nothing: what is refused here is committed beside what is not.
    """
    before, said = held.standing, given.said
    match given.choice:
        case "withdraw":
            if before is None or before.choice not in {"sign", "withdraw"}:
                raise NotSigned(organization=held.partner.organization)
            if before.choice == "withdraw":
                return before
            held.require("withdraw")
        case "sign":
            said = _signed(held, given)
            held.require_read(said.read)
        case choice:
            held.require(choice)
            _require_kept(held)
            held.require_read(said.read)
    if found := problems(said, given.choice, names_itself=given.choice == "sign" and held.allows("sign")):
        raise NotFilledIn(problems=found)
    if before is not None and _says_the_same(before, given, said, held.meaning):
        return before
    if _may_overturn(held, given) and said.stood not in {"", standing_mark(before.at if before else None)}:
        raise AnsweredMeanwhile
    return Answer(
        partner_id=held.partner.id,
        letter_id=held.letter_read(said.version),
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
        contact_id=held.contact_id,
        replaces_id=before.id if before else None,
    )


def _may_overturn(held: LockedPartner, given: AnswerInput) -> bool:
    """Whether it may undo what another said; what only reduces the exposure of what stands is never kept back."""
    return given.choice != "withdraw" and (given.choice != "sign" or held.allows("sign"))


def _signed(held: LockedPartner, given: AnswerInput) -> Statement:
    """Who signs. After the deadline it exposes less than before, or is refused."""
    visibility, said, before = given.visibility or "", given.said, held.standing
    if visibility not in held.campaign.visibilities:
        raise NotOffered(visibilities=held.campaign.visibilities)
    if held.allows("sign"):
        _require_kept(held)
        return said
    if held.is_silenced_for("sign") and not (before and before.signs):
        raise Silenced
    if before is None or not before.signs:
        raise held.too_late()
    if VISIBILITY_RANK[visibility] >= VISIBILITY_RANK[before.visibility or ""]:
        raise Silenced if held.is_silenced_for("sign") else held.too_late()
    held.require("reduce")
    return replace(said, representative=said.representative or before.representative, role=said.role or before.role)


def _require_kept(held: LockedPartner) -> None:
    """Of one that was erased nothing is recorded any more but what shows less of it."""
    if held.partner.erased_at is not None:
        raise Erased(organization=held.partner.organization)


def _write(session: Session, new: Sequence[tuple[LockedPartner, Answer]]) -> None:
    """Let these answers stand in place of those before them, with all that follows from it."""
    campaign, now = new[0][0].campaign, new[0][0].now
    superseded = [held.standing for held, _ in new if held.standing is not None]
    for before in superseded:
        before.superseded_at = now
    if superseded:
        session.flush()  # of each partner one stands at most
    void_what_has_not_left(session, new[0][0])
    wishes, events, by = [], [], audit.acting(session)
    for held, answer in new:
        actor: Actor = "partner" if answer.channel == "link" else "organizer"
        said = (campaign, actor, answer.choice, held.partner)
        events.append(audit.event(*said, detail=answer.visibility, at=now, by=by))
        _journal(session, held, answer)
        if mail := CHOICES[answer.choice].told_by:
            which = f"partner-{held.partner.id}/{outbox.hour_key(now)}"
            wishes.append(outbox.to_organizers(mail, campaign, which, now))
    session.flush()
    # By one statement a table, and nothing is read back: a deadline's rush is mostly this.
    db.insert_rows(session, Answer, [new_row(answer) for _, answer in new])
    db.insert_rows(session, AuditEvent, events)
    # Whoever has answered is not asked again, even if the mail is in the outbox already; nor told what is past.
    outbox.cancel_to_partners(session, [held.partner.id for held, _ in new], kinds.cancelled_by("answer"), now)
    left = [held.partner.id for held, answer in new if not answer.signs]
    if left and campaign.dispatched_at is not None:
        outbox.cancel_to_partners(session, left, kinds.cancelled_by("step back"), now)
    if wishes:
        outbox.put(session, wishes)
    for held, answer in new:
        tell_what_came_too_late(session, held, answer)


def _journal(session: Session, held: LockedPartner, answer: Answer) -> None:
    """That it answered; and besides what it showed until then, if that is less now."""
    ref, before = held.partner.ref, held.standing
    journal.note(session, "answered", ref, at=answer.at)
    if before is not None and before.signs and exposure(answer) < exposure(before):
        journal.note(session, "reduced", ref, detail=answer.visibility or "none", at=answer.at)


def _says_the_same(before: Answer, given: AnswerInput, said: Statement, meaning: int) -> bool:
    then = (before.choice, before.visibility, before.representative, before.role, before.reason, before.passage or "")
    now = (given.choice, given.visibility, said.representative, said.role, said.reason, said.passage)
    return then == now and before.letter.meaning == meaning
