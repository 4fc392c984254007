"""The partners of a campaign as a table: a page of them, filtered, sorted and counted by the database.

Of what is not shown nothing is loaded, and of nobody anything is decrypted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, Text, case, cast, exists, func, select
from sqlalchemy.orm import Session, defer

from worker import db, tokens
from worker.models import Answer, Campaign, Contact, Mail, Partner
from worker.state import counts, mail_status
from worker.state.mail_status import MailCode
from worker.text import similar_names
from worker.text.names import signatory

PAGE = 50  # partners

Filter = Literal[
    "silent", "not_reached", "may_not_have_arrived", "signed", "declined", "withdrawn", "wishes", "name_waits",
    "no_address",
]  # fmt: skip
Order = Literal["printed", "state", "last_answer"]


@dataclass(frozen=True)
class Wanted:
    """Which partners, in which order, and which page of them, from 1.

    `search` is a part of a name or an acronym, in whatever case and accents, or a whole email address.
    """

    which: Filter | None = None
    language: str | None = None
    country: str | None = None
    search: str = ""
    order: Order = "printed"
    page: int = 1


@dataclass(frozen=True)
class BoardRow:
    """One partner; `name` as it is printed, and `mail` how its mail stands since `mail_since`.

    `quiet`: it wants no mail, as its link said; `silenced`: an organizer sends it nothing; `name_waits`: it asks to be
    printed otherwise.
    """

    number: int
    name: str
    country: str
    language: str
    answer: str | None
    visibility: str | None
    answered: datetime | None
    mail: MailCode
    mail_since: datetime | None
    quiet: bool
    silenced: bool
    name_waits: bool


@dataclass(frozen=True)
class Board:
    """A page of the partners that are wanted, and how many are: of these, and of all by filter, language, country."""

    rows: Sequence[BoardRow]
    found: int
    partners: int
    by_filter: dict[Filter, int]
    by_language: dict[str, int]
    by_country: dict[str, int]

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // PAGE))


@dataclass(frozen=True)
class PublicBoard:
    """What somebody reads who may see totals and public names only: names in the printed order, and two numbers.

    There is no row of anybody else, and no filter or number by which one that is withheld could be told from others.
    """

    names: Sequence[str]
    found: int
    partners: int
    signed: int


def load_board(session: Session, campaign: Campaign, wanted: Wanted = Wanted()) -> Board:
    """Read a page of the table, in as many statements for ten thousand partners as for ten."""
    now, in_it = db.clock(session), Partner.campaign_id == campaign.id
    which = [in_it, *_conditions(wanted)]
    page = counts.of_partners(Partner).where(*which).options(*_UNREAD).order_by(*_ORDERS[wanted.order]())
    partners = list(session.scalars(page.limit(PAGE).offset((wanted.page - 1) * PAGE)))
    total, by_filter = _count_by_filter(session, in_it)
    found = total
    if len(which) > 1:
        found = session.scalar(counts.of_partners(func.count(Partner.id)).where(*which)) or 0
    return Board(
        rows=_rows(session, campaign, partners, now),
        found=found,
        partners=total,
        by_filter=by_filter,
        by_language=_count_by(session, Partner.language, in_it),
        by_country=_count_by(session, Partner.country, in_it),
    )


def load_public_board(session: Session, campaign: Campaign, *, search: str = "", page: int = 1) -> PublicBoard:
    """The same for who may see totals and public names only: those that sign publicly at this moment."""
    in_it = Partner.campaign_id == campaign.id
    named = (in_it, counts.is_named_publicly(), *_named(search))
    printed = (Partner.organization, Partner.acronym, Partner.country)
    rows = counts.of_partners(*printed).where(*named).order_by(Partner.sort_key, Partner.id)
    partners, signed = session.execute(
        counts.of_partners(func.count(Partner.id), func.count().filter(Answer.choice == "sign")).where(in_it)
    ).one()
    return PublicBoard(
        names=[signatory(row) for row in session.execute(rows.limit(PAGE).offset((page - 1) * PAGE))],
        found=session.scalar(counts.of_partners(func.count(Partner.id)).where(*named)) or 0,
        partners=partners,
        signed=signed,
    )


_UNREAD = (defer(Partner.contact), defer(Partner.email), defer(Partner.note))
_UNREAD_OF_ANSWER = tuple(
    defer(getattr(Answer, name)) for name in ("representative", "role", "reason", "note", "passage")
)


def _rows(session: Session, campaign: Campaign, partners: Sequence[Partner], now: datetime) -> list[BoardRow]:
    ids = [partner.id for partner in partners]
    mails: dict[int, list[Mail]] = {number: [] for number in ids}
    to_them = select(Mail).where(Mail.partner_id.in_(ids), Mail.contact_id.is_(None)).order_by(Mail.id)
    for mail in session.scalars(to_them) if ids else ():
        mails[mail.partner_id or 0].append(mail)
    stand = select(Answer).where(Answer.partner_id.in_(ids), Answer.superseded_at.is_(None)).options(*_UNREAD_OF_ANSWER)
    answers = {answer.partner_id: answer for answer in session.scalars(stand)} if ids else {}
    around = mail_status.load_circumstances(session, campaign, now)
    return [_row(one, mails[one.id], answers.get(one.id), around) for one in partners]


def _row(partner: Partner, mails: Sequence[Mail], answer: Answer | None, around: mail_status.Circumstances) -> BoardRow:
    code, since = mail_status.mail_code(partner, mails, answer, around)
    return BoardRow(
        number=partner.id,
        name=signatory(partner),
        country=partner.country,
        language=partner.language,
        answer=answer.choice if answer else None,
        visibility=answer.visibility if answer else None,
        answered=answer.at if answer else None,
        mail=code,
        mail_since=since,
        quiet=partner.quiet_at is not None,
        silenced=partner.silenced_at is not None,
        name_waits=bool(partner.proposed),
    )


def filters() -> dict[Filter, ColumnElement[bool]]:
    """What each filter asks, of the rows of `counts.of_partners`; numbers are those of `status`."""
    stand = counts.stand_columns()
    answer, unreached = stand["answer"], stand["unreached"]
    return {
        "silent": answer.is_(None) & stand["was_asked"] & unreached.is_(None),
        "not_reached": unreached.is_not(None),
        "may_not_have_arrived": stand["in_doubt"],
        "signed": answer == "sign",
        "declined": answer == "decline",
        "withdrawn": answer == "withdraw",
        "wishes": answer == "change",
        "name_waits": func.coalesce(cast(Partner.proposed, Text), "null") != "null",
        "no_address": stand["by_hand"],
    }


assert set(filters()) == set(get_args(Filter))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [filters()[wanted.which]] if wanted.which else []
    if wanted.language is not None:
        found.append(Partner.language == wanted.language)
    if wanted.country is not None:
        found.append(Partner.country == wanted.country)
    return found + _searched(wanted.search)


def _searched(search: str) -> list[ColumnElement[bool]]:
    """Whole addresses are compared by their fingerprints, those of further contacts too."""
    if "@" not in search:
        return _named(search)
    of_it = tokens.fingerprints(search.strip())
    further = exists().where(Contact.partner_id == Partner.id, Contact.email_hmac.in_(of_it))
    return [Partner.email_hmac.in_(of_it) | further]


def _named(search: str) -> list[ColumnElement[bool]]:
    words = similar_names.fold_name(search)
    return [Partner.folded.contains(words, autoescape=True)] if words else []


def _in_printed_order() -> tuple[Any, ...]:
    return Partner.sort_key, Partner.id


def _by_state() -> tuple[Any, ...]:
    """First what waits for a person, last who signs."""
    its = filters()
    return case(*((its[one], place) for place, one in enumerate(_STATES)), else_=len(_STATES)), *_in_printed_order()


_STATES: tuple[Filter, ...] = (
    *("not_reached", "may_not_have_arrived", "wishes", "no_address", "silent", "declined", "withdrawn", "signed"),
)


def _by_last_answer() -> tuple[Any, ...]:
    return case((Answer.at.is_(None), 1), else_=0), Answer.at.desc(), *_in_printed_order()


_ORDERS = {"printed": _in_printed_order, "state": _by_state, "last_answer": _by_last_answer}
assert set(_ORDERS) == set(get_args(Order))


def _count_by_filter(session: Session, *which: ColumnElement[bool]) -> tuple[int, dict[Filter, int]]:
    its = filters()
    counted = [func.count(case((condition, 1))) for condition in its.values()]
    total, *numbers = session.execute(counts.of_partners(func.count(Partner.id), *counted).where(*which)).one()
    return total, dict(zip(its, numbers, strict=True))


def _count_by(session: Session, column: Any, *which: ColumnElement[bool]) -> dict[str, int]:
    grouped: Select[str, int] = select(column, func.count()).where(*which).group_by(column).order_by(column)
    return dict(session.execute(grouped).all())
