"""Each encrypted column of a campaign holds words that can be found again: who is shown them at the desk, and who not.

Driven by the table of the desk and by the models, so that an address or a column that is added is tried by itself.
"""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pypdf
import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.routing import compile_path

from tests import cast, one_of_each, persons, voices
from tests.organizers import DeskBrowser, add
from worker import db, tokens
from worker.acts import answer
from worker.acts.join import ask_to_join, confirm_wish
from worker.acts.third_party_limits import Person
from worker.column_types import Encrypted
from worker.mail import outbox
from worker.models import (
    Approval,
    Base,
    CodeHolder,
    Contact,
    Digest,
    Mail,
    MailResponse,
    Member,
    Partner,
    PartnerNote,
    Reply,
    Role,
    ThirdPartyAddress,
)
from worker.web.app import make_app
from worker.web.desk.registry import ACTS
from worker.web.desk.table import TABLE
from worker.web.desk.visit import DeskRoute

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]
AT_A_CAMPAIGN = [row for row in TABLE if "{campaign:" in row.path]
FILES = ("public.pdf", "addressee.pdf", "public.docx", "addressee.docx", "signatures.csv", "signatures.xlsx")
PAGES_OF = 3  # rows of a kind of which each has a page

# `zq7partnernote7text7q12q` is what column `text` of row 12 of `partner_note` says.
_MARK = re.compile(r"zq7([a-z]+)7([a-z]+)7q(\d+)q", re.IGNORECASE)
_NOT_MARKED = {"organizer", "approval"}  # of no campaign; and fields of an act, which a mark would break
_NEVER = {("member", "email"), ("member", "country"), ("member", "unnamed")}
"""What nobody is shown at the desk, not even an owner: who a person is that only wants to be counted, and addresses."""


@dataclass(frozen=True)
class Seeded:
    """A campaign, the partners whose pages are looked at, and what opens something: links and codes."""

    campaign_id: int
    partners: Sequence[int]
    tokens: Sequence[str]
    codes: Sequence[str]


def mark(table: str, column: str, number: int) -> str:
    found = f"zq7{table.replace('_', '')}7{column.replace('_', '')}7q{number}q"
    return f"{found}@hidden.example" if column == "email" else found


@pytest.fixture
def seeded(database: str) -> Seeded:
    """It was sent; a digest waits, as do own words, an applicant, a note, a second person's yes, and a reply."""
    with db.transaction() as session:
        campaign = one_of_each.a_campaign(session)
        campaign.definition = campaign.definition | {"members": "named", "public_page": "from launch"}
        ask_to_join(session, campaign.id, Person("br@home.example", "en", "Ms Ba", "Strange Brook", "SB", "Chad"))
        applicant = session.scalars(select(ThirdPartyAddress).order_by(ThirdPartyAddress.id.desc())).first()
        assert applicant is not None
        confirm_wish(session, applicant.id)
        one_of_each.leaves(session, campaign)
        now, partners = db.clock(session), one_of_each.partners(session)
        silent, counted = partners[one_of_each.SILENT], partners[one_of_each.COUNTED]
        outbox.put(session, [outbox.to_partner("invitation", campaign, silent, "1", now)])
        came_back = session.scalars(select(Mail).where(Mail.partner_id == silent.id)).first()
        assert came_back is not None
        came_back.sent_at, came_back.bounced_at, came_back.due_at = now, now, None
        persons.adds_voice(session, campaign, 0)
        shy = persons.adds_voice(session, campaign, 1, appearance="counted", words="")
        persons.is_mailed(session, shy)
        voices.a_digest(session, campaign)
        session.add_all(
            [
                MailResponse(mail_id=came_back.id, kind="person", words="", at=now),
                Reply(campaign_id=campaign.id, text="", came_at=now, noted_at=now),
                PartnerNote(partner_id=silent.id, text="", at=now, due_at=now),
                Approval(campaign_id=campaign.id, act="dispatch", fields="{}", asked_at=now),
            ]
        )
        session.flush()
        _mark_everything(session)
        return Seeded(campaign.id, [silent.id, counted.id], *_what_opens(session))


