"""Who may do what at the desk: each route asked by each kind of person, against a table that was written by hand."""

import asyncio
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import select, update
from starlette.routing import Route

from tests import cast
from tests.organizers import HERE, DeskBrowser, add, hidden_fields
from worker import db
from worker.acts import invite, organizers, two_persons
from worker.acts.partner_notes import add_note
from worker.models import DeskSession, Mail, Organizer, PartnerNote, Role
from worker.state.organizers import IDLE, RECENT_FACTOR
from worker.state.refusals import SecondPersonNeeded
from worker.web.app import make_app
from worker.web.desk.table import TABLE

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]

# What each address needs, whether a press of it sends mail and asks for the second factor again, and where the form
# stands if not there. A campaign's address is C, a partner's P. Who changes a line here lets somebody do more, or less.
BY_HAND = """
GET  /desk/login                 nobody
POST /desk/login                 nobody
GET  /desk/code                  nobody
POST /desk/code                  nobody
GET  /desk/link/{key:key}        nobody
POST /desk/link                  nobody
GET  /desk/                      nobody
GET  /desk/factor                factor
POST /desk/factor                factor
POST /desk/logout                factor                   form=/desk
POST /desk/logout-everywhere     person                   form=/desk/account
GET  /desk                       person
GET  /desk/account               person
POST /desk/account               person
POST /desk/account/session       person                   form=/desk/account
GET  /desk/account/factor        person
POST /desk/account/factor        person
POST /desk/account/factor/begin  person                   form=/desk/account
POST /desk/account/factor/end    person  dangerous        form=/desk/account
POST /desk/account/recovery      person  dangerous        form=/desk/account
GET  C                           viewer
GET  C/log                       viewer
GET  C/members                   viewer
GET  C/letter                    viewer
GET  C/members/words             editor
GET  C/members/digest            editor
GET  C/partners                  editor
GET  C/letter/{file:file}        editor
GET  C/export/{file:file}        owner
GET  P                           editor
GET  P/mails/{mail:number}       editor
POST P/notes                     editor                   form=P
POST P/notes/{note:number}/done  editor                   form=P
POST P/care                      editor                   form=P
GET  C/approvals/{approval:number}  editor
POST C/approvals/{approval:number}  owner  dangerous
"""
# An act is looked at by whoever has the role, and pressed by whoever has the rights, too.
ACTS_BY_HAND = """
C/add                      editor  sends
C/add-one                  editor  sends
C/applicants               editor
C/admit                    editor  sends
P/take-out                 editor  sends
P/put-back                 editor  sends
P/sign                     editor  sends
P/decline                  editor  sends
P/withdraw                 editor
P/mail-again               editor  sends
P/carry                    editor         dangerous
P/address                  editor  sends  dangerous
P/name                     editor
P/add-contact              editor  sends  dangerous
P/end-contact              editor
P/silence                  editor
P/allow-mail               editor  sends
P/merge                    editor  sends  dangerous
P/erase                    editor         dangerous
C/undo                     editor
C/extend                   editor  sends
C/earlier                  editor  sends
C/remind                   editor  sends
C/amend                    editor  sends
C/settings                 editor         dangerous
C/close                    owner   sends  dangerous
C/letter/dispatch          owner   sends  dangerous
C/letter/resend-letter     owner   sends
C/letter/letter-arrived    editor  sends
C/letter/notice-told       editor
C/letter/reply             editor
C/letter/ask-to-export     owner
C/erase                    owner          dangerous
C/members/words/words-decide       editor
C/members/voices-stop              editor
C/members/voices-reopen            editor
C/members/voices-withdraw          editor
C/members/voices-erase             editor         dangerous
C/members/voices-drop-domain       owner          dangerous
C/members/voices-let-domain        owner   sends
C/members/digest/digest-hold       editor
C/members/digest/digest-resume     editor  sends
C/members/digest/digest-leave-out  editor
C/members/digest/digest-again      editor  sends
C/members/digest/digest-arrived    editor
C/members/digest/digest-stop       editor
C/members/digest/digest-restart    editor  sends
C/hold                     editor
C/hold-letter              editor
C/resume                   editor  sends  dangerous
C/cancel                   owner   sends  dangerous
C/panic                    editor
C/end-panic                owner          dangerous
C/two-persons              owner
C/one-person               owner          dangerous
"""
CAMPAIGN = "/desk/campaigns/{campaign:number}"
PARTNER = f"{CAMPAIGN}/partners/{{partner:number}}"
RANKS: tuple[Role, ...] = ("viewer", "editor", "owner")


