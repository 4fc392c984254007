"""Dispatch: the sealed letter goes to each addressee, once; what stands in the way is a list of sentences."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, render
from worker.acts import close, diary
from worker.mail import outbox
from worker.models import Addressee, Campaign, Mail
from worker.state import signatories

LATE = timedelta(hours=1)  # since the letter was put, and no server took it


class Blocked(Exception):
    """The letter does not leave; `reasons` says why, each as a sentence."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def blockers(session: Session, campaign: Campaign, *, by_person: bool = False) -> list[str]:
    """What still stands in the way of the letter, in sentences; empty when it can leave now.

    A person who dispatches has decided about the review, the quorum and an address that is missing.
    """
    if campaign.cancelled_at is not None:
        return ["The campaign is cancelled."]
    if campaign.erased_at is not None:
        return ["What was sealed is erased: nothing can be sent any more."]
    if campaign.closed_at is None:
        return [f"It is not closed yet: `undersigned close {campaign.slug}` closes it before the deadline."]
    reasons = []
    if close.living_seal(session, campaign) is None:
        reasons.append("There is no seal: one was voided by a withdrawal and the next is being made.")
    if campaign.held_at is not None:
        reasons.append(f"It is held: `undersigned resume {campaign.slug}` lets it go on.")
    if signatories.of(session, campaign, "addressee").count == 0:
        reasons.append("Nobody signed: there is no letter to send.")
    if close.whereabouts(session, campaign) == "uncertain" and not _unserved(session, campaign):
        reasons.append(
            "Nobody knows whether the letter arrived: ask the addressee's office. If it is there, "
            f"`undersigned dispatch {campaign.slug} --by-hand` notes it; if not, "
            f"`undersigned resend {campaign.slug}` sends the same letter again."
        )
    if not any(a.email for a in campaign.letter.addressees):
        reasons.append(
            "No addressee has a mail address: print the letter and bring it, "
            f"then `undersigned dispatch {campaign.slug} --by-hand`."
        )
    return reasons if by_person else reasons + overridden(session, campaign)


def waits_for_a_person(session: Session, campaign: Campaign) -> list[str]:
    """The blockers that no clock will remove."""
    still_in_review = _in_review(session, campaign)
    return [reason for reason in blockers(session, campaign) if reason not in still_in_review]


def dispatch(session: Session, campaign_id: int, *, by_person: bool = False) -> int:
    """Put the sealed letter in the outbox for each addressee that has none; returns how many are new.

    Idempotent: one seal, one letter to an addressee. What has been accepted meanwhile is noted, and
    doubt is told to the organizers. Raises Blocked only to a person; the clock waits.
    """
    campaign = db.locked(session, campaign_id)
    take_note_of_answers(session, campaign)
    if close.has_left_entirely(session, campaign):
        return 0
    if reasons := blockers(session, campaign, by_person=by_person):
        if by_person:
            raise Blocked(reasons)
        _tell_if_it_waits(session, campaign)
        return 0
    seal_number = close.living_seal(session, campaign)
    assert seal_number is not None
    if by_person:
        _set_aside_refused(session, campaign)
    put = outbox.put(session, _letters_to_write(session, campaign, seal_number))
    if put:
        diary.note(session, campaign, "organizer" if by_person else "clock", f"dispatched seal {seal_number}")
    return put


def by_hand(session: Session, campaign_id: int) -> None:
    """Note that the letter is with its addressee by another way, or that one of doubtful fate arrived.

    Nothing more is mailed to an addressee. Raises Blocked.
    """
    campaign = db.locked(session, campaign_id)
    if close.whereabouts(session, campaign) == "leaving":
        raise Blocked(["It is being handed over at this moment: look at the status in a minute."])
    if close.whereabouts(session, campaign) == "partly":
        raise Blocked(["One addressee has it by mail already, and the others get it by mail too."])
    if campaign.closed_at is None or close.living_seal(session, campaign) is None:
        raise Blocked(blockers(session, campaign, by_person=True))
    now = db.clock(session)
    for letter in living_letters(session, campaign):
        if letter.uncertain_at is not None:
            letter.sent_at, letter.uncertain_at, letter.reply = now, None, "noted by an organizer: it arrived"
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter")
    campaign.dispatched_at = campaign.dispatched_at or now
    diary.note(session, campaign, "organizer", "dispatched by hand")


