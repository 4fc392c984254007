"""An act at the desk: what would happen is said first, and nothing is done over what somebody else did meanwhile."""

import re

import pytest
from sqlalchemy import select

from tests import cast
from tests.organizers import DeskBrowser, add, code_of_last_mail, hidden, hidden_fields
from worker import db
from worker.acts import hold, login
from worker.models import AuditEvent, Campaign
from worker.web.desk.registry import ACTS

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]


@pytest.fixture
def at_desk() -> tuple[DeskBrowser, str, int]:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
    add(seats={number: "owner"}, may_send=True)
    maly = DeskBrowser()
    maly.enters()
    return maly, f"/desk/campaigns/{number}", number


def _deadline(number: int) -> object:
    with db.reading() as session:
        return session.get_one(Campaign, number).deadline_at


def test_what_would_happen_is_said_and_one_button_does_it(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, number = at_desk
    before = _deadline(number)
    check = maly.post(f"{place}/extend", {"deadline": "in 20 days"})
    assert check.status_code == 200
    assert _deadline(number) == before
    assert "Move the deadline</button>" in check.text
    fields = hidden_fields(check)
    done = maly.post(f"{place}/extend", fields)
    assert done.status_code == 303
    assert _deadline(number) != before
    page = maly.get(done.headers["location"])
    assert "The deadline was moved to" in page.text

    again = maly.post(f"{place}/extend", fields)  # a double press
    assert again.status_code == 303
    assert again.headers["location"] == done.headers["location"]

    stale = maly.post(f"{place}/extend", hidden_fields(check) | {"page_key": "of-another-page1"})
    assert stale.status_code == 409
    assert "Maly Sok" in stale.text


@pytest.mark.parametrize("key", ["", "\0" * 16, "é" * 16, "a" * 17])
def test_what_is_no_key_of_a_page_is_kept_nowhere(at_desk: tuple[DeskBrowser, str, int], key: str) -> None:
    """A browser may send anything; PostgreSQL keeps no NUL."""
    maly, place, _ = at_desk
    check = maly.post(f"{place}/extend", {"deadline": "in 20 days"})
    assert maly.post(f"{place}/extend", hidden_fields(check) | {"page_key": key}).status_code == 303
    with db.reading() as session:
        line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        assert (line.what, line.page_key) == ("extended", None)


def test_what_cannot_be_read_comes_back_with_a_sentence(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, _ = at_desk
    wrong = maly.post(f"{place}/extend", {"deadline": "the day after"})
    assert wrong.status_code == 422
    assert 'value="the day after"' in wrong.text
    assert "Enter a day and a time" in wrong.text


def test_what_was_typed_can_be_changed_before_it_is_done(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, number = at_desk
    before = _deadline(number)
    check = maly.post(f"{place}/extend", {"deadline": "in 20 days"})
    assert '<button class="second" type="submit" name="change" value="yes">Change what you typed</button>' in check.text
    form = maly.post(f"{place}/extend", hidden_fields(check) | {"change": "yes"})
    assert form.status_code == 200
    assert 'value="in 20 days"' in form.text
    assert _deadline(number) == before
    assert 'name="change"' not in maly.get(f"{place}/hold").text, "nothing is typed for it"


def test_a_form_that_comes_back_after_a_login_leads_on_to_the_act(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, _ = at_desk
    with db.transaction() as session:
        login.end_everything(session)
    lost = maly.post(f"{place}/extend", {"deadline": "in 20 days"})
    asked = maly.asks(kept=hidden(lost, "kept"))
    form = maly.post("/desk/code", {"code": code_of_last_mail(), "kept": hidden(asked, "kept")})
    assert 'value="in 20 days"' in form.text
    assert f'<form method="post" action="{place}/extend"' in form.text


def test_an_act_that_is_refused_says_why(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, _ = at_desk
    refused = maly.post(f"{place}/extend", {"deadline": "in 2 days"})
    assert refused.status_code == 409
    assert "This cannot be done. Nothing was changed." in refused.text
    assert "at least a minute later" in refused.text
    assert 'value="in 2 days"' in refused.text  # what was typed is there, to be corrected
    assert f'<a class="way-out" href="{place}">' in refused.text


def test_what_another_did_meanwhile_is_shown_first(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, number = at_desk
    check = maly.get(f"{place}/hold")
    with db.transaction() as session:
        hold.hold_letter(session, number)
    pressed = maly.post(f"{place}/hold", {"seen": hidden(check, "seen"), "sure": "yes"})
    assert pressed.status_code == 409
    assert "Something changed since you opened this page" in pressed.text
    pressed = maly.post(f"{place}/hold", {"seen": hidden(pressed, "seen"), "sure": "yes"})
    assert pressed.status_code == 303


def test_another_campaigns_partner_is_unknown(at_desk: tuple[DeskBrowser, str, int]) -> None:
    maly, place, _ = at_desk
    with db.transaction() as session:
        other = cast.a_campaign(session, slug="lakes-2030").partners[0].id
    assert maly.get(f"{place}/partners/{other}").status_code == 404
    assert maly.get(f"{place}/partners/99999").status_code == 404


def test_each_act_has_a_name_of_its_own() -> None:
    names = [(act.of_partner, act.name) for act in ACTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for _, name in names)