def _mark_everything(session: Session) -> None:
    """Let each encrypted column say which one it is, and each name that is not public."""
    for mapper in Base.registry.mappers:
        for row in session.scalars(select(mapper.class_)).all():
            for column in _marked(mapper.class_.__tablename__):
                is_unnamed = isinstance(row, Member) and row.appearance == "counted" and column == "name"
                setattr(row, column, mark(row.__tablename__, "unnamed" if is_unnamed else column, row.id))
    for partner in session.scalars(select(Partner)):
        if partner.organization != one_of_each.PUBLIC:
            partner.organization = mark("partner", "organization", partner.id)
    for mail in session.scalars(select(Mail).where(Mail.partner_id.is_not(None))):
        mail.reply = f"550 5.1.1 {mark('mail', 'reply', mail.id)}"
    session.flush()


def _marked(table: str) -> list[str]:
    columns = Base.metadata.tables[table].c if table not in _NOT_MARKED else ()
    return [column.name for column in columns if isinstance(column.type, Encrypted)]


def _what_opens(session: Session) -> tuple[list[str], list[str]]:
    """Each link by what stands in it, and the digits of each code."""
    links, codes = list[str](), list[str]()
    kinds: Sequence[type[Any]] = (Partner, Contact, ThirdPartyAddress, Member, Digest)
    for kind in kinds:
        for one in session.scalars(select(kind)):
            links += [tokens.token(one, purpose) for purpose in tokens.PATHS]
            if isinstance(one, CodeHolder | Contact):
                codes += [tokens.mail_code(one), tokens.long_code(one)]
    return links, codes


def paths(row: DeskRoute, seeded: Seeded) -> list[str]:
    """The address of a row, filled with what is there."""
    found = [row.path]
    for name in compile_path(row.path)[2]:
        spelled = re.compile(r"\{" + name + r"(:\w+)?\}")
        found = [spelled.sub(str(value), path) for path in found for value in _values(name, seeded)]
    return found


def _values(name: str, seeded: Seeded) -> Sequence[object]:
    with db.reading() as session:
        mails = session.scalars(select(Mail.id).where(Mail.partner_id.in_(seeded.partners))).all()
    known: dict[str, Sequence[object]] = {
        "campaign": [seeded.campaign_id],
        "partner": seeded.partners,
        "file": FILES,
        "mail": mails,
        "applicant": _numbers("stranger"),
    }
    tables = [one for one in Base.metadata.tables if one.rpartition("_")[2] == name]
    if name not in known:
        assert tables, f"say in this test what {name} stands for in an address"
    return known[name] if name in known else [number for table in tables for number in _numbers(table)]


def _numbers(table: str) -> list[int]:
    with db.reading() as session:
        return list(session.scalars(select(Base.metadata.tables[table].c.id).limit(PAGES_OF)))


def shown(page: Response) -> str:
    """What a page or a file says."""
    if page.content.startswith(b"%PDF"):
        return " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(page.content)).pages)
    if not page.content.startswith(b"PK"):
        return page.text
    with zipfile.ZipFile(io.BytesIO(page.content)) as packed:
        return " ".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def marks_in(text: str) -> set[tuple[str, str]]:
    """Which columns are seen in it."""
    return {(table.lower(), column.lower()) for table, column, _ in _MARK.findall(text)}


def opens(text: str, seeded: Seeded) -> bool:
    """Whether a link or a code is in it."""
    if any(token in text for token in seeded.tokens):
        return True
    digits = set(re.findall(r"(?<![0-9A-Za-z.])(?:\d{3} ?\d{3}|\d{4} ?\d{4} ?\d{4} ?\d{4})(?![0-9A-Za-z])", text))
    return bool({found.replace(" ", "") for found in digits} & set(seeded.codes))


def enters(app: Any, name: str, seats: dict[int, Role]) -> DeskBrowser:
    add(name, f"{name.replace(' ', '.')}@rivers.example", seats, may_send=True)
    browser = DeskBrowser(app)
    browser.enters(name)
    return browser


def rows_of_all(seeded: Seeded) -> dict[str, list[Any]]:
    with db.reading() as session:
        return {name: rows for name, rows in cast.everything(session).items() if name not in {"desk_session", "login"}}


