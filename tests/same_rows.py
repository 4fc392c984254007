"""Whether two acts left the same: all rows of two campaigns, without what differs between any two of them."""

import re
from typing import Any

from sqlalchemy import LargeBinary, Table, select
from sqlalchemy.orm import Session

from worker import db
from worker.column_types import Moment
from worker.models import Base

Rows = dict[str, list[dict[str, Any]]]

# Random, or made of what is; who had a seat, and who was at the desk, is the one thing that desk and command differ in.
_RANDOM = {
    *("campaign.slug", "mail.message_id", "mail.body_hash", "mail.lease_holder", "letter.hash", "seal.sha256"),
    "event.page_key",
}
_IN_RANDOM_ORDER = {"ended_link"}
_DESK = {"organizer", "seat"}
_OF_SEATS = {"seat_given", "seat_taken"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")
_NUMBER = re.compile(r"\d+")


def assert_same(campaign_a: int, campaign_b: int) -> None:
    """All tables say the same of both, but for numbers of rows, times, random refs and hashes.

    Of a time it is compared whether it is set, of a reference to which row it leads, counted within the campaign.
    """
    with db.reading() as session:
        first, second = rows_of(session, campaign_a), rows_of(session, campaign_b)
    for table in first:
        assert first[table] == second[table], f"{table}: {_differences(first[table], second[table])}"
    assert any(first.values()), "a campaign that is not there is like any other"


def rows_of(session: Session, campaign_id: int) -> Rows:
    """All rows that belong to a campaign, by table, so that two of them can be compared."""
    places: dict[str, dict[int, int]] = {"campaign": {campaign_id: 1}}
    found: Rows = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in _DESK:
            rows = [row._mapping for row in session.execute(select(table).order_by(table.c.id))]
            own = [row for row in rows if _belongs(table, row, places)]
            places[table.name] = {row["id"]: place for place, row in enumerate(own, start=1)}
            found[table.name] = [_comparable(table, row, places) for row in own]
            if table.name in _IN_RANDOM_ORDER:
                found[table.name].sort(key=repr)
    return found


def _differences(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[str]:
    """What to read first where they differ."""
    found = [f"{len(first)} rows, and {len(second)}"] if len(first) != len(second) else []
    for place, (one, other) in enumerate(zip(first, second, strict=False), start=1):
        found += [f"{place}.{name}: {one[name]!r}, and {other[name]!r}" for name in one if one[name] != other[name]]
    return found


def _belongs(table: Table, row: Any, places: dict[str, dict[int, int]]) -> bool:
    if table.name == "campaign":
        return row["id"] in places["campaign"]
    if table.name == "event" and row["what"] in _OF_SEATS:
        return False
    return any(row[name] in places.get(other, {}) for name, other in _references(table).items())


def _references(table: Table) -> dict[str, str]:
    """Its columns that lead to rows of other tables, or of its own."""
    return {column.name: key.column.table.name for column in table.c for key in column.foreign_keys}


def _comparable(table: Table, row: Any, places: dict[str, dict[int, int]]) -> dict[str, Any]:
    references, made = _references(table), {}
    for column in table.c:
        name, value = column.name, row[column.name]
        leads_to = references.get(name)
        if name == "id" or leads_to in _DESK or f"{table.name}.{name}" in _RANDOM:
            continue
        if leads_to is not None:
            made[name] = value and places.get(leads_to, {}).get(value, "elsewhere")
        elif isinstance(column.type, Moment | LargeBinary):
            made[name] = bool(value)
        elif f"{table.name}.{name}" == "mail.key":
            made[name] = _NUMBER.sub("#", value)
        elif f"{table.name}.{name}" == "campaign.undo":
            made[name] = _NUMBER.sub("#", str(value))
        elif f"{table.name}.{name}" == "event.detail":
            made[name] = _detail(row["what"], value)
        else:
            made[name] = value
    return made


def _detail(what: str, detail: str | None) -> str | None:
    """What stands beside a line of the audit log; two that were merged are told by a number of one of them."""
    without_times = detail and _TIME.sub("#", detail)
    return without_times and (_NUMBER.sub("#", without_times, count=1) if what == "merged" else without_times)
