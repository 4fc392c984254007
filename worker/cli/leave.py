"""What an organizer types around the letter's leaving: close, hold, dispatch, and take out what was sealed."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import talk
from worker.cli.options import DryRun, Json, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign

BYTE_ORDER_MARK = "\ufeff"  # by which Excel knows UTF-8


def close(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Close before the deadline and seal the letter: nothing more can be added.

    Example: `undersigned close cambodia-2023`
    """
    from worker import tasks
    from worker.acts import close as closing
    from worker.acts import status
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        if campaign.closed_at is not None or campaign.cancelled_at is not None:
            talk.fail(_CLOSED_ALREADY)
        counts = status.of(session, campaign)["counts"]
    words = f"{counts['signed']} signed, {counts['silent']} are silent"
    words += f", {counts['unreached']} were not reached" if counts["unreached"] else ""
    if dry_run:
        talk.say(f"Dry run: would close now. {words}.")
        return
    talk.ask(f"Close {name} now? {words}. Nobody can sign after that.", yes=yes)
    with rows.writing(name) as (session, campaign):
        if campaign.closed_at is not None or closing.close(session, campaign.id, early=True) is None:
            talk.fail(_CLOSED_ALREADY)
        campaign_id = campaign.id
    rows.ring(tasks.dispatch, campaign_id)
    talk.say(f"Closed and sealed.\nNext: {talk.command('status', name)}")


_CLOSED_ALREADY = "It was closed already: nothing was changed."


def notice(name: Name) -> None:
    """Print what to tell each addressee about those who stepped back after the letter had left; nothing is sent.

    Example: `undersigned notice cambodia-2023`
    """
    from worker.acts import notice as noticing
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        found = noticing.of(session, campaign)
        texts = [noticing.as_text(campaign, one) for one in found]
    if not texts:
        talk.fail("Nobody has stepped back after the letter left: there is nothing to tell.")
    talk.in_utf8()
    print("\n".join(texts), end="")
    talk.say("Read it, and send it from your own mail. It names organizations: pass it on to nobody else.")


def hold(name: Name) -> None:
    """Stop close, dispatch and report until `resume`; answers go on.

    Example: `undersigned hold cambodia-2023`
    """
    from worker.acts import amend
    from worker.acts import close as closing
    from worker.cli import rows

    with rows.writing(name) as (session, campaign):
        changed = amend.hold(session, campaign.id)
        where = closing.whereabouts(session, campaign)
    if where != "here":
        talk.fail(_HELD_TOO_LATE[where])
    next_one = talk.command("resume", name)
    talk.say(f"Held{'' if changed else ' already'}: the letter does not leave. Next: {next_one}")


_HELD_TOO_LATE = {
    "leaving": "It is being handed over at this moment; if the server turns it down, it stays here: see the status.",
    "uncertain": "It may have arrived already: nobody knows. It is not sent again, and copies wait.",
    "partly": "One addressee has it already. What has not left is held, and copies wait.",
    "left": "The letter has left already. Copies that have not been sent wait.",
}


