"""Hold a campaign's letter back, or all its mail, and let it go on."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.acts.close import close_when_due
from worker.mail import holds, kinds, outbox, undo_minutes
from worker.models import Campaign, Mail
from worker.state.blockers import find_blockers
from worker.state.facts import CampaignFacts, load_facts
from worker.state.held import count_held_mails
from worker.state.refusals import NothingToHold


@dataclass(frozen=True)
class Held:
    """What is held once `hold_letter` is done; `changed`: it held more than before.

    `all_mail`: all mail but the organizers' own; `unasked`: that, though only the letter was to be held, because
    nothing had left yet.
    """

    changed: bool
    all_mail: bool
    unasked: bool


def hold_letter(session: Session, campaign_id: int, *, all_mail: bool = False) -> Held:
    """Stop close, dispatch, report and copies until `resume_letter`; answers go on.

    With `all_mail`, or while no mail to others was handed over yet, no other mail to them leaves either. A letter that
    lies in the outbox is cancelled; what waits there besides stays. What travels already cannot be called back.
    Raises NothingToHold.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.cancelled_at is not None:
        raise NothingToHold
    now = db.clock(session)
    unasked = not all_mail and campaign.mail_held_at is None and _nothing_has_left(session, campaign_id)
    widens = (all_mail or unasked) and campaign.mail_held_at is None
    changed = widens or campaign.held_at is None
    if campaign.held_at is None:
        campaign.held_at = now
        outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter", at=now)
    if widens:
        campaign.mail_held_at = now
    if changed:
        audit.log(session, campaign, "organizer", "held", detail="all mail" if widens else None, at=now)
    return Held(changed, campaign.mail_held_at is not None, unasked)


def resume_letter(session: Session, campaign_id: int) -> int | None:
    """Let a held campaign go on, letter and mail; returns how many mails go on, or None if it was not held.

    Mail that waited is dated anew, so that the time for which it was held is none in which it failed; what asks for an
    answer is called back where the deadline has passed meanwhile. Raises InPanic.
    """
    campaign = locking.lock_calm(session, campaign_id)
    if campaign.held_at is None:
        return None
    now = db.clock(session)
    waited = (Mail.campaign_id == campaign.id, Mail.due_at.is_not(None), holds.held())
    if not campaign.takes_answers(at=now):
        outbox.cancel(session, *waited, Mail.kind.in_(kinds.cancelled_by("close")), at=now)
    waiting = count_held_mails(session, [campaign]).get(campaign.id, 0)
    undo_minutes.note_mails_of_act(session, campaign)
    outbox.date_anew(session, now, *waited, Mail.uncertain_at.is_(None))
    campaign.held_at = campaign.mail_held_at = None
    audit.log(session, campaign, "organizer", "resumed", detail=waiting, at=now)
    return waiting


def leaves_at_once(session: Session, campaign_id: int) -> CampaignFacts | None:
    """What the letter of a campaign that goes on says, if it leaves at once; null if it does not.

    It is closed as happens by itself, if its deadline passed meanwhile. That no seal lives keeps it no longer than
    one takes to be made, and none is made here: the campaign is locked.
    """
    close_when_due(session, campaign_id)
    campaign = session.get_one(Campaign, campaign_id)
    facts = load_facts(session, campaign)
    in_the_way = [one for one in find_blockers(facts) if one.code != "no_seal"]
    if facts.is_irrevocable or campaign.dispatched_at is not None or in_the_way:
        return None
    return facts


def _nothing_has_left(session: Session, campaign_id: int) -> bool:
    """Whether no mail to a partner, an addressee or anybody else was handed over, nor may have been."""
    left = Mail.sent_at.is_not(None) | Mail.uncertain_at.is_not(None) | Mail.in_data_at.is_not(None)
    return not session.scalar(select(exists().where(Mail.campaign_id == campaign_id, holds.is_to_others(), left)))
