"""What the commands look up: the database made ready, a campaign by its name, a partner by its own."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, migrations, settings, tasks
from worker.acts import status
from worker.cli import talk
from worker.models import Campaign, Partner


@contextmanager
def writing(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """A transaction on one campaign; ends the command if there is none of that name."""
    make_ready()
    with db.transaction() as session:
        yield session, named(session, slug)


@contextmanager
def reading(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """A look at one campaign; ends the command if there is none of that name."""
    make_ready()
    with db.reading() as session:
        yield session, named(session, slug)


def make_ready() -> None:
    """Make the database of a checkout by itself; a production one is migrated by its operator."""
    if settings.current().embedded:
        migrations.upgrade()
    elif not migrations.is_current():
        talk.fail("The database is not at this version: undersigned migrate")


def named(session: Session, slug: str) -> Campaign:
    """The campaign with this name (or this folder)."""
    slug = slug.rstrip("/").rsplit("/", 1)[-1]
    campaign = session.scalar(select(Campaign).where(Campaign.slug == slug))
    if campaign is None:
        known = list(session.scalars(select(Campaign.slug)))
        meant = _meant(slug, known) or f"Launched are: {', '.join(known) or 'none'}"
        talk.fail(f"No campaign {slug!r} was launched. {meant}")
    return campaign


def is_launched(session: Session, slug: str) -> bool:
    return session.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None


def status_of(slug: str) -> dict[str, Any]:
    """Where a campaign stands."""
    with reading(slug) as (session, campaign):
        return status.of(session, campaign)


def partner_named(session: Session, campaign: Campaign, name: str) -> Partner:
    """The partner with this name or acronym; ends the command if there is none or more than one."""
    partners = list(session.scalars(select(Partner).where(Partner.campaign_id == campaign.id)))
    wanted = name.strip().casefold()
    found = [p for p in partners if wanted in {p.organization.casefold(), p.acronym.casefold()}]
    if len(found) == 1:
        return found[0]
    if found:
        called = ", ".join(partner.organization for partner in found)
        talk.fail(f"{len(found)} partners are called {name!r}: {called}. Give the whole name.")
    meant = _meant(name, [partner.organization for partner in partners])
    return talk.fail(f"No partner {name!r} in {campaign.slug}. {meant}".rstrip())


def ring(task: object, *ids: int) -> None:
    """Wake the workers, and give the bell a moment before this process ends."""
    if not settings.current().embedded:
        tasks.ring(task, *ids)
        tasks.bell.wait(5)


def _meant(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(map(repr, close))}?" if close else ""
