"""What the commands look up: the database made ready, a campaign by its name, a partner by its own."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from worker import db, migrations, settings
from worker.cli import console, hints
from worker.models import REDACTED, Addressee, Campaign, Partner
from worker.state.campaigns import find_campaign
from worker.state.refusals import Closed, ClosedFor, Refused
from worker.state.status import CampaignStatus, load_status
from worker.text import names, similar_names

if TYPE_CHECKING:
    from worker.definition.campaign import Definition


@contextmanager
def writing(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """A transaction on one campaign; ends the command if there is none of that name, or an act refuses."""
    make_ready_to_act()
    with refusals_told(slug), db.transaction() as session:
        yield session, named(session, slug)


class _RolledBack(Exception):
    """The end of a dry run."""


@contextmanager
def dry_run(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """A transaction that is rolled back at its end.

    What an act refuses is so refused before a question or a dry run promises it, by the act itself. Take what
    you need of the rows before it ends: they are gone afterwards.
    """
    make_ready_to_act()
    with trying(slug) as session:
        yield session, named(session, slug)


@contextmanager
def trying(slug: str) -> Iterator[Session]:
    """The same before there is a campaign of that name."""
    with refusals_told(slug), suppress(_RolledBack), db.transaction() as session:
        yield session
        raise _RolledBack


@contextmanager
def reading(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """A look at one campaign before an act on it; ends the command if there is none of that name."""
    make_ready_to_act()
    with looking(slug) as found:
        yield found


@contextmanager
def looking(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """The same for a command that only looks."""
    make_ready()
    with refusals_told(slug), db.reading() as session:
        yield session, named(session, slug)


@contextmanager
def refusals_told(slug: str) -> Iterator[None]:
    """Say why an act did nothing, and end with the exit code that belongs to it."""
    try:
        yield
    except Refused as refused:
        code = hints.EXIT_CODES.get(refused.code, console.FAILED)
        console.fail(hints.refusal_with_command(refused, slug), code)


def make_ready() -> None:
    """Make the database of a checkout by itself; a production one is migrated by its operator.

    Looks at the revision only, which costs little. Raises migrations.WrongSchema.
    """
    if not settings.current().embedded:
        migrations.check_revision()
    elif not migrations.is_current():
        migrations.upgrade()


def make_ready_to_act() -> None:
    """The same before mail may be put, which needs its words. Raises migrations.WrongSchema, NotRegistered."""
    from worker import startup  # which brings the words of every mail: a command that only looks starts without them

    startup.check_registered()
    make_ready()


def named(session: Session, slug: str) -> Campaign:
    """The campaign with this name (or this folder)."""
    slug = slug.rstrip("/").rsplit("/", 1)[-1]
    campaign = find_campaign(session, slug)
    if campaign is None:
        known = list(session.scalars(select(Campaign.slug)))
        meant = did_you_mean(slug, known) or f"Launched are: {', '.join(known) or 'none'}"
        console.fail(f"No campaign {slug!r} was launched. {meant}")
    return campaign


def status_of(slug: str) -> CampaignStatus:
    """Where a campaign stands."""
    with looking(slug) as (session, campaign):
        return load_status(session, campaign)


def require_answers(session: Session, campaign: Campaign, what: ClosedFor) -> None:
    """Raises Closed once answers are taken no more, as the act itself does later: before anything is asked."""
    if not campaign.takes_answers(at=db.clock(session)):
        raise Closed.to(what, campaign)


def suppressed(definition: "Definition") -> dict[int, str]:
    """By its number, a sentence for each line of the list whose address gets no mail; none without a database."""
    from worker.acts import launch

    try:
        if not _is_there():
            return {}
        with db.reading() as session:
            found = launch.suppressed(session, definition)
    except DatabaseError:
        return {0: "The database does not answer, so nobody knows whether an address came back before."}
    why = "gets no mail, as an earlier one to its address came back"
    return {number: f"partners.csv, row {number}: {row.organization} {why}." for number, row in found}


def _is_there() -> bool:
    """Whether there is a database to ask; to look must not make one."""
    try:
        migrations.check_revision()
    except migrations.WrongSchema:
        return False
    return True


def partner_named(session: Session, campaign: Campaign, name: str) -> Partner:
    """The partner with this name, acronym or printed row; ends the command if there is none or more than one.

    Case, accents, spaces, quotes and `&` for `and` make no difference.
    """
    living = Partner.organization != REDACTED  # of whom there is nothing left to mean
    partners = list(session.scalars(select(Partner).where(Partner.campaign_id == campaign.id, living)))
    wanted = similar_names.fold_name(name)
    found = [p for p in partners if wanted and wanted in _names(p)]
    if len(found) > 1:
        called = "; ".join(names.signatory(partner) for partner in found)
        console.fail(f"{len(found)} partners are called {name!r}. Give it as it is printed, one of: {called}")
    if found:
        return found[0]
    containing = [p.organization for p in partners if wanted and wanted in similar_names.fold_name(p.organization)]
    meant = _or(containing[:5]) or did_you_mean(name, [partner.organization for partner in partners])
    return console.fail(f"No partner {name!r} in {campaign.slug}. {meant}".rstrip())


def addressee_named(campaign: Campaign, name: str) -> Addressee:
    """The addressee with this name, whose name begins so, or in this place (from 1); else the command ends.

    Case, accents, spaces and quotes make no difference.
    """
    addressees, wanted = campaign.letter.addressees, similar_names.fold_name(name)
    if name.isdecimal() and 1 <= int(name) <= len(addressees):
        return addressees[int(name) - 1]
    found = [one for one in addressees if wanted and similar_names.fold_name(one.name) == wanted]
    found = found or [one for one in addressees if wanted and similar_names.fold_name(one.name).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    called = "; ".join(f"{place}. {one.name}" for place, one in enumerate(addressees, start=1))
    many = f"{len(found)} addressees are called {name!r}." if found else f"No addressee {name!r} in {campaign.slug}."
    return console.fail(f"{many} Give its name or its number, one of: {called}")


def named_alike(names: list[tuple[str, str]], name: str) -> int | None:
    """The place of the one (name, acronym) that is meant; null if there is none or more than one."""
    wanted = similar_names.fold_name(name)
    found = [
        place
        for place, known in enumerate(names)
        if wanted and wanted in map(similar_names.fold_name, filter(None, known))
    ]
    return found[0] if len(found) == 1 else None


def _names(partner: Partner) -> set[str]:
    bare = f"{partner.organization} ({partner.acronym})" if partner.acronym else partner.organization
    return {
        similar_names.fold_name(name)
        for name in (partner.organization, partner.acronym, bare, names.signatory(partner))
    }


def use_the_running_address() -> None:
    """Make links as the server beside us makes them, which may have had to take another port."""
    from worker import embedded

    conf = settings.current()
    if conf.embedded and "public_url" not in conf.model_fields_set and (address := embedded.running_at(conf.data_dir)):
        settings.set_for_this_process(public_url=address)


def notify(task: object, *ids: int) -> None:
    """Wake the workers, and give the notifier a moment before this process ends."""
    from worker import tasks  # which brings Celery: a command that only looks starts without it

    if not settings.current().embedded:
        tasks.notify(task, *ids)
        tasks.notifier.wait(5)


def did_you_mean(word: str, known: list[str]) -> str:
    """A question with the nearest known words, or nothing."""
    by_key = {one.casefold(): one for one in known}
    return _or([by_key[key] for key in difflib.get_close_matches(word.casefold(), by_key, n=3, cutoff=0.5)])


def _or(words: list[str]) -> str:
    return f"Did you mean {' or '.join(map(repr, words))}?" if words else ""
