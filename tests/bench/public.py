"""The page that everyone reads, and the partners' pages once the letter has left, beside a partner's open page."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from sqlalchemy import select

from tests.bench import databases, pages, processes, visitors, workers, year
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db
from worker.models import Campaign, Partner

PEER = "a partner's open page"


def measure(extent: Extent) -> Iterator[Comparison]:
    """One `undersigned web` and 32 readers, on both databases."""
    few, many = extent.signers
    goals = {f"public page, {few} names": 0.5, f"public page, {many:,} names": 0.5, "partner page, letter left": None}
    for which in databases.BOTH:
        taken = _taken(extent, which)
        for name, side, goal in zip(goals, ("few", "many", "left"), goals.values(), strict=True):
            yield Comparison(f"{name}, {which}", taken[side], PEER, taken["open"], "a second", goal=goal)


def _taken(extent: Extent, which: str) -> dict[str, list[float]]:
    few, many = extent.signers
    with ExitStack() as stack:
        folder = stack.enter_context(databases.in_use(which))
        left = year.finished(few, public_page="after dispatch")
        long = year.finished(many, public_page="after dispatch")
        asked = pages.asked(extent.visits)
        if which == "PostgreSQL":
            workers.tidy()
        looks = {
            "few": [_public(left)] * extent.visits,
            "many": [_public(long)] * visitors.CONNECTIONS,
            "left": [pages.path(one) for one in _partners(left)] * (extent.visits // few),
            "open": [pages.path(one) for one in asked],
        }
        port = stack.enter_context(processes.serving(folder, "worker", "web", "--port"))
        return interleaved(extent, **{name: functools.partial(_visits, port, paths) for name, paths in looks.items()})


def _visits(port: int, paths: Sequence[str]) -> float:
    each, _ = visitors.visit(port, [visitors.a_look(path) for path in paths], 200)
    return each


def _public(campaign_id: int) -> str:
    with db.reading() as session:
        return f"/c/{session.get_one(Campaign, campaign_id).slug}"


def _partners(campaign_id: int) -> list[Partner]:
    with db.reading() as session:
        return list(session.scalars(select(Partner).where(Partner.campaign_id == campaign_id).order_by(Partner.id)))
