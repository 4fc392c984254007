"""Dispatch: the sealed letter goes to each addressee, once."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import audit, locking, two_persons
from worker.mail import outbox
from worker.models import Actor, Campaign, Mail, MailResponse
from worker.state.blockers import Blocker, find_blockers, overridable, wait_for_a_person
from worker.state.facts import CampaignFacts, load_facts
from worker.state.letters import TO_DO, Served, load_seals, sealed_at, to_note, unserved
from worker.state.refusals import AlreadyServed, Blocked, NotFilledIn, NothingToSend, NotThatDay
from worker.state.responses import are_for_a_person, load_responses
from worker.text import days, durations

LATE = timedelta(hours=1)  # since the letter was put, and no server took it


def dispatch_seal(session: Session, campaign_id: int, *, by_person: bool = False) -> int:
    """Put the sealed letter in the outbox for each addressee that has none; returns how many are new.

    Idempotent: one seal, one letter to an addressee. What has been accepted meanwhile is noted, and
    doubt is told to the organizers. Raises Blocked, InPanic and SecondPersonNeeded only to a
    person; the clock waits.
    """
    campaign = db.locked(session, campaign_id)
    if by_person:
        locking.require_calm(campaign)
    facts = load_facts(session, campaign)
    _note_replies(session, facts)
    if facts.is_irrevocable or campaign.panic_at is not None:
        return 0
    if found := find_blockers(facts, by_person=by_person):
        if by_person:
            raise Blocked(blockers=found)
        _tell_if_it_waits(session, facts, found)
        return 0
    if by_person:
        if _is_before_its_time(facts):
            two_persons.require(session, campaign, "dispatch")
        _set_aside_refused(session, facts)
    rows = _letters_to_write(facts, facts.now if by_person else _may_leave_since(session, facts))
    put = outbox.put(session, rows)
    if put:
        actor: Actor = "organizer" if by_person else "clock"
        audit.log(session, campaign, actor, "dispatched", detail=(facts.seal, put), at=facts.now)
    return put


def _is_before_its_time(facts: CampaignFacts) -> bool:
    return any(one.code in {"in_review", "below_quorum"} for one in overridable(facts))


def dispatch_now(session: Session, campaign_id: int) -> list[str]:
    """The same because a person says so, whatever `overridable` names; returns the names of those to whom it goes.

    Raises Blocked, and NothingToSend if it goes to nobody.
    """
    facts = load_facts(session, db.locked(session, campaign_id))
    to = [one.addressee.name for one in facts.served if one.state in {"waiting", "refused"}]
    if dispatch_seal(session, campaign_id, by_person=True):
        return to
    to_bring = [one.addressee.name for one in facts.served if one.state == "to_bring"]
    raise NothingToSend(
        where=facts.delivery,
        to_bring=to_bring if facts.delivery == "partly_sent" else [],
        waits=any(one.state in TO_DO - {"refused"} for one in facts.served),
    )


def note_brought_by_hand(
    session: Session, campaign_id: int, addressee_id: int | None = None, on: str = ""
) -> list[str]:
    """Note that an addressee has the letter by another way, or that an uncertain one arrived; returns their names.

    Without `addressee_id` all that do not have it yet. `on`: the day on which it was brought, as it was typed; without
    it, now. What they have is the seal that lived at that moment; nothing more is mailed to them. Who has it already,
    but answered otherwise than that it was read, is noted to have it too: that answer is forgotten. Raises InPanic,
    Blocked, NotFilledIn, NotThatDay, SecondPersonNeeded during the review or below the quorum, and AlreadyServed if
    nobody is left.
    """
    campaign = locking.lock_calm(session, campaign_id)
    facts = load_facts(session, campaign)
    brought_at = _moment(session, facts, on) if on.strip() else facts.now
    if campaign.closed_at is None or campaign.cancelled_at or campaign.erased_at:
        raise Blocked(blockers=find_blockers(facts, by_person=True))
    theirs = to_note(campaign, facts.letters, addressee_id)
    if not theirs and (settled := _settle_answers(session, facts, addressee_id)):
        return settled
    if not theirs:
        raise AlreadyServed(addressee=_name_of(campaign, addressee_id))
    if any(one.state == "sending" for one in theirs):
        raise Blocked(blockers=[Blocker("being_handed_over", clears_by_itself=True)])
    if facts.seal is None and any(one.state != "uncertain" for one in theirs):
        raise Blocked(blockers=find_blockers(facts, by_person=True))
    if _is_before_its_time(facts):
        day = days.day_at(brought_at, campaign.zone).isoformat()  # "yesterday" is another day once somebody says yes
        two_persons.require(session, campaign, "brought", addressee=addressee_id, on=day)
    for one in theirs:
        _note(one, facts, brought_at)
    outbox.cancel(session, Mail.kind == "letter", Mail.addressee_id.in_([a.addressee.id for a in theirs]), at=facts.now)
    sent = [letter.sent_at for letter in facts.living if letter.sent_at is not None]
    campaign.dispatched_at = campaign.dispatched_at or min([*sent, facts.now])
    journal.note(session, "letter", campaign.seed, at=facts.now)
    audit.log(session, campaign, "organizer", "brought_by_hand", detail=(facts.seal, len(theirs)), at=facts.now)
    return [one.addressee.name for one in theirs]


def _settle_answers(session: Session, facts: CampaignFacts, addressee_id: int | None) -> list[str]:
    """Forget what was answered to letters that arrived all the same, as a person says; returns their addressees."""
    letters = {
        one.mail.id: one.addressee for one in facts.served if one.mail and addressee_id in {None, one.addressee.id}
    }
    answers = load_responses(session, [facts.campaign.id], to_addressees=True)
    settled = [mail_id for mail_id in letters if are_for_a_person(answers.get(mail_id, []))]
    session.execute(delete(MailResponse).where(MailResponse.mail_id.in_(settled)))
    if settled:
        audit.log(session, facts.campaign, "organizer", "answers_settled", detail=len(settled), at=facts.now)
    return [letters[mail_id].name for mail_id in settled]


def _name_of(campaign: Campaign, addressee_id: int | None) -> str:
    return next((one.name for one in campaign.letter.addressees if one.id == addressee_id), "")


def resend_letter(session: Session, campaign_id: int) -> int:
    """Send an uncertain letter once more, because a person says so; returns how many.

    The same bytes under the same Message-ID, unless its seal was voided meanwhile: then the next seal goes. One of
    which a database that was put back from a backup knows nothing is put as the first one is. Raises InPanic.
    """
    campaign = locking.lock_calm(session, campaign_id)
    facts = load_facts(session, campaign)
    if campaign.erased_at is not None:
        return 0
    uncertain = [letter for letter in facts.living if letter.uncertain_at is not None]
    doubted = [one for one in facts.served if one.state == "uncertain" and one.mail is None]
    campaign.doubted_at = None  # the letter is put once nothing else stands in its way
    for letter in uncertain:
        letter.in_data_at = letter.uncertain_at = None
        if letter.seal_number == facts.seal:
            letter.due_at = facts.now
        else:
            letter.cancelled_at = facts.now
    if again := len(uncertain) + len(doubted):
        audit.log(session, campaign, "organizer", "letter_resent", detail=again, at=facts.now)
    return again


def _moment(session: Session, facts: CampaignFacts, on: str) -> datetime:
    """The last moment of a day that is not to come. Raises NotFilledIn, NotThatDay."""
    campaign = facts.campaign
    try:
        day = days.day(on, now=facts.now, zone=campaign.zone)
    except durations.NotATime:
        raise NotFilledIn(problems={"on": "day unknown"}) from None
    if (begins := days.begins(day, campaign.zone)) > facts.now:
        raise NotThatDay(why="to come", day=begins, zone=campaign.zone)
    moment = min(days.ends(day, campaign.zone), facts.now)
    if all(seal.sealed_at > moment for seal in load_seals(session, [campaign.id])):
        raise NotThatDay(why="before the letter", day=begins, zone=campaign.zone)
    return moment


def _note(one: Served, facts: CampaignFacts, brought_at: datetime) -> None:
    letter = one.mail
    if letter is not None and one.state == "uncertain":
        letter.sent_at, letter.uncertain_at, letter.reported_at, letter.delayed_at = facts.now, None, None, None
        letter.reply = "noted by an organizer: it arrived"
        return
    if letter is not None and one.state == "refused":
        letter.cancelled_at = facts.now  # it stays as history
    one.addressee.brought_at = brought_at


def _note_replies(session: Session, facts: CampaignFacts) -> None:
    """Read from the letters whether the campaign is dispatched, and tell the organizers of doubt."""
    campaign, now = facts.campaign, facts.now
    accepted = [m.sent_at for m in facts.living if m.sent_at is not None]
    if accepted and campaign.dispatched_at is None:
        campaign.dispatched_at = min(accepted)
        audit.log(session, campaign, "clock", "accepted", at=now)
    told = []
    for letter in facts.living:
        if letter.uncertain_at is not None:
            told.append(outbox.to_organizers("doubt", campaign, f"letter-{letter.id}", now))
        if letter.refused_at is not None:
            told.append(outbox.to_organizers("waiting", campaign, f"refused-{letter.id}", now))
        if letter.due_at is not None and letter.blocked_at is not None:
            told.append(outbox.to_organizers("waiting", campaign, f"turned-down-{letter.id}", now))
        if letter.due_at is not None and letter.attempts and letter.dated_at < now - LATE:
            told.append(outbox.to_organizers("waiting", campaign, f"late-{letter.id}", now))
        if letter.bounced_at is not None:
            told.append(outbox.to_organizers("returned", campaign, f"letter-{letter.id}", now))
        if letter.delayed_at is not None:
            told.append(outbox.to_organizers("delayed", campaign, f"letter-{letter.id}", now))
    if told:
        outbox.put(session, told)


def _set_aside_refused(session: Session, facts: CampaignFacts) -> None:
    """A person dispatches again what the addressee's server refused: the refused letter stays as history."""
    for letter in facts.living:
        if letter.refused_at is not None:
            letter.cancelled_at = facts.now
    session.flush()


