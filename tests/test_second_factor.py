"""A second factor at the desk: set up, asked for, asked for again before what is dangerous, and ended."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from tests import cast
from tests.conftest import Clock
from tests.organizers import DeskBrowser, add, code_of_last_mail, hidden
from worker import db
from worker.acts import login, organizers, second_factor
from worker.models import Organizer

pytestmark = pytest.mark.usefixtures("database", "notified")


def shown_by_the_app(seconds: int = 0) -> str:
    """What an authenticator app shows, by the database's clock."""
    with db.reading() as session:
        [organizer] = session.scalars(select(Organizer)).all()
        return str(pyotp.TOTP(organizer.totp_secret).at(db.clock(session) + timedelta(seconds=seconds)))


def sets_it_up(browser: DeskBrowser) -> list[str]:
    """Returns the recovery codes."""
    begun = browser.post("/desk/account/factor/begin")
    assert begun.headers["location"] == "/desk/account/factor"
    page = browser.get("/desk/account/factor")
    assert "<svg" in page.text
    assert " style=" not in page.text
    assert browser.post("/desk/account/factor", {"factor": "000000"}).status_code == 422
    page = browser.post("/desk/account/factor", {"factor": shown_by_the_app()})
    return re.findall(r"<li>([A-Z2-7-]{19})</li>", page.text)


def test_it_is_asked_for_after_the_code_and_each_of_its_codes_is_taken_once(clock: Clock) -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    codes = sets_it_up(maly)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert maly.is_in(), "it was typed a moment ago"
    clock.advance(minutes=1)
    thief = DeskBrowser()
    thief.logs_in()
    before = thief.cookies()["desk-8000"]
    for path in ("/desk", "/desk/account"):
        assert thief.get(path).status_code == 401
    assert thief.post("/desk/logout-everywhere").status_code == 401
    assert thief.post("/desk/account", {"name": "Thief", "language": "en"}).status_code == 401
    code = shown_by_the_app()
    assert thief.post("/desk/factor", {"factor": "123456"}).status_code == 422
    assert thief.post("/desk/factor", {"factor": code}).headers["location"] == "/desk"
    assert thief.is_in()
    assert thief.cookies()["desk-8000"] != before, "a new id"
    again = DeskBrowser()
    again.enters()
    assert again.post("/desk/factor", {"factor": code}).status_code == 422, "taken"
    assert again.post("/desk/factor", {"factor": shown_by_the_app(-60)}).status_code == 422, "before it"
    assert again.post("/desk/factor", {"factor": codes[0].lower().replace("-", " ")}).status_code == 303
    assert again.is_in()
    other = DeskBrowser()
    other.enters()
    assert other.post("/desk/factor", {"factor": codes[0]}).status_code == 422, "good once"
    assert "9 recovery codes are left" in again.get("/desk/account").text


def test_it_is_asked_for_again_before_what_is_dangerous_and_nothing_is_done_by_it(clock: Clock) -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    sets_it_up(maly)
    clock.advance(minutes=9)
    assert maly.post("/desk/account/recovery").status_code == 200
    clock.advance(minutes=2)
    asked = maly.post("/desk/account/factor/end", {"why": "x"})
    assert asked.status_code == 401
    assert "second code" in asked.text
    typed = maly.post("/desk/factor", {"factor": shown_by_the_app(), "kept": hidden(asked, "kept")})
    assert typed.status_code == 200
    assert "Your account" in typed.text
    with db.reading() as session:
        assert session.scalars(select(Organizer.totp_at)).one() is not None, "the act was not done"
    assert maly.post("/desk/account/factor/end").status_code == 303
    with db.reading() as session:
        gone = session.scalars(select(Organizer)).one()
        assert (gone.totp_at, gone.totp_secret, gone.recovery_codes) == (None, "", [])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_stolen_session_shows_nobody_and_gives_nobody_a_link_without_it(clock: Clock) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0].id
        cast.signs(session, campaign.partners[0], "addressee")
    add(seats={campaign.id: "owner"}, may_send=True)
    maly, place = DeskBrowser(), f"/desk/campaigns/{campaign.id}"
    maly.enters()
    sets_it_up(maly)
    clock.advance(minutes=11)
    mine = {"email": "mine@elsewhere.example", "language": "en"}
    for path in ("letter/dispatch", "end-panic", f"partners/{partner}/address", f"partners/{partner}/add-contact"):
        assert maly.post(f"{place}/{path}", mine).status_code == 401, path
    assert maly.get(f"{place}/letter/public.pdf").status_code == 200
    assert maly.get(f"{place}/letter/addressee.pdf").status_code == 401
    sheet = maly.get(f"{place}/export/signatures.csv")
    assert sheet.status_code == 401
    assert "content-disposition" not in sheet.headers
    typed = maly.post("/desk/factor", {"factor": shown_by_the_app(), "kept": hidden(sheet, "kept")})
    assert typed.headers["location"] == f"{place}/export/signatures.csv"
    assert maly.get(f"{place}/export/signatures.csv").status_code == 200


