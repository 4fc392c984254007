"""What the commands look up: the database made ready, a campaign by its name, a partner by its own."""

import difflib
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from worker import db, installation, key_check, migrations, settings
from worker.choices import CHOICES
from worker.cli import console, errors, hints
from worker.models import REDACTED, Addressee, Answer, Campaign, Partner, ThirdPartyAddress
from worker.state.answers import load_standing
from worker.state.approvals import count_possible_seconds
from worker.state.campaigns import find_campaign
from worker.state.refusals import Closed, ClosedFor, Refused, SecondPersonNeeded
from worker.state.status import CampaignStatus, load_status
from worker.text import names, similar_names

if TYPE_CHECKING:
    from worker import broker
    from worker.definition.campaign import Definition


@contextmanager
def writing(slug: str, *, even_restored: bool = False, mails: bool = True) -> Iterator[tuple[Session, Campaign]]:
    """A transaction on one campaign; ends the command if there is none of that name, or an act refuses.

    So it does while the database stands still, but for an act that is right `even_restored`. One that puts no mail but
    the request for a second person starts without the words of `mails`.
    """
    (make_ready_to_act if mails else make_ready)()
    with refusals_told(slug), db.transaction(even_restored=even_restored) as session:
        yield session, named(session, slug)
    installation.stands_still()  # so that the data folder knows of the act at once


class _RolledBack(Exception):
    """The end of a dry run."""


@contextmanager
def dry_run(slug: str, *, even_restored: bool = False) -> Iterator[tuple[Session, Campaign]]:
    """A transaction that is rolled back at its end.

    What an act refuses is so refused before a question or a dry run promises it, by the act itself. Take what
    you need of the rows before it ends: they are gone afterwards.
    """
    make_ready_to_act()
    with trying(slug, even_restored=even_restored) as session:
        yield session, named(session, slug)


@contextmanager
def trying(slug: str, *, even_restored: bool = False) -> Iterator[Session]:
    """The same before there is a campaign of that name."""
    with refusals_told(slug), suppress(_RolledBack), db.transaction(even_restored=even_restored) as session:
        session.info["trying"] = True
        yield session
        raise _RolledBack


@contextmanager
def reading(slug: str) -> Iterator[tuple[Session, Campaign]]:
    """A look at one campaign before an act on it; ends the command if there is none of that name.

    So it does while the database stands still.
    """
    make_ready_to_act()
    if installation.stands_still():
        console.fail(errors.nothing_was_changed(), console.WAITS)
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
    except db.Restored:
        console.fail(errors.nothing_was_changed(), console.WAITS)
    except SecondPersonNeeded as needed:
        console.fail(_ask_second_person(slug, needed), console.WAITS)
    except Refused as refused:
        console.fail(hints.refusal_with_command(refused, slug), hints.exit_code(refused))


def _ask_second_person(slug: str, needed: SecondPersonNeeded) -> str:
    """File what a command asks for, where two persons are wanted: it never does it by itself."""
    from worker.acts import two_persons
    from worker.wording.acts.two_persons import filed_by_command

    with db.transaction() as session:
        campaign = named(session, slug)
        number = two_persons.ask_second_person(session, campaign.id, needed)
        seconds = count_possible_seconds(session, campaign)
    notify("deliver")
    told = filed_by_command(number, needed.facts["act"], needed.facts["fields"])
    if not seconds:
        told += (
            f"\nNobody could agree yet: {console.command('organizer', 'add', 'NAME', 'ADDRESS', '--owner-of', slug)}"
        )
    return told


def make_ready() -> None:
    """Make the database of a checkout by itself; a production one is migrated by its operator.

    Looks at the revision only, which costs little, and at whose key it is. Raises migrations.WrongSchema and
    key_check.WrongKey.
    """
    if not settings.current().embedded:
        migrations.check_revision()
    elif not migrations.is_current():
        migrations.upgrade()
    key_check.check()
    installation.check_at_start()


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
        meant = did_you_mean(slug, known) or f"Launched campaigns: {', '.join(known) or 'none'}"
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
        return {0: "The database does not answer, so we cannot say which addresses came back before."}
    why = "gets no email, because an earlier one to its address came back"
    return {number: f"partners.csv, row {number}: {row.organization} {why}." for number, row in found}


def _is_there() -> bool:
    """Whether there is a database to ask; to look must not make one."""
    try:
        migrations.check_revision()
    except migrations.WrongSchema:
        return False
    key_check.check()
    return True


def partner_named(session: Session, campaign: Campaign, name: str, *, even_taken_out: bool = False) -> Partner:
    """The partner with this name, acronym, printed row or number; ends the command if there is none or more than one.

    Case, accents, spaces, quotes and `&` for `and` make no difference. A number is written `#12`, so that none is
    taken for a name; it stays, and reaches one of two that have the same name. One that was taken out is found only
    where none in the list has the name, and ends the command unless that is for such, too.
    """
    living = Partner.organization != REDACTED  # of whom there is nothing left to mean
    partners = list(session.scalars(select(Partner).where(Partner.campaign_id == campaign.id, living)))
    if number := _NUMBER.fullmatch(name.strip()):
        found = [partner for partner in partners if not number["kind"] and str(partner.id) == number["digits"]]
        if not found:
            console.fail(f"No partner has the number {name.strip()} in {campaign.slug}.")
        return _in_list(campaign, found[0], even_taken_out=even_taken_out)
    wanted = similar_names.same_name(name)
    found = [p for p in partners if wanted and wanted in _names(p)]
    found = [p for p in found if p.is_in_list] or found
    if len(found) > 1:
        _fail_with_numbers(name, _told_apart(session, found))
    if found:
        return _in_list(campaign, found[0], even_taken_out=even_taken_out)
    partners = [p for p in partners if p.is_in_list]
    containing = [p.organization for p in partners if wanted and wanted in similar_names.same_name(p.organization)]
    meant = _or(containing[:5]) or did_you_mean(name, [partner.organization for partner in partners])
    return console.fail(f"No partner {name!r} in {campaign.slug}. {meant}".rstrip())


