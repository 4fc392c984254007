"""A partner acts: it and its campaign are locked first and read afterwards, so that nothing changes under the act."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, load_only

from worker import db
from worker.models import Answer, Campaign, Contact, Letter, Member, Partner, ThirdPartyAddress
from worker.state import lifecycle
from worker.state.letters import load_letters
from worker.state.lifecycle import BEYOND_RECALL, Action
from worker.state.links import Link
from worker.state.positions import Position
from worker.state.refusals import (
    Closed,
    InPanic,
    LetterChanged,
    LetterHasLeft,
    LinkRevoked,
    Refused,
    Silenced,
    TakenOut,
)


@dataclass(frozen=True)
class LockedPartner(Position):
    """Where a partner stands; it and the letters are locked."""

    letter_id: int
    meaning: int
    version: int
    """The letter that counts now, its meaning and its version."""
    link: Link | None
    """By which it acts; null where an organizer acts for it."""

    @property
    def by_link(self) -> bool:
        return self.link is not None

    @property
    def contact_id(self) -> int | None:
        """Whose link it is, if not the registered contact's."""
        return self.link.contact_id if self.link else None

    def require(self, action: Action) -> None:
        """Raises InPanic, Closed or LetterHasLeft if too late or not now, Silenced or TakenOut if its link may not."""
        if not self.partner.is_in_list:
            raise TakenOut(organization=self.partner.organization)
        if self.is_silenced_for(action):
            raise Silenced
        if not self.allows(action):
            raise self.too_late()

    def require_read(self, meaning: int | None) -> None:
        """Raises LetterChanged if the letter that was read meant something else; null: nobody knows."""
        if meaning not in {None, self.meaning}:
            raise LetterChanged

    def letter_read(self, version: int | None) -> int:
        """The letter that is answered: the version that was read, if it means what the present one does."""
        if version in {None, self.version}:
            return self.letter_id
        of_it = (one.id for one in self.campaign.letters if (one.version, one.meaning) == (version, self.meaning))
        return next(of_it, self.letter_id)

    def too_late(self) -> Refused:
        """Why nothing can be added."""
        if not self.partner.is_in_list:
            return TakenOut(organization=self.partner.organization)
        if self.campaign.panic_at is not None:
            return InPanic()
        return LetterHasLeft() if self.stage in BEYOND_RECALL else Closed.to("answer", self.campaign)


def require_calm(campaign: Campaign) -> None:
    """Raises InPanic. Every act of organizers asks it that exposes or sends anything, or moves the campaign on."""
    if campaign.panic_at is not None:
        raise InPanic


def lock_calm(session: Session, campaign_id: int, mode: Literal["shared", "exclusive"] = "exclusive") -> Campaign:
    """The campaign, locked first and read afterwards. Raises InPanic."""
    campaign = db.locked(session, campaign_id, mode)
    require_calm(campaign)
    return campaign


def lock_partner_alone(session: Session, partner_id: int, *, even_taken_out: bool = False) -> tuple[Campaign, Partner]:
    """Lock a campaign, so that nobody else acts in it, then one of its partners; read both only afterwards.

    Raises TakenOut.
    """
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == partner_id)).one()
    campaign = db.locked(session, campaign_id)
    partner = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    if not (partner.is_in_list or even_taken_out):
        raise TakenOut(organization=partner.organization)
    return campaign, partner


def lock_applicant(
    session: Session, stranger_id: int, mode: Literal["shared", "exclusive"]
) -> tuple[Campaign, ThirdPartyAddress]:
    """Lock a campaign, then one who asks to sign; read both only afterwards."""
    campaign = db.locked(session, session.get_one(ThirdPartyAddress, stranger_id).campaign_id, mode)
    return campaign, session.get_one(ThirdPartyAddress, stranger_id, with_for_update=True, populate_existing=True)


def lock_member(session: Session, member_id: int, generation: int) -> tuple[Campaign, Member, datetime]:
    """Share a campaign, then lock a person who adds its voice to it; read both, and the clock, only afterwards.

    Raises LinkRevoked for a link of another generation, and for a person of whom nothing is kept.
    """
    campaign_id = session.scalars(select(Member.campaign_id).where(Member.id == member_id)).one_or_none()
    if campaign_id is None:
        raise LinkRevoked  # the launch was taken back
    campaign = db.locked(session, campaign_id, "shared")
    member = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if member is None or member.generation != generation or not member.email:
        raise LinkRevoked
    return campaign, member, db.clock(session)


