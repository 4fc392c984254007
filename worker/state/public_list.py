"""The list of those who sign publicly, page by page: of a long one only the rows that are shown are read."""

import time
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from worker.models import Campaign
from worker.state import signatories
from worker.state.positions import Position
from worker.state.signatories import Printed

K = TypeVar("K")
V = TypeVar("V")
PAGE = 500  # names on one page of the list
BEGINNING = 100  # names of others on a partner's own page, whose form stands below them
ORDER_HOLDS_S = 2.0
MAX_ORDERS = 20


@dataclass(frozen=True)
class ListPage:
    """One page of the list, with the organization that begins each page; null for one that has just gone."""

    rows: Sequence[Printed]
    number: int = 1
    firsts: Sequence[Printed | None] = field(default_factory=list)

    @property
    def start(self) -> int:
        """The place of its first row in the whole list, from 1."""
        return (self.number - 1) * PAGE + 1


@dataclass(frozen=True)
class Shown:
    """Whom a partner sees under the letter, where it stands itself, and before which row the link to the others."""

    rows: Sequence[Printed]
    own: int | None = None
    link: int | None = None


def shown_to_everyone(session: Session, campaign: Campaign, number: int = 1) -> ListPage:
    """A page of those whom the public page names at this moment, once that may be seen."""
    return load_page(session, campaign, number) if signatories.everyone_sees(campaign) else ListPage([])


def load_page(session: Session, campaign: Campaign, number: int) -> ListPage:
    """A page of the list as it is at this moment; the last one if there are not so many."""
    listed = _load_listed(session, campaign.id, campaign.launched_at)
    pages = listed.ids[::PAGE]
    if len(pages) < 2:
        return ListPage(listed.all_of(listed.ids))
    number = min(number, len(pages))
    ids = listed.ids[(number - 1) * PAGE : number * PAGE]
    listed = listed.with_rows(session, campaign.id, [*ids, *pages])
    return ListPage(listed.all_of(ids), number, [listed.rows.get(one) for one in pages])


def count_sent_under(session: Session, campaign: Campaign) -> int | None:
    """That of `signatories`, which stays whoever steps back; of a long list it is kept as its order is."""
    key = campaign.id, campaign.launched_at, campaign.dispatched_at
    if key[:2] not in _orders:
        return signatories.count_sent_under(session, campaign)
    until, number = _sent_under.get(key, (0.0, None))
    if time.monotonic() >= until:
        number = signatories.count_sent_under(session, campaign)
        _keep(_sent_under, key, number)
    return number


def shown_to(session: Session, position: Position) -> Shown:
    """Whom a partner sees under the letter: itself among those that may be shown.

    Those are of the ones that sign publicly, as the campaign allows it, until the letter has left: nobody who is
    withheld is among them, and nothing is counted.
    """
    own = position.partner if signatories.lists_itself(position) else None
    campaign = position.campaign
    lists_others = signatories.lists_others(campaign, position.stage)
    others = load_beginning(session, campaign.id, campaign.launched_at) if lists_others else []
    return with_own(others, position.partner.id, own)


def load_beginning(session: Session, campaign_id: int, launched_at: datetime) -> Sequence[Row[Any]]:
    """The first rows of the list, as many as any partner's page needs."""
    listed = _load_listed(session, campaign_id, launched_at)
    ids = listed.ids[: BEGINNING + 2]
    return listed.with_rows(session, campaign_id, ids).all_of(ids)


class Cut(NamedTuple):
    """What a partner's page shows of the list: how many others, and before which line its own and the link stand.

    The link leads to the whole list; both are null where they are not shown.
    """

    others: int
    own: int | None
    link: int | None

    @classmethod
    def around(cls, others: int, own: int | None) -> "Cut":
        """Among so many others; `own` is the place of the reader among them, null if it does not stand in the list."""
        if others <= BEGINNING:
            return cls(others, own, None)
        if own is None:
            return cls(BEGINNING, None, BEGINNING)
        return cls(BEGINNING, min(own, BEGINNING), BEGINNING if own > BEGINNING else BEGINNING + 1)


def with_own(listed: Sequence[Row[Any]], partner_id: int, own: Printed | None) -> Shown:
    """The beginning of the list as one partner sees it; `own` is its row, null if that is not shown."""
    others: list[Printed] = [one for one in listed if one.id != partner_id]
    place = None if own is None else bisect(others, signatories.place_of(own), key=signatories.place_of)
    cut = Cut.around(len(others), place)
    rows = others[: cut.others]
    if own is not None and cut.own is not None:
        rows.insert(cut.own, own)
    return Shown(rows, cut.own, cut.link)


@dataclass(frozen=True)
class _Listed:
    """Who stands in the list, in the printed order, and the rows of those that were read."""

    ids: Sequence[int]
    rows: dict[int, Row[Any]] = field(default_factory=dict)

    def with_rows(self, session: Session, campaign_id: int, ids: Sequence[int]) -> "_Listed":
        return self if self.rows else _Listed(self.ids, _by_id(signatories.load_public_of(session, campaign_id, ids)))

    def all_of(self, ids: Sequence[int]) -> list[Row[Any]]:
        return [self.rows[one] for one in ids if one in self.rows]


# The order of a long list is read once for all who look within two seconds. The rows are read for each look, so a name
# that goes is gone at once; only one that comes may come that much later.
_orders: dict[tuple[int, datetime], tuple[float, Sequence[int]]] = {}
_sent_under: dict[tuple[int, datetime, datetime | None], tuple[float, int | None]] = {}


def _load_listed(session: Session, campaign_id: int, launched_at: datetime) -> _Listed:
    key = campaign_id, launched_at
    if (kept := _orders.get(key)) is None:
        rows = _by_id(signatories.load_public(session, campaign_id))
        if len(rows) > PAGE:
            _keep(_orders, key, list(rows))
        return _Listed(list(rows), rows)
    until, ids = kept
    if time.monotonic() >= until:
        ids = signatories.load_public_ids(session, campaign_id)
        _keep(_orders, key, ids)
    return _Listed(ids)


def _keep(kept: dict[K, tuple[float, V]], key: K, value: V) -> None:
    if len(kept) >= MAX_ORDERS:
        kept.clear()
    kept[key] = time.monotonic() + ORDER_HOLDS_S, value


def _by_id(rows: Sequence[Row[Any]]) -> dict[int, Row[Any]]:
    return {row.id: row for row in rows}
