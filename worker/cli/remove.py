"""What an organizer types about a partner that should not have been asked."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Who, Yes


def remove(
    name: Name,
    organization: Who,
    put_back: Annotated[
        bool, typer.Option("--put-back", help="Put back an organization that was taken out, until the deadline.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take an organization out of the list because it should not have been asked. Its answer no longer counts.

    It is told by email if it has had an email, and its link says so. To delete what is kept about it as well, use
    `undersigned erase` afterwards. This is not possible once the letter has been sent.

    Examples: `undersigned remove cambodia-2023 "Khmer Thavrak"`,
    `undersigned remove cambodia-2023 "Khmer Thavrak" --put-back`
    """
    if put_back:
        _put_back(name, organization, yes=yes, dry_run=dry_run)
    else:
        _take_out(name, organization, yes=yes, dry_run=dry_run)


def _take_out(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.take_out import take_out_partner
    from worker.cli import lookup
    from worker.wording.acts import partner_list as words

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, called = partner.id, lookup.said(partner, organization)
        done = take_out_partner(session, partner_id)
        before = words.take_out(partner, done.told, answered=done.answered, voids=done.voids)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        told = take_out_partner(session, partner_id).told
        campaign_id = campaign.id
    lookup.notify("close", campaign_id)
    lookup.notify("deliver")
    sent = f" {console.who_sends()}" if told else ""
    back = console.command("remove", name, f"#{partner_id}", "--put-back")
    console.say(f"{called} is taken out of the list.{sent} To put it back: {back}")


def _put_back(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.take_out import put_back_partner
    from worker.cli import lookup
    from worker.wording.acts import partner_list as words

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization, even_taken_out=True)
        partner_id, called = partner.id, lookup.said(partner, organization)
        before = words.put_back(partner, asked=put_back_partner(session, partner_id))
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        asked = put_back_partner(session, partner_id)
    lookup.notify("deliver")
    console.say(f"{called} is in the list again.{f' {console.who_sends()}' if asked else ''}")
