"""The list of partners at the desk: added to by a file, a paste or a form, one taken out, applicants let in."""

import re
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select
from typer.testing import CliRunner

from tests import cast, same_rows
from tests.organizers import DeskBrowser, add, hidden_fields
from tests.spreadsheets import xlsx
from tests.sql import statements
from worker import db
from worker.acts import join, third_party_limits
from worker.cli.commands import app
from worker.models import Campaign, Partner, ThirdPartyAddress
from worker.web import forms
from worker.web.desk import list_acts

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
MORE = "organization,email,country\nLake Friends,office@lake.example,Chad\nRiver Watch,,\n"
AtDesk = tuple[DeskBrowser, str, int]


@pytest.fixture
def at_desk() -> AtDesk:
    with db.transaction() as session:
        number = cast.a_campaign(session, join="approved", public_page="from launch").id
    add(seats={number: "editor"}, may_send=True)
    maly = DeskBrowser()
    maly.enters()
    return maly, f"/desk/campaigns/{number}", number


def sends(maly: DeskBrowser, path: str, fields: dict[str, str], file: tuple[str, bytes] | None = None) -> Response:
    """As a browser sends a form with a file field."""
    files = {name: (None, value) for name, value in fields.items()}
    files["list"] = file or ("", b"")  # type: ignore[assignment]
    return maly.client.post(path, files=files, headers=SAME_ORIGIN)


def presses(maly: DeskBrowser, path: str, check: Response) -> Response:
    assert 'enctype="multipart/form-data"' in check.text
    return sends(maly, path, hidden_fields(check))


def names(number: int) -> list[str]:
    with db.reading() as session:
        of_it = select(Partner.organization).where(Partner.campaign_id == number).order_by(Partner.id)
        return list(session.scalars(of_it))


def asks(number: int, organization: str, *, confirmed: bool = True, at: str = "") -> int:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, number)
        email = f"kim@{at or organization.split()[0].lower()}.example"
        who = third_party_limits.Person(email, "en", "Kim", organization, "", "Chad")
        one = third_party_limits.write_to(session, "confirm", campaign, who, db.clock(session))
        if confirmed:
            join.confirm_wish(session, one.id)
        return one.id


