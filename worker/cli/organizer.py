"""Who may enter the organizers' desk: added and removed here, and let in by a link without any email."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from worker.models import Organizer, Role

Action = Literal["add", "list", "remove", "link"]


def organizer(
    action: Annotated[Action, typer.Argument(help="What to do.", show_choices=True)],
    name: Annotated[str, typer.Argument(help="The person's name, in quotes; not for list.")] = "",
    email: Annotated[str, typer.Argument(help="The person's email address, for add.")] = "",
    owner_of: Annotated[
        list[str] | None, typer.Option("--owner-of", metavar="CAMPAIGN", help="May do everything there.")
    ] = None,
    editor_of: Annotated[
        list[str] | None, typer.Option("--editor-of", metavar="CAMPAIGN", help="May look and change there.")
    ] = None,
    viewer_of: Annotated[
        list[str] | None, typer.Option("--viewer-of", metavar="CAMPAIGN", help="May look there.")
    ] = None,
    may_send: Annotated[bool, typer.Option("--may-send", help="May also send email in these campaigns.")] = False,
    only_from: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="CAMPAIGN", help="For remove: take away the seat there, and nothing else."),
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="Language of the desk and its emails.")] = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Say who may enter the organizers' desk in a browser, and at which campaigns.

    Each person logs in by a code that we send by email. `link` prints a link that does the same without email: it
    works once, within ten minutes. To give a person another seat, add it again with the same address.

    Examples: `undersigned organizer add "Maly Sok" maly@rivers.example --owner-of cambodia-2023 --may-send`,
    `undersigned organizer list`, `undersigned organizer link "Maly Sok"`, `undersigned organizer remove "Maly Sok"`,
    `undersigned organizer remove "Maly Sok" --from cambodia-2023`
    """
    seats: dict[Role, list[str]] = {"owner": owner_of or [], "editor": editor_of or [], "viewer": viewer_of or []}
    if only_from and action != "remove":
        console.fail("--from belongs to remove.", console.USAGE)
    _check_usage(action, name, email, seats, may_send=may_send, language=language, as_json=as_json)
    if action == "list":
        _list(as_json=as_json)
    elif action == "add":
        _add(name, email, seats, language, may_send=may_send, dry_run=dry_run)
    elif action == "remove":
        _remove(name, only_from or [], dry_run=dry_run)
    else:
        _link(name, dry_run=dry_run)


def _check_usage(
    action: Action,
    name: str,
    email: str,
    seats: "dict[Role, list[str]]",
    *,
    may_send: bool,
    language: str | None,
    as_json: bool,
) -> None:
    """Say all that is wrong with what was typed, before the database is asked."""
    from worker.definition.partners import MAX_LENGTH
    from worker.text import addresses, names
    from worker.text.languages import OF_THE_DESK

    wrong = []
    given = [slug for slugs in seats.values() for slug in slugs]
    if action != "add" and (email or given or may_send):
        wrong.append("An email address, seats and --may-send belong to add.")
    if may_send and not given:
        wrong.append("--may-send is of a seat: add --owner-of, --editor-of or --viewer-of with a campaign.")
    if twice := sorted({slug for slug in given if given.count(slug) > 1}):
        wrong.append(f"A person has one seat at a campaign, found two at {', '.join(twice)}.")
    if action != "list" and not name:
        wrong.append(f"organizer {action}: expected the person's name, found none.")
    if action == "add" and name and names.wrong_with_person(name, MAX_LENGTH["contact"], needed=True):
        wrong.append(f"organizer add: expected a name of letters, found {name!r}.")
    if action == "add" and (not email or addresses.normalize(email)[1]):
        wrong.append(f"organizer add: expected an email address such as maly@rivers.example, found {email!r}.")
    if language is not None and language not in OF_THE_DESK:
        wrong.append(f"--language: expected {' or '.join(OF_THE_DESK)}, found {language!r}.")
    if as_json and action != "list":
        wrong.append("--json belongs to list.")
    if wrong:
        console.fail("\n".join(wrong), console.USAGE)


def _add(
    name: str, email: str, seats: "dict[Role, list[str]]", language: str | None, *, may_send: bool, dry_run: bool
) -> None:
    from worker.acts import organizers
    from worker.cli import lookup
    from worker.state.organizers import find_by_address
    from worker.text import addresses, characters

    lookup.make_ready_to_act()
    address = addresses.normalize(email)[0]
    with _transaction(dry_run=dry_run) as session:
        campaigns = [(lookup.named(session, slug), role) for role, slugs in seats.items() for slug in slugs]
        was_there = find_by_address(session, address) is not None
        _require_free_name(session, name, address)
        person = organizers.add_organizer(session, characters.tidy(name), address, language)
        for campaign, role in campaigns:
            organizers.give_seat(session, person, campaign.id, role, may_send=may_send)
        said = [f"{role} of {campaign.slug}" for campaign, role in campaigns]
    done = f"{name} {'is there already' if was_there else 'may enter the organizers’ desk'}"
    done += f": {', '.join(said)}{', and may send email' if may_send else ''}." if said else ", at no campaign yet."
    if dry_run:
        console.say(f"Dry run: {done}")
        return
    console.say(f"{done}\n{name} logs in at {_desk()}")
    console.say(f"Next: {console.command('organizer', 'link', name)}")


