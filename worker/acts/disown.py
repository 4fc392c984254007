"""A partner says that what was done in its name was not its own."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import journal
from worker.acts import audit, contacts, correct_listing, locking
from worker.acts.after_departure import tell_what_came_too_late, void_what_has_not_left
from worker.mail import outbox
from worker.models import ListingChange
from worker.state.links import Link
from worker.state.refusals import NotAnswered

AN_HOUR = timedelta(hours=1)


def disown_answer(session: Session, partner_id: int, *, link: Link | None = None) -> None:
    """Undo what somebody else did in a partner's name: no answer stands then, and all its links are revoked.

    How it is printed is again as it was before another link than the registered contact's changed it (before any did,
    if the answer came by that one), and silence that a link asked for is over. The registered contact gets a new link,
    by an invitation until an hour before the deadline; while answers are taken so does each contact that an organizer
    added and that did not act. The organizers are told in any case. After the deadline only a signature can be
    disowned, with what a withdrawal does then.
    Raises NotAnswered, Closed, LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, link)
    campaign, partner, standing, now = held.campaign, held.partner, held.standing, held.now
    if standing is None and "disown" not in held.offered():
        raise NotAnswered
    held.require("disown")
    if held.stage != "open" and not (standing and standing.signs):
        raise held.too_late()
    suspects = _who_acted(session, held)
    if not correct_listing.restore_listing(session, partner, _suspects(session, held)):
        partner.proposed = None
    if standing is not None:
        standing.superseded_at = now
        journal.note(session, "reduced", partner.ref, detail="none", at=now)
    void_what_has_not_left(session, held)
    renewed = contacts.revoke_all(session, partner, now, suspects=suspects)
    correct_listing.tell_of_what_was_not_told(session, campaign, partner, now)
    partner.disowned_at, partner.quiet_at = now, None
    which = str(standing.id) if standing else f"partner-{partner.id}/{partner.generation}"
    mails = [outbox.to_organizers("disowned", campaign, which, now)]
    if partner.takes_alerts:
        # An invitation that waits is called back at the deadline, and its reader must have a link all the same.
        kind = "invitation" if held.stage == "open" and campaign.deadline_at - now > AN_HOUR else "renewed"
        mails.append(outbox.to_partner(kind, campaign, partner, str(partner.generation), now))
    if held.stage == "open" and partner.silenced_at is None:
        of_each = [one for one in renewed if one.takes_mail]
        mails += [outbox.to_contact("passed_on", campaign, one, str(one.generation), now) for one in of_each]
    outbox.put(session, mails)
    audit.log(session, campaign, "partner", "disowned", partner, at=now)
    tell_what_came_too_late(session, held, None)


def _suspects(session: Session, held: locking.LockedPartner) -> set[Link] | None:
    """The links by which somebody else may have acted; null for any.

    All but the registered contact's, which is one too if the answer came by it or somebody else disowns it.
    """
    standing, partner = held.standing, held.partner
    if standing is None or standing.channel != "link" or held.contact_id is not None:
        return None
    of_it = select(ListingChange).where(ListingChange.partner_id == partner.id, ListingChange.contact_id.is_not(None))
    changed = {Link(one.generation or 0, one.contact_id) for one in session.scalars(of_it)}
    return changed if standing.contact_id is not None else changed | {Link(partner.generation)}


def _who_acted(session: Session, held: locking.LockedPartner) -> set[int | None]:
    """The contacts by whose links the answer came, or the listing was changed."""
    changed = select(ListingChange.contact_id).where(ListingChange.partner_id == held.partner.id)
    return {*session.scalars(changed), held.standing.contact_id if held.standing else None}
