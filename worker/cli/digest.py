"""What an organizer types about the emails that tell the addressee of members."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Yes

if TYPE_CHECKING:
    from worker.acts.digests import DigestWish
    from worker.mail.mime import Message
    from worker.state.digests import DigestStatus


def digest(
    name: Name,
    hold: Annotated[bool, typer.Option("--hold", help="Keep these emails back until --resume. Asks nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let them be sent again after --hold.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Send none any more, because the addressee wants none.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Send them again after they were stopped.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send one again that did not arrive, as it reads now.")
    ] = False,
    arrived: Annotated[
        bool,
        typer.Option("--arrived", help="Record that the addressee has one of which this was in doubt."),
    ] = False,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Leave this name out, as the email shows it: the voice is counted without it. Can be repeated.",
        ),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Show the next email to the addressee about members, as it would be sent, and when it is sent.

    It is sent once a day at most, and only if there is something new. You get it by email before it is sent.

    Examples: `undersigned digest cambodia-2023`, `undersigned digest cambodia-2023 --hold`
    """
    given: dict[str, tuple[bool, Callable[..., None]]] = {
        "--hold": (hold, _hold),
        "--resume": (resume, _resume),
        "--stop": (stop, _stop),
        "--restart": (restart, _restart),
        "--again": (again, _again),
        "--arrived": (arrived, _arrived),
        "--leave-out": (bool(leave_out), partial(_leave_out, leave_out or [])),
    }
    wished = [option for option, (is_given, _) in given.items() if is_given]
    if len(wished) > 1:
        console.fail(f"Give one of these at a time: {', '.join(wished)}.", console.USAGE)
    if wished and as_json:
        console.fail(f"--json shows the email and changes nothing: leave {wished[0]} out.", console.USAGE)
    if wished:
        given[wished[0]][1](name, yes=yes, dry_run=dry_run)
    else:
        _show(name, as_json=as_json)


@dataclass(frozen=True)
class _Found:
    """What is shown: how it stands, and the email as it reads now; `zone` is the campaign's."""

    slug: str
    zone: str
    addressee: str
    status: "DigestStatus"
    message: "Message | None"


def _load(name: str) -> _Found:
    from worker.cli import lookup
    from worker.state.digests import first_addressee, load_digest_status
    from worker.wording.digests import word_open_digest

    with lookup.looking(name) as (session, campaign):
        status = load_digest_status(session, campaign)
        message = word_open_digest(session, campaign, status)
        return _Found(campaign.slug, campaign.zone, first_addressee(campaign).name, status, message)


def _show(name: str, *, as_json: bool) -> None:
    found = _load(name)
    if as_json:
        console.give(_as_data(found))
    else:
        for line in _told(found):
            console.say(line)
        if found.message is not None:
            console.in_utf8()
            print(f"\n{found.message.subject}\n\n{found.message.text}")
    if found.status.waits_for_a_person:
        raise typer.Exit(console.WAITS)


def _told(found: _Found) -> list[str]:
    from worker.wording import digest_status

    status, lines = found.status, []
    if hindrance := digest_status.in_the_way(status, found.addressee, found.zone, has_text=found.message is not None):
        lines.append(f"{hindrance} {_continue(found)}".rstrip())
    lines += digest_status.lines(status, found.addressee, found.zone)
    if status.waits_for_a_person:
        lines.append(
            f"Ask the addressee's office. If it is there: {console.command('digest', found.slug, '--arrived')}"
        )
        lines.append(f"If not, send it again: {console.command('digest', found.slug, '--again')}")
    return lines


def _continue(found: _Found) -> str:
    """What to type where an organizer can let these emails go on."""
    match found.status.hindrance:
        case "stopped":
            return f"To send them again: {console.command('digest', found.slug, '--restart')}"
        case "held" if found.status.held_at is not None:
            return f"To continue: {console.command('digest', found.slug, '--resume')}"
        case "held":
            return f"To continue: {console.command('resume', found.slug)}"
    return ""


