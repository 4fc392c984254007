"""How many partners were asked, answered and are silent: counted here, of rows in memory or in the database."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from worker.choices import CHOICES
from worker.models import Answer, Campaign, Letter, Mail, Partner
from worker.state import mail_status, signatories
from worker.state.mail_status import MailState


class Stand(NamedTuple):
    """What decides where a partner is counted.

    `was_asked`: a server took its invitation, and it did not come back.
    """

    answer: str | None
    was_asked: bool
    unreached: MailState | None
    by_hand: bool
    in_doubt: bool


@dataclass(frozen=True)
class Counts:
    """Numbers of partners; `asked`, `by_hand` and `unreached` (refused, bounced or suppressed) exclude each other.

    `may_not_have_arrived`: those, asked or not, of whose last mail a report says so; none of them is unreached.
    """

    partners: int
    asked: int
    by_hand: int
    unreached: int
    refused: int
    bounced: int
    suppressed: int
    may_not_have_arrived: int
    named_publicly: int
    answers: dict[str, int]
    """By what `choices` calls each number: signed, declined …"""
    silent: int

    @property
    def signed(self) -> int:
        return self.answers["signed"]

    def as_json(self) -> dict[str, int]:
        """Every number by its name, those of the answers among them."""
        numbers = vars(self) | self.answers
        return {name: number for name, number in numbers.items() if name != "answers"}


def count(stands: Mapping[Stand, int], named_publicly: int) -> Counts:
    """Count partners, of which so many stand alike."""
    answers, reasons, asked = Counter[str | None](), Counter[str | None](), Counter[str | None]()
    for stand, number in stands.items():
        answers[stand.answer] += number
        reasons[stand.unreached] += number
        if stand.was_asked and stand.unreached is None:
            asked[stand.answer] += number
    partners = answers.total()
    return Counts(
        partners=partners,
        asked=asked.total(),
        by_hand=sum(number for stand, number in stands.items() if stand.by_hand),
        unreached=partners - reasons[None],
        refused=reasons["refused"],
        bounced=reasons["bounced"],
        suppressed=reasons["suppressed"],
        may_not_have_arrived=sum(number for stand, number in stands.items() if stand.in_doubt),
        named_publicly=named_publicly,
        answers={one.counted_as: answers[one.name] for one in CHOICES.values()},
        silent=asked[None],
    )


def load_counts(session: Session, campaign: Campaign) -> Counts:
    """The numbers of one campaign's partners."""
    return load_counts_of(session, Partner.campaign_id == campaign.id).get(campaign.id) or count({}, 0)


def load_counts_of(session: Session, *which: ColumnElement[bool]) -> dict[int, Counts]:
    """The same by campaign, of those that have partners: in one statement, however many they are."""
    stands: dict[int, Counter[Stand]] = {}
    named: Counter[int] = Counter()
    for campaign_id, is_named, number, *stand in session.execute(_alike().where(*which)):
        stands.setdefault(campaign_id, Counter())[Stand(*stand)] += number
        named[campaign_id] += number if is_named else 0
    return {campaign_id: count(alike, named[campaign_id]) for campaign_id, alike in stands.items()}


_INVITATION = aliased(Mail)
_PRESENT = signatories.present_meanings()


@cache
def stand_columns() -> dict[str, ColumnElement[Any]]:
    """How a partner stands, by the fields of `Stand`, for `of_partners`."""
    answered = Answer.id.is_not(None)
    return {
        "answer": Answer.choice.expression,
        "was_asked": func.coalesce(mail_status.has_arrived(_INVITATION, whenever=answered), False),
        "unreached": mail_status.unreached_partner(),
        "by_hand": Partner.email_hmac.is_(None) & _INVITATION.id.is_(None),
        "in_doubt": mail_status.partner_in_doubt(),
    }


def is_named_publicly() -> ColumnElement[bool]:
    """Whether a partner signs publicly the letter in its present meaning, for `of_partners`."""
    return func.coalesce(signatories.named_in("public") & (Letter.meaning == _PRESENT.c.meaning), False)


def of_partners(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Selects columns of each partner that is in the list, its registered contact's latest invitation, its answer."""
    later = aliased(Mail)
    again = exists().where(
        later.partner_id == _INVITATION.partner_id,
        later.kind == "invitation",
        later.contact_id.is_(None),
        later.id > _INVITATION.id,
    )
    asked = (_INVITATION.kind == "invitation") & _INVITATION.contact_id.is_(None)
    latest = (_INVITATION.partner_id == Partner.id) & asked & ~again.correlate(_INVITATION)
    return (
        select(*columns)
        .select_from(Partner)
        .outerjoin(_INVITATION, latest)
        .outerjoin(Answer, (Answer.partner_id == Partner.id) & Answer.superseded_at.is_(None))
        .outerjoin(Letter, Letter.id == Answer.letter_id)
        .outerjoin(_PRESENT, _PRESENT.c.campaign_id == Partner.campaign_id)
        .where(Partner.is_in_list)
    )


@cache
def _alike() -> Select[*tuple[Any, ...]]:
    """Selects how many partners of a campaign stand alike, and whether they are named publicly."""
    stand = [column.label(name) for name, column in stand_columns().items()]
    alike = of_partners(Partner.campaign_id, is_named_publicly().label("named"), func.count(), *stand)
    return alike.group_by(Partner.campaign_id, "named", *Stand._fields)
