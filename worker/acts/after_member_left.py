"""What follows, after the deadline, from a person who takes back its voice: no letter that counts it leaves."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from worker.acts.close import void_seal
from worker.models import Campaign, Member
from worker.state import members
from worker.state.letters import load_letters
from worker.state.lifecycle import BEYOND_RECALL, stage_at


def void_what_counts(session: Session, campaign: Campaign, gone: Iterable[Member], now: datetime) -> bool:
    """Void the seal if the letter says how many persons add their voices, counts one of these, and has not left.

    `gone`: whose voices stood and do not any more, withdrawn, disowned or erased. Needs the campaign's lock, shared at
    least. Says whether it voided one. Notifies nobody: the next sweep makes one seal, however many have left by then.
    """
    if campaign.closed_at is None or campaign.cancelled_at is not None or not members.is_in_letter(campaign):
        return False
    if not any(members.is_counted_in_letter(campaign, one) for one in gone):
        return False
    if stage_at(campaign, load_letters(session, campaign, lock=True), now) in BEYOND_RECALL:
        return False
    void_seal(session, campaign, now)
    return True
