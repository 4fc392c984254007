"""Who is named under the letter, and in which order. Nothing else decides that."""

import functools
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from worker.models import Addressee, Answer, Campaign, Letter, Partner

Rendition = Literal["public", "addressee"]

_NAMED: dict[Rendition, set[str]] = {"public": {"public"}, "addressee": {"public", "addressee"}}


class Printed(Protocol):
    """What decides over a place in the list."""

    @property
    def id(self) -> int: ...
    @property
    def organization(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def sort_as(self) -> str | None: ...


P = TypeVar("P", bound=Printed)


@dataclass(frozen=True)
class Signatories:
    """The named organizations in printed order, and how many more sign without being named."""

    named: list[Partner]
    withheld: int

    @property
    def count(self) -> int:
        """All who sign, named or not."""
        return len(self.named) + self.withheld


def of(session: Session, campaign: Campaign, rendition: Rendition) -> Signatories:
    """Those whose standing answer signs the letter in the sense it has now, as this rendition names them."""
    signed = session.execute(
        select(Partner, Answer.visibility)
        .join(Answer, Answer.partner_id == Partner.id)
        .join(Letter, Letter.id == Answer.letter_id)
        .where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None), Answer.choice == "sign")
        .where(Letter.meaning == campaign.letter.meaning)
    ).all()
    named = [partner for partner, visibility in signed if is_named(visibility, rendition)]
    return Signatories(sorted(named, key=place_of), withheld=len(signed) - len(named))


def select_public(campaign_id: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Selects what is printed of those that `of` names in the public rendition, without the rows themselves."""
    meaning = select(func.max(Letter.meaning)).where(Letter.campaign_id == campaign_id).scalar_subquery()
    printed = (Partner.id, Partner.organization, Partner.acronym, Partner.country, Partner.names, Partner.sort_as)
    return (
        select(*printed)
        .join(Answer, Answer.partner_id == Partner.id)
        .join(Letter, Letter.id == Answer.letter_id)
        .where(Partner.campaign_id == campaign_id, Answer.superseded_at.is_(None), Answer.choice == "sign")
        .where(Letter.meaning == meaning, Answer.visibility.in_(_NAMED["public"]))
    )


def withheld_at(session: Session, campaign: Campaign, moment: datetime) -> int:
    """How many signed at this moment without being named publicly.

    What the public page says of them stays what it was when the letter left: a number that falls or rises when a
    name goes would tell whose.
    """
    counted = (
        select(func.count())
        .select_from(Answer)
        .join(Partner, Partner.id == Answer.partner_id)
        .join(Letter, Letter.id == Answer.letter_id)
        .where(Partner.campaign_id == campaign.id, Answer.choice == "sign", Letter.meaning == campaign.letter.meaning)
        .where(Answer.at <= moment, Answer.superseded_at.is_(None) | (Answer.superseded_at > moment))
        .where(Answer.visibility.not_in(_NAMED["public"]))
    )
    return session.scalar(counted) or 0


def is_named(visibility: str | None, rendition: Rendition) -> bool:
    """Whether somebody who signed so is named in this rendition."""
    return visibility in _NAMED[rendition]


def rendition_for(addressee: Addressee) -> Rendition:
    """The one to whom the letter is written reads more names than those who get a copy."""
    return "public" if addressee.copy else "addressee"


def in_order(partners: list[P]) -> list[P]:
    """The printed order: A to Z as people read it, whatever the case, an apostrophe before letters."""
    return sorted(partners, key=place_of)


def place_of(partner: Printed) -> tuple[tuple[int, ...], str, int]:
    """What the printed order goes by."""
    return _sort_key(partner.sort_as or partner.organization), partner.country, partner.id


@functools.lru_cache(maxsize=20_000)
def _sort_key(name: str) -> tuple[int, ...]:
    return tuple(_collator().sort_key(name))


def _collator() -> Any:
    with _one_loads_it:
        return _loaded()


_one_loads_it = threading.Lock()


@functools.lru_cache(maxsize=1)
def _loaded() -> Any:
    from pyuca import Collator  # type: ignore[attr-defined]

    return Collator()  # type: ignore[no-untyped-call]
