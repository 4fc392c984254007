"""What an organizer types to see what waits for a person, in all campaigns."""

from typing import TYPE_CHECKING, Any

import typer

from worker.cli import console
from worker.cli.options import Json

if TYPE_CHECKING:
    from worker.state.todo import ToDo, TodoCode


def todo(as_json: Json = False) -> None:
    """Show what waits for a person in all campaigns, and the command that helps. Ends with 4 if anything does.

    Example: `undersigned todo`
    """
    from worker import db
    from worker.cli import lookup
    from worker.state.todo import load_todo

    lookup.make_ready()
    with db.reading() as session:
        found = load_todo(session, idle=console.nobody_sends())
        given, lines = [_as_data(one) for one in found], [_line(one) for one in found]
    if as_json:
        console.give(given)
    elif lines:
        print("\n".join(lines))
    else:
        console.say("Nothing waits for a person.")
    if any(one.needs_person for one in found):
        raise typer.Exit(console.WAITS)


def _as_data(one: "ToDo") -> dict[str, Any]:
    from worker.wording.todo import sentence

    return {
        "code": one.code,
        "campaign": one.campaign.slug if one.campaign else None,
        "number": one.number,
        "needs_person": one.needs_person,
        "sentence": sentence(one),
        "command": _command(one),
    }


def _line(one: "ToDo") -> str:
    """`rivers: 2 partners ask for a change of the text.`, and below it what to type."""
    from worker.wording.todo import sentence

    said = f"{one.campaign.slug}: {sentence(one)}" if one.campaign else sentence(one)
    command = _command(one)
    return f"{said}\n  → {command}" if command else said


def _command(one: "ToDo") -> str | None:
    from worker import settings

    if one.code == "nothing_running":
        return console.command("up" if settings.current().embedded else "worker")
    words = _COMMANDS[one.code]
    slug = [one.campaign.slug] if one.campaign else []
    return console.command(words[0], *slug, *words[1:]) if words else None


_COMMANDS: "dict[TodoCode, tuple[str, ...]]" = {
    "restored": ("resume", "--restored"),
    "mail_outage": ("doctor",),
    "backup_missing": ("doctor",),
    "late": ("status",),
    "below_quorum": ("dispatch",),
    "nobody_signed": ("cancel",),
    "letter_uncertain": ("status",),
    "bring_letter": ("export", "--documents", "FOLDER"),
    "letter_refused": ("status",),
    "letter_turned_down": ("status",),
    "addressee_not_served": ("status",),
    "letter_answered": ("status",),
    "notice": ("notice",),
    "panic": ("panic", "--end"),
    "approval": ("status",),
    "held": ("resume",),
    "mail_held": ("resume",),
    "not_reached": ("status",),
    "perhaps_not_reached": ("status",),
    "may_not_have_arrived": ("status",),
    "wishes": ("status",),
    "names": ("status",),
    "applicants": ("status",),
    "flood": ("admit", "--forget-unconfirmed"),
    "words": ("words",),
    "digest_failed": ("digest",),
    "deadline_soon": ("status",),
    "note_due": ("notes",),
}