def resume(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let a held campaign go on. If its review is over, the letter leaves at once.

    Example: `undersigned resume cambodia-2023`
    """
    from worker import tasks
    from worker.acts import amend
    from worker.acts import close as closing
    from worker.cli import rows

    with rows.rehearsing(name) as (session, campaign):
        if not amend.resume(session, campaign.id):
            talk.fail("It was not held: nothing was changed.", 0)
        closing.close(session, campaign.id)  # as happens by itself, if the deadline passed meanwhile
        at_once = _leaves_by_itself(session, campaign)
        letter = _letter(session, campaign)
    if dry_run:
        talk.say(f"Dry run: it would go on. {f'{letter} would leave at once.' if at_once else ''}".rstrip())
        return
    if at_once:
        talk.ask(f"{letter} leaves at once. Go on?", yes=yes)
    with rows.writing(name) as (session, campaign):
        amend.resume(session, campaign.id)
        campaign_id = campaign.id
    rows.ring(tasks.close, campaign_id)
    talk.say(f"It goes on.{' The letter leaves now.' if at_once else ''}\nNext: {talk.command('status', name)}")


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

    with rows.rehearsing(name) as (session, campaign):
        letter = _letter(session, campaign)
        to = [a.name for a in campaign.letter.addressees if a.email or by_hand]
        overridden = _overridden(dispatching.overridden(session, campaign))
        _dispatched(session, campaign, by_hand=by_hand)
    if dry_run:
        went = f"was brought to {to[0]} by you" if by_hand else f"goes to {talk.some(to)}"
        talk.say(f"Dry run: {letter} {went}.{overridden}")
        return
    if by_hand:
        talk.ask(f"{letter}: note that you brought it to {to[0]} yourself?{overridden}", yes=yes)
    else:
        talk.ask(f"{letter} goes to {talk.some(to)}.{overridden}\nSend it now?", yes=yes)
    with rows.writing(name) as (session, campaign):
        _dispatched(session, campaign, by_hand=by_hand)
        campaign_id = campaign.id
    rows.ring(tasks.report if by_hand else tasks.deliver, *([campaign_id] if by_hand else []))
    talk.say(f"Noted. {talk.who_sends()}\nNext: {talk.command('status', name)}")


def _dispatched(session: "Session", campaign: "Campaign", *, by_hand: bool) -> None:
    """Do it, or end the command with the reason why there is nothing to do."""
    from worker.acts import close as closing
    from worker.acts import dispatch as dispatching

    where = closing.whereabouts(session, campaign)
    try:
        if by_hand:
            if where == "left":
                talk.fail(f"It was noted already: {_ALREADY[where]}")
            dispatching.by_hand(session, campaign.id)
        elif not dispatching.dispatch(session, campaign.id, by_person=True):
            talk.fail(f"Nothing was sent: {_ALREADY[where]}")
    except dispatching.Blocked as blocked:
        reasons = "\n".join(f"  {talk.hint(reason)}" for reason in blocked.reasons)
        talk.fail(f"The letter does not leave:\n{reasons}", talk.WAITS)


_ALREADY = {
    "here": "the letter lies in the outbox already, and leaves by itself.",
    "leaving": "the letter is being handed over at this moment.",
    "uncertain": "nobody knows whether the letter arrived.",
    "partly": "one addressee has the letter already, and the others get it by itself.",
    "left": "the letter has left already.",
}


def resend(
    name: Name,
    partner: Annotated[
        str | None, typer.Option("--partner", help="Send this organization's mail once more, and not the letter.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send the letter once more, when nobody knows whether it arrived and its addressee does not have it.

    Example: `undersigned resend cambodia-2023`
    """
    from worker import tasks
    from worker.acts import dispatch as dispatching
    from worker.cli import rows

    if partner is not None:
        _resend_to_partner(name, partner, yes=yes, dry_run=dry_run)
        return
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
    talk.say(f"It goes once more. {talk.who_sends()}\nNext: {talk.command('status', name)}")


def _resend_to_partner(name: str, partner: str, *, yes: bool, dry_run: bool) -> None:
    from worker import tasks
    from worker.acts import amend
    from worker.cli import rows

    with rows.rehearsing(name) as (session, campaign):
        found = rows.partner_named(session, campaign, partner)
        partner_id, words = found.id, found.organization
        number = amend.resend(session, partner_id)
    if not number:
        talk.say(f"No mail to {words} is of doubtful fate: nothing was changed.")
        return
    if dry_run:
        talk.say(f"Dry run: {talk.count(number, 'mail')} would go to {words} once more, the same as before.")
        return
    talk.ask(f"Send {talk.count(number, 'mail')} to {words} once more? It may get it twice.", yes=yes)
    with rows.writing(name) as (session, _):
        amend.resend(session, partner_id)
    rows.ring(tasks.deliver)
    talk.say(f"It goes once more. {talk.who_sends()}\nNext: {talk.command('status', name)}")


def export(
    name: Name,
    documents: Annotated[Path | None, typer.Option(help="Write the sealed letters into this folder instead.")] = None,
    excel: Annotated[bool, typer.Option("--excel", help="CSV that Excel reads with all its accents.")] = False,
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
    if excel:
        talk.in_utf8()
        sys.stdout.write(BYTE_ORDER_MARK)
    writer = csv.DictWriter(sys.stdout, exports.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: exports.harmless(cell) for column, cell in row.items()} for row in signatures)


def _letter(session: "Session", campaign: "Campaign") -> str:
    """`The letter with 22 names (3 more are counted)`, as its addressee reads it."""
    from worker.state import signatories

    listed = signatories.of(session, campaign, "addressee")
    counted = f"{listed.withheld} more {'is' if listed.withheld == 1 else 'are'} counted"
    return f"The letter with {talk.count(len(listed.named), 'name')} ({counted})"


def _leaves_by_itself(session: "Session", campaign: "Campaign") -> bool:
    from worker.acts import close as closing
    from worker.acts import dispatch as dispatching

    gone = closing.has_left_entirely(session, campaign) or campaign.dispatched_at is not None
    return not gone and not dispatching.blockers(session, campaign)


def _overridden(reasons: list[str]) -> str:
    """The reasons that hold the clock back, without the command that is being typed just now."""
    told = [reason.split(": `undersigned")[0].split(": see `")[0].rstrip(".") for reason in reasons]
    return f" Overridden: {'; '.join(told)}." if told else ""