def _may_leave_since(session: Session, facts: CampaignFacts) -> datetime:
    """Since when the clock may send this seal; now where that is longer ago than a letter may take."""
    sealed = session.scalar(select(sealed_at(facts.campaign.id, facts.seal)))
    since = max(filter(None, (sealed, facts.campaign.review_ends_at)), default=None)
    return outbox.fact_moment(since, facts.now, within=LATE)


def _letters_to_write(facts: CampaignFacts, since: datetime) -> list[outbox.MailRow]:
    """A row for each addressee that has no living letter; numbered, as one may have been cancelled before.

    The first one is dated `since`, so that it is the same letter when it is put again.
    """
    assert facts.seal is not None
    earlier = Counter(letter.addressee_id for letter in facts.letters if letter.seal_number == facts.seal)
    rows = []
    for addressee in unserved(facts.campaign, facts.letters):
        time = earlier[addressee.id] + 1
        row = outbox.to_addressee(facts.campaign, addressee, facts.seal, time, facts.now)
        if time == 1:
            row["dated_at"] = since
        rows.append(row)
    return rows


def _tell_if_it_waits(session: Session, facts: CampaignFacts, found: list[Blocker]) -> None:
    """Once for each seal. Who holds the letter knows it already, and a refusal has been told by itself."""
    if facts.campaign.held_at is not None or facts.living:
        return
    if facts.seal is not None and wait_for_a_person(found):
        which = f"seal-{facts.seal}"
        row = outbox.to_organizers("waiting", facts.campaign, which, facts.now, seal_number=facts.seal)
        outbox.put(session, [row])