class Row(NamedTuple):
    """What one method at one address takes."""

    needs: str
    sends: bool = False
    is_dangerous: bool = False
    form: str = ""


def _written() -> dict[tuple[str, str], Row]:
    rows = {}
    for line in BY_HAND.split("\n"):
        if line:
            method, path, needs, *rights = line.split()
            rows[method, _whole(path)] = _row(needs, rights)
    for line in filter(None, ACTS_BY_HAND.split("\n")):
        path, needs, *rights = line.split()
        rows["GET", _whole(path)] = Row(needs)
        rows["POST", _whole(path)] = _row(needs, rights)
    return rows


def _whole(path: str) -> str:
    return re.sub(r"^P\b", PARTNER, re.sub(r"^C\b", CAMPAIGN, path))


def _row(needs: str, rights: list[str]) -> Row:
    form = next((_whole(one.removeprefix("form=")) for one in rights if one.startswith("form=")), "")
    return Row(needs, "sends" in rights, "dangerous" in rights, form)


WRITTEN = _written()


@dataclass(eq=False)
class Who:
    """Somebody with a browser: what is known of that person without asking the desk."""

    name: str
    browser: DeskBrowser
    role: Role | None = None
    may_send: bool = False
    is_in: bool = True
    factor: str = ""
    """Of who has a second factor: not typed in this session, or typed too long ago for what is dangerous."""

    def asks_quickly(self, app: Any) -> AsyncClient:
        """The same browser without a thread for each request."""
        return AsyncClient(transport=ASGITransport(app), base_url=HERE, cookies=self.browser.cookies())

    def expected(self, row: Row) -> int:
        """With what the door answers; 0 where it opens."""
        if row.needs == "nobody":
            return 0
        if not self.is_in:
            return 401
        if row.needs == "factor":
            return 0
        if self.factor == "not typed":
            return 401
        if row.needs in RANKS:
            if self.role is None:
                return 404
            if RANKS.index(self.role) < RANKS.index(row.needs) or (row.sends and not self.may_send):
                return 403
        return 401 if row.is_dangerous and self.factor == "typed long ago" else 0


@dataclass
class World:
    """A campaign whose partners were asked, with something at each address; and everybody who comes to the desk."""

    app: Any
    campaign: int
    parts: dict[str, str]
    people: list[Who] = field(default_factory=list)

    def path(self, path: str) -> str:
        parts = self.parts | {"file": "signatures.csv" if "/export/" in path else "public.pdf"}
        return re.sub(r"\{(\w+):\w+\}", lambda found: parts[found[1]], path)

    @cached_property
    def pressed(self) -> dict[str, dict[str, str]]:
        """What the owner would send by the button of each address: what its page has hidden, where there is one."""
        found = {}
        for method, path in WRITTEN:
            if method == "POST":
                found[path] = TYPED | {"sure": "yes", "seen": "0"}
                if ("GET", path) in WRITTEN and "campaign" in path:
                    page = self.owner.browser.post(self.path(path), TYPED)
                    found[path] |= hidden_fields(page)
        return found

    @property
    def owner(self) -> Who:
        return next(one for one in self.people if one.name == "owner who may send")

    @property
    def nobody(self) -> Who:
        return self.people[-1]


