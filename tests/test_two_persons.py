"""Two persons: an act that exposes more is done only as a second person says yes, and by no other way."""

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from tests import cast
from tests.conftest import Clock
from tests.organizers import HERE, DeskBrowser, add, hidden, hidden_fields
from worker import db
from worker.acts import (
    agree,
    answer,
    cancel,
    change_settings,
    close,
    contacts,
    correct_address,
    dispatch,
    erase,
    export,
    extend,
    go_on,
    hand_out,
    merge,
    organizers,
    panic,
    two_persons,
)
from worker.acts.answer import Statement
from worker.cli.commands import app
from worker.models import Approval, AuditEvent, Campaign, Mail, Organizer, Partner, Seat
from worker.state import approvals
from worker.state.approvals import WITHIN, ActOfTwo, load_open
from worker.state.letters import living_seal
from worker.state.refusals import NoSecondPerson, NotOver, RequestOver, SecondPersonNeeded
from worker.state.todo import load_todo
from worker.text import days
from worker.web.app import make_app
from worker.web.desk import registry
from worker.wording import letter as letter_words

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("database", "notified")
MINE = "mine@elsewhere.example"
SAID = Statement("The board", "Board", channel="by hand", note="call")


@pytest.fixture
def campaign() -> Campaign:
    """One that wants two persons; River Watch signs for the addressee only."""
    with db.transaction() as session:
        made = cast.a_campaign(session, two_persons=True, quorum=1)
        cast.signs(session, made.partners[0], "addressee")
        session.flush()
        assert len(made.partners) == 2
    return made


def asked(campaign: Campaign, act: str = "erase", asker: int | None = None, **fields: Any) -> int:
    with db.transaction() as session:
        who = session.get_one(Organizer, asker) if asker else None
        needed = SecondPersonNeeded(act=act, fields=fields or ({"give_up": True} if act == "erase" else {}))
        return two_persons.ask_second_person(session, campaign.id, needed, who)


def is_erased(campaign: Campaign) -> bool:
    with db.reading() as session:
        return session.get_one(Campaign, campaign.id).erased_at is not None


def _needs_two(campaign: Campaign) -> dict[str, Callable[[Session], object]]:
    number, river = campaign.id, campaign.partners[0].id
    return {
        "close": lambda s: close.close_and_seal_within(s, number, early=True),
        "earlier": lambda s: extend.bring_deadline_forward(s, number, campaign.deadline_at - timedelta(days=1)),
        "settings": lambda s: change_settings.apply_settings(s, number, {"review": 0}),
        "show_more": lambda s: answer.sign(s, river, "public", SAID),
        "address": lambda s: correct_address.change_address(s, river, MINE),
        "contact": lambda s: contacts.add_contact(s, river, MINE, language="en"),
        "carry": lambda s: hand_out.note_handed_out(s, s.get_one(Partner, river)),
        "merge": lambda s: merge.merge_partners(s, campaign.partners[1].id, river),
        "export": lambda s: export.export_signatures(s, s.get_one(Campaign, number), "csv"),
        "erase": lambda s: erase.erase_campaign(s, number, give_up=True),
        "erase_after_telling": lambda s: erase.give_up(s, number),
        "two_persons_off": lambda s: two_persons.switch_two_persons(s, number, on=False),
    }


@on_sqlite
def test_each_of_these_acts_needs_two_and_changes_nothing_by_one(campaign: Campaign, clock: Clock) -> None:
    with db.reading() as session:
        before = cast.everything(session)
    for name, act in _needs_two(campaign).items():
        with pytest.raises(SecondPersonNeeded) as needed, db.transaction() as session:
            act(session)
        assert needed.value.facts["act"] == name
    with db.reading() as session:
        assert cast.everything(session) == before
    # Who withdrew by hand is not shown to everyone by another call.
    with db.transaction() as session:
        answer.withdraw(session, campaign.partners[0].id, SAID)
    with pytest.raises(SecondPersonNeeded), db.transaction() as session:
        answer.sign(session, campaign.partners[0].id, "public", SAID)
    with db.transaction() as session:
        answer.sign(session, campaign.partners[0].id, "counted", SAID)  # shows less
        answer.sign(session, campaign.partners[1].id, "public", SAID)  # was never withheld

    clock.advance(days=15)
    assert close.close_and_seal(campaign.id)
    for early in (
        lambda s: dispatch.dispatch_seal(s, campaign.id, by_person=True),
        lambda s: dispatch.note_brought_by_hand(s, campaign.id),
    ):
        with pytest.raises(SecondPersonNeeded), db.transaction() as session:
            early(session)
    clock.advance(hours=3)
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign.id, by_person=True) == 1  # its time has come
    with db.transaction() as session:
        panic.start_panic(session, campaign.id)  # one person, at once
    with pytest.raises(SecondPersonNeeded), db.transaction() as session:
        panic.end_panic(session, campaign.id)


