"""What an organizer types to hold the letter back."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name

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
