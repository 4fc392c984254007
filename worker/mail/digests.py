"""What tells an addressee of members: who may be named in it, asked again in the statement that enters DATA.

A digest is worded some time before it leaves. `mark_of` changes with whatever it would say, so that one which was
worded before somebody withdrew, or changed its name, is worded anew.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    ScalarSelect,
    String,
    case,
    cast,
    exists,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from worker import db, journal
from worker.column_types import HEAD
from worker.models import Campaign, Digest, Mail, Member


@dataclass(frozen=True)
class Told:
    """Of which digest a mail tells, and the mark of what it was worded from."""

    digest_id: int
    mark: str


def may_be_named() -> ColumnElement[bool]:
    """Whether a member may be named to the addressee now: it wants that, and its own words do not wait."""
    return Member.stands & (Member.appearance == "named") & ~Member.words_wait & Member.erased_at.is_(None)


def named_in(digest_id: int | InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Whether a digest names a member, if it leaves now.

    Whoever was confirmed again since, or is named otherwise, is told of by the next: organizers see it before.
    """
    drawn_at = select(Digest.drawn_at).where(Digest.id == digest_id).scalar_subquery()
    as_shown = Member.named_at.is_(None) | (Member.named_at <= drawn_at)
    return may_be_named() & (Member.digest_id == digest_id) & (Member.confirmed_at <= drawn_at) & as_shown


def goes_on() -> ColumnElement[bool]:
    """Whether a mail about members is still to be sent, now or once a hold ends."""
    return exists().where(
        Campaign.id == Mail.campaign_id,
        *(Campaign.digests_stopped_at.is_(None), Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None)),
    )


def mark_of(digest_id: int) -> ScalarSelect[str]:
    """A text that differs once a digest says something else: how many count, whom it names, and with what words."""
    agreed = case((Member.words_agreed_at.is_not(None), "+"), else_="-")
    parts = (cast(Member.id, String), _Version(Member.name), _Version(Member.words), agreed)
    each = select(_joined(*parts).label("one")).where(named_in(digest_id)).order_by(Member.id).subquery()
    names = select(func.coalesce(func.aggregate_strings(each.c.one, ","), "")).scalar_subquery()
    counted = (
        select(func.count())
        .select_from(Member)
        .join(Digest, Digest.campaign_id == Member.campaign_id)
        .where(Digest.id == digest_id, Member.stands, Member.confirmed_at <= Digest.drawn_at)
    )
    return select(_joined(cast(counted.scalar_subquery(), String), names)).scalar_subquery()


def still_says(told: Told) -> bool:
    """Whether what was worded holds at this moment; in a round trip."""
    return bool(db.read_autocommit(select(mark_of(told.digest_id) == told.mark))[0][0])


def lock_persons(session: Session, *which: ColumnElement[bool]) -> None:
    """Lock the persons of whom these digests tell, before their mails: who locks both does it in this order."""
    if not db.is_sqlite(session):
        session.execute(select(Member.id).join(Digest).where(*which).order_by(Member.id).with_for_update(of=Member))


def let_go(session: Session, told: Told) -> None:
    """Leave to the next digest whom this one, which enters DATA, does not name after all.

    By the mark that held as it entered: who changes anything a moment later was named, and no other names it.
    """
    named = [int(one.partition(":")[0]) for one in told.mark.partition(":")[2].split(",") if one]
    left_out = update(Member).where(Member.digest_id == told.digest_id, Member.id.not_in(named)).values(digest_id=None)
    session.execute(left_out.execution_options(synchronize_session=False))


def note_leaving(session: Session, digest_id: int, kind: str, now: datetime) -> None:
    """Keep beside the database that a digest enters DATA, and whom it names: after a restore none names them again."""
    of_it = select(Digest.number, Digest.drawn_at, Digest.ref, Campaign.seed).join(Campaign)
    number, drawn_at, ref, seed = session.execute(of_it.where(Digest.id == digest_id)).one()
    journal.note(session, "digest", seed, number, f"{drawn_at.isoformat()}/{kind}/{bytes(ref).hex()}", at=now)
    for named in session.scalars(select(Member.ref).where(Member.digest_id == digest_id)):
        journal.note(session, "told", named, number, at=now)


def _joined(*parts: ColumnElement[Any]) -> ColumnElement[str]:
    return functools.reduce(lambda before, part: before.concat(":").concat(part), parts)


class _Version(FunctionElement[str]):
    """The beginning of an encrypted value in hexadecimal: it is another each time the value is written."""

    type = String()
    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[str]) -> None:
        super().__init__(func.substr(type_coerce(column, LargeBinary), 1, HEAD))


@compiles(_Version, "sqlite")
def _version_on_sqlite(element: _Version, compiler: SQLCompiler, **kw: Any) -> str:
    return f"hex({compiler.process(element.clauses, **kw)})"


@compiles(_Version, "postgresql")
def _version_on_postgresql(element: _Version, compiler: SQLCompiler, **kw: Any) -> str:
    return f"encode({compiler.process(element.clauses, **kw)}, 'hex')"
