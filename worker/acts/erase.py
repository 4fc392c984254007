"""Erase: contacts go, and the names of all who are not publicly under a letter that has left.

What stays: who is publicly named, what each answered and when (without who said it and why), the public letter as it
was sealed, and the hashes of all that was.
"""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import diary, speaking, stages
from worker.acts.stages import GONE
from worker.letter import signatories
from worker.mail import outbox
from worker.models import Answer, Campaign, Mail, Partner, Seal, Stranger

NAMELESS = "(erased)"


class NotOver(Exception):
    """The letter has not left: its partners are still to be reached."""


class StillSigns(Exception):
    """The organization is to be under a letter that has not left: it would have to withdraw first."""


def when_due(session: Session, campaign_id: int) -> bool:
    """Erase a campaign once its time has come; whether it did."""
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if campaign.erased_at is not None or campaign.erase_at is None or now < campaign.erase_at:
        return False
    _erase(session, campaign, "clock")
    return True


def campaign(session: Session, campaign_id: int) -> int:
    """Erase a whole campaign at once; how many names went. Raises NotOver. Twice erases what came since."""
    erased = db.locked(session, campaign_id)
    if erased.erase_at is None:
        raise NotOver
    return _erase(session, erased, "organizer")


def partner(session: Session, partner_id: int) -> bool:
    """Erase one organization at its request, at any time; whether its name went too. It has no link any more.

    Raises StillSigns.
    """
    held = speaking.partner(session, partner_id, None)
    is_still_to_be_printed = held.stage not in GONE and held.stage != "cancelled"
    if held.standing is not None and held.standing.signs and is_still_to_be_printed:
        raise StillSigns
    named = _publicly_named(session, held.campaign)
    _forget(session, [held.partner], named)
    passed_on = Stranger.partner_id == partner_id
    session.execute(update(Stranger).where(passed_on).values(_NOTHING_OF_A_STRANGER))
    diary.note(session, held.campaign, "organizer", "erased", held.partner)
    return held.partner.organization == NAMELESS


def _erase(session: Session, campaign: Campaign, actor: str) -> int:
    now = db.clock(session)
    partners = session.scalars(
        select(Partner).where(Partner.campaign_id == campaign.id).order_by(Partner.id).with_for_update()
    ).all()
    named = _publicly_named(session, campaign)
    outbox.cancel(session, Mail.campaign_id == campaign.id)
    _forget(session, partners, named)
    of_it = Stranger.campaign_id == campaign.id
    session.execute(update(Stranger).where(of_it).values(_NOTHING_OF_A_STRANGER))
    told = (Seal.rendition == "public") & Seal.voided_at.is_(None)  # what was sent to everybody who signed
    session.execute(update(Seal).where(Seal.campaign_id == campaign.id, ~told).values(content=b""))
    campaign.erased_at = now
    diary.note(session, campaign, actor, "erased")
    return sum(one.organization == NAMELESS for one in partners)


def _publicly_named(session: Session, campaign: Campaign) -> set[int]:
    """Whose names everybody reads under the letter; nobody's while it has not left."""
    if stages.of(session, campaign, db.clock(session)) not in GONE:
        return set()
    return {one.id for one in signatories.of(session, campaign, "public").named}


def _forget(session: Session, partners: Sequence[Partner], named: set[int]) -> None:
    now, ids = db.clock(session), [one.id for one in partners]
    outbox.cancel(session, Mail.partner_id.in_(ids), at=now)
    for one in partners:
        one.contact = one.email = one.note = ""
        one.email_hmac = one.proposed = None
        one.ref, one.generation = tokens.new_ref(), one.generation + 1
        one.quiet_at, one.erased_at = one.quiet_at or now, one.erased_at or now
        if one.id not in named:
            one.organization, one.acronym, one.country = NAMELESS, "", ""
            one.names, one.sort_as = None, None
    session.flush()
    forgotten = {"representative": "", "role": "", "reason": "", "note": "", "passage": None}
    session.execute(
        update(Answer)
        .where(Answer.partner_id.in_(ids))
        .values(forgotten)
        .execution_options(synchronize_session="fetch")
    )
    session.execute(update(Mail).where(Mail.partner_id.in_(ids)).values(reply=None))


_NOTHING_OF_A_STRANGER = {"contact": "", "email": "", "organization": "", "acronym": "", "country": ""}
