"""Persons who may enter the organizers' desk: added, given seats, and removed."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worker import db, journal, tokens
from worker.acts import audit, login
from worker.models import Campaign, Organizer, Partner, Role, Seat
from worker.state.organizers import find_by_address, find_local, find_seat, is_name_free
from worker.text.languages import SOURCE

LOCAL = "This computer"


def add_organizer(session: Session, name: str, email: str, language: str | None = None) -> Organizer:
    """Let a person enter the desk; who is there already by this address stays, under this name."""
    if (there := find_by_address(session, email)) is not None:
        there.name, there.language = name, language or there.language
        return there
    return _added(session, name, email, language or SOURCE)


def add_local(session: Session) -> Organizer:
    """Whoever sits at this machine, without an address: by links that a command prints, and by no mail."""
    return find_local(session) or _added(session, LOCAL, "", SOURCE, is_local=True)


def change_account(session: Session, organizer_id: int, name: str, language: str) -> bool:
    """Take a person's own word for its name and the language in which it reads; false if another is called so."""
    organizer = session.get_one(Organizer, organizer_id)
    if not is_name_free(session, name, organizer):
        return False
    organizer.name, organizer.language = name, language
    return True


def give_seat(session: Session, organizer: Organizer, campaign_id: int, role: Role, *, may_send: bool) -> None:
    """Let a person act at a campaign; another seat than before takes its place."""
    seat = find_seat(session, organizer, campaign_id)
    if seat is None:
        seat = Seat(organizer_id=organizer.id, campaign_id=campaign_id)
        session.add(seat)
    seat.role, seat.may_send = role, may_send
    session.flush()
    detail = (role, "sends") if may_send else role
    audit.log(session, session.get_one(Campaign, campaign_id), "organizer", "seat_given", detail=detail)


def take_seat(session: Session, organizer: Organizer, campaign_id: int) -> bool:
    """Let a person act at a campaign no more; false if it had no seat there."""
    seat = session.scalar(select(Seat).where(Seat.organizer_id == organizer.id, Seat.campaign_id == campaign_id))
    if seat is not None:
        _take(session, seat)
    return seat is not None


def remove_organizer(session: Session, organizer: Organizer) -> None:
    """Let a person enter no more, at once: its sessions end, and its address is forgotten."""
    now = db.clock(session)
    organizer.removed_at, organizer.generation = now, organizer.generation + 1
    organizer.email, organizer.email_hmac = "", None
    organizer.totp_secret, organizer.totp_at, organizer.recovery_codes = "", None, []
    for seat in session.scalars(select(Seat).where(Seat.organizer_id == organizer.id)):
        _take(session, seat)
    login.end_all_sessions(session, organizer.id)
    journal.note(session, "organizer removed", organizer.ref, at=now)


def _take(session: Session, seat: Seat) -> None:
    audit.log(session, seat.campaign, "organizer", "seat_taken", detail=seat.role)
    its = Partner.campaign_id == seat.campaign_id, Partner.organizer_id == seat.organizer_id
    session.execute(update(Partner).where(*its).values(organizer_id=None))
    session.delete(seat)


def _added(session: Session, name: str, email: str, language: str, *, is_local: bool = False) -> Organizer:
    organizer = Organizer(
        ref=tokens.new_ref(),
        generation=1,
        name=name,
        email=email,
        email_hmac=tokens.fingerprint(email) if email else None,
        language=language,
        is_local=is_local,
        added_at=db.clock(session),
        totp_secret="",
        recovery_codes=[],
    )
    session.add(organizer)
    session.flush()
    return organizer
