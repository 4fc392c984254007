"""What organizers type to remember something about a partner, and to say who looks after it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import WHO, DryRun, Json, Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from worker.models import Campaign, Organizer
    from worker.state.notes import NoteStatus


def notes(
    name: Name,
    organization: Annotated[str, typer.Argument(metavar="ORGANIZATION", help=f"{WHO} Without it, all of them.")] = "",
    add: Annotated[
        str | None, typer.Option("--add", metavar="NOTE", help="Write a note about the organization, in quotes.")
    ] = None,
    on: Annotated[
        str, typer.Option("--on", metavar="DAY", help='The day on which it is due: 2030-04-14, or "in 3 days".')
    ] = "",
    done: Annotated[int | None, typer.Option("--done", help="Tick off the note with this number.")] = None,
    carer: Annotated[
        str | None,
        typer.Option("--looked-after-by", metavar="PERSON", help="Let this organizer look after the organization."),
    ] = None,
    by_nobody: Annotated[
        bool, typer.Option("--looked-after-by-nobody", help="Let nobody look after the organization any more.")
    ] = False,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Show what organizers noted about partners, add a note, tick one off, or say who looks after an organization.

    Notes are for the organizers only: no email, letter or export contains them. `todo` tells when one is due.

    Examples: `undersigned notes cambodia-2023`,
    `undersigned notes cambodia-2023 "Khmer Thavrak" --add "Call the director" --on "in 3 days"`,
    `undersigned notes cambodia-2023 --done 3`,
    `undersigned notes cambodia-2023 "Khmer Thavrak" --looked-after-by "Maly Sok"`
    """
    acts = [add is not None, done is not None, carer is not None, by_nobody]
    if wrong := list(_wrong_use(organization, acts, on, add, as_json=as_json)):
        console.fail("\n".join(wrong), console.USAGE)
    if add is not None:
        _add(name, organization, add, on, dry_run=dry_run)
    elif done is not None:
        _finish(name, organization, done, dry_run=dry_run)
    elif carer is not None or by_nobody:
        _look_after(name, organization, carer, dry_run=dry_run)
    else:
        _show(name, organization, as_json=as_json)


def _wrong_use(
    organization: str, acts: "Sequence[bool]", on: str, add: str | None, *, as_json: bool
) -> "Iterator[str]":
    if sum(acts) > 1:
        yield "Give only one of --add, --done, --looked-after-by and --looked-after-by-nobody."
    if as_json and any(acts):
        yield "--json only shows notes: leave out what changes something."
    if on and add is None:
        yield "--on is the day of a note that you --add."
    if not organization and (acts[0] or acts[2] or acts[3]):
        yield "Give the organization too: its name, acronym or number."


def _show(name: str, organization: str, *, as_json: bool) -> None:
    from worker import db
    from worker.cli import lookup
    from worker.state.notes import load_notes_of, load_open_notes
    from worker.state.organizers import find_carer
    from worker.text.names import signatory

    with lookup.looking(name) as (session, campaign):
        now = db.clock(session)
        if organization:
            partner = lookup.partner_named(session, campaign, organization)
            carer = find_carer(session, partner)
            found = load_notes_of(session, partner, now)
            title = f"{signatory(partner)} ({campaign.zone}), looked after by {carer.name if carer else 'nobody'}"
        else:
            found = load_open_notes(session, campaign, now)
            title = f"Notes that are not ticked off ({campaign.zone})"
        given = [_as_data(one, campaign) for one in found]
        lines = [title, *(_line(one, now, campaign, with_name=not organization) for one in found)]
    if as_json:
        console.give(given)
        return
    if not found:
        lines = [title] if organization else []
        console.say("There is no note." if organization else "No note is open.")
    console.in_utf8()
    print("\n".join(lines), end="\n" if lines else "")


def _as_data(one: "NoteStatus", campaign: "Campaign") -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    from worker.wording.relay_status import iso

    return {
        "number": one.number,
        "organization": one.partner.organization,
        "partner": f"#{one.partner.id}",
        "text": one.text,
        "by": one.by,
        "at": iso(one.at),
        "on": one.due.astimezone(ZoneInfo(campaign.zone)).date().isoformat() if one.due else None,
        "is_due": one.is_due,
        "done": iso(one.done),
    }