def _in_list(campaign: Campaign, partner: Partner, *, even_taken_out: bool) -> Partner:
    if not (partner.is_in_list or even_taken_out):
        back = console.command("remove", campaign.slug, f"#{partner.id}", "--put-back")
        console.fail(f"{partner.organization} was taken out of the list: nothing was changed. To put it back: {back}")
    return partner


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


def said(partner: Partner, typed: str) -> str:
    """What a question calls a partner: its name, with its number where that was typed to tell it from another."""
    return f"{partner.organization} (#{partner.id})" if _NUMBER.fullmatch(typed.strip()) else partner.organization


def applicant_named(applicants: Sequence[ThirdPartyAddress], name: str) -> ThirdPartyAddress | None:
    """The one who asks to sign and is meant, by its name, acronym or number, which is written `#A3`; null if nobody is.

    Ends the command if more than one is.
    """
    if number := _NUMBER.fullmatch(name.strip()):
        return next((one for one in applicants if number["kind"] and str(one.id) == number["digits"]), None)
    wanted = similar_names.same_name(name)
    found = [
        one
        for one in applicants
        if wanted and wanted in map(similar_names.same_name, filter(None, (one.organization, one.acronym)))
    ]
    if len(found) > 1:
        _fail_with_numbers(name, [_applicant_told_apart(one) for one in found])
    return found[0] if found else None


def partner_or_applicant_named(
    session: Session, campaign: Campaign, applicants: Sequence[ThirdPartyAddress], name: str
) -> Partner | ThirdPartyAddress:
    """Whoever is meant, of both; ends the command if nobody is, or more than one."""
    applicant = applicant_named(applicants, name)
    if applicant is None or _NUMBER.fullmatch(name.strip()):
        return applicant or partner_named(session, campaign, name, even_taken_out=True)
    living = select(Partner).where(Partner.campaign_id == campaign.id, Partner.organization != REDACTED)
    wanted = similar_names.same_name(name)
    if partners := [partner for partner in session.scalars(living) if wanted in _names(partner)]:
        _fail_with_numbers(name, [*_told_apart(session, partners), _applicant_told_apart(applicant)])
    return applicant


_NUMBER = re.compile(r"#(?P<kind>[Aa]?)(?P<digits>[0-9]{1,18})")


def _told_apart(session: Session, partners: Sequence[Partner]) -> list[tuple[str, str]]:
    """The number of each, and by what one knows it; no address."""
    standing = load_standing(session, partners[0].campaign)
    return [
        (f"#{one.id}", "; ".join([names.signatory(one), one.language, _answer_of(standing.get(one.id))]))
        for one in sorted(partners, key=lambda one: one.id)
    ]


def _answer_of(answer: Answer | None) -> str:
    if answer is None:
        return "no answer"
    return f"{CHOICES[answer.choice].did}, {answer.visibility}" if answer.visibility else CHOICES[answer.choice].did


def _applicant_told_apart(applicant: ThirdPartyAddress) -> tuple[str, str]:
    asks = "asks to sign" if applicant.confirmed_at else "asks to sign, not confirmed by email"
    return f"#A{applicant.id}", "; ".join([names.signatory(applicant), applicant.language, asks])


def _fail_with_numbers(name: str, found: Sequence[tuple[str, str]]) -> NoReturn:
    lines = "".join(f"\n  {shlex.quote(number)}  {words}" for number, words in found)
    console.fail(f"{len(found)} are called {name!r}. Give the number of the one you mean, in quotes:{lines}")


def _names(partner: Partner) -> set[str]:
    bare = f"{partner.organization} ({partner.acronym})" if partner.acronym else partner.organization
    written = filter(None, (partner.organization, partner.acronym, bare, names.signatory(partner)))
    return set(map(similar_names.same_name, written))


def use_the_running_address() -> None:
    """Make links as the server beside us makes them, which may have had to take another port."""
    from worker import embedded

    conf = settings.current()
    if conf.embedded and "public_url" not in conf.given and (address := embedded.running_at(conf.data_dir)):
        settings.set_for_this_process(public_url=address)


def notify(task: "broker.TaskName", *ids: int) -> None:
    """Wake the workers, and give the notifier a moment before this process ends."""
    if settings.current().embedded:
        return
    from worker import broker  # which brings kombu: a command that tells nobody starts without it

    broker.notify(task, *ids)
    broker.notifier.wait(5)


def did_you_mean(word: str, known: list[str]) -> str:
    """A question with the nearest known words, or nothing."""
    by_key = {one.casefold(): one for one in known}
    return _or([by_key[key] for key in difflib.get_close_matches(word.casefold(), by_key, n=3, cutoff=0.5)])


def _or(words: list[str]) -> str:
    return f"Did you mean {' or '.join(map(repr, words))}?" if words else ""