def resend(session: Session, campaign_id: int) -> int:
    """Send a letter of doubtful fate once more, because a person says so; returns how many.

    The same bytes under the same Message-ID, unless its seal was voided meanwhile: then the next seal goes.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    doubtful = [letter for letter in living_letters(session, campaign) if letter.uncertain_at is not None]
    if campaign.erased_at is not None:
        return 0
    for letter in doubtful:
        letter.in_data_at = letter.uncertain_at = None
        if letter.seal_number == close.living_seal(session, campaign):
            letter.due_at = now
        else:
            letter.cancelled_at = now
    if doubtful:
        diary.note(session, campaign, "organizer", "sends a letter of doubtful fate again")
    return len(doubtful)


def letters(session: Session, campaign: Campaign) -> list[Mail]:
    """Every letter that was ever put for an addressee, called back ones included, in order."""
    return list(
        session.scalars(select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter").order_by(Mail.id))
    )


def living_letters(session: Session, campaign: Campaign) -> list[Mail]:
    """The letters that carry, carried or may have carried a seal to an addressee."""
    return [letter for letter in letters(session, campaign) if letter.cancelled_at is None]


def take_note_of_answers(session: Session, campaign: Campaign) -> None:
    """Read from the letters whether the campaign is dispatched, and tell the organizers of doubt."""
    living = living_letters(session, campaign)
    accepted = [m.sent_at for m in living if m.sent_at is not None]
    if accepted and campaign.dispatched_at is None:
        campaign.dispatched_at = min(accepted)
        diary.note(session, campaign, "clock", "the addressee's server accepted the letter")
    now = db.clock(session)
    doubtful = [m for m in living if m.uncertain_at is not None]
    outbox.put(session, [outbox.to_organizers("doubt", campaign, f"letter-{m.id}", now) for m in doubtful])
    refused = [m for m in living if m.refused_at is not None]
    outbox.put(session, [outbox.to_organizers("waiting", campaign, f"refused-{m.id}", now) for m in refused])
    late = [m for m in living if m.due_at is not None and m.attempts and m.dated_at < now - LATE]
    outbox.put(session, [outbox.to_organizers("waiting", campaign, f"late-{m.id}", now) for m in late])
    returned = [m for m in living if m.bounced_at is not None]
    outbox.put(session, [outbox.to_organizers("returned", campaign, f"letter-{m.id}", now) for m in returned])


def _set_aside_refused(session: Session, campaign: Campaign) -> None:
    """A person dispatches again what the addressee's server refused: the refused letter stays as history."""
    now = db.clock(session)
    for letter in living_letters(session, campaign):
        if letter.refused_at is not None:
            letter.cancelled_at = now
    session.flush()


def _letters_to_write(session: Session, campaign: Campaign, seal_number: int) -> list[dict[str, Any]]:
    """A row for each addressee that has no living letter; numbered, as one may have been called back before."""
    now = db.clock(session)
    earlier = Counter(
        session.scalars(
            select(Mail.addressee_id).where(
                Mail.campaign_id == campaign.id, Mail.kind == "letter", Mail.seal_number == seal_number
            )
        )
    )
    return [
        outbox.to_addressee(campaign, addressee, seal_number, earlier[addressee.id] + 1, now)
        for addressee in _unserved(session, campaign)
    ]


def _unserved(session: Session, campaign: Campaign) -> list[Addressee]:
    """The addressees by mail for whom no letter is under way or has arrived."""
    served = {letter.addressee_id for letter in living_letters(session, campaign)}
    return [a for a in campaign.letter.addressees if a.email and a.id not in served]


def overridden(session: Session, campaign: Campaign) -> list[str]:
    """What holds the clock back and not a person: the review, the quorum, a refusal."""
    reasons = _in_review(session, campaign)
    signed = signatories.of(session, campaign, "addressee").count
    if signed < campaign.quorum:
        reasons.append(
            f"{signed} signed and the quorum is {campaign.quorum}: "
            f"`undersigned dispatch {campaign.slug}` sends it all the same."
        )
    refused = [m for m in living_letters(session, campaign) if m.refused_at is not None]
    if refused:
        reasons.append(f"The addressee's server refused the letter: see `undersigned status {campaign.slug}`.")
    return reasons


def _in_review(session: Session, campaign: Campaign) -> list[str]:
    until = campaign.review_ends_at
    if until is None or db.clock(session) >= until:
        return []
    return [f"In review until {render.day_and_time(until, campaign.zone, 'en')}."]


def _tell_if_it_waits(session: Session, campaign: Campaign) -> None:
    """Once for each seal. Who holds the letter knows it already, and a refusal has been told by itself."""
    seal_number = close.living_seal(session, campaign)
    if campaign.held_at is not None or living_letters(session, campaign):
        return
    if seal_number is not None and waits_for_a_person(session, campaign):
        now = db.clock(session)
        row = outbox.to_organizers("waiting", campaign, f"seal-{seal_number}", now, seal_number=seal_number)
        outbox.put(session, [row])
