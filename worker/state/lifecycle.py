"""Where a campaign and its letter are: one ladder, what partners may do on it, and what organizers read of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy.orm import Session

from worker.choices import CHOICES, Choice
from worker.models import Answer, Campaign, Mail
from worker.state.letters import delivery_state, is_irrevocable, load_letters

Stage = Literal[
    "open",  # answers are taken
    "overdue",  # the deadline has passed, and the list is being taken
    "closed",  # the list is taken, and no addressee has the letter
    "sending",  # handed over to one addressee at this moment, while another does not have it
    "uncertain",  # nobody knows whether it arrived
    "partly_sent",  # one addressee has it, another does not have it yet
    "irrevocable",  # every addressee has it, or is being handed it; that is not noted yet
    "dispatched",  # and it is noted
    "cancelled",
]
Action = Literal[Choice, "reduce", "disown", "correct", "pass on", "join", "unsubscribe"]

_LATE = {one.name for one in CHOICES.values() if one.after_deadline}
ADDS = frozenset[Action]({*get_args(Choice)} - _LATE | {"correct", "pass on", "join"})
EXPOSES_LESS = frozenset[Action](_LATE | {"reduce", "disown", "unsubscribe"})
EXPOSES_MORE = frozenset[Action]({"sign", "correct", "pass on"})
"""Of these the registered contact always hears, so no link may do them where an organizer sends it nothing at all."""

ALLOWED: dict[Stage, frozenset[Action]] = {
    "open": ADDS | EXPOSES_LESS,
    "overdue": EXPOSES_LESS,
    "closed": EXPOSES_LESS,  # what is taken voids the seal
    "sending": EXPOSES_LESS,
    "uncertain": EXPOSES_LESS,
    "partly_sent": EXPOSES_LESS,
    "irrevocable": EXPOSES_LESS,  # what is taken now voids nothing: it is for the public page, and for a notice
    "dispatched": EXPOSES_LESS,
    "cancelled": frozenset({"unsubscribe"}),
}
IN_PANIC = EXPOSES_LESS
"""What partners may still do while their campaign is in panic, if the stage allows it."""
BEYOND_RECALL: frozenset[Stage] = frozenset({"irrevocable", "dispatched"})

VISIBILITY_RANK = {"public": 3, "addressee": 2, "counted": 1}


def stage_at(campaign: Campaign, letters: Sequence[Mail], now: datetime) -> Stage:
    """Where a campaign is, by all its letters and one clock."""
    if campaign.cancelled_at is not None:
        return "cancelled"
    if campaign.takes_answers(at=now):
        return "open"
    where = delivery_state(campaign, letters)
    if where == "sent":
        return "irrevocable" if campaign.dispatched_at is None else "dispatched"
    if where == "sending" and is_irrevocable(campaign, letters):
        return "irrevocable"
    if where != "not_sent":
        return where
    return "overdue" if campaign.closed_at is None else "closed"


def allows(campaign: Campaign, stage: Stage, action: Action) -> bool:
    """Whether partners may do this at this stage."""
    return action in ALLOWED[stage] and (campaign.panic_at is None or action in IN_PANIC)


def may_have_letters(campaign: Campaign) -> bool:
    """Whether its letters decide over its stage, so that they have to be loaded."""
    return campaign.cancelled_at is None and campaign.closed_at is not None


def load_stage(session: Session, campaign: Campaign, now: datetime) -> Stage:
    """The same, read from the rows."""
    return stage_at(campaign, load_letters(session, campaign) if may_have_letters(campaign) else [], now)


def can_join(campaign: Campaign, now: datetime) -> bool:
    """Whether an organization that was not asked may ask to sign; no letter decides over that, so none is read."""
    return campaign.may_be_joined and "join" in ALLOWED[stage_at(campaign, (), now)]


def offered(campaign: Campaign, stage: Stage, standing: Answer | None) -> set[Action]:
    """What a partner whose answer is `standing` may do, as far as it makes sense for it."""
    signs = standing is not None and standing.signs
    not_for = "others" if signs else "signatories"
    pointless: set[Action] = {one.name for one in CHOICES.values() if one.offered_to == not_for}
    if not signs:
        pointless.add("reduce")
    if standing is None or not (signs or stage == "open"):
        pointless.add("disown")
    if stage == "open" or not less_visible(campaign, standing):
        pointless.add("reduce")  # while answers are taken, whoever signs anew may be less visible
    return set(ALLOWED[stage]) - pointless


def less_visible(campaign: Campaign, standing: Answer | None) -> list[str]:
    """The ways to sign that expose less than what stands."""
    if standing is None or not standing.signs:
        return []
    return [v for v in campaign.visibilities if VISIBILITY_RANK[v] < VISIBILITY_RANK[standing.visibility or ""]]


OrganizerState = Literal[
    "open", "overdue", "sealing", "held", "review", "waiting", "leaving", "dispatched", "cancelled"
]


def organizer_state(campaign: Campaign, stage: Stage, *, sealed: bool, queued: bool, blocked: bool) -> OrganizerState:
    """One word for organizers.

    `overdue`: the deadline has passed; `sealing`: the next seal is being made; `waiting`: for a person; `leaving`: a
    letter is in the outbox or beyond. `sealed`: a seal may be sent; `queued`: a letter was put; `blocked`: something
    stands in the way that no clock removes.
    """
    if settled := settled_state(campaign):
        return settled
    if stage in {"open", "overdue"}:
        return "open" if stage == "open" else "overdue"
    if not sealed:
        return "sealing"
    if blocked:
        return "waiting"
    return "leaving" if queued else "review"


def settled_state(campaign: Campaign) -> OrganizerState | None:
    """The same as far as the campaign's own row says it, whatever its letters and its clock are at."""
    if campaign.cancelled_at is not None:
        return "cancelled"
    if campaign.dispatched_at is not None:
        return "dispatched"
    return "held" if campaign.held_at is not None else None


assert set(ALLOWED) == set(get_args(Stage))