def _of_another_link(campaign: Campaign, partner: Partner) -> list[tuple[ActOfTwo, dict[str, Any]]]:
    other = next(one.id for one in campaign.partners if one.id != partner.id)
    return [
        ("contact", {"email": MINE, "language": "en", "name": "Me"}),
        ("carry", {}),
        ("address", {"email": MINE}),
        ("merge", {"other": other}),
    ]


@on_sqlite
def test_a_link_of_whoever_withheld_its_name_gets_to_nobody_else_by_one(campaign: Campaign, clock: Clock) -> None:
    river, other = campaign.partners
    with db.transaction() as session:  # who has not withheld its name is asked at another address by one
        correct_address.change_address(session, other.id, "board@lake.example")
        hand_out.note_handed_out(session, session.get_one(Partner, other.id))
        answer.withdraw(session, river.id, SAID)  # has withheld it all the same
    add(seats={campaign.id: "owner"}, may_send=True)
    maly, place = DeskBrowser(), f"/desk/campaigns/{campaign.id}/approvals"
    maly.enters()
    for act, fields in _of_another_link(campaign, river):
        with pytest.raises(SecondPersonNeeded) as needed, db.transaction() as session:
            _needs_two(campaign)[act](session)
        assert needed.value.facts["act"] == act
        request = asked(campaign, act, partner=river.id, **fields)
        page = maly.get(f"{place}/{request}")
        assert "also so that everybody sees its name" in page.text
        assert "/s/" not in page.text
        assert all(str(typed) in page.text for name, typed in fields.items() if name != "other")
        done = maly.post(f"{place}/{request}", {"answer": "yes", "seen": hidden(page, "seen")})
        assert done.status_code == (200 if act == "carry" else 303)
        assert ("/s/" in done.text) is (act == "carry")
    gone = asked(campaign, "carry", partner=other.id)
    assert 'value="yes"' not in maly.get(f"{place}/{gone}").text  # the two are one


@on_sqlite
def test_a_second_owner_reads_what_whoever_asked_was_shown(campaign: Campaign, clock: Clock) -> None:
    river = campaign.partners[0]
    add(seats={campaign.id: "owner"}, may_send=True)
    add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    add("Eve Editor", "eve@rivers.example", seats={campaign.id: "editor"})
    ona, maly, eve, place = DeskBrowser(), DeskBrowser(), DeskBrowser(), f"/desk/campaigns/{campaign.id}"
    ona.enters("Ona Own")
    maly.enters()
    eve.enters("Eve Editor")
    check = ona.post(f"{place}/partners/{river.id}/address", {"email": MINE})
    lines = re.findall("<p>(.*?)</p>", check.text.partition('<form method="post"')[0])
    ona.post(f"{place}/partners/{river.id}/address", hidden_fields(check))
    with db.reading() as session:
        path = f"{place}/approvals/{session.scalars(select(Approval.id)).one()}"
    page, of_editor = maly.get(path).text, eve.get(path).text
    assert all(line in page for line in lines[:-1])
    assert not any(line in of_editor for line in lines[:-1])
    clock.advance(days=15)
    assert close.close_and_seal(campaign.id)
    early = asked(campaign, "dispatch")
    maly.enters()
    assert "Minister Ada Weir" in maly.get(f"{place}/approvals/{early}").text.partition("What would happen now")[2]


