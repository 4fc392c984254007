"""Change a running campaign: move its deadline, hold it, let it go on; correct an address, repeat a doubtful mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import diary, fates, launch, speaking
from worker.definition import addresses
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner, Suppression


class TooLate(Exception):
    """The deadline has passed, so it cannot be moved: the list may be taken already."""


class NotLater(Exception):
    """The new deadline is not after the present one."""


class NotAnAddress(Exception):
    """What was typed is no mail address; the message says what is wrong with it."""


class SameAddress(Exception):
    """The partner has this address already, and nothing came back from it."""


def extend(session: Session, campaign_id: int, deadline: datetime) -> int:
    """Move the deadline to a later moment and tell every partner that was asked; returns how many are told.

    Raises TooLate once the deadline has passed, NotLater if the new one is not later.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise TooLate
    if deadline <= campaign.deadline_at:
        raise NotLater
    campaign.deadline_at, campaign.deadline_set_at = deadline, now
    which = f"{deadline:%Y%m%dT%H%M%S}"
    rows = [outbox.to_partner("extended", campaign, p, which, now) for p in asked(session, campaign)]
    told = outbox.put(session, rows)
    diary.note(session, campaign, "organizer", f"extended; {told} partners are told")
    return told


def asked(session: Session, campaign: Campaign) -> list[Partner]:
    """The partners whose invitation was accepted by a server, and that want mail."""
    arrived = exists().where(Mail.partner_id == Partner.id, Mail.kind == "invitation", Mail.sent_at.is_not(None))
    told = select(Partner).where(Partner.campaign_id == campaign.id, arrived, Partner.quiet_at.is_(None))
    return list(session.scalars(told.order_by(Partner.id)))


def hold(session: Session, campaign_id: int) -> bool:
    """Stop close, dispatch and report until `resume`; answers go on. False if it was held already.

    A letter that lies in the outbox is called back; one that travels already cannot be.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.held_at is not None:
        return False
    campaign.held_at = db.clock(session)
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter")
    diary.note(session, campaign, "organizer", "held")
    return True


def resume(session: Session, campaign_id: int) -> bool:
    """Let a held campaign go on; False if it was not held."""
    campaign = db.locked(session, campaign_id)
    if campaign.held_at is None:
        return False
    campaign.held_at = None
    diary.note(session, campaign, "organizer", "resumed")
    return True


@dataclass(frozen=True)
class Corrected:
    """What a corrected address changed: the kinds of mail that go to it, and whether it got none of ours before.

    `is_quiet`: the partner has said that it wants no more mail, so none goes.
    """

    goes: list[str]
    was_suppressed: bool
    is_quiet: bool


def correct_address(session: Session, partner_id: int, email: str) -> Corrected:
    """Give a partner another address: its old links die, and what waited for the old address is called back.

    While answers are taken, the new address gets an invitation, or the receipt of the answer that stands; a copy
    or receipt that did not arrive goes to it at any time. A person vouches for the address, so it is suppressed no
    more; the present one may be given again when no mail reached it. Raises NotAnAddress or SameAddress.
    """
    email, wrong = addresses.mended(email.strip())
    if wrong:
        raise NotAnAddress(wrong)
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == partner_id)).one()
    campaign = db.locked(session, campaign_id)
    partner = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    mails = session.scalars(select(Mail).where(Mail.partner_id == partner_id).order_by(Mail.id)).all()
    fingerprint = tokens.fingerprint(email)
    suppressed = session.scalar(select(Suppression).where(Suppression.email_hmac == fingerprint))
    if partner.email == email and suppressed is None and not _failed(partner, mails):
        raise SameAddress
    if suppressed is not None:
        session.delete(suppressed)
    if partner.email_hmac != fingerprint:
        partner.quiet_at = None  # whoever wanted no more mail there is not who reads it here
    partner.email, partner.email_hmac, partner.bounced_at = email, fingerprint, None
    partner.generation += 1
    outbox.cancel(session, Mail.partner_id == partner_id)
    rows = _for_the_new_address(session, campaign, partner, mails)
    outbox.put(session, rows)
    diary.note(session, campaign, "organizer", "address corrected", partner)
    return Corrected([row["kind"] for row in rows], suppressed is not None, partner.quiet_at is not None)


def _failed(partner: Partner, mails: Sequence[Mail]) -> bool:
    """Whether no mail to the present address arrived, and that is known or feared."""
    if any(fates.arrived(mail, partner) for mail in mails):
        return partner.bounced_at is not None
    states = {fates.word(mail) for mail in mails if fates.is_to_present_address(mail, partner)}
    return partner.bounced_at is not None or not states.isdisjoint({"refused", "bounced", "uncertain"})


def _for_the_new_address(
    session: Session, campaign: Campaign, partner: Partner, mails: Sequence[Mail]
) -> list[dict[str, Any]]:
    """What the partner is to have at its new address; `mails` are those to the old one."""
    now, standing = db.clock(session), speaking.standing(session, partner.id)
    open = campaign.takes_answers(at=now)
    number = partner.generation
    if partner.quiet_at is not None:
        return []
    if standing is None:
        if not open:
            return []
        invitation = outbox.to_partner("invitation", campaign, partner, str(number), now)
        return [invitation | {"due_at": max(now, launch.first_mail_at(campaign))}]
    missed = {m.kind: m for m in mails if m.sent_at is None or m.bounced_at is not None}
    rows = []
    if open or ("receipt" in missed and missed["receipt"].answer_id == standing.id):
        which = f"{standing.id}/{number}"
        more = {"answer_id": standing.id, "language": standing.language}
        rows.append(outbox.to_partner("receipt", campaign, partner, which, now, **more))
    if copy := missed.get("copy"):
        more = {"seal_number": copy.seal_number, "language": copy.language}
        rows.append(outbox.to_partner("copy", campaign, partner, f"seal-{copy.seal_number}/{number}", now, **more))
    return rows


def resend(session: Session, partner_id: int) -> int:
    """Send a partner's mails of doubtful fate once more, the same under the same Message-ID, because a person says so.

    Only those whose second copy met doubt too: an earlier one goes again by itself. Returns how many.
    """
    again = (
        update(Mail)
        .where(Mail.partner_id == partner_id, Mail.uncertain_at.is_not(None), Mail.due_at.is_(None))
        .where(Mail.sent_at.is_(None), Mail.refused_at.is_(None), Mail.cancelled_at.is_(None))
        .where(Mail.bounced_at.is_(None))
        .values(due_at=db.clock(session))
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    number = len(session.scalars(again).all())
    if number:
        partner = session.get_one(Partner, partner_id)
        diary.note(session, partner.campaign, "organizer", "sends a mail of doubtful fate again", partner)
    return number
