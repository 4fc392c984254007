"""The audit log of a campaign, read page by page: the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from worker.models import REDACTED, Actor, AuditEvent, Campaign, Organizer, Partner

PAGE = 50  # lines


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
    of_it = select(AuditEvent, Partner.organization, Organizer.name)
    of_it = of_it.outerjoin(Partner, Partner.id == AuditEvent.partner_id)
    of_it = of_it.outerjoin(Organizer, Organizer.id == AuditEvent.organizer_id)
    of_it = of_it.where(AuditEvent.campaign_id == campaign.id)
    if since is not None:
        of_it = of_it.where(AuditEvent.at >= since)
    if before is not None:
        last = select(AuditEvent.at, AuditEvent.id).where(
            AuditEvent.id == before, AuditEvent.campaign_id == campaign.id
        )
        of_it = of_it.where(tuple_(AuditEvent.at, AuditEvent.id) < last.scalar_subquery())
    newest = of_it.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(most + 1)
    found = [_entry(*row, names=names) for row in session.execute(newest)]
    return LogPage(found[:most], found[most - 1].number if len(found) > most else None)


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