@on_sqlite
def test_a_request_that_its_campaign_left_behind_waits_for_nobody(campaign: Campaign) -> None:
    asker = add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    add(seats={campaign.id: "owner"}, may_send=True)
    maly = DeskBrowser()
    maly.enters()
    early, replies = asked(campaign, "close", asker), asked(campaign, "settings", asker, reply_to=MINE)
    ended = asked(campaign, "end_panic", asker, deadline=None)
    with db.reading() as session:
        assert [one.number for one in load_open(session, [campaign.id])[campaign.id]] == [early, replies]
    with db.transaction() as session:
        cancel.cancel_campaign(session, campaign.id)
    with db.reading() as session:
        assert not load_open(session, [campaign.id])
        assert "approval" not in {one.code for one in load_todo(session)}
    for number in (early, replies, ended):
        page = maly.get(f"/desk/campaigns/{campaign.id}/approvals/{number}").text
        assert "the campaign has moved on" in page
        assert 'value="yes"' not in page
    with pytest.raises(RequestOver), db.transaction() as session:
        agree.agree_and_do(session, campaign.id, early, session.get_one(Organizer, asker))


@on_sqlite
def test_after_the_deadline_nobody_can_be_shown_more_by_a_link(campaign: Campaign, clock: Clock) -> None:
    clock.advance(days=15)
    with db.transaction() as session:
        correct_address.change_address(session, campaign.partners[0].id, "board@rivers.example")


DONE_BY: dict[ActOfTwo, str] = {
    "dispatch": "dispatch",
    "brought": "letter-arrived",
    "close": "close",
    "earlier": "earlier",
    "settings": "settings",
    "show_more": "sign",
    "address": "address",
    "contact": "add-contact",
    "carry": "carry",
    "merge": "merge",
    "export": "ask-to-export",
    "end_panic": "end-panic",
    "erase": "erase",
    "erase_after_telling": "erase",
}


@on_sqlite
@pytest.mark.parametrize("act", approvals.ACTS)
def test_who_asked_still_may_what_the_act_takes_at_the_desk(act: ActOfTwo) -> None:
    """And who says yes has the right to send, where one who does it alone needs that."""
    if act == "two_persons_off":  # is asked by a command
        return
    (by,) = [one for one in registry.ACTS if one.name == DONE_BY[act] and one.of_partner == (act in OF_PARTNERS)]
    assert approvals.ACTS[act] == approvals.Takes(by.needs, sends=by.sends)


OF_PARTNERS = {"show_more", "address", "contact", "carry", "merge"}


@on_sqlite
def test_what_only_makes_the_letter_wait_longer_takes_one(campaign: Campaign) -> None:
    values = {"review": 90_000, "quorum": 2, "reminders": []}
    with db.transaction() as session:
        change_settings.apply_settings(session, campaign.id, values)
    for less in ({"quorum": 1}, {"review": 3_600, "reminders": [3_600]}, {"reply_to": MINE}):
        with pytest.raises(SecondPersonNeeded) as needed, db.transaction() as session:
            change_settings.apply_settings(session, campaign.id, values | less)
        assert needed.value.facts["fields"] == less


@on_sqlite
@pytest.mark.parametrize(
    ("act", "fields", "says"),
    [
        ("earlier", {"deadline": 5}, ("New deadline", "The new deadline is", "Nobody can sign after")),
        ("settings", {"review": 0, "reply_to": MINE}, ("Address for replies", "Until now: ")),
    ],
)
def test_a_second_person_reads_what_would_make_it_sooner_and_it_is_done_then(
    campaign: Campaign, act: str, fields: dict[str, Any], says: tuple[str, ...]
) -> None:
    if "deadline" in fields:
        fields = {"deadline": (campaign.deadline_at - timedelta(days=fields["deadline"])).isoformat()}
    add(seats={campaign.id: "owner"}, may_send=True)
    maly, path = DeskBrowser(), f"/desk/campaigns/{campaign.id}/approvals/{asked(campaign, act, **fields)}"
    maly.enters()
    page = maly.get(path)
    assert all(words in page.text for words in says)
    assert maly.post(path, {"answer": "yes", "seen": hidden(page, "seen")}).status_code == 303
    with db.reading() as session:
        made = session.get_one(Campaign, campaign.id)
        if act == "earlier":
            assert made.deadline_at.isoformat() == fields["deadline"]
        else:
            assert (made.definition["review"], made.definition["reply_to"]) == tuple(fields.values())