def lock_partner(
    session: Session, partner_id: int, link: Link | None, *, even_taken_out: bool = False
) -> LockedPartner:
    """One partner, locked as `lock_partners` locks several. Raises LinkRevoked or TakenOut."""
    locked = read_locked(session, _lock(session, [partner_id], _LOCKED), {partner_id: link})
    if partner_id not in locked:
        raise LinkRevoked
    held = locked[partner_id]
    if not (held.partner.is_in_list or even_taken_out):
        raise TakenOut(organization=held.partner.organization)
    return held


def lock_partners(session: Session, ids: Collection[int], codes_of: Sequence[int] = ()) -> Sequence[Partner]:
    """Lock a campaign, shared, then some of its partners, to be read by `read_locked` only afterwards.

    Before all else lock the mail codes of those that are to be compared. Contacts have no lock of their own: they
    change under their partner's. What decides over no answer is read of a partner only if it is asked for.
    """
    return _lock(session, ids, _LOCKED_FOR_ANSWERS, codes_of)


def _lock(
    session: Session, ids: Collection[int], locking: Select[Partner], codes_of: Sequence[int] = ()
) -> Sequence[Partner]:
    db.lock_campaign_of(session, min(ids), codes_of)
    return session.scalars(locking, {"ids": sorted(ids)}).all()


def read_locked(
    session: Session, locked: Sequence[Partner], links: Mapping[int, Link | None]
) -> dict[int, LockedPartner]:
    """Where those of the locked partners stand that act here, each by its link, or null where no link was used.

    Those whose link was revoked are left out.
    """
    partners = [one for one in locked if one.id in links]
    if not partners:
        return {}  # the launch was taken back
    ids = [one.id for one in partners]
    counts = session.execute(_COUNTS, {"ids": ids, "campaign_id": partners[0].campaign_id}).all()
    campaign: Campaign = counts[0][4]
    now, letter_id, meaning, version = counts[0][:4]
    standing: dict[int, Answer] = {answer.partner_id: answer for *_, answer in counts if answer is not None}
    letters = load_letters(session, campaign, lock=True) if lifecycle.may_have_letters(campaign) else []
    stage = lifecycle.stage_at(campaign, letters, now)
    living = _living_contacts(session, links)
    return {
        one.id: LockedPartner(
            *(campaign, one, standing.get(one.id), stage, now, letters, letter_id, meaning, version, link)
        )
        for one in partners
        if (link := links[one.id]) is None or link == Link(one.generation) or (one.id, link) in living
    }


def _living_contacts(session: Session, links: Mapping[int, Link | None]) -> set[tuple[int, Link]]:
    """Those of these links that are living ones of further contacts, each with its partner."""
    if not (wanted := [link.contact_id for link in links.values() if link and link.contact_id is not None]):
        return set()
    living = select(Contact.partner_id, Contact.generation, Contact.id).where(Contact.id.in_(wanted))
    rows = session.execute(living.where(Contact.ended_at.is_(None)))
    return {(partner_id, Link(generation, contact_id)) for partner_id, generation, contact_id in rows}


_LOCKED = (
    select(Partner)
    .where(db.among(Partner.id, "ids"))
    .order_by(Partner.id)  # two who lock the same ones, each in its own order, would deadlock
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED_FOR_ANSWERS = _LOCKED.options(
    load_only(
        *(Partner.campaign_id, Partner.ref, Partner.generation, Partner.organization),
        *(Partner.silenced_at, Partner.taken_out_at, Partner.erased_at, Partner.quiet_at, Partner.wrong_codes),
        *(Partner.email, Partner.email_hmac),  # as the journal sees no change of what was not read
    )
)
_LATEST = (
    select(Letter.campaign_id, Letter.id, Letter.meaning, Letter.version)
    .where(Letter.campaign_id == bindparam("campaign_id"))
    .order_by(Letter.version.desc())
    .limit(1)
    .subquery()
)
# The clock, the letter that counts, the campaign, and the answers that stand: in one statement, after all locks are
# held. One row where nobody has answered yet, as most who come in a rush.
_COUNTS = (
    select(db.now(), _LATEST.c.id, _LATEST.c.meaning, _LATEST.c.version, Campaign, Answer)
    .select_from(_LATEST)
    .join(Campaign, Campaign.id == _LATEST.c.campaign_id)
    .outerjoin(Answer, db.among(Answer.partner_id, "ids") & Answer.superseded_at.is_(None))
    .execution_options(populate_existing=True)
)