TYPED = {
    "note": "by telephone",
    "name": "River Watch",
    "deadline": "in 20 days",
    "visibility": "public",
    "representative": "Ada",
    "role": "chair",
    "email": "new@rw.example",
    "language": "en",
    "other": "Eau Vive",
    "text": "a note",
    "quorum": "2",
    "carer": "",
    "pasted": "organization,email,language\nNew Lake,new@lake.example,en",
    "organization": "New Lake",
    "country": "France",
    "answer": "yes",
    "code": "K7QM4TXP2R",
    "factor": "123456",
    "key": "x" * 43,
    "session": "999",
}


@pytest.fixture
def world(database: str) -> World:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, quorum=1, reminders=[])
        invite.enqueue_invitations(session, campaign.id)
        session.execute(update(Mail).values(sent_at=db.clock(session), due_at=None))
        watch = campaign.partners[0]
        cast.signs(session, watch)
        add_note(session, watch.id, "call them")
        needed = SecondPersonNeeded(act="erase", fields={"give_up": True})
        parts = {
            "campaign": str(campaign.id),
            "partner": str(watch.id),
            "mail": str(session.scalars(select(Mail.id).where(Mail.partner_id == watch.id)).first()),
            "note": str(session.scalars(select(PartnerNote.id)).one()),
            "approval": str(two_persons.ask_second_person(session, campaign.id, needed)),
            "key": "x" * 43,
        }
        other = cast.a_campaign(session, slug="lakes-2030").id
        number = campaign.id
    app = make_app()
    world = World(app, number, parts)
    for role in RANKS:
        for may_send in (False, True):
            name = f"{role}{' who may send' * may_send}"
            world.people.append(_enters(world, name, role, may_send=may_send))
    world.people.append(_enters(world, "owner of another campaign", "owner", at=other, may_send=True, here=False))
    for name, factor in (("unasked", "not typed"), ("idle", "typed long ago")):
        world.people.append(_enters(world, f"owner whose factor is {factor} {name}", "owner", may_send=True))
        world.people[-1].factor = factor
    for name in ("removed", "expired"):
        world.people.append(_enters(world, name, "owner", may_send=True))
        world.people[-1].is_in = False
    world.people.append(Who("nobody", DeskBrowser(app), is_in=False))
    with db.transaction() as session:
        by_name = {one.name: one for one in session.scalars(select(Organizer))}
        organizers.remove_organizer(session, by_name["removed"])
        its = update(DeskSession).where(DeskSession.organizer_id == by_name["expired"].id)
        session.execute(its.values(seen_at=db.clock(session) - IDLE - timedelta(seconds=1)))
        for who in world.people:
            if who.factor:
                long_ago = db.clock(session) - RECENT_FACTOR - timedelta(seconds=1)
                by_name[who.name].totp_secret, by_name[who.name].totp_at = "A" * 32, long_ago
                typed = long_ago if who.factor == "typed long ago" else None
                its = update(DeskSession).where(DeskSession.organizer_id == by_name[who.name].id)
                session.execute(its.values(factor_at=typed))
    return world


def _enters(world: World, name: str, role: Role, *, may_send: bool, at: int = 0, here: bool = True) -> Who:
    add(name, f"{name.replace(' ', '-')}@rivers.example", {at or world.campaign: role}, may_send=may_send)
    browser = DeskBrowser(world.app)
    browser.enters(name)
    return Who(name, browser, role if here else None, may_send)


def test_every_route_of_the_desk_stands_here_with_what_it_takes() -> None:
    served = {
        (method, route.path)
        for route in make_app().routes
        if isinstance(route, Route) and re.match(r"/desk\b(?!\.)", route.path)
        for method in (route.methods or {"any"}) - {"HEAD"}
    }
    assert served == WRITTEN.keys()
    assert {(one.method, one.path): Row(one.needs, one.sends, one.is_dangerous, one.form) for one in TABLE} == WRITTEN


def test_each_person_is_let_in_where_this_table_says_so_and_changes_nothing_elsewhere(world: World) -> None:
    wrong = [said for who in world.people for said in asyncio.run(_wrong_for(world, who))]
    assert not wrong, "\n".join(wrong)