def test_guessing_ends_after_ten_and_a_known_browser_has_ten_of_its_own(clock: Clock) -> None:
    add()
    maly = DeskBrowser()
    maly.logs_in()
    sets_it_up(maly)
    maly.post("/desk/logout")
    clock.advance(minutes=1)
    thief = DeskBrowser()
    thief.logs_in()
    for _ in range(second_factor.MAX_WRONG):
        assert "not right" in thief.post("/desk/factor", {"factor": "123456"}).text
    assert "too many" in thief.post("/desk/factor", {"factor": shown_by_the_app()}).text
    maly.logs_in()
    assert maly.post("/desk/factor", {"factor": shown_by_the_app()}).status_code == 303
    clock.advance(days=1)
    thief.logs_in()
    assert thief.post("/desk/factor", {"factor": shown_by_the_app()}).status_code == 303, "nobody is kept out for good"


def test_a_secret_that_was_never_confirmed_is_not_asked_for() -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    maly.post("/desk/account/factor/begin")
    other = DeskBrowser()
    other.enters()
    assert other.is_in()
    with db.transaction() as session:
        login.end_everything(session)
    assert maly.get("/desk/account/factor").status_code == 401


def test_a_session_that_is_older_than_a_day_has_no_more_guesses(clock: Clock) -> None:
    add()
    maly, thief = DeskBrowser(), DeskBrowser()
    maly.logs_in()
    sets_it_up(maly)
    thief.logs_in()
    for _ in range(3):
        clock.advance(hours=9)
        assert thief.get("/desk/factor").status_code == 200
    for _ in range(second_factor.MAX_WRONG):
        assert "not right" in thief.post("/desk/factor", {"factor": "123456"}).text
    assert "too many" in thief.post("/desk/factor", {"factor": shown_by_the_app()}).text
    for _ in range(3):
        clock.advance(hours=9)
        assert thief.get("/desk/factor").status_code == 200
    assert "not right" in thief.post("/desk/factor", {"factor": "123456"}).text
    assert thief.post("/desk/factor", {"factor": shown_by_the_app()}).status_code == 303, "one wrong one in a day"


def guesses(browser: DeskBrowser) -> None:
    """More wrong codes than are compared."""
    for _ in range(second_factor.MAX_WRONG):
        browser.post("/desk/factor", {"factor": "123456"})
    assert "too many" in browser.post("/desk/factor", {"factor": "123456"}).text


def test_who_reads_the_email_alone_uses_up_no_guess_of_a_browser_that_passed(clock: Clock) -> None:
    """A browser is known by the mark that it gets after both codes."""
    add()
    maly, thief = DeskBrowser(), DeskBrowser()
    maly.logs_in()
    sets_it_up(maly)
    maly.post("/desk/logout")
    clock.advance(minutes=1)
    for _ in range(2):
        thief.logs_in()
        guesses(thief)
    maly.logs_in()
    assert maly.post("/desk/factor", {"factor": shown_by_the_app()}).status_code == 303
    assert maly.is_in()


def test_a_browser_that_was_known_before_the_factor_is_known_no_more(clock: Clock) -> None:
    add()
    maly, thief = DeskBrowser(), DeskBrowser()
    maly.enters()
    thief.logs_in()
    thief.logs_in()
    thief.asks()
    waiting = code_of_last_mail()
    sets_it_up(maly)
    maly.post("/desk/logout")
    guesses(thief)
    assert thief.post("/desk/code", {"code": waiting}).status_code == 303
    guesses(thief)
    clock.advance(minutes=1)
    maly.logs_in()
    assert maly.post("/desk/factor", {"factor": shown_by_the_app()}).status_code == 303
    assert maly.is_in()


def test_who_lost_phone_and_codes_is_removed_and_added_again(clock: Clock) -> None:
    number = add()
    maly = DeskBrowser()
    maly.enters()
    sets_it_up(maly)
    with db.transaction() as session:
        organizers.remove_organizer(session, session.get_one(Organizer, number))
    add()
    maly.logs_in()
    assert maly.is_in()
