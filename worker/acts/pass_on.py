"""A partner passes its invitation on to another person of it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.acts import audit, locking
from worker.acts.third_party_limits import MAX_OF_ONE_PARTNER, Person, write_to
from worker.mail import outbox
from worker.models import ThirdPartyAddress
from worker.state.refusals import PassedOnTooOften, SameAddress


def pass_invitation_on(
    session: Session, partner_id: int, to: Person, *, generation: int | None = None
) -> ThirdPartyAddress:
    """Send a partner's invitation to another person of it, and tell the address that it came to first.

    That address gets every receipt as before. Raises PassedOnTooOften, SameAddress, RateLimited, Closed,
    LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, generation)
    held.require("pass on")
    if tokens.fingerprint(to.email) == held.partner.email_hmac:
        raise SameAddress(organization=held.partner.organization)
    passed = select(func.count()).select_from(ThirdPartyAddress).where(ThirdPartyAddress.partner_id == partner_id)
    if (session.scalar(passed) or 0) >= MAX_OF_ONE_PARTNER:
        raise PassedOnTooOften
    stranger = write_to(session, "passed_on", held.campaign, to, held.now, partner_id=partner_id)
    if held.partner.takes_mail:
        told = outbox.to_partner("was_passed_on", held.campaign, held.partner, str(stranger.id), held.now)
        outbox.put(session, [told])
    held.partner.passed_on_at = held.now
    audit.log(session, held.campaign, "partner", "passed_on", held.partner, at=held.now)
    return stranger