def test_each_encrypted_column_is_marked(seeded: Seeded) -> None:
    """Else what it holds is looked for in vain: then `seeded` is to make a row of its table."""
    with db.reading() as session:
        for mapper in Base.registry.mappers:
            for column in _marked(mapper.class_.__tablename__):
                found = session.scalars(select(getattr(mapper.class_, column))).all()
                assert any(marks_in(words) for words in found), f"{mapper.class_.__tablename__}.{column}"


def test_who_has_a_seat_is_shown_what_its_role_may_see(seeded: Seeded) -> None:
    """A viewer no secret; nobody a link or a code by a look, nor who a person is that only wants to be counted."""
    app, wrong = make_app(), list[str]()
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    acts, reached = {act.path for act in ACTS}, set[str]()
    for role in get_args(Role):
        browser = enters(app, f"An {role}", {seeded.campaign_id: role})
        for row in AT_A_CAMPAIGN:
            if row.method != "GET" and row.path not in acts:
                continue  # what is done without a look first
            for path in paths(row, seeded):
                page = browser.get(path) if row.method == "GET" else browser.post(path)
                text = shown(page)
                marks = marks_in(text)
                seen[role] |= marks
                hidden = marks if role == "viewer" else marks & _NEVER
                wrong += [f"{'.'.join(one)} to {role} at {row.method} {path}" for one in sorted(hidden)]
                if opens(text, seeded):
                    wrong.append(f"a link or a code to {role} at {row.method} {path}")
                if page.status_code == 200:
                    reached.add(row.path)
                if page.status_code >= 500:
                    wrong.append(f"{page.status_code} to {role} at {row.method} {path}")
    assert not wrong, "\n".join(wrong)
    assert {row.path for row in AT_A_CAMPAIGN if row.method == "GET"} - acts - reached == set(), "nobody saw these"
    assert seen["owner"] >= seen["editor"] >= {("member", "words"), ("member", "name")}, "it has looked"


def test_without_a_seat_nothing_is_shown_and_nothing_is_done(seeded: Seeded) -> None:
    """Nor may a viewer do anything."""
    app, wrong = make_app(), list[str]()
    with db.transaction() as session:
        another = cast.a_campaign(session, slug="lakes").id
    strangers = {
        "nobody": DeskBrowser(app),
        "another's owner": enters(app, "Dara Ke", {another: "owner"}),
        "a viewer": enters(app, "Rith Ny", {seeded.campaign_id: "viewer"}),
    }
    before = rows_of_all(seeded)
    for who, browser in strangers.items():
        for row in AT_A_CAMPAIGN:
            if who == "a viewer" and (row.method == "GET" or row.needs == "viewer"):
                continue
            for path in paths(row, seeded):
                fields = {"sure": "yes", "seen": "0"}
                page = browser.get(path) if row.method == "GET" else browser.post(path, fields)
                if page.status_code not in {"nobody": {401}, "another's owner": {404}, "a viewer": {403}}[who]:
                    wrong.append(f"{page.status_code} to {who} at {row.method} {path}")
                if marks_in(shown(page)) or opens(shown(page), seeded):
                    wrong.append(f"a secret to {who} at {row.method} {path}")
    assert not wrong, "\n".join(wrong)
    assert rows_of_all(seeded) == before


def test_a_signature_that_names_nobody_changes_a_viewers_pages_by_their_numbers_alone(database: str) -> None:
    """Whoever looks before and after it learns that one more signs, and not who."""
    with db.transaction() as session:
        number = one_of_each.a_campaign(session).id
        silent = one_of_each.partners(session)[one_of_each.SILENT].id
    viewer = enters(make_app(), "Rith Ny", {number: "viewer"})
    looks = [row.path for row in AT_A_CAMPAIGN if row.method == "GET" and row.needs == "viewer"]
    of_it = [path.replace("{campaign:number}", str(number)) for path in looks if path.count("{") == 1]

    def said() -> dict[str, str]:
        # the log has a line for each signature, whoever signs
        pages = {path: viewer.get(path).text for path in of_it if not path.endswith("/log")}
        return {path: re.sub(r"\d+", "#", text) for path, text in pages.items()}

    before = said()
    with db.transaction() as session:
        answer.sign(session, silent, "counted", one_of_each.WHO)
    assert said() == before
