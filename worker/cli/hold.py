"""What an organizer types to hold the letter back, and to let it go on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Yes

if TYPE_CHECKING:
    from worker.state.letters import DeliveryState

AllMail = Annotated[
    bool,
    typer.Option(
        "--all-mail", help="Hold all emails to partners, addressees and others. Only those to you are still sent."
    ),
]


def hold(name: Name, all_mail: AllMail = False, dry_run: DryRun = False) -> None:
    """Stop closing, sending and copies until `resume`; partners can still answer.

    If no email has been sent yet, this stops all email. It asks no question, so that you can use it in a hurry.

    Example: `undersigned hold cambodia-2023 --all-mail`
    """
    from worker.acts.hold import hold_letter
    from worker.cli import lookup
    from worker.state.held import count_held_mails
    from worker.state.letters import delivery_state, load_letters

    doing = lookup.dry_run if dry_run else lookup.writing
    with doing(name, even_restored=True) as (session, campaign):
        if campaign.cancelled_at is not None:
            console.fail("It was cancelled: its letter will never be sent, so there is nothing to hold.")
        held = hold_letter(session, campaign.id, all_mail=all_mail)
        where = delivery_state(campaign, load_letters(session, campaign))
        session.flush()
        waiting = count_held_mails(session, [campaign]).get(campaign.id, 0)
    done = "Dry run: would be held" if dry_run and held.changed else f"Held{'' if held.changed else ' already'}"
    lines = [f"{done}: {_what(held.all_mail, held.unasked, where)}"]
    if held.all_mail:
        lines.append(f"{console.count(waiting, 'email')} {'waits' if waiting == 1 else 'wait'}. {_ON_ITS_WAY}")
    elif where == "not_sent":
        lines.append(f"Other emails are still sent. To hold them too: {console.command('hold', name, '--all-mail')}")
    if where != "not_sent":
        lines.append(_HELD_TOO_LATE[where])
        if not held.all_mail:
            lines[0] = f"{done}: what has not been sent yet waits until you resume."
            console.fail("\n".join([*lines, f"Next: {console.command('resume', name)}"]))
    lines.append(f"Next: {console.command('resume', name)}")
    if held.all_mail and where == "not_sent":
        lines.append(f"If the letter is not to be sent at all: {console.command('cancel', name)}")
    console.say("\n".join(lines))


def _what(all_mail: bool, unasked: bool, where: "DeliveryState") -> str:
    if not all_mail:
        return "the letter is not sent."
    letter = "The letter is not sent, and no email" if where == "not_sent" else "No email"
    said = f"{letter} goes to partners, addressees or others, not even receipts. Only emails to you are sent."
    return f"nothing has been sent yet, so all email is held. {said}" if unasked else said[0].lower() + said[1:]


_ON_ITS_WAY = "One that is being handed over at this moment may still arrive."
_HELD_TOO_LATE: dict["DeliveryState", str] = {
    "sending": "It is being handed over at this moment; if the server refuses it, it stays here: see the status.",
    "uncertain": "It may have arrived already. It is not sent again, and copies wait.",
    "partly_sent": "One addressee has it already. What has not been sent is held, and copies wait.",
    "sent": "The letter has been sent already and cannot be held. Copies that have not been sent wait.",
}


def resume(
    name: Annotated[str | None, typer.Argument(help="The campaign's name, for example cambodia-2023.")] = None,
    restored: Annotated[
        bool, typer.Option("--restored", help="Let a database go on that was put back from a backup.")
    ] = False,
    extend: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=WHEN", help="With --restored: a new deadline, where one passed meanwhile."),
    ] = None,
    keep_links: Annotated[
        bool, typer.Option("--keep-links", help="With --restored: no link was revoked since the backup.")
    ] = False,
    opted_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="With --restored: who gets no more email, one address or name on each line.",
        ),
    ] = None,
    withdrew: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="With --restored: who withdrew its signature since the backup, one address or name on each line.",
        ),
    ] = None,
    ask_again: Annotated[
        bool | None,
        typer.Option(
            "--ask-again/--no-ask-again",
            help="With --restored: send organizations whose answers were lost an email that asks them again.",
        ),
    ] = None,
    journal_lost: Annotated[
        bool,
        typer.Option("--journal-lost", help="With --restored: the program still ran after the journal's last moment."),
    ] = False,
    none_known: Annotated[
        bool, typer.Option("--none-known", help="With --restored: nobody withdrew or opted out since.")
    ] = False,
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
    from worker import tasks
    from worker.acts.close import close_and_seal_within
    from worker.acts.hold import resume_letter
    from worker.cli import lookup
    from worker.cli.dispatch import letter_with_names
    from worker.state.blockers import find_blockers
    from worker.state.facts import load_facts

    with lookup.dry_run(name) as (session, campaign):
        mail_was_held = campaign.mail_held_at is not None
        if (waiting := resume_letter(session, campaign.id)) is None:
            console.nothing_to_do("It was not held: nothing was changed.")
        close_and_seal_within(session, campaign.id)  # as happens by itself, if the deadline passed meanwhile
        facts = load_facts(session, campaign)
        has_left = facts.is_irrevocable or campaign.dispatched_at is not None
        at_once = not has_left and not find_blockers(facts)
        letter = letter_with_names(facts)
    mails = f"{console.count(waiting, 'email')} that {'waits' if waiting == 1 else 'wait'}"
    if dry_run:
        go_on = [f"{what} would be sent at once." for what, does in ((letter, at_once), (mails, waiting > 0)) if does]
        console.say(" ".join(["Dry run: it would continue.", *go_on]))
        return
    if at_once:
        console.ask_for_name(f"{letter} is sent at once. Continue?", name, yes=yes)
    elif mail_was_held and waiting:
        console.ask(f"{mails} {'is' if waiting == 1 else 'are'} sent at once. Continue?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        resume_letter(session, campaign.id)
        campaign_id = campaign.id
    lookup.notify(tasks.close, campaign_id)
    lookup.notify(tasks.deliver)
    leaves = " The letter is sent now." if at_once else ""
    console.say(f"It continues.{leaves}\nNext: {console.command('status', name)}")