@on_sqlite
def test_settings_that_changed_meanwhile_are_not_what_was_agreed_to(campaign: Campaign) -> None:
    request = asked(campaign, "settings", review=0, quorum=0)
    add(seats={campaign.id: "owner"}, may_send=True)
    with db.transaction() as session:
        made = session.get_one(Campaign, campaign.id)
        made.definition = made.definition | {"quorum": 0}
    maly = DeskBrowser()
    maly.enters()
    assert 'value="yes"' not in maly.get(f"/desk/campaigns/{campaign.id}/approvals/{request}").text


@on_sqlite
def test_the_day_on_which_a_letter_was_brought_is_the_one_that_was_asked_for(campaign: Campaign, clock: Clock) -> None:
    """Also where it was typed as a day that moves, and with it whether it is before the quorum is there."""
    with db.transaction() as session:
        made = session.get_one(Campaign, campaign.id)
        made.definition = made.definition | {"quorum": 2, "review": 172_800}
    clock.advance(days=15)
    assert close.close_and_seal(campaign.id)
    add(seats={campaign.id: "owner"}, may_send=True)
    add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    ona, maly, place = DeskBrowser(), DeskBrowser(), f"/desk/campaigns/{campaign.id}"
    ona.enters("Ona Own")
    with db.reading() as session:
        now, addressee = db.clock(session), session.get_one(Campaign, campaign.id).letter.addressees[0].id
    typed = {"addressee": str(addressee), "on": "today"}
    assert ona.does(f"{place}/letter/letter-arrived", typed).status_code == 303
    clock.advance(days=1.5)
    maly.enters()
    with db.reading() as session:
        path = f"{place}/approvals/{session.scalars(select(Approval.id)).one()}"
    page = maly.get(path)
    assert "Day on which it was brought" in page.text
    assert maly.post(path, {"answer": "yes", "seen": hidden(page, "seen")}).status_code == 303
    with db.reading() as session:
        made = session.get_one(Campaign, campaign.id)
        brought_at = made.letter.addressees[0].brought_at
        assert brought_at is not None
        assert days.day_at(brought_at, made.zone) == days.day_at(now, made.zone)


@on_sqlite
def test_a_letter_that_was_brought_to_all_is_said_to_be_so(campaign: Campaign) -> None:
    request = asked(campaign, "brought", addressee=None, on="2030-01-01")
    add(seats={campaign.id: "owner"}, may_send=True)
    maly = DeskBrowser()
    maly.enters()
    page = maly.get(f"/desk/campaigns/{campaign.id}/approvals/{request}")
    assert "<dt>Addressee</dt><dd>All that do not have it yet</dd>" in page.text


@on_sqlite
def test_a_letter_below_the_quorum_is_not_noted_to_be_brought_by_one(campaign: Campaign, clock: Clock) -> None:
    with db.transaction() as session:
        made = session.get_one(Campaign, campaign.id)
        made.definition = made.definition | {"quorum": 2}
    clock.advance(days=15)
    assert close.close_and_seal(campaign.id)
    clock.advance(days=1)
    with pytest.raises(SecondPersonNeeded), db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign.id)


@on_sqlite
def test_without_two_persons_nothing_is_asked(campaign: Campaign) -> None:
    with db.transaction() as session:
        session.get_one(Campaign, campaign.id).definition = campaign.definition | {"two_persons": False}
    with db.transaction() as session:
        assert erase.erase_campaign(session, campaign.id, give_up=True) == 2
        assert session.scalar(select(Approval.id)) is None


