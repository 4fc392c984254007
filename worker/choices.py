"""What a partner can answer, each choice declared once; the database's constraint on `answer.choice` names them too."""

from dataclasses import dataclass
from typing import Literal, get_args

from worker.registry import NotRegistered, by_name
from worker.text.languages import N_

Choice = Literal["sign", "decline", "withdraw", "change"]


@dataclass(frozen=True)
class AnswerChoice:
    """One choice on a partner's page, and one kind of answer."""

    name: Choice
    label: str
    """What a partner chooses, as catalogues have it."""
    stands: str
    """The page's heading once it is recorded, with %(organization)s; a signature's says its visibility instead."""
    did: str
    """What commands say that a partner did: `signed`."""
    counted_as: str
    """Its number in the counts of `status`."""
    place: int
    """Its place among the choices on the page."""
    shown_as: str = ""
    """What the table of `status` says, if not `did`."""
    signs: bool = False
    """It is a signature: it carries a visibility, and says who signs."""
    after_deadline: bool = False
    """It exposes a partner less, and is taken at any time; others only while answers are taken."""
    offered_to: Literal["all", "signatories", "others"] = "all"
    """Whom it makes sense to ask."""
    reason_field: str = ""
    """The field of the form with its reason; empty if it has none."""
    needs_reason: bool = False
    has_passage: bool = False
    """It quotes a passage of the letter."""
    told_by: str = ""
    """The kind of mail that tells the organizers, once an hour at most; empty: they look at `status`."""
    lapses: bool = False
    """It stands no more once the letter means something else."""


CHOICES = by_name(
    AnswerChoice(
        "sign",
        label=N_("We sign this letter"),
        stands="",
        did="signed",
        counted_as="signed",
        place=1,
        signs=True,
        lapses=True,
    ),
    AnswerChoice(
        "decline",
        label=N_("We do not sign"),
        stands=N_("%(organization)s does not sign"),
        did="declined",
        counted_as="declined",
        place=3,
        offered_to="others",
        reason_field="reason",
    ),
    AnswerChoice(
        "withdraw",
        label=N_("We withdraw our signature"),
        stands=N_("%(organization)s has withdrawn its signature"),
        did="withdrew",
        counted_as="withdrawn",
        place=4,
        after_deadline=True,
        offered_to="signatories",
        reason_field="reason",
    ),
    AnswerChoice(
        "change",
        label=N_("We would sign if the text were changed"),
        stands=N_("%(organization)s would sign if the text were changed"),
        did="asked for a change",
        counted_as="wish_a_change",
        place=2,
        shown_as="wishes a change",
        reason_field="wish",
        needs_reason=True,
        has_passage=True,
        told_by="wish",
        lapses=True,
    ),
)

if tuple(CHOICES) != get_args(Choice):
    raise NotRegistered(
        f"choices {sorted({*CHOICES} ^ {*get_args(Choice)})}: not both named and declared, in one order"
    )
