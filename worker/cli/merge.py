"""What an organizer types when two lines of the list were one organization."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import WHO, DryRun, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.acts.merge import Merged
    from worker.models import Answer, Campaign, Partner


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
    from worker import tasks
    from worker.acts.merge import merge_partners
    from worker.cli import lookup

    with lookup.dry_run(name) as (session, campaign):
        kept = lookup.partner_named(session, campaign, organization)
        merged = lookup.partner_named(session, campaign, other)
        kept_id, merged_id = kept.id, merged.id
        whose, words, dropped = _whose(session, kept, merged), _called(kept, merged), _dropped(kept, merged)
        one_address = _are_one_address(kept, merged)
        done = merge_partners(session, kept_id, merged_id)
        follows = f"{_follows(done, whose, kept, campaign)} {_contacts(done, one_address=one_address)}{dropped}"
    if dry_run:
        console.say(f"Dry run: would be merged: {words}. {follows}")
        return
    console.ask_for_name(f"Merge {words}? {follows} It cannot be undone.", name, yes=yes)
    with lookup.writing(name) as (session, _):
        told = merge_partners(session, kept_id, merged_id).told
    lookup.notify(tasks.deliver)
    sent = f" {console.who_sends()}" if told else ""
    console.say(f"Merged: {words}. {follows}{sent}")
    console.say("partners.csv still has both rows: delete one, or `check` finds a duplicate.")
    console.say(f"Next: {console.command('contacts', name, f'#{kept_id}')}")


def _whose(session: "Session", *partners: "Partner") -> dict[int, int]:
    """The number of the partner that gave an answer, by the answer's: afterwards all are the first's."""
    from worker.state.answers import standing_answer

    standing = [standing_answer(session, partner.id) for partner in partners]
    return {one.id: one.partner_id for one in standing if one is not None}


def _called(kept: "Partner", merged: "Partner") -> str:
    from worker.text.names import signatory

    return f"{signatory(kept)} (#{kept.id}, which stays) and {signatory(merged)} (#{merged.id})"


def _dropped(kept: "Partner", merged: "Partner") -> str:
    """What of the second is in no row afterwards: how it was printed, and its note where the first has one."""
    printed = {"organization": "name", "acronym": "acronym", "country": "country", "sort_as": "place in the list"}
    gone = [
        f"the {word} “{theirs}”"
        for column, word in printed.items()
        if (theirs := getattr(merged, column)) and theirs != getattr(kept, column)
    ]
    gone += ["its names in other languages"] if merged.names and merged.names != kept.names else []
    gone += ["the other name that it asks for"] if merged.proposed else []
    gone += ["its note"] if merged.note and kept.note and merged.note != kept.note else []
    if not gone:
        return " Nothing of the second is dropped."
    return f" Dropped from the second: {', '.join(gone)}."


def _contacts(done: "Merged", *, one_address: bool) -> str:
    """What becomes of the contacts, addresses and answers of both, of which none is lost."""
    if one_address:
        return "Both contacts and links are kept. They have the same address, which gets each email once."
    further = "first" if done.registered_is_merged else "second"
    kept = f"The contact of the {further} is kept as a further contact, with its address and link."
    return f"{kept} All answers stay on record."


def _follows(done: "Merged", whose: dict[int, int], kept: "Partner", campaign: "Campaign") -> str:
    from worker.text.names import signatory

    if done.stands is None:
        told = ["Neither has answered."]
    else:
        told = [f"This answer stands: {_said(done.stands, whose, campaign)}."]
        if done.stands.visibility == "public":
            told.append(f"Printed for everyone: {signatory(kept)}.")
    if done.falls is not None:
        told.append(f"This answer does not stand any more: {_said(done.falls, whose, campaign)}.")
    if done.registered_is_merged:
        told.append("Only the second can be reached by email, so its contact becomes the registered one.")
    if kept.silenced_at is not None:
        told.append("You stopped all email to one of them, so nobody is told.")
    elif done.told:
        told.append(f"{console.count(done.told, 'email')} {'tells' if done.told == 1 else 'tell'} them.")
    else:
        told.append("Neither has an email address, so nobody is told by email.")
    return " ".join(told)


def _said(answer: "Answer", whose: dict[int, int], campaign: "Campaign") -> str:
    """`#15 signed, public, on Friday 14 April 2023, 18:00 (Zurich time, UTC+2)`."""
    from worker.choices import CHOICES
    from worker.text import dates

    did = CHOICES[answer.choice].did
    how = f", {answer.visibility}," if answer.visibility else ""
    return f"#{whose[answer.id]} {did}{how} on {dates.day_and_time(answer.at, campaign.zone, 'en')}"


def _are_one_address(kept: "Partner", merged: "Partner") -> bool:
    from worker import tokens

    known = [one.email for one in (kept, merged) if one.email_hmac is not None]
    return len(known) == 2 and len(set(map(tokens.fingerprint, known))) == 1
