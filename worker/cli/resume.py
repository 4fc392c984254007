"""What an organizer types to let a held letter go on, or a database that was put back from a backup."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Yes
from worker.cli.restored_options import (
    AskAgain,
    Extend,
    JournalLost,
    KeepLinks,
    NoneKnown,
    OptedOut,
    Restored,
    Withdrew,
)


def resume(
    name: Annotated[str | None, typer.Argument(help="The campaign's name, for example cambodia-2023.")] = None,
    restored: Restored = False,
    extend: Extend = None,
    keep_links: KeepLinks = False,
    opted_out: OptedOut = None,
    withdrew: Withdrew = None,
    ask_again: AskAgain = None,
    journal_lost: JournalLost = False,
    none_known: NoneKnown = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Continue a held campaign, its letter and its emails. If its review is over, the letter is sent at once.

    With --restored: show what a database that was put back from a backup says of each campaign, and let it go on.
    A letter that may have left since the backup waits for you. With --json it is only shown.

    Examples: `undersigned resume cambodia-2023`, `undersigned resume --restored`
    """
    if restored == (name is not None):
        console.fail("Give either the name of a campaign or --restored.", console.USAGE)
    files = opted_out is not None or withdrew is not None
    wished = keep_links or none_known or as_json or files or bool(extend) or ask_again is not None or journal_lost
    if name is None:
        from worker.cli.go_on import Wishes, resume_restored

        wishes = Wishes(keep_links, opted_out, withdrew, none_known, extend or [], ask_again, journal_lost)
        resume_restored(wishes, yes=yes, dry_run=dry_run, as_json=as_json)
    elif wished:
        console.fail("These options need --restored.", console.USAGE)
    else:
        _resume_campaign(name, yes=yes, dry_run=dry_run)


def _resume_campaign(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.hold import leaves_at_once, resume_letter
    from worker.cli import lookup
    from worker.wording.acts import safety

    with lookup.dry_run(name) as (session, campaign):
        mail_was_held = campaign.mail_held_at is not None
        if (waiting := resume_letter(session, campaign.id)) is None:
            console.nothing_to_do("It was not held: nothing was changed.")
        facts = leaves_at_once(session, campaign.id)
        before = safety.resume(waiting, letter_leaves=facts is not None, signed=facts.signed if facts else 0)
    if dry_run or facts is not None or (mail_was_held and waiting):
        console.agree(before, yes=yes, dry_run=dry_run, name=name if facts is not None else "")
    with lookup.writing(name) as (session, campaign):
        resume_letter(session, campaign.id)
        campaign_id = campaign.id
    lookup.notify("close", campaign_id)
    lookup.notify("deliver")
    leaves = " The letter is sent now." if facts is not None else ""
    console.say(f"It continues.{leaves}\nNext: {console.command('status', name)}")