def test_a_file_is_read_once_and_added_by_one_button(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    check = sends(maly, f"{place}/add", {}, ("../more.csv", MORE.encode()))
    assert check.status_code == 200, check.text
    assert "1 organization is added to the list." in check.text
    assert "Row 3: River Watch is a partner already" in check.text
    assert "more.csv" not in check.text
    assert names(number) == ["River Watch", "Eau Vive"]
    done = presses(maly, f"{place}/add", check)
    assert done.status_code == 303, done.text
    assert names(number) == ["River Watch", "Eau Vive", "Lake Friends"]
    assert "1 organization was added to the list." in maly.get(done.headers["location"]).text
    again = presses(maly, f"{place}/add", check)  # a double press
    assert again.status_code == 303, again.text
    assert "1 organization was added to the list." in maly.get(again.headers["location"]).text
    assert len(names(number)) == 3
    assert "nobody of it is new" in sends(maly, f"{place}/add", {}, ("more.csv", MORE.encode())).text


def test_a_workbook_and_a_pasted_table_are_taken_as_new_takes_them(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    book = xlsx([["Organisation", "E-mail"], ["Hill Friends", "office@hill.example"]])
    check = sends(maly, f"{place}/add", {}, ("x.xlsx", book))
    assert presses(maly, f"{place}/add", check).status_code == 303
    pasted = "organization\temail\nSea Friends\toffice@sea.example\n"
    check = sends(maly, f"{place}/add", {"pasted": pasted})
    assert presses(maly, f"{place}/add", check).status_code == 303
    check = sends(maly, f"{place}/add", {"pasted": "Sand Friends\nRock Friends"})
    assert presses(maly, f"{place}/add", check).status_code == 303
    assert names(number)[2:] == ["Hill Friends", "Sea Friends", "Sand Friends", "Rock Friends"]


def test_all_problems_of_a_list_are_told_at_once_and_the_paste_is_kept(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    pasted = "organization,email,language\nLake Friends,office@lake.example,km\nlake friends,minister@water.example,\n"
    wrong = sends(maly, f"{place}/add", {"pasted": pasted})
    assert wrong.status_code == 422
    for part in ("row 2, column language", "rows 2 and 3: found a duplicate", "row 3, column email: found the address"):
        assert part in wrong.text
    assert "lake friends,minister@water.example" in wrong.text
    assert sends(maly, f"{place}/add", {}).status_code == 422
    assert len(names(number)) == 2


def test_no_file_breaks_the_page(at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    maly, place, number = at_desk
    for content in (b"\x00\x01", b"%PDF-1.4", b"PK\x03\x04nothing", b"\xff" * 100, "organization\n\u202e".encode()):
        wrong = sends(maly, f"{place}/add", {}, ("x.xlsx", content))
        assert wrong.status_code == 422, content
    with monkeypatch.context() as patched:
        patched.setattr(list_acts, "MAX_KEPT", 100)
        long = sends(maly, f"{place}/add", {"pasted": "\n".join(f"Friends {name}" for name in "abcdefgh")})
        assert (long.status_code, "too long for one form" in long.text) == (422, True)
    large = sends(maly, f"{place}/add", {}, ("x.csv", b"a" * (forms.MAX_UPLOAD + 1)))
    assert large.status_code == 413
    assert "2 MB" in large.text
    broken = {"content-type": "multipart/form-data; boundary=x", **SAME_ORIGIN}
    for body in (
        b"",
        b"--x",
        b"--x\r\n\r\nno name\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
    ):
        assert maly.client.post(f"{place}/add", content=body, headers=broken).status_code == 400, body
    assert len(names(number)) == 2


def test_whoever_is_not_logged_in_brings_no_file_and_chooses_it_again(at_desk: AtDesk) -> None:
    maly, place, _ = at_desk
    stranger = DeskBrowser(maly.app)
    login = sends(stranger, f"{place}/add", {"pasted": "Lake Friends"}, ("x.csv", b"a" * 1_000_000))
    assert login.status_code == 401
    assert "aaaa" not in login.text
    assert f"{place}/add" in hidden_fields(login)["kept"]
    huge = sends(stranger, f"{place}/add", {}, ("x.csv", b"a" * (forms.MAX_UPLOAD + 1)))
    assert huge.status_code == 413


def test_one_is_added_by_a_form(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    form = maly.get(f"{place}/add-one")
    assert 'name="organization"' in form.text
    wrong = maly.post(f"{place}/add-one", {"organization": "", "email": "nobody"})
    assert wrong.status_code == 422
    assert 'value="nobody"' in wrong.text
    assert 'id="email-problem"' in wrong.text
    assert 'id="organization-problem"' in wrong.text
    assert '<li><a href="#email">Found “nobody”; expected one address' in wrong.text, "by field, as in each other form"
    again = maly.post(f"{place}/add-one", {"organization": "River Watch", "email": "new@river.example"})
    assert again.status_code == 422
    assert "River Watch is a partner already" in again.text
    fields = {"organization": "River Watch", "email": "new@river.example", "namesake": "yes"}
    assert maly.does(f"{place}/add-one", fields).status_code == 303
    assert names(number).count("River Watch") == 2
    check = maly.post(f"{place}/add-one", {"organization": "Riverr Watch"})
    assert re.search(r"“Riverr Watch” looks like River Watch \(#\d+\), which is in the list already", check.text)


def test_one_is_taken_out_and_put_back_from_its_page(at_desk: AtDesk) -> None:
    maly, place, _ = at_desk
    with db.reading() as session:
        partner = session.scalars(select(Partner.id).order_by(Partner.id)).first()
    page = maly.get(f"{place}/partners/{partner}")
    assert "take-out" in page.text
    done = maly.does(f"{place}/partners/{partner}/take-out")
    assert done.status_code == 303
    page = maly.get(done.headers["location"])
    assert "was taken out of the list" in page.text
    assert re.findall(r'href="[^"]*/partners/\d+/([a-z-]+)"', page.text) == ["put-back"]
    assert maly.get(f"{place}/partners/{partner}/take-out").status_code == 409
    assert f'href="{place}/partners/{partner}">River Watch' in maly.get(f"{place}/add").text, "a way back to it"
    assert maly.does(f"{place}/partners/{partner}/put-back").status_code == 303
    with db.reading() as session:
        assert session.get_one(Partner, partner).taken_out_at is None


def test_who_may_not_send_adds_nobody(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    add("Dara Kim", "dara@rivers.example", seats={number: "editor"})
    add("Vanna Ros", "vanna@rivers.example", seats={number: "viewer"}, may_send=True)
    waiting = asks(number, "Lake Friends")
    for name, seen in (("Dara Kim", 200), ("Vanna Ros", 403)):
        other = DeskBrowser(maly.app)
        other.enters(name)
        assert sends(other, f"{place}/add", {"pasted": "Hill Friends"}).status_code == 403
        assert other.post(f"{place}/admit", {"decide": f"yes-{waiting}"}).status_code == 403
        page = other.get(f"{place}/applicants")
        assert page.status_code == seen
        assert "Invite to sign</button>" not in page.text
    dara = DeskBrowser(maly.app)
    dara.enters("Dara Kim")
    assert dara.does(f"{place}/applicants", {"decide": f"no-{waiting}"}).status_code == 303


def test_applicants_are_admitted_refused_and_told_from_partners(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    lake, river, hill = (asks(number, name) for name in ("Lake Friends", "River Watch", "Hill Friends"))
    page = maly.get(f"{place}/applicants")
    for shown in ("Lake Friends", "Chad", "kim@lake.example", "Partners with such a name"):
        assert shown in page.text
    check = maly.post(f"{place}/admit", {"decide": f"yes-{lake}"})
    assert "Kim &lt;kim@lake.example&gt; gets an invitation." in check.text
    assert maly.post(f"{place}/admit", hidden_fields(check)).status_code == 303
    with db.transaction() as session:
        session.scalars(select(Partner).where(Partner.organization == "River Watch")).one().country = ""
    refused = maly.post(f"{place}/admit", {"decide": f"yes-{river}"})
    assert refused.status_code == 422
    assert "already a partner" in refused.text
    assert maly.does(f"{place}/admit", {"decide": f"namesake-{river}"}).status_code == 303
    assert maly.does(f"{place}/applicants", {"decide": f"no-{hill}"}).status_code == 303
    assert names(number) == ["River Watch", "Eau Vive", "Lake Friends", "River Watch"]
    assert "Nobody asks to sign" in maly.get(f"{place}/applicants").text
    for odd in ("", "yes-", "yes-999", "no-x", f"yes-{hill}"):
        assert maly.post(f"{place}/admit", {"decide": odd}).status_code == 422


def test_the_names_of_all_partners_are_read_once_for_all_applicants(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    counted = []
    for organization in ("Hill Watch", "River Watchers", "Lake Friends"):
        asks(number, organization)
        with statements() as seen:
            page = maly.get(f"{place}/applicants")
        assert organization in page.text
        counted.append(len(seen))
    assert counted[0] == counted[-1]


def test_what_nobody_confirmed_is_forgotten(at_desk: AtDesk) -> None:
    maly, place, number = at_desk
    assert maly.post(f"{place}/applicants", {"decide": "forget"}).status_code == 422
    asks(number, "Lake Friends", confirmed=False)
    assert "1 request was not confirmed" in maly.get(f"{place}/applicants").text
    assert maly.does(f"{place}/applicants", {"decide": "forget"}).status_code == 303
    with db.reading() as session:
        assert session.scalars(select(ThirdPartyAddress)).one().organization == ""


def test_desk_and_command_leave_the_same(at_desk: AtDesk, tmp_path: Path) -> None:
    """A list, one alone, a yes, a no, one that is taken out and put back, by each of the two."""
    maly, place, first = at_desk
    with db.transaction() as session:
        second = cast.a_campaign(session, "other", join="approved", public_page="from launch").id
    more = tmp_path / "more.csv"
    more.write_text(MORE)
    kelp, moss = asks(first, "Kelp Friends"), asks(first, "Moss Friends")
    river, eau = partners_of(first)
    presses(maly, f"{place}/add", sends(maly, f"{place}/add", {}, ("more.csv", MORE.encode())))
    maly.does(f"{place}/add-one", {"organization": "Hill Friends", "email": "office@hill.example", "language": "fr"})
    maly.does(f"{place}/admit", {"decide": f"yes-{kelp}"})
    maly.does(f"{place}/applicants", {"decide": f"no-{moss}"})
    for act in (f"{river}/take-out", f"{eau}/take-out", f"{eau}/put-back"):
        assert maly.does(f"{place}/partners/{act}").status_code == 303

    asks(second, "Kelp Friends", at="second")
    asks(second, "Moss Friends", at="third")
    for words in (
        ("add", "other", str(more)),
        ("add", "other", "--organization", "Hill Friends", "--email", "office@hill.example", "--language", "fr"),
        ("admit", "other", "Kelp Friends"),
        ("admit", "other", "Moss Friends", "--no"),
        ("remove", "other", "River Watch"),
        ("remove", "other", "Eau Vive"),
        ("remove", "other", "Eau Vive", "--put-back"),
    ):
        typed = CliRunner().invoke(app, [*words, "--yes"])
        assert typed.exit_code == 0, typed.output
    with db.reading() as session:
        rows = [same_rows.rows_of(session, number) for number in (first, second)]
    rows[0]["event"] = [one for one in rows[0]["event"] if one["what"] != "seat_given"]
    assert len(rows[0]["partner"]) == 5
    for table in rows[0]:
        assert [_plain(one) for one in rows[0][table]] == [_plain(one) for one in rows[1][table]], table


def partners_of(number: int) -> list[int]:
    with db.reading() as session:
        return list(session.scalars(select(Partner.id).where(Partner.campaign_id == number).order_by(Partner.id)))


def _plain(row: dict[str, object]) -> dict[str, object]:
    """Without what two wishes cannot share: a mailbox is written to once a day, and its fingerprint is in the key."""
    return {name: " ".join(str(value).split()) for name, value in row.items() if name not in {"email", "key"}}
