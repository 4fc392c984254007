"""The audit log of a campaign, read page by page: the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from worker import db
from worker.models import REDACTED, Actor, AuditCode, AuditEvent, Campaign, Organizer, Partner

PAGE = 50  # lines
MOST_WATCHED = 5  # lines
AN_HOUR = timedelta(hours=1)
Watched = Literal["organizers", "partner", "everything"]
"""Which lines a person has to see before it acts: the organizers' own, all of partners, or all of the campaign."""


@dataclass(frozen=True)
class LogEntry:
    """One line: who did what, when. `number` is its own for good.

    `what` is an AuditCode, or the sentence of a row of an older version; `detail` is the number or the words beside it.
    `about` is the partner's name, empty once it was erased; null where the line is about none, or its reader may not
    see names (`about_partner` says which). `organizer` is the person's name where one is known.
    """

    number: int
    at: datetime
    actor: Actor
    what: str
    detail: str | None
    about_partner: bool
    about: str | None = None
    organizer: str | None = None


@dataclass(frozen=True)
class LogPage:
    """Some lines, the newest first; `before` is what brings the page of those before them, null if there are none."""

    entries: Sequence[LogEntry]
    before: int | None


def load_log(
    session: Session,
    campaign: Campaign,
    *,
    names: bool,
    before: int | None = None,
    since: datetime | None = None,
    most: int = PAGE,
) -> LogPage:
    """The newest lines, or those `before` the line of a number; in one statement, however many there are.

    Without `names` no partner's name is read, nor how visibly one signs: for readers who see totals and public names
    only.
    """
    return _load_page(session, campaign, (), names=names, before=before, since=since, most=most)


def load_public_log(session: Session, campaign: Campaign, *, before: int | None = None) -> LogPage:
    """The same for who may see totals and public names only: what was done with the campaign as a whole.

    Without whoever did it, and without a line about a partner or its mail: one would tell when somebody signs who is
    not named.
    """
    of_all = (AuditEvent.partner_id.is_(None), AuditEvent.what.in_(_OF_THE_WHOLE))
    page = _load_page(session, campaign, of_all, names=False, before=before)
    return LogPage([replace(one, organizer=None) for one in page.entries], page.before)


_OF_THE_WHOLE: tuple[AuditCode, ...] = (
    *("launched", "extended", "amended", "held", "resumed", "undone", "closed", "sealed", "dispatched", "accepted"),
    *("brought_by_hand", "letter_resent", "cancelled", "restored", "voices_stopped", "voices_reopened"),
)


def _load_page(
    session: Session,
    campaign: Campaign,
    which: Sequence[ColumnElement[bool]],
    *,
    names: bool,
    before: int | None,
    since: datetime | None = None,
    most: int = PAGE,
) -> LogPage:
    of_it = select(AuditEvent, Partner.organization, Organizer.name)
    of_it = of_it.outerjoin(Partner, Partner.id == AuditEvent.partner_id)
    of_it = of_it.outerjoin(Organizer, Organizer.id == AuditEvent.organizer_id)
    of_it = of_it.where(AuditEvent.campaign_id == campaign.id, *which)
    if since is not None:
        of_it = of_it.where(AuditEvent.at >= since)
    if before is not None:
        of_campaign = AuditEvent.campaign_id == campaign.id
        # One that its reader does not see is as unknown as one that is not there: numbers would tell of what is hidden.
        last = select(AuditEvent.at, AuditEvent.id).where(AuditEvent.id == before, of_campaign, *which)
        of_it = of_it.where(tuple_(AuditEvent.at, AuditEvent.id) < last.scalar_subquery())
    newest = of_it.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(most + 1)
    found = [_entry(*row, names=names) for row in session.execute(newest)]
    return LogPage(found[:most], found[most - 1].number if len(found) > most else None)


def load_mark(session: Session, campaign: Campaign, watched: Watched, *partners: Partner) -> int:
    """The number of the last line that is watched, which a page keeps to see later whether there are others; or 0."""
    return session.scalar(select(func.max(AuditEvent.id)).where(*_watched(campaign, watched, partners))) or 0


def load_watched(
    session: Session, campaign: Campaign, watched: Watched, since: int, *partners: Partner
) -> list[LogEntry]:
    """The lines that are watched and came after one, the newest first, and no more than a person reads."""
    return _load_newest(session, *_watched(campaign, watched, partners), AuditEvent.id > since)


def load_own(session: Session, campaign: Campaign, since: int, organizer: Organizer) -> list[LogEntry]:
    """What a person did at this campaign after a line, within the last hour."""
    lately = AuditEvent.at > db.clock(session) - AN_HOUR
    by_it = (AuditEvent.campaign_id == campaign.id, AuditEvent.organizer_id == organizer.id)
    return _load_newest(session, *by_it, AuditEvent.id > since, lately)


def load_done_by_page(
    session: Session, campaign: Campaign, page_key: str | None, organizer: Organizer
) -> Sequence[LogEntry]:
    """What the button of one page at the desk did, pressed by this person within the last hour; the newest first."""
    if page_key is None:
        return []
    lately = AuditEvent.at > db.clock(session) - AN_HOUR
    by_it = (AuditEvent.campaign_id == campaign.id, AuditEvent.organizer_id == organizer.id)
    return _load_newest(session, *by_it, AuditEvent.page_key == page_key, lately)


def _watched(campaign: Campaign, watched: Watched, partners: Sequence[Partner]) -> list[ColumnElement[bool]]:
    of_it = AuditEvent.campaign_id == campaign.id
    decides = AuditEvent.what.not_in(_DECIDES_NOTHING)
    if watched == "partner" and partners:
        return [of_it, decides, AuditEvent.partner_id.in_([one.id for one in partners])]
    return [of_it, decides, AuditEvent.actor == "organizer"] if watched == "organizers" else [of_it]


_DECIDES_NOTHING: tuple[AuditCode, ...] = (
    *("note_added", "note_finished", "looked_after", "looked_after_no_more", "names_exported"),
)
"""What organizers keep for each other, or take out: no act turns out otherwise by it, so none is looked at again."""


def _load_newest(session: Session, *which: ColumnElement[bool]) -> list[LogEntry]:
    of_it = select(AuditEvent, Partner.organization, Organizer.name)
    of_it = of_it.outerjoin(Partner, Partner.id == AuditEvent.partner_id)
    of_it = of_it.outerjoin(Organizer, Organizer.id == AuditEvent.organizer_id).where(*which)
    found = session.execute(of_it.order_by(AuditEvent.id.desc()).limit(MOST_WATCHED))
    return [_entry(*row, names=True) for row in found]


def _entry(event: AuditEvent, organization: str | None, organizer: str | None, *, names: bool) -> LogEntry:
    name = "" if organization == REDACTED else organization
    return LogEntry(
        number=event.id,
        at=event.at,
        actor=event.actor,
        what=event.what,
        detail=event.detail if names or event.what != "sign" else None,
        about_partner=event.partner_id is not None,
        about=name if names else None,
        organizer=organizer,
    )