@on_sqlite
def test_one_asks_at_the_desk_and_another_sees_it_as_it_is_now_and_says_yes(campaign: Campaign) -> None:
    with db.transaction() as session:
        panic.start_panic(session, campaign.id)
    add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    add(seats={campaign.id: "owner"}, may_send=True)
    ona, maly, place = DeskBrowser(), DeskBrowser(), f"/desk/campaigns/{campaign.id}"
    ona.enters("Ona Own")
    maly.enters()
    check = ona.post(f"{place}/end-panic", {"deadline": "in 20 days"})
    assert "Ask a second person" in check.text
    done = ona.does(f"{place}/end-panic", {"deadline": "in 20 days"})
    page = ona.get(done.headers["location"])
    assert "A second person was asked to agree: end the panic." in page.text
    assert "within 48 hours" in page.text
    assert ona.does(f"{place}/end-panic", {"deadline": ""}).status_code == 303  # another field is another request
    with db.reading() as session:
        requests = session.scalars(select(Approval.id).order_by(Approval.id)).all()
        assert len(requests) == 2
        assert session.get_one(Campaign, campaign.id).panic_at is not None
        [todo] = [one for one in load_todo(session) if one.code == "approval"]
        assert todo.number == 2
        assert session.scalars(select(Mail.kind).where(Mail.kind == "approval")).all() == ["approval"] * 2
    request = f"{place}/approvals/{requests[0]}"
    assert "You asked for it yourself" in ona.get(request).text
    no = maly.post(f"{place}/approvals/{requests[1]}", {"answer": "no"})
    assert no.status_code == 303
    assert "It was decided already" in maly.get(f"{place}/approvals/{requests[1]}").text
    seen = maly.get(request)
    assert "Panic since" in seen.text  # what is tried is not so
    assert "Panic since" in check.text
    assert all(words in seen.text for words in ("Ona Own", "New deadline", "The new deadline is", "Yes, do it now"))
    with db.transaction() as session:
        two_persons.switch_two_persons(session, campaign.id, on=True)
        session.add(_line(session, campaign))
    changed = maly.post(request, {"answer": "yes", "seen": hidden(seen, "seen")})
    assert changed.status_code == 409
    said = maly.post(request, {"answer": "yes", **hidden_fields(changed)})
    assert said.status_code == 303
    assert "A second person agreed" in maly.get(said.headers["location"]).text
    again = maly.post(request, {"answer": "yes", **hidden_fields(changed)})  # a double press
    assert "A second person agreed" in maly.get(again.headers["location"]).text
    with db.reading() as session:
        made = session.get_one(Campaign, campaign.id)
        assert made.panic_at is None
        assert made.deadline_at > campaign.deadline_at
        by = session.scalars(select(AuditEvent.organizer_id).where(AuditEvent.what == "panic_ended")).one()
        assert by == session.scalars(select(Approval.decided_by).where(Approval.id == requests[0])).one()


def _line(session: Session, campaign: Campaign) -> AuditEvent:
    """Somebody did something meanwhile."""
    return AuditEvent(campaign_id=campaign.id, at=db.clock(session), actor="organizer", what="held")