def _remove(name: str, only_from: list[str], *, dry_run: bool) -> None:
    from worker.acts import organizers
    from worker.cli import lookup

    lookup.make_ready_to_act()
    with _transaction(dry_run=dry_run) as session:
        person = _named(session, name)
        campaigns = [lookup.named(session, slug) for slug in only_from]
        taken = [one.slug for one in campaigns if organizers.take_seat(session, person, one.id)]
        if not only_from:
            organizers.remove_organizer(session, person)
    if only_from and not taken:
        console.nothing_to_do(f"{name} has no seat at {', '.join(only_from)}: nothing was changed.")
    what = f"{name} has no seat at {', '.join(taken)} any more."
    if not only_from:
        what = f"{name} may not enter the organizers’ desk any more, and is logged out everywhere."
    console.say(f"Dry run: {what}" if dry_run else what)


def _link(name: str, *, dry_run: bool) -> None:
    from worker.acts import login
    from worker.cli import lookup

    lookup.make_ready_to_act()
    with _transaction(dry_run=dry_run) as session:
        key = login.make_link(session, _named(session, name))
    if dry_run:
        console.say(f"Dry run: a link would be printed that opens the desk for {name}.")
        return
    print(f"{_desk()}/link/{key}")
    console.say(f"Whoever opens this link is {name}. It works once, within ten minutes.")


def _list(*, as_json: bool) -> None:
    from worker import db
    from worker.cli import lookup
    from worker.state.organizers import load_organizers

    lookup.make_ready()
    with db.reading() as session:
        rows = [
            {
                "name": one.name,
                "email": one.email or None,
                "local": one.is_local,
                "second_factor": one.totp_at is not None,
                "seats": [
                    {"campaign": seat.campaign.slug, "role": seat.role, "may_send": seat.may_send} for seat in one.seats
                ],
            }
            for one in load_organizers(session)
        ]
    if as_json:
        console.give(rows)
        return
    if not rows:
        console.say(f"Nobody may enter the desk yet. {console.command('organizer', 'add')} NAME ADDRESS lets one in.")
        return
    for row in rows:
        console.say(_line(row))


def _line(row: "Mapping[str, object]") -> str:
    seats = row["seats"]
    assert isinstance(seats, list)
    where = [f"{one['role']} of {one['campaign']}{' (may send email)' if one['may_send'] else ''}" for one in seats]
    said = "every campaign on this computer" if row["local"] else ", ".join(where) or "no campaign"
    address = f" <{row['email']}>" if row["email"] else ""
    return f"{row['name']}{address}: {said}{'; second code set up' if row['second_factor'] else ''}"


def link_for_local() -> str:
    """A link that opens the desk for whoever sits at this machine, made if there is no such organizer yet."""
    from worker import db
    from worker.acts import login, organizers

    with db.transaction() as session:
        key = login.make_link(session, organizers.add_local(session))
    return f"{_desk()}/link/{key}"


@contextmanager
def _transaction(*, dry_run: bool) -> "Iterator[Session]":
    from worker import db
    from worker.cli import lookup

    if dry_run:
        with lookup.trying("") as session:
            yield session
    else:
        with lookup.refusals_told(""), db.transaction() as session:
            yield session


def _desk() -> str:
    from worker import settings

    return f"{settings.current().public_url.rstrip('/')}/desk"


def _named(session: "Session", name: str) -> "Organizer":
    from worker.cli import lookup
    from worker.state.organizers import load_organizers
    from worker.text import similar_names

    everybody = load_organizers(session)
    wanted = similar_names.same_name(name)
    by_name = [one for one in everybody if similar_names.same_name(one.name) == wanted]
    found = [one for one in everybody if one.email and one.email.casefold() == name.casefold()] or by_name
    if not found:
        known = [one.name for one in everybody]
        meant = lookup.did_you_mean(name, known) or f"There are: {', '.join(known) or 'none'}"
        console.fail(f"No organizer {name!r}. {meant}")
    if len(found) > 1:
        console.fail(f"Several organizers are called {name!r}: give the email address in the place of the name.")
    return found[0]


def _require_free_name(session: "Session", name: str, address: str) -> None:
    from worker.state.organizers import find_by_address, is_name_free

    there = find_by_address(session, address)
    if not is_name_free(session, name, *([there] if there else [])):
        console.fail(f"Another organizer is called {name!r} already: give this one a name that tells them apart.")
