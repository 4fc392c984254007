"""What an organizer types, from a folder with a letter to the letter's arrival."""

import csv
import sys
import time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from worker.cli import talk

Folder = Annotated[Path, typer.Argument(help="The campaign's folder, for example campaigns/cambodia-2023.")]
Name = Annotated[str, typer.Argument(help="The campaign's name, for example cambodia-2023.")]
Who = Annotated[str, typer.Argument(help="The organization's name or acronym, in quotes.")]
Deadline = Annotated[str | None, typer.Option(help='"in 2 weeks", or 2023-04-14T18:00 in the campaign\'s zone.')]
Reminders = Annotated[str | None, typer.Option(help='Before the deadline: "7d,3d,1d".')]
Review = Annotated[str | None, typer.Option(help='Between seal and dispatch: "2h".')]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Note = Annotated[str, typer.Option(help="How it reached you, for example 'phone call with the director'.")]


def new(
    name: Annotated[str, typer.Argument(help="A name for the folder: a-z, 0-9 and hyphens.")],
    partners: Annotated[
        Path | None, typer.Option(help="A list as you have it: CSV, or lines pasted from a mail.")
    ] = None,
) -> None:
    """Make the folder of a new campaign, with your list of partners cleaned up.

    Example: `undersigned new river-2027 --partners list.txt`
    """
    from worker.cli import folders

    folders.make(name, partners)


