"""Nothing of the desk is reached but by its table, and each row is served to whom it says."""

import re
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests import cast
from tests.organizers import DeskBrowser, add
from worker import db
from worker.acts import organizers
from worker.models import Organizer, Role
from worker.web.app import make_app
from worker.web.desk.door import Door
from worker.web.desk.table import TABLE
from worker.web.desk.visit import DeskRoute, Visit
from worker.web.origins import Origins

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def said(visit: Visit) -> PlainTextResponse:
    return PlainTextResponse(f"done for {visit.person.organizer.name}")


AT = "/desk/campaigns/{campaign:number}"
ROWS = (
    DeskRoute("GET", AT, said, "viewer"),
    DeskRoute("POST", f"{AT}/change", said, "editor", form=AT),
    DeskRoute("POST", f"{AT}/send", said, "editor", sends=True, form=AT),
    DeskRoute("POST", f"{AT}/end", said, "owner", is_dangerous=True, form=AT),
)


def an_app() -> Starlette:
    app = Starlette(routes=Door((*TABLE, *ROWS)).routes())
    app.state.origins = Origins()
    return app


@pytest.mark.usefixtures("database")
def test_each_address_of_the_desk_is_in_the_table() -> None:
    served = {
        (method, route.path)
        for route in make_app().routes
        if isinstance(route, Route) and route.path.removeprefix("/").split("/")[0] == "desk"
        for method in (route.methods or {"every method"}) - {"HEAD"}
    }
    assert served == {(row.method, row.path) for row in TABLE}


@pytest.mark.usefixtures("database")
def test_each_row_says_where_its_form_stands_and_who_may_send() -> None:
    pages = {row.path for row in TABLE if row.method == "GET"}
    for row in (*TABLE, *ROWS):
        if row.method == "POST" and row.needs != "nobody":
            assert (row.form or row.path) in pages | {AT}, row.path
        is_look = row.method == "GET"
        assert not (is_look and row.sends), f"{row.path}: GET changes nothing"
        assert not (is_look and row.is_dangerous), f"{row.path}: GET changes nothing"
        if row.sends:
            assert "{campaign:number}" in row.path, f"{row.path}: to send is a right at a campaign"


@pytest.mark.parametrize(
    ("role", "may_send", "taken"),
    [
        ("viewer", False, {"": 200, "/change": 403, "/send": 403, "/end": 403}),
        ("viewer", True, {"": 200, "/change": 403, "/send": 403, "/end": 403}),
        ("editor", False, {"": 200, "/change": 200, "/send": 403, "/end": 403}),
        ("editor", True, {"": 200, "/change": 200, "/send": 200, "/end": 403}),
        ("owner", False, {"": 200, "/change": 200, "/send": 403, "/end": 200}),
    ],
)
@pytest.mark.usefixtures("notified", "database")
def test_a_seat_says_what_one_may_do_at_its_campaign_and_at_no_other(
    role: Role, may_send: bool, taken: dict[str, int]
) -> None:
    with db.transaction() as session:
        ours, other = cast.a_campaign(session).id, cast.a_campaign(session, slug="lakes-2030").id
    number = add()
    with db.transaction() as session:
        organizers.give_seat(session, session.get_one(Organizer, number), ours, role, may_send=may_send)
    maly = DeskBrowser(an_app())
    maly.enters()
    for below, status in taken.items():
        ask = maly.post if below else maly.get
        assert ask(f"/desk/campaigns/{ours}{below}").status_code == status, below
        foreign, unknown = ask(f"/desk/campaigns/{other}{below}"), ask(f"/desk/campaigns/999{below}")
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.text.replace(str(other), "") == unknown.text.replace("999", "")


@pytest.mark.usefixtures("notified", "database")
def test_who_sits_at_the_machine_may_do_all_of_it_everywhere() -> None:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
        assert organizers.add_local(session) is organizers.add_local(session)
    here = DeskBrowser(an_app())
    here.enters(organizers.LOCAL)
    for below in ("/change", "/send", "/end"):
        assert here.post(f"/desk/campaigns/{number}{below}").text == f"done for {organizers.LOCAL}"
    assert here.get("/desk/campaigns/999").status_code == 404
    assert "do everything, and send email" in here.get("/desk").text


@pytest.mark.usefixtures("notified", "database")
def test_every_row_that_needs_somebody_asks_who_it_is() -> None:
    nobody = DeskBrowser(an_app())
    for row in (*TABLE, *ROWS):
        path = re.sub(r"\{\w+:number\}", "1", row.path).replace("{file:file}", "a.pdf")
        if row.needs != "nobody":
            answer = nobody.get(path) if row.method == "GET" else nobody.post(path)
            assert answer.status_code == 401, path
            assert "Log in" in answer.text


@pytest.mark.usefixtures("database")
def test_a_row_is_of_one_kind() -> None:
    assert replace(ROWS[0], needs="owner") != ROWS[0]
    keys = [(row.method, row.path) for row in TABLE]
    assert len(set(keys)) == len(keys)
