"""What stands in the way of the letter, as codes and facts. `wording/blockers.py` has the sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from worker.state import lifecycle
from worker.state.facts import CampaignFacts
from worker.state.letters import unserved
from worker.state.lifecycle import OrganizerState

BlockerCode = Literal[
    "cancelled", "erased", "not_closed", "no_seal", "held", "nobody_signed", "uncertain", "no_address",
    "in_review", "below_quorum", "refused", "turned_down",
    "being_handed_over",
]  # fmt: skip


@dataclass(frozen=True)
class Blocker:
    """One thing that stands in the way; `clears_by_itself` if the clock removes it."""

    code: BlockerCode
    facts: Mapping[str, Any] = field(default_factory=dict)
    clears_by_itself: bool = False


def find_blockers(facts: CampaignFacts, *, by_person: bool = False) -> list[Blocker]:
    """What still stands in the way of the letter; empty when it can leave now.

    A person who dispatches has decided about what `overridable` names.
    """
    campaign = facts.campaign
    if campaign.cancelled_at is not None:
        return [Blocker("cancelled")]
    if campaign.erased_at is not None:
        return [Blocker("erased")]
    if campaign.closed_at is None:
        return [Blocker("not_closed")]
    found = []
    if facts.seal is None:
        found.append(Blocker("no_seal", clears_by_itself=True))
    if campaign.held_at is not None:
        found.append(Blocker("held"))
    if facts.signed == 0:
        found.append(Blocker("nobody_signed"))
    if facts.delivery == "uncertain" and not unserved(campaign, facts.letters):
        found.append(Blocker("uncertain", {"several": len(campaign.letter.addressees) > 1}))
    if not any(addressee.email for addressee in campaign.letter.addressees):
        found.append(Blocker("no_address", {"several": len(campaign.letter.addressees) > 1}))
    return found if by_person else found + overridable(facts)


def blockers_to_tell(facts: CampaignFacts) -> list[Blocker]:
    """The same for people who look: none before the letter is closed, or after it was dispatched.

    What a person has decided about does not keep a letter that waits to leave.
    """
    campaign = facts.campaign
    if not campaign.closed_at or campaign.dispatched_at:
        return []
    return find_blockers(facts, by_person=True) + _failures(facts) if is_under_way(facts) else find_blockers(facts)


def is_under_way(facts: CampaignFacts) -> bool:
    """Whether a letter was put for an addressee, by the clock or by a person, and waits to leave."""
    return any(letter.due_at is not None for letter in facts.living)


def overridable(facts: CampaignFacts) -> list[Blocker]:
    """What holds the clock back and not a person: the review, the quorum, a refusal, also for what seems our fault."""
    campaign, until = facts.campaign, facts.campaign.review_ends_at
    found = []
    if until is not None and facts.now < until:
        found.append(Blocker("in_review", {"until": until, "zone": campaign.zone}, clears_by_itself=True))
    if facts.signed < campaign.quorum:
        found.append(Blocker("below_quorum", {"signed": facts.signed, "quorum": campaign.quorum}))
    return found + _failures(facts)


def _failures(facts: CampaignFacts) -> list[Blocker]:
    found = []
    if any(letter.refused_at is not None for letter in facts.living):
        found.append(Blocker("refused"))
    if any(letter.blocked_at is not None and letter.due_at is not None for letter in facts.living):
        found.append(Blocker("turned_down"))
    return found


def wait_for_a_person(found: Sequence[Blocker]) -> bool:
    """Whether some blocker is not removed by the clock."""
    return any(not blocker.clears_by_itself for blocker in found)


def organizer_state(facts: CampaignFacts) -> OrganizerState:
    """Where the campaign is, in one word for organizers."""
    sealed = facts.seal is not None
    return lifecycle.organizer_state(
        facts.campaign,
        facts.stage,
        sealed=sealed,
        queued=bool(facts.living),
        blocked=sealed and wait_for_a_person(blockers_to_tell(facts)),
    )
