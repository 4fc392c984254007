"""A partner says that what was done in its name was not its own."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.acts import audit, contacts, correct_listing, locking
from worker.acts.after_departure import tell_what_came_too_late, void_what_has_not_left
from worker.acts.locking import Link
from worker.mail import outbox
from worker.models import Answer, Contact, Partner
from worker.state.refusals import NotAnswered


def disown_answer(session: Session, partner_id: int, *, link: Link | None = None) -> None:
    """Undo what somebody else did in a partner's name: no answer stands then, and all its links are revoked.

    How it is printed is again as it was before it was changed by the link that gave the answer, or by one that was
    passed on (by any link, if no answer stands), and silence that a link asked for is over. While answers are taken,
    the registered contact gets an invitation with a new link, and so does each contact that an organizer added; the
    organizers are told in any case. After the deadline only a signature can be disowned, with what a withdrawal does
    then.
    Raises NotAnswered, Closed, LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, link)
    campaign, partner, standing, now = held.campaign, held.partner, held.standing, held.now
    if standing is None and "disown" not in held.offered():
        raise NotAnswered
    held.require("disown")
    if held.stage != "open" and not (standing and standing.signs):
        raise held.too_late()
    void_what_has_not_left(session, held)
    suspect = standing.contact_id if standing else None
    if not correct_listing.restore_listing(session, partner, _suspects(session, partner, standing)):
        partner.proposed = None
    if standing is not None:
        standing.superseded_at = now
    renewed = contacts.revoke_all(session, partner, now, suspect=suspect)
    partner.disowned_at, partner.quiet_at = now, None
    which = str(standing.id) if standing else f"partner-{partner.id}/{partner.generation}"
    mails = [outbox.to_organizers("disowned", campaign, which, now)]
    if held.stage == "open":
        if partner.takes_mail:
            mails.append(outbox.to_partner("invitation", campaign, partner, str(partner.generation), now))
        if partner.silenced_at is None:
            of_each = [one for one in renewed if one.takes_mail]
            mails += [outbox.to_contact("passed_on", campaign, one, str(one.generation), now) for one in of_each]
    outbox.put(session, mails)
    audit.log(session, campaign, "partner", "disowned", partner, at=now)
    tell_what_came_too_late(session, held, None)


def _suspects(session: Session, partner: Partner, standing: Answer | None) -> set[Link] | None:
    """The links by which somebody else may have acted; null for any."""
    if standing is None or standing.channel != "link":
        return None
    by_whom = (Contact.added_by == "partner") | (Contact.id == standing.contact_id)
    of_it = select(Contact).where(Contact.partner_id == partner.id, by_whom)  # also where that link was ended since
    acted = session.scalars(of_it.execution_options(populate_existing=True))
    found = {Link(one.generation, one.id) for one in acted}
    return found if standing.contact_id is not None else found | {Link(partner.generation)}
