"""What an organizer types to tell an addressee who stepped back."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Yes


def notice(
    name: Name,
    told: Annotated[
        bool, typer.Option("--told", help="Record that you have told the addressees, so that it is shown no more.")
    ] = False,
    as_json: Json = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Print what to tell each addressee about organizations that withdrew after the letter was sent. Sends nothing.

    Examples: `undersigned notice cambodia-2023`, `undersigned notice cambodia-2023 --told`
    """
    if told and as_json:
        console.fail("--json shows what to tell and records nothing: leave it out.", console.USAGE)
    if told:
        _note_told(name, yes=yes, dry_run=dry_run)
    else:
        _show(name, as_json=as_json)


def _show(name: str, *, as_json: bool) -> None:
    from worker.cli import lookup
    from worker.state.disclosures import copies, load_notices
    from worker.state.letters import load_letters
    from worker.state.refusals import NothingToTell
    from worker.wording.notice import as_text

    with lookup.looking(name) as (session, campaign):
        letters = load_letters(session, campaign)
        if not (found := load_notices(session, campaign, letters)) and not as_json:
            raise NothingToTell
        texts = [as_text(campaign, one) for one in found]
        data = [
            {"addressee": one.addressee.name, "email": one.addressee.email or None, "text": text}
            for one, text in zip(found, texts, strict=True)
        ]
        reached = [one.addressee for one in copies(campaign, letters)]
        lacking = [one.name for one in campaign.letter.addressees if one not in reached]
    if as_json:
        console.give(data)
        return
    console.in_utf8()
    print("\n".join(texts), end="")
    if lacking:
        console.say(f"{console.some(lacking)} will get a letter that does not name them any more.")
    console.say(
        "Read it, and send it from your own email account. It names organizations: do not pass it on to anybody else."
    )
    console.say(f"Once you have told them: {console.command('notice', name, '--told')}")


def _note_told(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker import db
    from worker.acts.note_told import note_notices_told
    from worker.cli import lookup
    from worker.wording.acts import letter as words

    with lookup.dry_run(name) as (session, campaign):
        before = words.told(note_notices_told(session, campaign.id))
        read_at = db.clock(session)
    if dry_run:
        console.say(f"Dry run: {' '.join(before.lines)}")
        return
    console.ask(f"{' '.join(before.lines)} {before.title}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        note_notices_told(session, campaign.id, until=read_at)
    console.say(f"Recorded. Next: {console.command('status', name)}")
