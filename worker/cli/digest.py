"""What an organizer types about the emails that tell the addressee of members."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.mail.mime import Message
    from worker.models import Campaign
    from worker.state.digests import DigestState, DigestStatus, Hindrance


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
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Show the next email to the addressee about members, as it would be sent, and when it is sent.

    It is sent once a day at most, and only if there is something new. You get it by email before it is sent.

    Examples: `undersigned digest cambodia-2023`, `undersigned digest cambodia-2023 --hold`
    """
    given = {
        "--hold": (hold, _hold),
        "--resume": (resume, _resume),
        "--stop": (stop, _stop),
        "--restart": (restart, _restart),
        "--again": (again, _again),
        "--arrived": (arrived, _arrived),
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

    with lookup.looking(name) as (session, campaign):
        status = load_digest_status(session, campaign)
        message = _message(session, campaign, status)
        return _Found(campaign.slug, campaign.zone, first_addressee(campaign).name, status, message)


def _message(session: "Session", campaign: "Campaign", status: "DigestStatus") -> "Message | None":
    """The one that waits, or else the next; none where there is nothing to tell, or nobody to tell it."""
    from worker.mail.mime import NothingToSay
    from worker.wording.digests import word_next_digest, word_waiting_digest

    try:
        if status.open is not None:
            return word_waiting_digest(session, status.open)
        wanted = status.hindrance in {None, "held", "letter_not_there", "no_email"} and status.news.is_any
        return word_next_digest(session, campaign) if wanted and campaign.dispatched_at else None
    except NothingToSay:
        return None


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
    status, lines = found.status, []
    if status.hindrance is not None:
        lines.append(_in_the_way(status.hindrance, found))
    if status.last is not None and status.last.sent_at is not None:
        lines.append(f"The last one was sent on {_when(status.last.sent_at, found.zone)}.")
    lines.append(_numbers(found))
    if status.singles:
        told = ", ".join(f"{number} {state}" for state, number in sorted(status.singles.items()))
        lines.append(f"Emails about one person each: {told}.")
    if status.open_state is not None:
        is_held = status.open_state == "waiting" and status.hindrance == "held"
        said = _WAITS_AND_IS_HELD if is_held else _STATES[status.open_state]
        lines.append(said.format(when=_when(status.next_at, found.zone)))
    elif status.next_at is not None:
        lines.append(f"The next one may be sent from {_when(status.next_at, found.zone)} on. You get it before.")
    elif status.hindrance is None:
        lines.append("There is nothing new to tell.")
    if status.waits_for_a_person:
        lines.append(
            f"Ask the addressee's office. If it is there: {console.command('digest', found.slug, '--arrived')}"
        )
        lines.append(f"If not, send it again: {console.command('digest', found.slug, '--again')}")
    return lines


def _numbers(found: _Found) -> str:
    news, under_way = found.status.news, found.status.open_state is not None
    said = f"{console.count(news.total, 'voice')} now, {news.told:,} told to {found.addressee}"
    if news.names:
        said += f", {console.count(news.names, 'new name')} {'for the next email' if under_way else 'to tell'}"
    return f"{said}."


def _in_the_way(hindrance: "Hindrance", found: _Found) -> str:
    status, slug = found.status, found.slug
    match hindrance:
        case "stopped":
            by = found.addressee if status.stopped_by == "addressee" else "an organizer"
            since = _when(status.stopped_at, found.zone)
            return f"Stopped by {by} on {since}. To send them again: {console.command('digest', slug, '--restart')}"
        case "held" if status.held_at is not None:
            since = _when(status.held_at, found.zone)
            return f"Held since {since}. To continue: {console.command('digest', slug, '--resume')}"
        case "held":
            return f"The campaign is on hold. To continue: {console.command('resume', slug)}"
        case "no_email" if found.message is not None:
            return f"{_WHY_NOT[hindrance].format(addressee=found.addressee)} Print the text below, and bring it."
    return _WHY_NOT[hindrance].format(addressee=found.addressee)


_WHY_NOT: dict["Hindrance", str] = {
    "closed": "Persons cannot add their voices to this letter, so the addressee is told of none.",
    "cancelled": "The letter was cancelled: nothing is sent.",
    "erased": "Names and addresses were erased: nothing more is sent.",
    "no_email": "{addressee} has no email address: nothing is sent.",
    "letter_not_there": "{addressee} does not have the letter yet: these emails begin a day after it.",
    "for_a_person": "No other email about members is sent before you have decided about the last one.",
}
_STATES: dict["DigestState", str] = {
    "waiting": "This one waits, and is sent on {when}:",
    "sending": "One is being handed over at this moment.",
    "uncertain": "Nobody knows whether the last one arrived: the connection broke.",
    "refused": "The addressee's server refused the last one.",
    "returned": "The last one came back.",
}


_WAITS_AND_IS_HELD = "This one waits. After you resume it is sent, on {when} at the earliest:"


def _when(moment: datetime | None, zone: str) -> str:
    from worker.text import dates

    return dates.day_and_time(moment, zone, "en") if moment is not None else "an unknown day"


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
    from worker.acts.digests import hold_digests

    if not _try(name, hold_digests, even_restored=True):
        console.nothing_to_do("These emails are held already: nothing was changed.")
    if dry_run:
        console.say("Dry run: emails to the addressee about members would be held.")
        return
    _do(name, hold_digests, even_restored=True)
    console.say(
        "Held: no email to the addressee about members is sent. One that is being handed over at this moment may still "
        f"arrive.\nTo continue: {console.command('digest', name, '--resume')}"
    )


def _resume(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.digests import resume_digests

    status = _load(name).status
    if not _try(name, resume_digests):
        console.nothing_to_do("These emails were not held: nothing was changed.")
    waits = status.open_state == "waiting"
    follows = "The one that waits is sent as soon as its time has come." if waits else "The next one follows."
    if dry_run:
        console.say(f"Dry run: emails to the addressee about members would continue. {follows}")
        return
    console.ask(f"Send emails to the addressee about members again? {follows}", yes=yes)
    _do(name, resume_digests)
    console.say(f"They continue. {follows} {console.who_sends()}")


def _stop(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.digests import stop_digests

    stop: _Act = lambda session, campaign_id: stop_digests(session, campaign_id, "organizer")
    if not _try(name, stop, even_restored=True):
        console.nothing_to_do("These emails are stopped already: nothing was changed.")
    follows = "One that waits is not sent. The voices still count."
    if dry_run:
        console.say(f"Dry run: the addressee would get no email about members any more. {follows}")
        return
    console.ask(f"Send the addressee no email about members any more? {follows}", yes=yes)
    _do(name, stop, even_restored=True)
    console.say(f"Stopped. {follows}\nTo send them again: {console.command('digest', name, '--restart')}")


def _restart(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.digests import restart_digests

    found = _load(name)
    restart: _Act = lambda session, campaign_id: restart_digests(session, campaign_id, "organizer")
    if not _try(name, restart):
        console.nothing_to_do("These emails were not stopped: nothing was changed.")
    by_itself = found.status.stopped_by == "addressee"
    who = f"{found.addressee} stopped them by the link in an email." if by_itself else "An organizer stopped them."
    if dry_run:
        console.say(f"Dry run: the addressee would get emails about members again. {who}")
        return
    console.ask(f"{who} Did the addressee ask for these emails again?", yes=yes)
    _do(name, restart)
    console.say(f"The addressee gets these emails again. Next: {console.command('digest', name)}")


def _again(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.digests import send_again

    number = _try(name, send_again)
    if not number:
        console.nothing_to_do("None is uncertain, was refused or came back: nothing was changed.")
    mails = console.count(int(number), "email")
    if dry_run:
        console.say(f"Dry run: {mails} to the addressee about members would be sent again{_WITHOUT}.")
        return
    console.ask(f"Send {mails} to the addressee about members again? It may then have it twice.", yes=yes)
    _do(name, send_again)
    console.say(f"{mails} sent again{_WITHOUT}. {console.who_sends()}")


_WITHOUT = ", without those who have withdrawn since"


def _arrived(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.digests import note_arrived

    number = _try(name, note_arrived)
    if not number:
        console.nothing_to_do("None is uncertain, was refused or came back: nothing was changed.")
    mails = console.count(int(number), "email")
    if dry_run:
        console.say(f"Dry run: it would be recorded that {mails} to the addressee about members arrived.")
        return
    console.ask(f"Record that {mails} to the addressee about members arrived?", yes=yes)
    _do(name, note_arrived)
    console.say(f"Recorded. Next: {console.command('digest', name)}")


_Act = Callable[["Session", int], bool | int]


def _try(name: str, act: _Act, *, even_restored: bool = False) -> bool | int:
    """What an act would do; ends the command where persons cannot add their voices."""
    from worker.cli import lookup

    done: bool | int = False
    with lookup.dry_run(name, even_restored=even_restored) as (session, campaign):
        if campaign.members == "closed":
            console.fail(_WHY_NOT["closed"])
        done = act(session, campaign.id)
        session.flush()
    return done


def _do(name: str, act: _Act, *, even_restored: bool = False) -> None:
    from worker import tasks
    from worker.cli import lookup

    with lookup.writing(name, even_restored=even_restored) as (session, campaign):
        act(session, campaign.id)
        campaign_id = campaign.id
    lookup.notify(tasks.digest, campaign_id)