async def _wrong_for(world: World, who: Who) -> list[str]:
    """All that is answered to this person otherwise than its seat says; what is refused first, for the rest acts."""
    wrong, pressed, before = [], world.pressed, _rows()
    methods = METHODS if who in {world.owner, world.nobody} else METHODS[:3]  # the others are nobody's, whoever asks
    asked = {(method, path): _expected(who, method, path) for _, path in WRITTEN for method in methods}
    async with who.asks_quickly(world.app) as client:
        with _Changes() as changes:
            for (method, path), status in asked.items():
                if status:
                    answer = await _ask(client, method, world.path(path), pressed.get(path, {}))
                    if answer.status_code != status:
                        wrong.append(f"{who.name}: {method} {path} is {answer.status_code}, and not {status}")
                    if changes.are_there():
                        wrong.append(f"{who.name}: {method} {path} is refused, and changes something")
        assert _rows() == before
        for method, path in sorted((one for one, status in asked.items() if not status), key=_ends_the_session):
            if method == "HEAD" and who is not world.owner:
                continue  # it is what GET is, and takes as long
            fields = TYPED | {"name": who.name} if path == "/desk/account" else TYPED
            answer = await _ask(client, method, world.path(path), fields)
            if answer.status_code not in LET_IN and path not in GUESSED:
                wrong.append(f"{who.name}: {method} {path} is {answer.status_code}, and not let in")
            if _ends_the_session((method, path)):
                who.browser.enters(who.name)
                client.cookies = who.browser.cookies()
    return wrong


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
LET_IN = {200, 303, 409, 422}
"""What an act answers that may be asked: a page, the next one, that it cannot be done now, or what is missing."""
GUESSED = {"/desk/link/{key:key}", "/desk/link", "/desk/code", "/desk/factor", "/desk/login"}
"""Where what is typed opens the door, and here it is wrong, or asked for too often."""


def _ends_the_session(one: tuple[str, str]) -> int:
    return 1 + (one[1] == "/desk/logout") if one[1].startswith("/desk/logout") else 0


TAKES_NAMES_OUT = {f"{CAMPAIGN}/export/{{file:file}}"}
"""Looks for which the second factor is asked again, by the page itself."""


def _expected(who: Who, method: str, path: str) -> int:
    row = WRITTEN.get(("GET" if method == "HEAD" else method, path))
    if row is not None and path in TAKES_NAMES_OUT and method in {"GET", "HEAD"}:
        row = row._replace(is_dangerous=True)
    return 405 if row is None else who.expected(row)


async def _ask(client: AsyncClient, method: str, path: str, fields: dict[str, str], **headers: str) -> Response:
    said = {name.replace("_", "-"): value for name, value in (headers or {"sec_fetch_site": "same-origin"}).items()}
    return await client.request(method, path, data=fields if method == "POST" else None, headers=said)


FOREIGN = (
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "cross-site", "origin": HERE},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "none"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"accept": "*/*"},
)


def test_no_form_of_another_site_is_taken_anywhere(world: World) -> None:
    asyncio.run(_takes_no_form_of_another_site(world))


async def _takes_no_form_of_another_site(world: World) -> None:
    before = _rows()
    async with world.owner.asks_quickly(world.app) as client:
        for path, fields in world.pressed.items():
            for headers in FOREIGN:
                answer = await _ask(client, "POST", world.path(path), fields, **headers)
                assert answer.status_code == 403, (path, headers)
    assert _rows() == before


def _rows() -> dict[str, list[Any]]:
    with db.reading() as session:
        return cast.everything(session)


class _Changes:
    """Whether anything was written since the last look, as SQLite itself counts it."""

    def __enter__(self) -> "_Changes":
        self._connection = sqlite3.connect(str(db.engine().url.database))
        self._version = self._count()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def are_there(self) -> bool:
        before, self._version = self._version, self._count()
        return before != self._version

    def _count(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
