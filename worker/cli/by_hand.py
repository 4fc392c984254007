"""What an organizer types for a partner that reached it by another way than its page: sign, decline, withdraw."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Note, Who, Yes

if TYPE_CHECKING:
    from worker.choices import Choice


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
    from worker.state.lifecycle import VISIBILITY_RANK

    if visibility not in VISIBILITY_RANK:
        console.fail(f"--visibility: found {visibility!r}; expected public, addressee or counted.", console.USAGE)
    said = {"representative": representative, "role": role, "note": note}
    _record(name, organization, "sign", visibility, said, yes=yes, dry_run=dry_run)


def decline(name: Name, organization: Who, note: Note, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Record that an organization does not sign, as it told you in another way. It gets a receipt.

    Example: `undersigned decline cambodia-2023 "Khmer Thavrak" --note "phone call"`
    """
    _record(name, organization, "decline", None, {"note": note}, yes=yes, dry_run=dry_run)


def withdraw(name: Name, organization: Who, note: Note, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Take a signature back at once, for an organization that asked you in another way.

    Once the letter has been sent it cannot be recalled. `undersigned notice` then prints what to tell the addressee.

    Example: `undersigned withdraw cambodia-2023 "Khmer Thavrak" --note "phone call"`
    """
    _record(name, organization, "withdraw", None, {"note": note}, yes=yes, dry_run=dry_run)


def _record(
    name: str,
    organization: str,
    choice: "Choice",
    visibility: str | None,
    said: dict[str, Any],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    from worker.acts.answer import Statement, record_by_hand
    from worker.cli import lookup
    from worker.state.answers import standing_answer
    from worker.state.disclosures import has_left
    from worker.state.partner_changes import receipt_fate
    from worker.wording.acts import by_hand as words

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, called = partner.id, lookup.said(partner, organization)
        spoken = Statement(**said, language=partner.language)
        standing = standing_answer(session, partner_id)
        record_by_hand(session, partner_id, choice, visibility, spoken)  # type: ignore[arg-type]  # one that is known
        receipt = receipt_fate(session, partner, standing_answer(session, partner_id))
        gone = has_left(session, campaign)
        before = words.record(called, choice, visibility, standing, receipt, campaign, has_left=gone)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        record_by_hand(session, partner_id, choice, visibility, spoken)  # type: ignore[arg-type]
        campaign_id, gone = campaign.id, has_left(session, campaign)
    lookup.notify("record", campaign_id)
    what = f"{choice}, {visibility}" if visibility else choice
    sent = console.who_sends() if receipt == "goes" else words.receipt_told(receipt)
    console.say(f"Recorded for {called}: {what}. {sent}")
    if gone:
        console.say(
            f"The letter has been sent already. Next, tell everyone who has it: {console.command('notice', name)}"
        )
