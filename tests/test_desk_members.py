"""Persons' voices at the desk: numbers that name nobody, own words, and what the addressee is told next."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from tests import cast, voices
from tests.organizers import DeskBrowser, add, hidden_fields
from tests.same_rows import assert_same
from worker import db
from worker.acts.digests import hold_digests, stop_digests
from worker.acts.door_for_voices import stop_voices
from worker.acts.voices_by_hand import keep_domain_out
from worker.cli.commands import app
from worker.models import AuditEvent, Campaign, Mail, MailResponse, Member, Role
from worker.state.waiting_words import load_waiting_words

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("database"),
]
DESK, COMMAND = "dam", "lakes"


def a_campaign(slug: str = DESK, *, is_sent: bool = False) -> int:
    """With two persons who wrote words, one who did not confirm, and twelve of one domain; or a digest that waits."""
    with db.transaction() as session:
        campaign = voices.a_campaign(session, slug)
        if is_sent:
            cast.the_letter_leaves(session, campaign)
            voices.a_digest(session, campaign)
            session.scalars(select(Member).where(Member.campaign_id == campaign.id)).one().email = "dara@home.example"
        voices.a_row(session, campaign, "rosa@home.example", name="Rosa Oak", appearance="named", words="We drink it.")
        voices.a_row(session, campaign, "shy@home.example", name="Shy One", words="I am <b>afraid</b>", language="fr")
        voices.a_row(session, campaign, "new@home.example", confirmed_at=None)
        voices.many(session, campaign, 12, "farm.example", country="Kenya")
        return campaign.id


def enters(*campaign_ids: int, role: Role = "owner", may_send: bool = True) -> DeskBrowser:
    add(seats=dict.fromkeys(campaign_ids, role), may_send=may_send)
    browser = DeskBrowser()
    browser.enters()
    return browser


def types(*words: str) -> None:
    result = CliRunner().invoke(app, [*words, "--yes"])
    assert result.exit_code == 0, result.output


def numbers(campaign_id: int) -> list[str]:
    """Of the words that wait, as they were read."""
    with db.reading() as session:
        return [one.number for one in load_waiting_words(session, session.get_one(Campaign, campaign_id))]


def fails(campaign_id: int) -> None:
    """The digest that waited may have arrived, and nobody knows."""
    with db.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.campaign_id == campaign_id, Mail.kind == "digest")).one()
        mail.uncertain_at, mail.due_at, mail.in_data_at = db.clock(session), None, db.clock(session)


def stops(act: Callable[..., Any], *more: Any) -> Callable[[int], None]:
    def done(campaign_id: int) -> None:
        with db.transaction() as session:
            act(session, campaign_id, *more)

    return done


AS_IT_IS: Callable[[int], None] = lambda campaign_id: None
ACTS = {
    "members/voices-stop": (AS_IT_IS, None, ("members", "--stop")),
    "members/voices-reopen": (stops(stop_voices), None, ("members", "--reopen")),
    "members/voices-withdraw": (
        AS_IT_IS,
        {"email": " Rosa+x@HOME.example"},
        ("members", "--withdraw", "rosa@home.example"),
    ),
    "members/voices-erase": (AS_IT_IS, {"email": "rosa@home.example"}, ("members", "--erase", "rosa@home.example")),
    "members/voices-drop-domain": (AS_IT_IS, {"domain": "@FARM.example"}, ("members", "--drop-domain", "farm.example")),
    "members/voices-let-domain": (
        stops(keep_domain_out, "farm.example"),
        {"domain": "farm.example"},
        ("members", "--let-domain", "farm.example"),
    ),
    "members/digest/digest-hold": (AS_IT_IS, None, ("digest", "--hold")),
    "members/digest/digest-resume": (stops(hold_digests), None, ("digest", "--resume")),
    "members/digest/digest-stop": (AS_IT_IS, None, ("digest", "--stop")),
    "members/digest/digest-restart": (
        stops(stop_digests, "addressee"),
        {"asked": "yes"},
        ("digest", "--restart"),
    ),
    "members/digest/digest-leave-out": (AS_IT_IS, {"names": "Dara Sok\r\n"}, ("digest", "--leave-out", "Dara Sok")),
    "members/digest/digest-again": (fails, None, ("digest", "--again")),
    "members/digest/digest-arrived": (fails, None, ("digest", "--arrived")),
}


@pytest.mark.parametrize("path", ACTS)
def test_the_desk_leaves_what_the_command_does(path: str, notified: list[tuple[Any, ...]]) -> None:
    before, fields, (command, *options) = ACTS[path]
    ours, theirs = (a_campaign(slug, is_sent="digest" in path) for slug in (DESK, COMMAND))
    for one in (ours, theirs):
        before(one)
    maly = enters(ours, theirs)
    page = f"/desk/campaigns/{ours}/{path.rpartition('/')[0]}"
    assert f'href="/desk/campaigns/{ours}/{path}"' in maly.get(page).text
    rows = cast_of(ours)
    if fields is not None:
        assert maly.get(f"/desk/campaigns/{ours}/{path}").status_code == 200
    notified.clear()

    done = maly.does(f"/desk/campaigns/{ours}/{path}", fields)

    assert done.status_code == 303
    assert done.headers["location"].startswith(f"{page}?done={path.rpartition('/')[2]}")
    assert 'class="notice done"' in maly.get(done.headers["location"]).text
    assert cast_of(ours) != rows
    if "digest" in path:
        assert ("digest", ours) in notified
    types(command, COMMAND, *options)
    assert_same(ours, theirs)
    with db.reading() as session:
        last = session.scalars(
            select(AuditEvent).where(AuditEvent.campaign_id == ours).order_by(AuditEvent.id.desc())
        ).first()
        assert last is not None
        assert last.organizer_id is not None
    assert maly.post(f"/desk/campaigns/{ours}/{path}", fields or {}).status_code in {200, 409, 422}, "no 500 twice"


def cast_of(campaign_id: int) -> dict[str, Any]:
    with db.reading() as session:
        return cast.everything(session)


def test_words_are_decided_as_they_were_read(notified: list[tuple[Any, ...]]) -> None:
    ours, theirs = a_campaign(), a_campaign(COMMAND)
    maly = enters(ours, theirs)
    place = f"/desk/campaigns/{ours}/members/words"
    page = maly.get(place).text
    assert "We drink it." in page
    assert "I am &lt;b&gt;afraid&lt;/b&gt;" in page
    assert "Shy One" not in page
    rosa, shy = numbers(ours)
    assert set(re.findall(r'type="radio" name="([^"]+)"', page)) == {rosa, shy}
    nothing = maly.post(f"{place}/words-decide", {rosa: "", shy: ""})
    assert (nothing.status_code, "You chose no words" in nothing.text) == (409, True)

    check = maly.post(f"{place}/words-decide", {rosa: "", shy: "no", "others": "yes"})
    assert "Record what you decided about the words of 2 persons?" in check.text
    said = check.text.index("We drink it."), check.text.index("These words are refused"), check.text.index("I am &lt;b")
    assert list(said) == sorted(said)
    assert numbers(ours) == [rosa, shy]
    done = maly.post(f"{place}/words-decide", hidden_fields(check))
    assert "No words wait for you." in maly.get(done.headers["location"]).text

    other, another = numbers(theirs)
    types("words", COMMAND, "--agree", other, "--refuse", another)
    assert_same(ours, theirs)


def test_words_that_were_changed_are_not_agreed_to(notified: list[tuple[Any, ...]]) -> None:
    ours = a_campaign()
    maly = enters(ours)
    place = f"/desk/campaigns/{ours}/members/words"
    rosa, _ = numbers(ours)
    check = maly.post(f"{place}/words-decide", {rosa: "yes"})
    with db.transaction() as session:
        member = session.get_one(Member, int(rosa.partition("-")[0]))
        member.words, member.words_at = "Threats", db.clock(session)
    for fields in (hidden_fields(check), {rosa: "yes"}):
        refused = maly.post(f"{place}/words-decide", fields)
        assert refused.status_code == 409
        assert "Changed by the person since you read them" in refused.text
        assert f'href="{place}"' in refused.text
    assert len(numbers(ours)) == 2


def test_words_are_read_in_pages_of_twenty(notified: list[tuple[Any, ...]]) -> None:
    with db.transaction() as session:
        campaign = voices.a_campaign(session)
        voices.many(session, campaign, 23, words="Water", appearance="named", name="Ada Wey")
        ours = campaign.id
    maly = enters(ours)
    place = f"/desk/campaigns/{ours}/members/words"
    seen = [re.findall(r'name="(\d+-[0-9a-f]{6})" value="yes"', maly.get(f"{place}?page={n}").text) for n in (1, 2, 99)]
    assert [len(one) for one in seen] == [20, 3, 3]
    assert sorted(seen[0] + seen[1]) == sorted(numbers(ours))
    assert maly.get(f"{place}?page=-1").status_code == 200
    done = maly.does(f"{place}/words-decide", dict.fromkeys(seen[0], "") | {"others": "yes"})
    assert "The words of 20 persons were accepted." in maly.get(done.headers["location"]).text
    assert sorted(numbers(ours)) == sorted(seen[1])


def test_the_page_of_members_is_numbers_and_names_nobody(notified: list[tuple[Any, ...]]) -> None:
    ours = a_campaign(is_sent=True)
    with db.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "digest")).one()
        session.add(MailResponse(mail_id=mail.id, kind="person", words="please stop", at=db.clock(session)))
    page = " ".join(enters(ours).get(f"/desk/campaigns/{ours}/members").text.split())
    shown = ("farm.example", "Kenya", "somebody wrote: “please stop”", "Read the words of 2 persons", "Next one")
    assert [one for one in shown if one not in page] == []
    assert not [one for one in ("Rosa", "Shy", "Dara", "home.example", "drink", "person1@") if one in page]
    assert "<dt>Voices that count</dt><dd>15</dd>" in page
    assert "<dt>Not confirmed by email</dt><dd>1</dd>" in page


def test_the_next_email_to_the_addressee_is_shown_as_it_will_go(notified: list[tuple[Any, ...]]) -> None:
    ours = a_campaign(is_sent=True)
    maly = enters(ours)
    place = f"/desk/campaigns/{ours}/members/digest"
    page = maly.get(place).text
    assert "Dara Sok" in page
    assert "Dear Minister" in page
    assert "/d/" not in page, "the addressee's link is its own"
    assert "1 new name" in page or "voices now" in page
    assert not [one for one in ("digest-again", "digest-arrived", "digest-resume", "digest-restart") if one in page]
    maly.does(f"{place}/digest-hold")
    page = maly.get(place).text
    assert "Held since" in page
    assert "digest-resume" in page


def test_to_start_again_takes_a_tick_that_the_addressee_asked_for_it(notified: list[tuple[Any, ...]]) -> None:
    ours = a_campaign(is_sent=True)
    with db.transaction() as session:
        stop_digests(session, ours, "addressee")
    maly = enters(ours)
    place = f"/desk/campaigns/{ours}/members/digest/digest-restart"
    form = maly.get(place).text
    assert "Minister Ada Weir stopped them by the link in an email." in form
    for fields in ({}, {"asked": "no"}, {"sure": "yes", "seen": "0"}):
        assert maly.post(place, fields).status_code in {409, 422}
    check = maly.post(place, {"asked": "yes"})
    assert "Did the addressee ask for these emails again?" in check.text
    without = {name: value for name, value in hidden_fields(check).items() if name != "asked"}
    assert maly.post(place, without).status_code == 422
    with db.reading() as session:
        assert session.get_one(Campaign, ours).digests_stopped_at is not None
    assert maly.post(place, hidden_fields(check)).status_code == 303


def test_a_viewer_sees_the_number_and_an_editor_drops_no_domain(notified: list[tuple[Any, ...]]) -> None:
    ours = a_campaign(is_sent=True)
    place = f"/desk/campaigns/{ours}/members"
    viewer = enters(ours, role="viewer", may_send=False)
    page = viewer.get(place)
    assert "<dt>Voices that count</dt><dd>15</dd>" in page.text
    assert not [one for one in ("farm.example", "Kenya", "afraid", "Rosa", "/voices-") if one in page.text]
    for below in ("/words", "/digest", "/voices-stop", "/words/words-decide", "/digest/digest-hold"):
        assert viewer.get(place + below).status_code == 403, below
        assert viewer.post(place + below).status_code in {403, 405}, below
    add("Dara Ke", "dara@rivers.example", seats={ours: "editor"})
    editor = DeskBrowser()
    editor.enters("Dara Ke")
    assert "voices-drop-domain" not in editor.get(place).text
    assert editor.post(f"{place}/voices-drop-domain", {"domain": "farm.example"}).status_code == 403
    assert editor.post(f"{place}/digest/digest-again").status_code == 403, "to send is a right of its own"
    assert editor.post(f"{place}/digest/digest-hold").status_code == 200


def test_what_is_typed_wrongly_is_said(notified: list[tuple[Any, ...]]) -> None:
    ours = a_campaign()
    maly = enters(ours)
    place = f"/desk/campaigns/{ours}/members"
    wrong = maly.post(f"{place}/voices-withdraw", {"email": "rosa"})
    assert (wrong.status_code, 'value="rosa"' in wrong.text) == (422, True)
    unknown = maly.post(f"{place}/voices-withdraw", {"email": "eve@home.example"})
    assert (unknown.status_code, "No person with this email address" in unknown.text) == (409, True)
    wrong = maly.post(f"{place}/voices-drop-domain", {"domain": "a b"})
    assert (wrong.status_code, "such as provider.example" in wrong.text) == (422, True)
    none = maly.post(f"{place}/voices-drop-domain", {"domain": "arm.example"})
    assert (none.status_code, "No voice came from an address at this domain" in none.text) == (409, True)