def _as_data(found: _Found) -> dict[str, Any]:
    status, message = found.status, found.message
    return {
        "campaign": found.slug,
        "hindrance": status.hindrance,
        "state": status.open_state,
        "next": _iso(status.next_at),
        "last": _iso(status.last.sent_at if status.last else None),
        "held": _iso(status.held_at),
        "stopped": _iso(status.stopped_at),
        "stopped_by": status.stopped_by,
        "total": status.news.total,
        "told": status.news.told,
        "new_names": status.news.names,
        "singles": status.singles,
        "subject": message.subject if message else None,
        "text": message.text if message else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _hold(name: str, *, yes: bool, dry_run: bool) -> None:
    """It asks nothing: it is typed in a hurry, and `--resume` takes it back."""
    from worker.wording.acts import members as words

    _try(name, "hold", even_restored=True)
    before = words.hold_digests()
    if dry_run:
        console.end_dry_run(before)
    _do(name, "hold", even_restored=True)
    console.say("\n".join(before.lines))
    console.say(f"Held.\nTo continue: {console.command('digest', name, '--resume')}")


def _resume(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.wording.acts import members as words

    status = _load(name).status
    _try(name, "resume")
    console.agree(words.resume_digests(status), yes=yes, dry_run=dry_run)
    _do(name, "resume")
    console.say(f"They continue. {console.who_sends()}")


def _stop(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.wording.acts import members as words

    _try(name, "stop", even_restored=True)
    console.agree(words.stop_digests(), yes=yes, dry_run=dry_run)
    _do(name, "stop", even_restored=True)
    console.say(f"Stopped.\nTo send them again: {console.command('digest', name, '--restart')}")


def _restart(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.wording.acts import members as words

    found = _load(name)
    _try(name, "restart")
    console.agree(words.restart_digests(found.status.stopped_by, found.addressee), yes=yes, dry_run=dry_run)
    _do(name, "restart")
    console.say(f"Next: {console.command('digest', name)}")


def _again(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.wording.acts import members as words

    number = _try(name, "again")
    console.agree(words.send_again(number), yes=yes, dry_run=dry_run)
    _do(name, "again")
    console.say(console.who_sends())


def _arrived(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.wording.acts import members as words

    number = _try(name, "arrived")
    console.agree(words.note_arrived(number), yes=yes, dry_run=dry_run)
    _do(name, "arrived")
    console.say(f"Recorded. Next: {console.command('digest', name)}")


def _leave_out(names: list[str], name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.leave_out import leave_names_out
    from worker.cli import lookup
    from worker.text.names import as_told
    from worker.wording.acts import members as words

    with lookup.dry_run(name) as (session, campaign):
        persons = leave_names_out(session, campaign.id, names)
        session.flush()
    console.agree(words.leave_names_out([as_told(one) for one in names], persons), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        leave_names_out(session, campaign.id, names)
        campaign_id = campaign.id
    lookup.notify("digest", campaign_id)
    console.say(f"Left out. The email as it reads now: {console.command('digest', name)}")


def _try(name: str, wish: "DigestWish", *, even_restored: bool = False) -> int:
    """How many mails an act would concern; ends the command where it would do nothing."""
    from worker.acts.digests import decide_about_digests
    from worker.cli import lookup

    number = 0
    with lookup.dry_run(name, even_restored=even_restored) as (session, campaign):
        number = decide_about_digests(session, campaign.id, wish)
        session.flush()
    return number


def _do(name: str, wish: "DigestWish", *, even_restored: bool = False) -> None:
    from worker.acts.digests import decide_about_digests
    from worker.cli import lookup

    with lookup.writing(name, even_restored=even_restored) as (session, campaign):
        decide_about_digests(session, campaign.id, wish)
        campaign_id = campaign.id
    lookup.notify("digest", campaign_id)
