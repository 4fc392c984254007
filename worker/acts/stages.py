"""Where a campaign is as its partners see it, and what each may do there: one table, for the acts and their tests."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy.orm import Session

from worker.acts import close
from worker.models import Answer, Campaign

Stage = Literal["open", "closing", "review", "leaving", "uncertain", "partly", "left", "dispatched", "cancelled"]
Action = Literal[
    "sign", "change", "decline", "withdraw", "reduce", "disown", "correct", "pass on", "join", "unsubscribe"
]

ADDS = frozenset[Action]({"sign", "change", "decline", "correct", "pass on", "join"})
EXPOSES_LESS = frozenset[Action]({"withdraw", "reduce", "disown", "unsubscribe"})

MAY: dict[Stage, frozenset[Action]] = {
    "open": ADDS | EXPOSES_LESS,
    "closing": EXPOSES_LESS,  # the deadline has passed and the list is being taken
    "review": EXPOSES_LESS,  # sealed; what is taken voids the seal
    "leaving": EXPOSES_LESS,  # handed over to one addressee at this moment, while another does not have it
    "uncertain": EXPOSES_LESS,
    "partly": EXPOSES_LESS,
    "left": EXPOSES_LESS,  # what is taken now voids nothing: it is for the public page, and for a notice
    "dispatched": EXPOSES_LESS,
    "cancelled": frozenset({"unsubscribe"}),
}
GONE: frozenset[Stage] = frozenset({"left", "dispatched"})

EXPOSURE = {"public": 3, "addressee": 2, "counted": 1}


def of(session: Session, campaign: Campaign, now: datetime, *, lock: bool = False) -> Stage:
    """Where a campaign is; `lock` keeps the outbox from sending a letter until the transaction ends."""
    if campaign.cancelled_at is not None:
        return "cancelled"
    if campaign.takes_answers(at=now):
        return "open"
    gone = close.has_left_entirely(session, campaign, lock=lock)
    where = close.whereabouts(session, campaign)
    if where == "left":
        return "left" if campaign.dispatched_at is None else "dispatched"
    if where == "leaving" and gone:
        return "left"
    if where != "here":
        return where
    return "closing" if campaign.closed_at is None else "review"


def offered(campaign: Campaign, stage: Stage, standing: Answer | None) -> set[Action]:
    """What a partner whose answer is `standing` may do, as far as it makes sense for it."""
    signs = standing is not None and standing.signs
    pointless: set[Action] = {"decline"} if signs else {"withdraw", "reduce"}
    if standing is None or not (signs or stage == "open"):
        pointless.add("disown")
    if stage == "open" or not lesser(campaign, standing):
        pointless.add("reduce")  # while answers are taken, whoever signs anew may be less visible
    return set(MAY[stage]) - pointless


def lesser(campaign: Campaign, standing: Answer | None) -> list[str]:
    """The ways to sign that expose less than what stands."""
    if standing is None or not standing.signs:
        return []
    return [v for v in campaign.visibilities if EXPOSURE[v] < EXPOSURE[standing.visibility or ""]]


assert set(MAY) == set(get_args(Stage))
