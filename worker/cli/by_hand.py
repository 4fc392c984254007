"""What an organizer types for a partner that reached it by another way than its page: sign, withdraw."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Note, Who, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.acts.answer import Statement
    from worker.models import Answer, Campaign, Partner


def sign(
    name: Name,
    organization: Who,
    visibility: Annotated[
        str,
        typer.Option(metavar="public|addressee|counted", help="Who may see its name: public, addressee or counted."),
    ],
    representative: Annotated[str, typer.Option(metavar="NAME", help="The person who signs for the organization.")],
    role: Annotated[str, typer.Option(help="That person's role.")],
    note: Note,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Record a signature that reached you in another way. The organization gets a receipt.

    Example: `undersigned sign cambodia-2023 "Khmer Thavrak" --visibility counted
    --representative "The board" --role board --note "phone call"`
    """
    from worker.acts import answer
    from worker.state.lifecycle import VISIBILITY_RANK

    if visibility not in VISIBILITY_RANK:
        console.fail(f"--visibility: found {visibility!r}; expected public, addressee or counted.", console.USAGE)
    said = {"representative": representative, "role": role, "note": note}

    def act(session: "Session", partner_id: int, words: "Statement") -> object:
        return answer.sign(session, partner_id, visibility, words)  # type: ignore[arg-type]  # checked above

    _record(name, organization, f"sign, {visibility}", act, said, yes=yes, dry_run=dry_run)


def withdraw(name: Name, organization: Who, note: Note, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Take a signature back at once, for an organization that asked you in another way.

    Once the letter has been sent it cannot be recalled. `undersigned notice` then prints what to tell the addressee.

    Example: `undersigned withdraw cambodia-2023 "Khmer Thavrak" --note "phone call"`
    """
    from worker.acts import answer

    _record(name, organization, "withdraw", answer.withdraw, {"note": note}, yes=yes, dry_run=dry_run)


def _record(
    name: str,
    organization: str,
    what: str,
    act: Callable[..., object],
    said: dict[str, Any],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    from worker import tasks
    from worker.acts.answer import Statement
    from worker.cli import lookup
    from worker.state.answers import standing_answer
    from worker.state.disclosures import copies
    from worker.state.letters import load_letters

    if not said["note"].strip():
        console.fail("--note: expected how it reached you, for example 'phone call with the director'.", console.USAGE)
    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, language, words = partner.id, partner.language, lookup.said(partner, organization)
        standing = standing_answer(session, partner_id)
        replaced = f"{words} {_said(standing, campaign)}; that answer is replaced. " if standing else ""
        spoken = Statement(**said, channel="by hand", language=language)
        act(session, partner_id, spoken)
        receipt = _receipt(session, partner, standing_answer(session, partner_id))
    if dry_run:
        console.say(f"Dry run: {replaced}Would be recorded for {words}: {what}. {receipt}")
        return
    console.ask(f"{replaced}Record for {words}: {what}? {receipt}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        act(session, partner_id, spoken)
        campaign_id, has_left = campaign.id, bool(copies(campaign, load_letters(session, campaign)))
    lookup.notify(tasks.record, campaign_id)
    replaced = replaced.replace("is replaced", "was replaced")
    sent = f" {console.who_sends()}" if receipt == _GOES else f" {receipt}"
    console.say(f"{replaced}Recorded for {words}: {what}.{sent}")
    if has_left:
        console.say(
            f"The letter has been sent already. Next, tell everyone who has it: {console.command('notice', name)}"
        )


def _receipt(session: "Session", partner: "Partner", answer: "Answer | None") -> str:
    from worker.state.answers import exposes_more

    if partner.email_hmac is None:
        return "It has no email address, so it gets no receipt."
    if partner.silenced_at is not None:
        return "You stopped all email to it, so it gets no receipt."
    if partner.takes_mail or (answer is not None and exposes_more(session, answer)):
        return _GOES
    return "It unsubscribed, so it gets no receipt."


_GOES = "It gets a receipt by email."


def _said(standing: "Answer", campaign: "Campaign") -> str:
    """`declined by its link on Friday 14 April 2023, 18:00 (Zurich time, UTC+2)`."""
    from worker.choices import CHOICES
    from worker.text import dates

    did = CHOICES[standing.choice].did
    how = "by its link" if standing.channel == "link" else "through an organizer"
    return f"{did} {how} on {dates.day_and_time(standing.at, campaign.zone, 'en')}"
