"""Who may enter the organizers' desk, who is there, and what a person may do at a campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from worker import db, tokens
from worker.models import Campaign, DeskLink, DeskSession, Organizer, Partner, Role, Seat
from worker.text import similar_names

IDLE = timedelta(hours=12)  # after which a session ends by itself
RECENT_FACTOR = timedelta(minutes=10)  # for which a second factor is good for what is dangerous
_RANKS = get_args(Role)
_EDITS: tuple[Role, ...] = ("editor", "owner")


@dataclass(frozen=True)
class Visitor:
    """A person at the desk, by one session, at one moment."""

    organizer: Organizer
    session: DeskSession
    now: datetime

    @property
    def lacks_factor(self) -> bool:
        """Whether the second factor of this person is still to be typed in this session."""
        return self.organizer.totp_at is not None and self.session.factor_at is None

    @property
    def has_recent_factor(self) -> bool:
        """Whether it was typed a moment ago, or none is set up."""
        typed_at = self.session.factor_at
        return self.organizer.totp_at is None or (typed_at is not None and typed_at > self.now - RECENT_FACTOR)


def load_visitor(session: Session, key: str) -> Visitor | None:
    """Who is logged in by this key, if its session lives; the same statements for any key."""
    now = db.clock(session)
    by_key = select(DeskSession).join(Organizer).where(DeskSession.key_hash == tokens.key_hash(key), *lives(now))
    found = session.scalar(by_key.options(joinedload(DeskSession.organizer)))
    return Visitor(found.organizer, found, now) if found else None


def lives(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """That a session, joined with its organizer, has not ended."""
    return (
        DeskSession.ended_at.is_(None),
        DeskSession.ends_at > now,
        DeskSession.seen_at > now - IDLE,
        Organizer.removed_at.is_(None),
    )


def load_sessions(session: Session, organizer_id: int) -> Sequence[DeskSession]:
    """The sessions of a person that live, the last used first."""
    of_one = select(DeskSession).join(Organizer).where(Organizer.id == organizer_id, *lives(db.clock(session)))
    return session.scalars(of_one.order_by(DeskSession.seen_at.desc(), DeskSession.id.desc())).all()


def find_seat(session: Session, organizer: Organizer, campaign_id: int) -> Seat | None:
    """What a person may do at a campaign; null for one of others, and for one that does not exist."""
    if organizer.is_local:
        campaign = session.get(Campaign, campaign_id)
        return local_seat(organizer, campaign) if campaign is not None else None
    return session.scalar(select(Seat).where(Seat.organizer_id == organizer.id, Seat.campaign_id == campaign_id))


def is_at_least(role: Role, least: Role) -> bool:
    """Whether who has this role may do what needs the other."""
    return _RANKS.index(role) >= _RANKS.index(least)


def load_seats(session: Session, organizer: Organizer) -> Sequence[Seat]:
    """The seats of a person, with their campaigns. Whoever sits at this machine has one at each."""
    if organizer.is_local:
        return [local_seat(organizer, campaign) for campaign in session.scalars(select(Campaign))]
    of_one = select(Seat).where(Seat.organizer_id == organizer.id).options(joinedload(Seat.campaign))
    return session.scalars(of_one).all()


def local_seat(organizer: Organizer, campaign: Campaign) -> Seat:
    """The seat of who sits at this machine, and may do what the shell may; it stands in no row."""
    return Seat(organizer_id=organizer.id, campaign_id=campaign.id, campaign=campaign, role="owner", may_send=True)


def load_organizers(session: Session) -> Sequence[Organizer]:
    """Everybody who may enter, in the order in which they were added."""
    living = select(Organizer).where(Organizer.removed_at.is_(None)).order_by(Organizer.id)
    return session.scalars(living.execution_options(populate_existing=True)).all()


def load_carers(session: Session, campaign: Campaign) -> list[Organizer]:
    """Who can look after a partner: whoever may open its page. Whoever sits at this machine is the last."""
    seated = select(Organizer).join(Seat).where(Seat.campaign_id == campaign.id, Organizer.removed_at.is_(None))
    found = list(session.scalars(seated.where(Seat.role.in_(_EDITS)).order_by(Organizer.id)))
    local = find_local(session)
    return found if local is None else [*found, local]


def load_reached_owners(session: Session, campaign_id: int) -> Sequence[Organizer]:
    """The owners of a campaign that have an email address."""
    seated = select(Organizer).join(Seat).where(Seat.campaign_id == campaign_id, Seat.role == "owner")
    reached = seated.where(Organizer.removed_at.is_(None), Organizer.email_hmac.is_not(None))
    return session.scalars(reached.order_by(Organizer.id)).all()


def find_carer(session: Session, partner: Partner) -> Organizer | None:
    """Who looks after a partner."""
    return session.get(Organizer, partner.organizer_id) if partner.organizer_id is not None else None


def find_local(session: Session) -> Organizer | None:
    """Who sits at this machine, where `up` has made an organizer of that person."""
    return session.scalar(select(Organizer).where(Organizer.is_local, Organizer.removed_at.is_(None)))


def find_by_address(session: Session, email: str) -> Organizer | None:
    """Who has this address."""
    by_address = Organizer.email_hmac.in_(tokens.fingerprints(email))
    return session.scalar(select(Organizer).where(by_address, Organizer.removed_at.is_(None)))


def is_name_free(session: Session, name: str, *others_than: Organizer) -> bool:
    """Whether nobody else is called so: two persons of one name could not be told apart in the audit log."""
    wanted, its_own = similar_names.same_name(name), {one.id for one in others_than}
    others = [one for one in load_organizers(session) if one.id not in its_own]
    return all(similar_names.same_name(one.name) != wanted for one in others)


def was_here(session: Session, mark: bytes | None) -> bool:
    """Whether anybody has logged in by the browser that shows this mark, whatever address is typed there now."""
    return mark is not None and any(tokens.is_marked(one, mark) for one in load_organizers(session))


def is_good_link(session: Session, key: str) -> bool:
    """Whether a link opens the desk at this moment; looking changes nothing."""
    good = select(DeskLink.id).join(Organizer).where(DeskLink.key_hash == tokens.key_hash(key))
    living = (DeskLink.used_at.is_(None), DeskLink.ends_at > db.clock(session), Organizer.removed_at.is_(None))
    return session.scalar(good.where(*living)) is not None