def check(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Find every problem of a campaign's folder at once; changes nothing.

    Example: `undersigned check campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import folders

    definition = folders.read(folder, deadline, reminders, review)
    talk.say(folders.summary(definition))
    talk.say(f"\nNo problems. Next: undersigned preview {folder}")


def preview(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Write the letter and one mail as a partner will see them; sends nothing.

    Example: `undersigned preview campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import folders

    definition = folders.read(folder, deadline, reminders, review)
    for path in folders.preview(definition):
        print(path)
    talk.say(f"\nLook at these files. Next: undersigned launch {folder}")


def launch(
    folder: Folder,
    deadline: Deadline = None,
    reminders: Reminders = None,
    review: Review = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Start a campaign: every partner gets one personal mail. From then on, editing the folder changes nothing.

    Example: `undersigned launch campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker import db, tasks
    from worker.acts.launch import AlreadyLaunched
    from worker.acts.launch import launch as launch_campaign
    from worker.cli import folders, rows

    definition = folders.read(folder, deadline, reminders, review)
    talk.say(folders.summary(definition))
    asked = [row.organization for row in definition.partners if row.email]
    if dry_run:
        talk.say(f"\nDry run: {talk.partners(len(asked))} would be asked: {talk.some(asked)}.")
        return
    rows.make_ready()
    with db.reading() as session:
        if rows.is_launched(session, definition.slug):
            talk.fail(f"{definition.slug} is launched already; nothing was changed and nobody was asked again.")
    talk.ask(f"\nSend an invitation to {talk.partners(len(asked))} ({talk.some(asked)})?", yes=yes)
    try:
        with db.transaction() as session:
            campaign_id = launch_campaign(session, definition).id
    except AlreadyLaunched:
        talk.fail(f"{definition.slug} is launched already; nothing was changed and nobody was asked again.")
    rows.ring(tasks.invite, campaign_id)
    talk.say(f"Launched {definition.slug}. {talk.who_sends()}\nNext: undersigned status {definition.slug} --watch")


def status(
    name: Annotated[str | None, typer.Argument(help="The campaign's name; without it, all campaigns.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show where a campaign stands: who was asked, who answered what, whose mail was refused and why.

    Example: `undersigned status cambodia-2023 --watch`
    """
    from worker.cli import rows, shown

    if name is None:
        rows.make_ready()
        shown.all_campaigns(as_json=as_json)
        return
    while True:
        found = rows.status_of(name)
        if as_json:
            talk.give(found)
        else:
            shown.one_campaign(found, clear=watch)
        if not watch:
            break
        time.sleep(2)
    if found["state"] == "waiting":
        raise typer.Exit(talk.WAITS)


def remind(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Remind the silent now, whatever the calendar says.

    Example: `undersigned remind cambodia-2023`
    """
    from worker import tasks
    from worker.acts import invite
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        silent = [partner.organization for partner in invite.silent(session, campaign)]
    if not silent:
        talk.say("Nobody is silent: everyone who got the invitation has answered.")
        return
    if dry_run:
        talk.say(f"Dry run: {talk.partners(len(silent))} would be reminded: {talk.some(silent)}.")
        return
    talk.ask(f"Remind {talk.partners(len(silent))} ({talk.some(silent)})?", yes=yes)
    with rows.writing(name) as (session, campaign):
        reminded = invite.remind_now(session, campaign.id)
        campaign_id = campaign.id
    rows.ring(tasks.deliver)
    if not reminded:
        talk.fail(f"Nobody was reminded: campaign {campaign_id} takes no answers any more.")
    talk.say(f"{talk.partners(reminded)} will be reminded. {talk.who_sends()}")


def extend(
    name: Name,
    deadline: Annotated[str, typer.Argument(help='The new deadline: "in 3 days", or 2023-04-21T18:00.')],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Move the deadline to a later moment and tell everyone who was asked.

    Example: `undersigned extend cambodia-2023 2023-04-21T18:00`
    """
    from worker import db, render, tasks
    from worker.acts import amend
    from worker.cli import rows
    from worker.definition import times

    with rows.reading(name) as (session, campaign):
        try:
            moment = times.deadline(deadline, now=db.clock(session), zone=ZoneInfo(campaign.zone))
        except times.NotATime as error:
            talk.fail(f"The deadline: {error}", talk.USAGE)
        told = [partner.organization for partner in amend.asked(session, campaign)]
        words = render.day_and_time(moment, campaign.zone, "en")
    if dry_run:
        talk.say(
            f"Dry run: the deadline would be {words}; {talk.partners(len(told))} would be told: {talk.some(told)}."
        )
        return
    talk.ask(f"Move the deadline to {words} and tell {talk.partners(len(told))} ({talk.some(told)})?", yes=yes)
    with rows.writing(name) as (session, campaign):
        try:
            count = amend.extend(session, campaign.id, moment)
        except amend.TooLate:
            talk.fail("The deadline has passed, so it cannot be moved any more.")
        except amend.NotLater:
            talk.fail("The new deadline is not later than the present one: nothing was changed.")
    rows.ring(tasks.deliver)
    talk.say(f"The deadline is {words}; {talk.partners(count)} will be told. {talk.who_sends()}")


def hold(name: Name) -> None:
    """Stop close, dispatch and report until `resume`; answers go on.

    Example: `undersigned hold cambodia-2023`
    """
    from worker.acts import amend, close
    from worker.cli import rows

    with rows.writing(name) as (session, campaign):
        changed = amend.hold(session, campaign.id)
        where = close.whereabouts(session, campaign)
    if where != "here":
        talk.fail(_HELD_TOO_LATE[where])
    talk.say(f"Held{'' if changed else ' already'}: the letter does not leave. Next: undersigned resume {name}")


_HELD_TOO_LATE = {
    "leaving": "It is being handed over at this moment; if the server turns it down, it stays here: see the status.",
    "uncertain": "It may have arrived already: nobody knows. It is not sent again, and copies wait.",
    "partly": "One addressee has it already. What has not left is held, and copies wait.",
    "left": "The letter has left already. Copies that have not been sent wait.",
}


def resume(name: Name) -> None:
    """Let a held campaign go on.

    Example: `undersigned resume cambodia-2023`
    """
    from worker import tasks
    from worker.acts import amend
    from worker.cli import rows

    with rows.writing(name) as (session, campaign):
        changed = amend.resume(session, campaign.id)
        campaign_id = campaign.id
    rows.ring(tasks.close, campaign_id)
    talk.say("It goes on." if changed else "It was not held: nothing was changed.")
    talk.say(f"Next: undersigned status {name}")


def sign(
    name: Name,
    organization: Who,
    visibility: Annotated[str, typer.Option(help="public, addressee or counted.")],
    representative: Annotated[str, typer.Option(help="Who signs for the organization.")],
    role: Annotated[str, typer.Option(help="In which role.")],
    note: Note,
    yes: Yes = False,
) -> None:
    """Record a signature that reached you by another way; the organization gets a receipt.

    Example: `undersigned sign cambodia-2023 "Khmer Thavrak" --visibility counted
    --representative "The board" --role board --note "phone call"`
    """
    from worker.acts import answer
    from worker.definition import characters

    if visibility not in answer.EXPOSURE:
        talk.fail(f"--visibility: found {visibility!r}; expected public, addressee or counted.", talk.USAGE)
    for option, value in (("--representative", representative), ("--role", role)):
        if not any(c.isalnum() for c in value) or any(characters.unfit(value)):
            talk.fail(f"{option}: expected a name in letters that can be printed.", talk.USAGE)
    said = {"representative": representative, "role": role, "note": note}
    _by_hand(name, organization, f"sign, {visibility}", yes, lambda s, p, w: answer.sign(s, p, visibility, w), said)  # type: ignore[arg-type]


def withdraw(name: Name, organization: Who, note: Note, yes: Yes = False) -> None:
    """Take a signature back at once, for somebody who asks by another way; works until the letter has left.

    Example: `undersigned withdraw cambodia-2023 "Khmer Thavrak" --note "phone call"`
    """
    from worker.acts import answer

    _by_hand(name, organization, "withdraw", yes, answer.withdraw, {"note": note})


def close(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Close before the deadline and seal the letter: nothing more can be added.

    Example: `undersigned close cambodia-2023`
    """
    from worker import tasks
    from worker.acts import close as closing
    from worker.cli import rows

    counts = rows.status_of(name)["counts"]
    words = f"{counts['signed']} signed, {counts['silent']} are silent"
    if dry_run:
        talk.say(f"Dry run: would close now. {words}.")
        return
    talk.ask(f"Close {name} now? {words}. Nobody can sign after that.", yes=yes)
    with rows.writing(name) as (session, campaign):
        sealed = closing.close(session, campaign.id, early=True)
        campaign_id = campaign.id
    rows.ring(tasks.dispatch, campaign_id)
    talk.say("Closed and sealed." if sealed else "It was closed already: nothing was changed.")
    talk.say(f"Next: undersigned status {name}")


def dispatch(
    name: Name,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="You brought the letter yourself: note it.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send the sealed letter now, without waiting for the review or the quorum.

    Example: `undersigned dispatch cambodia-2023`
    """
    from worker import tasks
    from worker.acts import dispatch as dispatching
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        reasons = dispatching.blockers(session, campaign, by_person=True)
        to = [a.name for a in campaign.letter.addressees]
    if reasons and not by_hand:
        talk.fail("The letter does not leave:\n" + "\n".join(f"  {reason}" for reason in reasons), talk.WAITS)
    if dry_run:
        talk.say(f"Dry run: the sealed letter would go to {talk.some(to)}.")
        return
    question = (
        f"Note that you brought the letter to {to[0]} yourself?" if by_hand else f"Send the letter to {talk.some(to)}?"
    )
    talk.ask(question, yes=yes)
    with rows.writing(name) as (session, campaign):
        try:
            if by_hand:
                dispatching.by_hand(session, campaign.id)
            else:
                dispatching.dispatch(session, campaign.id, by_person=True)
        except dispatching.Blocked as blocked:
            talk.fail("\n".join(blocked.reasons), talk.WAITS)
        campaign_id = campaign.id
    rows.ring(tasks.report if by_hand else tasks.deliver, *([campaign_id] if by_hand else []))
    talk.say(f"Noted. {talk.who_sends()}\nNext: undersigned status {name}")


def resend(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Send the letter once more, when nobody knows whether it arrived and its addressee does not have it.

    Example: `undersigned resend cambodia-2023`
    """
    from worker import tasks
    from worker.acts import dispatch as dispatching
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        doubtful = [m.addressee for m in dispatching.living_letters(session, campaign) if m.uncertain_at is not None]
        names = [addressee.name for addressee in doubtful if addressee]
    if not names:
        talk.say("No letter is of doubtful fate: nothing was changed.")
        return
    if dry_run:
        talk.say(f"Dry run: the same letter would go once more to {talk.some(names)}.")
        return
    talk.ask(f"Send the same letter once more to {talk.some(names)}? They may get it twice.", yes=yes)
    with rows.writing(name) as (session, campaign):
        dispatching.resend(session, campaign.id)
        campaign_id = campaign.id
    rows.ring(tasks.dispatch, campaign_id)
    talk.say(f"It goes once more. {talk.who_sends()}\nNext: undersigned status {name}")


def export(
    name: Name,
    documents: Annotated[Path | None, typer.Option(help="Write the sealed letters into this folder instead.")] = None,
    as_json: Json = False,
) -> None:
    """Print who signed, as CSV: organization, acronym, country, visibility, representative, role, time.

    Example: `undersigned export cambodia-2023 > signatures.csv`
    """
    from worker.acts import export as exports
    from worker.cli import folders, rows

    with rows.reading(name) as (session, campaign):
        if documents is not None:
            folders.write(documents, exports.documents(session, campaign))
            return
        signatures = exports.signatures(session, campaign)
    if as_json:
        talk.give(signatures)
        return
    writer = csv.DictWriter(sys.stdout, exports.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: exports.harmless(cell) for column, cell in row.items()} for row in signatures)


def _by_hand(name: str, organization: str, what: str, yes: bool, act: Any, said: dict[str, str]) -> None:
    from worker import tasks
    from worker.acts import answer
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        partner = rows.partner_named(session, campaign, organization)
        words, partner_id, language = partner.organization, partner.id, partner.language
    talk.ask(f"Record for {words}: {what}? A receipt goes to its address, if it has one.", yes=yes)
    with rows.writing(name) as (session, campaign):
        try:
            act(session, partner_id, answer.Said(**said, channel="by hand", language=language))
        except answer.Closed:
            talk.fail("The deadline has passed: nothing more can be added.")
        except answer.LetterHasLeft:
            talk.fail("The letter has left: it cannot be called back any more.")
        except answer.NotSigned:
            talk.fail(f"{words} has not signed: there is nothing to withdraw.")
        except answer.NotOffered:
            talk.fail(f"This campaign offers only: {', '.join(campaign.visibilities)}.", talk.USAGE)
        campaign_id = campaign.id
    rows.ring(tasks.record, campaign_id)
    talk.say(f"Recorded for {words}: {what}. {talk.who_sends()}")
