"""The partners of a campaign as a table: a page of them, filtered, sorted and counted by the database.

Of what is not shown nothing is loaded, and of nobody anything is decrypted.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, Text, case, cast, exists, func, select
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.models import Answer, Campaign, Contact, Mail, Organizer, Partner
from worker.state import counts, mail_status, notes
from worker.state.answers import ANSWER_UNREAD, PARTNER_UNREAD
from worker.state.mail_status import MailCode
from worker.text import similar_names
from worker.text.names import signatory

PAGE = 50  # partners

Filter = Literal[
    "silent", "not_reached", "may_not_have_arrived", "signed", "declined", "withdrawn", "wishes", "name_waits",
    "no_address", "note_due",
]  # fmt: skip
Order = Literal["printed", "state", "last_answer"]


@dataclass(frozen=True)
class Wanted:
    """Which partners, in which order, and which page of them, from 1.

    `search` is a part of a name or an acronym, in whatever case and accents, or a whole email address; `care` is the
    number of the organizer who looks after it.
    """

    which: Filter | None = None
    language: str | None = None
    country: str | None = None
    care: int | None = None
    search: str = ""
    order: Order = "printed"
    page: int = 1


@dataclass(frozen=True)
class BoardRow:
    """One partner; `name` as it is printed, and `mail` how its mail stands since `mail_since`.

    `quiet`: it wants no mail, as its link said; `silenced`: an organizer sends it nothing; `name_waits`: it asks to be
    printed otherwise; `carer`: the name of the organizer who looks after it.
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
    note_due: bool
    carer: str | None


@dataclass(frozen=True)
class Board:
    """A page of the partners that are wanted, and how many are: of these, of all, and of each choice beside the others.

    So `by_filter` counts those of the wanted language, country, search and carer, whatever `which` is wanted, and
    `unfiltered` is how many there would be without it; each of the other three likewise. `page` is the one that was
    read: the last, where there are not so many.
    """

    rows: Sequence[BoardRow]
    page: int
    found: int
    partners: int
    unfiltered: int
    by_filter: dict[Filter, int]
    by_language: dict[str, int]
    by_country: dict[str, int]
    by_carer: dict[int, int]

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
    """Read a page of the table, in as many statements for ten thousand partners as for ten; none that was taken out."""
    now, in_it = db.clock(session), (Partner.campaign_id == campaign.id) & Partner.taken_out_at.is_(None)
    asked = _conditions(wanted)

    def but(name: str) -> list[ColumnElement[bool]]:
        return [in_it, *(condition for about, condition in asked if about != name)]

    # What only the partner's own row decides needs no look at its mails and answers.
    of_wanted: Callable[..., Select[Any]] = counts.of_partners if wanted.which else select
    of_all = select(func.count()).where(in_it).correlate(None).scalar_subquery()
    found, total = session.execute(of_wanted(func.count(Partner.id), of_all).where(*but(""))).one()
    page = min(wanted.page, max(1, -(-found // PAGE)))
    unfiltered, by_filter = _count_by_filter(session, *but("which"))
    rows = counts.of_partners(Partner).where(*but("")).options(*PARTNER_UNREAD).order_by(*_ORDERS[wanted.order]())
    partners = list(session.scalars(rows.limit(PAGE).offset((page - 1) * PAGE)))
    return Board(
        rows=_rows(session, campaign, partners, now),
        page=page,
        found=found,
        partners=total,
        unfiltered=unfiltered,
        by_filter=by_filter,
        by_language=_count_by(session, of_wanted, Partner.language, *but("language")),
        by_country=_count_by(session, of_wanted, Partner.country, *but("country")),
        by_carer=_count_by(session, of_wanted, Partner.organizer_id, *but("care"), Partner.organizer_id.is_not(None)),
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


def _rows(session: Session, campaign: Campaign, partners: Sequence[Partner], now: datetime) -> list[BoardRow]:
    ids = [partner.id for partner in partners]
    mails: dict[int, list[Mail]] = {number: [] for number in ids}
    to_them = select(Mail).where(Mail.partner_id.in_(ids), Mail.contact_id.is_(None)).order_by(Mail.id)
    for mail in session.scalars(to_them) if ids else ():
        mails[mail.partner_id or 0].append(mail)
    stand = select(Answer).where(Answer.partner_id.in_(ids), Answer.superseded_at.is_(None)).options(*ANSWER_UNREAD)
    answers = {answer.partner_id: answer for answer in session.scalars(stand)} if ids else {}
    around = mail_status.load_circumstances(session, campaign, now)
    due = notes.load_due(session, ids) if ids else set()
    carers = _load_names(session, {one.organizer_id for one in partners if one.organizer_id is not None})
    return [_row(one, mails[one.id], answers.get(one.id), around, due, carers) for one in partners]


def _load_names(session: Session, organizer_ids: set[int]) -> dict[int, str]:
    of_them = select(Organizer).where(Organizer.id.in_(organizer_ids))
    return {one.id: one.name for one in session.scalars(of_them)} if organizer_ids else {}


def _row(
    partner: Partner,
    mails: Sequence[Mail],
    answer: Answer | None,
    around: mail_status.Circumstances,
    due: Collection[int],
    carers: Mapping[int, str],
) -> BoardRow:
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
        note_due=partner.id in due,
        carer=carers.get(partner.organizer_id) if partner.organizer_id is not None else None,
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
        "note_due": notes.has_due_note(),
    }


assert set(filters()) == set(get_args(Filter))


def _conditions(wanted: Wanted) -> list[tuple[str, ColumnElement[bool]]]:
    """What is asked of a partner, each condition by the name of what it comes from."""
    found = [("search", condition) for condition in _searched(wanted.search)]
    if wanted.which is not None:
        found.append(("which", filters()[wanted.which]))
    if wanted.language is not None:
        found.append(("language", Partner.language == wanted.language))
    if wanted.country is not None:
        found.append(("country", Partner.country == wanted.country))
    if wanted.care is not None:
        found.append(("care", Partner.organizer_id == wanted.care))
    return found


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
    return case((Answer.at.is_(None), 1), else_=0), Answer.at.desc(), Answer.id.desc(), *_in_printed_order()


_ORDERS = {"printed": _in_printed_order, "state": _by_state, "last_answer": _by_last_answer}
assert set(_ORDERS) == set(get_args(Order))


def _count_by_filter(session: Session, *which: ColumnElement[bool]) -> tuple[int, dict[Filter, int]]:
    its = filters()
    counted = [func.count(case((condition, 1))) for condition in its.values()]
    total, *numbers = session.execute(counts.of_partners(func.count(Partner.id), *counted).where(*which)).one()
    return total, dict(zip(its, numbers, strict=True))


def _count_by(
    session: Session, of_wanted: Callable[..., Select[Any]], column: Any, *which: ColumnElement[bool]
) -> dict[Any, int]:
    grouped = of_wanted(column, func.count(Partner.id)).where(*which).group_by(column).order_by(column)
    return dict(session.execute(grouped).all())
