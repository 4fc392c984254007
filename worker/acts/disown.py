"""A partner says that an answer was not its own."""

from sqlalchemy.orm import Session

from worker.acts import audit, locking
from worker.acts.after_departure import tell_what_came_too_late, void_what_has_not_left
from worker.mail import outbox
from worker.models import Mail
from worker.state.refusals import NotAnswered


def disown_answer(session: Session, partner_id: int, *, generation: int | None = None) -> None:
    """Undo an answer that somebody else gave in a partner's name: none stands then, and its links are revoked.

    While answers are taken, its address gets an invitation with a new link; the organizers are told in any case.
    After the deadline only a signature can be disowned, with what a withdrawal does then.
    Raises NotAnswered, Closed, LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, generation)
    campaign, partner, standing, now = held.campaign, held.partner, held.standing, held.now
    if standing is None:
        raise NotAnswered
    held.require("disown")
    if held.stage != "open" and not standing.signs:
        raise held.too_late()
    void_what_has_not_left(session, held)
    standing.superseded_at = now
    partner.generation += 1
    partner.proposed = None
    partner.disowned_at = now
    outbox.cancel(session, Mail.partner_id == partner.id, at=now)
    mails = [outbox.to_organizers("disowned", campaign, str(standing.id), now)]
    if held.stage == "open" and partner.takes_mail:
        mails.append(outbox.to_partner("invitation", campaign, partner, str(partner.generation), now))
    outbox.put(session, mails)
    audit.log(session, campaign, "partner", "disowned", partner, at=now)
    tell_what_came_too_late(session, held, None)
