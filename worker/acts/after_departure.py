"""What follows, after the deadline, from an answer that exposes a partner less: for what has not left, and what has."""

from sqlalchemy.orm import Session

from worker.acts.close import empty_voided_seals, void_seal
from worker.acts.locking import LockedPartner
from worker.mail import outbox
from worker.models import Answer
from worker.state.disclosures import load_disclosure
from worker.state.lifecycle import BEYOND_RECALL


def void_what_has_not_left(session: Session, held: LockedPartner) -> None:
    """Void the seal and cancel the letters that carry it, as far as there are any and they have not left.

    Call it once the answer that stood does not stand any more.
    """
    if held.stage in BEYOND_RECALL:
        empty_voided_seals(session, held.campaign)
    elif held.stage != "open":
        void_seal(session, held.campaign, held.now)


def tell_what_came_too_late(session: Session, held: LockedPartner, answer: Answer | None) -> None:
    """Tell the organizers of an addressee who reads more of this partner than its answer says now."""
    if held.standing is None:
        return
    gone = load_disclosure(session, held, answer)
    if gone.naming or gone.counting:
        outbox.put(session, [outbox.to_organizers("notice", held.campaign, str(held.standing.id), held.now)])