@on_sqlite
@pytest.mark.parametrize("act", ["close", "erase"])
def test_what_takes_long_is_done_once_the_yes_is_written(
    campaign: Campaign, act: str, notified: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def render_while_somebody_writes(*letter: Any) -> Any:
        with db.transaction() as session:
            assert db.locked(session, campaign.id).closed_at is not None
        return letter_words.render(*letter)

    monkeypatch.setattr("worker.acts.close.render", render_while_somebody_writes)
    place = f"/desk/campaigns/{campaign.id}/approvals/{asked(campaign, act)}"
    add(seats={campaign.id: "owner"}, may_send=True)
    maly = DeskBrowser()
    maly.enters()
    page = maly.get(place)
    assert maly.post(place, {"answer": "yes", "seen": hidden(page, "seen")}).status_code == 303
    with db.reading() as session:
        assert living_seal(session, session.get_one(Campaign, campaign.id)) == (1 if act == "close" else None)
    assert (("scrub",) in notified) == (act == "erase")


@on_sqlite
def test_who_agrees_to_an_export_gets_the_file(campaign: Campaign) -> None:
    request = asked(campaign, "export", what="signatures")
    add(seats={campaign.id: "owner"})
    maly, place = DeskBrowser(), f"/desk/campaigns/{campaign.id}/approvals/{request}"
    maly.enters()
    page = maly.get(place)
    assert "a command on the server" in page.text
    assert "Sophea" not in page.text
    got = maly.post(place, {"answer": "yes", "seen": hidden(page, "seen")})
    assert got.headers["content-disposition"] == 'attachment; filename="dam-signatures-CONFIDENTIAL.csv"'
    assert "River Watch" in got.text
    assert maly.post(place, {"answer": "yes", "seen": hidden(page, "seen")}).status_code == 409


@on_sqlite
@pytest.mark.parametrize("fate", ["48 hours", "removed", "seat", "erased", "restored"])
def test_a_request_ends(campaign: Campaign, fate: str, clock: Clock) -> None:
    asker = add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"})
    second = add(seats={campaign.id: "owner"})
    request = asked(campaign, asker=asker)
    with db.transaction() as session:
        ona = session.get_one(Organizer, asker)
        if fate == "48 hours":
            clock.advance(seconds=WITHIN.total_seconds() + 1)
        elif fate == "removed":
            organizers.remove_organizer(session, ona)
        elif fate == "seat":
            organizers.give_seat(session, ona, campaign.id, "editor", may_send=True)
        elif fate == "restored":
            go_on.let_everything_go_on(session, renew_links=False)
        else:
            erase.erase_campaign(session, campaign.id, give_up=True, by_person=False)
    with db.reading() as session:
        assert not load_open(session, [campaign.id])
        assert (session.scalar(select(Approval.id)) is None) is (fate == "erased")
    with pytest.raises(RequestOver), db.transaction() as session:
        agree.agree_and_do(session, campaign.id, request, session.get_one(Organizer, second))


@dataclass
class Attempt:
    """A way in which one person alone might come by its act."""

    by: str
    path: str
    fields: dict[str, str]
    expects: set[int]


def _attempts(campaign: Campaign, other: Campaign, request: int, others: int, decided: int) -> Iterator[Attempt]:
    place, of_another = f"/desk/campaigns/{campaign.id}/approvals", f"/desk/campaigns/{other.id}/approvals"
    yes = {"answer": "yes"}
    for more in ({}, {"act": "export"}, {"fields": "{}"}, {"asked_by": "2"}, {"agreed_at": "now"}, {"sure": "yes"}):
        for by in ("asker", "local", "editor", "viewer", "stranger", "nobody", "no email"):
            yield Attempt(by, f"{place}/{request}", yes | more, {401, 403, 404, 409})
    for by in ("owner", "asker"):
        yield Attempt(by, f"{place}/{others}", yes, {404})  # another campaign's request
        yield Attempt(by, f"{place}/{decided}", yes, {409})
        yield Attempt(by, f"{place}/999999", yes, {404})
        yield Attempt(by, f"{of_another}/{request}", yes, {404})
        yield Attempt(by, f"{place}/{request}", {"answer": "maybe"}, {400})
    yield Attempt("owner", f"{place}/{request}", yes | {"seen": "1"}, {409})


def _erases(campaign: Campaign, agreed: two_persons.Agreed) -> None:
    with db.transaction() as session:
        two_persons.let_do(session, agreed)
        erase.erase_campaign(session, campaign.id, give_up=True)


def test_none_of_a_hundred_attempts_of_one_person_passes(campaign: Campaign) -> None:
    with db.transaction() as session:
        other = cast.a_campaign(session, slug="lakes", two_persons=True)
        local = organizers.add_local(session)
    asker = add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    add("Olaf Own", "olaf@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    add("Edi Tor", "edi@rivers.example", seats={campaign.id: "editor"}, may_send=True)
    add("Vi Ewer", "vi@rivers.example", seats={campaign.id: "viewer"}, may_send=True)
    add("Stra Nger", "stra@rivers.example", seats={other.id: "owner"}, may_send=True)
    without = add("No Mail", "no@rivers.example", seats={campaign.id: "owner"}, may_send=True)
    with db.transaction() as session:
        session.execute(update(Organizer).where(Organizer.id == without).values(email_hmac=None))
    request, others = asked(campaign, asker=asker), asked(other)
    decided = asked(campaign, asker=asker, give_up=False)
    with db.transaction() as session:
        agree.decline_request(session, campaign.id, decided, session.get_one(Organizer, asker))
    names = {
        "asker": "Ona Own",
        "owner": "Olaf Own",
        "editor": "Edi Tor",
        "viewer": "Vi Ewer",
        "stranger": "Stra Nger",
        "no email": "No Mail",
        "local": local.name,
    }
    apps = [make_app(), make_app()]
    browsers: dict[tuple[str, int], DeskBrowser] = {}
    for (by, name), place in itertools.product(names.items(), (0, 1)):
        browsers[by, place] = DeskBrowser(apps[place], HERE)
        browsers[by, place].enters(name)
    for place in (0, 1):
        browsers["nobody", place] = DeskBrowser(apps[place], HERE)
    with db.reading() as session:
        mark = max(session.scalars(select(AuditEvent.id)))
    count = 0
    for attempt, place in itertools.product(_attempts(campaign, other, request, others, decided), (0, 1)):
        got = browsers[attempt.by, place].post(attempt.path, {"seen": str(mark), **attempt.fields})
        assert got.status_code in attempt.expects, attempt
        count += 1
    # What one session was agreed to is good for that act and those fields alone, and once.
    tried: list[tuple[ActOfTwo, dict[str, bool]]] = [
        ("erase", {"give_up": False}),
        ("close", {"give_up": True}),
        ("erase", {"give_up": True}),
    ]
    for act, fields in tried:
        agreed_to = two_persons.Agreed(other.id if act == "erase" else campaign.id, act, fields)
        with pytest.raises(SecondPersonNeeded):
            _erases(campaign, agreed_to)
        count += 1
    for _ in range(3):
        with pytest.raises(NoSecondPerson), db.transaction() as session:
            agree.agree_and_do(session, campaign.id, request, session.get_one(Organizer, asker))
        count += 1
    assert count >= 100
    assert not is_erased(campaign)
    with db.reading() as session:
        assert session.scalar(select(Approval.decided_at).where(Approval.id == request)) is None
        assert session.scalar(select(Seat.id).limit(1)) is not None

    # The right one presses ten times, in two processes at once: it is done once.
    pressed: list[Response] = []

    def presses(place: int) -> None:
        for _ in range(5):
            path = f"/desk/campaigns/{campaign.id}/approvals/{request}"
            pressed.append(browsers["owner", place].post(path, {"answer": "yes", "seen": str(mark)}))

    both = [threading.Thread(target=presses, args=(place,)) for place in (0, 1)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(one.status_code for one in pressed)[0] == 303
    assert [one.status_code for one in pressed].count(303) == 1
    assert is_erased(campaign)
    with db.reading() as session:
        agreed = session.scalars(select(AuditEvent.id).where(AuditEvent.what == "second_agreed")).all()
    assert len(agreed) == 1


@on_sqlite
def test_a_command_only_asks(campaign: Campaign, tmp_path: Path) -> None:
    def types(*words: str, code: int = 4) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    for words in (
        ("erase", "dam", "--give-up", "--tell-nobody", "--yes"),
        ("close", "dam", "--yes"),
        ("export", "dam"),
        ("change", "dam", "--review", "0s", "--yes"),
        ("extend", "dam", "in 2 days", "--earlier", "--yes"),
        ("carry", "dam", "RW", "--page", str(tmp_path / "carried.html")),
        ("amend", "dam", "--partner", "RW", "--email", MINE, "--yes"),
        ("contacts", "dam", "RW", "--add", MINE, "--yes"),
        ("merge", "dam", f"#{campaign.partners[1].id}", "RW", "--yes"),
    ):
        said = types(*words)
        assert "Not done: this campaign wants two persons" in said
        assert "Nobody could agree yet" in said
        assert ("River Watch" in said) is (words[0] in {"amend", "contacts", "merge"})  # which ask about it
    assert not (tmp_path / "carried.html").exists()
    types("two-persons", "dam", "--off", "--yes")
    types("sign", "dam", "RW", "--visibility", "public", "--representative", "A", "--role", "B", "--note", "c", "--yes")
    types("panic", "dam", code=0)
    types("panic", "dam", "--end", "--yes")
    types("panic", "dam", "--end", "--dry-run", code=0)
    with db.reading() as session:
        made = session.get_one(Campaign, campaign.id)
        assert (made.erased_at, made.closed_at, made.two_persons) == (None, None, True)
        assert made.panic_at is not None
        acts = session.scalars(select(Approval.act).order_by(Approval.id)).all()
    by_link = ["carry", "address", "contact", "merge"]
    assert acts[:9] == ["erase", "close", "export", "settings", "earlier", *by_link]
    assert acts[9:] == ["two_persons_off", "show_more", "end_panic"]


@on_sqlite
def test_who_asks_without_end_floods_nobody(campaign: Campaign) -> None:
    asker = add("Ona Own", "ona@rivers.example", seats={campaign.id: "editor"})
    for quorum in range(two_persons.MOST_TOLD + 3):
        asked(campaign, "settings", asker=asker, quorum=-quorum)
    asked(campaign)  # another's
    with db.reading() as session:
        mails = session.scalars(select(Mail.id).where(Mail.kind == "approval")).all()
        assert len(load_open(session, [campaign.id])[campaign.id]) == two_persons.MOST_TOLD + 4
    assert len(mails) == two_persons.MOST_TOLD + 1


@on_sqlite
@pytest.mark.parametrize("accepted", [False, True])
def test_a_letter_that_is_on_its_way_is_not_cancelled_to_erase_the_campaign(campaign: Campaign, accepted: bool) -> None:
    """Nor is it erased by one person as soon as it has arrived."""
    with db.transaction() as session:
        made = session.get_one(Campaign, campaign.id)
        cast.the_letter_leaves(session, made, accepted=accepted)
        made.dispatched_at = None  # nobody has noted it yet
    with pytest.raises(NotOver), db.transaction() as session:
        erase.cancel_and_erase(session, campaign.id)
    with db.reading() as session:
        assert session.get_one(Campaign, campaign.id).erase_by is None


@on_sqlite
def test_a_seat_that_is_taken_while_the_page_is_open_says_no_more(campaign: Campaign) -> None:
    request, second = asked(campaign), add(seats={campaign.id: "owner"})
    maly, path = DeskBrowser(), f"/desk/campaigns/{campaign.id}/approvals/{request}"
    maly.enters()
    seen = hidden(maly.get(path), "seen")
    with db.transaction() as session:
        organizers.take_seat(session, session.get_one(Organizer, second), campaign.id)
    assert maly.post(path, {"answer": "yes", "seen": seen}).status_code == 404
    with pytest.raises(NoSecondPerson), db.transaction() as session:
        agree.agree_and_do(session, campaign.id, request, session.get_one(Organizer, second))
    assert not is_erased(campaign)


@on_sqlite
def test_what_an_act_refuses_now_is_said_and_decides_nothing(campaign: Campaign, clock: Clock) -> None:
    deadline = (campaign.deadline_at + timedelta(days=1)).isoformat()
    with db.transaction() as session:
        panic.start_panic(session, campaign.id)
    request, second = asked(campaign, "end_panic", deadline=deadline), add(seats={campaign.id: "owner"})
    clock.advance(seconds=3600)
    with db.transaction() as session:
        session.get_one(Campaign, campaign.id).deadline_at += timedelta(days=2)
    maly = DeskBrowser()
    maly.enters()
    page = maly.get(f"/desk/campaigns/{campaign.id}/approvals/{request}")
    assert "at least a minute later" in page.text
    assert 'value="yes"' not in page.text
    with db.reading() as session:
        assert session.scalar(select(Approval.decided_at)) is None
        assert session.get_one(Organizer, second).removed_at is None


@on_sqlite
def test_an_owner_wants_two_persons_at_the_desk_and_one_again_by_the_yes_of_another() -> None:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
        session.flush()
    for name, email in (("Maly Sok", "maly@rivers.example"), ("Dara Chan", "dara@rivers.example")):
        add(name, email, {number: "owner"}, may_send=True)
    app, place = make_app(), f"/desk/campaigns/{number}"
    maly, dara = DeskBrowser(app), DeskBrowser(app)
    maly.enters("Maly Sok")
    dara.enters("Dara Chan")

    assert "add others" not in maly.get(f"{place}/two-persons").text
    assert maly.does(f"{place}/two-persons").status_code == 303
    with db.reading() as session:
        assert session.get_one(Campaign, number).two_persons
    assert "done=second-person" in maly.does(f"{place}/one-person").headers["location"]
    with db.reading() as session:
        assert session.get_one(Campaign, number).two_persons
        [request] = load_open(session, [number])[number]
    page = f"{place}/approvals/{request.number}"
    assert dara.post(page, {"answer": "yes", "seen": hidden(dara.get(page), "seen")}).status_code == 303
    with db.reading() as session:
        assert not session.get_one(Campaign, number).two_persons