def _line(one: "NoteStatus", now: "datetime", campaign: "Campaign", *, with_name: bool) -> str:
    """`  3: call the director (due 14 April 2023; Maly Sok, 09:12)`."""
    from worker.cli.status_view.phrases import short_moment
    from worker.text import dates

    told = [f"{one.by or 'by a command'}, {short_moment(one.at, now, campaign.zone)}"]
    if one.done:
        told.insert(0, f"ticked off {short_moment(one.done, now, campaign.zone)}")
    elif one.due:
        told.insert(0, f"{'due' if one.is_due else 'for'} {dates.date(one.due, campaign.zone, 'en')}")
    whom = f"{one.partner.organization}: " if with_name else ""
    text = one.text.replace("\n", "\n     ")
    return f"  {one.number}: {whom}{text} ({'; '.join(told)})"


def _add(name: str, organization: str, typed: str, day: str, *, dry_run: bool) -> None:
    from worker import db
    from worker.acts.partner_notes import add_note, read_note
    from worker.cli import lookup

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, words = partner.id, lookup.said(partner, organization)
        note = read_note(typed, day, now=db.clock(session), zone=campaign.zone)
        if note.problems:
            fields = {"text": f"--add: found {typed!r}", "day": f"--on: found {day!r}"}
            told = [f"{fields[field]}. {_say(code)}" for field, code in note.problems.items()]
            console.fail("\n".join(told), console.USAGE)
        is_new = add_note(session, partner_id, note.text, note.due)
    if not is_new:
        console.nothing_to_do(f"There is this note about {words} already: nothing was changed.")
    if dry_run:
        console.say(f"Dry run: a note about {words} would be written.")
        return
    with lookup.writing(name) as (session, _):
        add_note(session, partner_id, note.text, note.due)
    console.say(f"Noted about {words}.")
    console.say(f"Next: {console.command('notes', name, organization)}")


def _say(code: str) -> str:
    from worker.wording import problems

    return problems.sentence(code)


def _finish(name: str, organization: str, number: int, *, dry_run: bool) -> None:
    from worker.acts.partner_notes import finish_note
    from worker.cli import lookup
    from worker.state.notes import find_note

    with lookup.dry_run(name) as (session, campaign):
        note = find_note(session, campaign, number)
        partner = lookup.partner_named(session, campaign, organization) if organization else None
        if note is None or (partner is not None and note.partner_id != partner.id):
            console.fail(f"--done: there is no note with the number {number}. {console.command('notes', name)}")
        words = note.partner.organization
        was_open = finish_note(session, number)
    if not was_open:
        console.nothing_to_do(f"Note {number} about {words} was ticked off already: nothing was changed.")
    if dry_run:
        console.say(f"Dry run: note {number} about {words} would be ticked off.")
        return
    with lookup.writing(name) as (session, _):
        finish_note(session, number)
    console.say(f"Note {number} about {words} is ticked off.")


def _look_after(name: str, organization: str, who: str | None, *, dry_run: bool) -> None:
    from worker.acts.look_after import choose_carer
    from worker.cli import lookup

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, words = partner.id, lookup.said(partner, organization)
        carer = None if who is None else _carer_named(session, campaign, who)
        organizer_id = carer.id if carer else None
        after = f"{words} is looked after by {carer.name if carer else 'nobody'}"
        is_new = choose_carer(session, partner_id, organizer_id)
    if not is_new:
        console.nothing_to_do(f"{after} already: nothing was changed.")
    if dry_run:
        console.say(f"Dry run: {after} from then on.")
        return
    with lookup.writing(name) as (session, _):
        choose_carer(session, partner_id, organizer_id)
    console.say(f"{after} now.")


def _carer_named(session: "Session", campaign: "Campaign", who: str) -> "Organizer":
    from worker.cli import lookup
    from worker.state.organizers import load_carers
    from worker.text import similar_names

    those = load_carers(session, campaign)
    wanted = similar_names.same_name(who)
    found = [one for one in those if similar_names.same_name(one.name) == wanted]
    if not found:
        names = [one.name for one in those]
        meant = lookup.did_you_mean(who, names) or f"There are: {', '.join(names) or 'none'}."
        console.fail(f"No organizer {who!r} may look at the partners of {campaign.slug}. {meant}")
    return found[0]
