"""What an organizer types when two lines of the list were one organization."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import WHO, DryRun, Name, Yes


def merge(
    name: Name,
    organization: Annotated[str, typer.Argument(metavar="ORGANIZATION", help=f"The organization that stays. {WHO}")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The one that becomes part of it: its name or number.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Merge two partners that are the same organization, so that it is not asked and counted twice.

    The first keeps its name, acronym and country. Those of the second are dropped; its contact and answers are kept.
    If both have answered, the answer that shows less stands: a signature is taken back if the other does not sign, or
    signs less visibly. All links still work, and both are told. You can do this until the deadline. It cannot be
    undone.

    Example: `undersigned merge cambodia-2023 "#12" "#15"`
    """
    from worker.acts.merge import merge_partners
    from worker.cli import lookup
    from worker.state.partner_changes import before_merging
    from worker.wording.acts import merging as words

    with lookup.dry_run(name) as (session, campaign):
        kept = lookup.partner_named(session, campaign, organization)
        merged = lookup.partner_named(session, campaign, other)
        kept_id, merged_id = kept.id, merged.id
        two = before_merging(session, kept, merged)
        before = words.merge(two, merge_partners(session, kept_id, merged_id), kept, campaign)
    console.agree(before, yes=yes, dry_run=dry_run, name=name)
    with lookup.writing(name) as (session, _):
        told = merge_partners(session, kept_id, merged_id).told
    lookup.notify("deliver")
    sent = f" {console.who_sends()}" if told else ""
    console.say(f"Merged: {words.both(two)}. {' '.join(before.lines[:-1])}{sent}")
    console.say("partners.csv still has both rows: delete one, or `check` finds a duplicate.")
    console.say(f"Next: {console.command('contacts', name, f'#{kept_id}')}")
