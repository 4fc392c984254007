"""Panic: at once nothing of a campaign is shown or sent; what exposes less still works; an owner ends it."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast, voices
from tests.conftest import Clock
from tests.deliveries import launched, mails, taken
from tests.organizers import DeskBrowser, add
from tests.scripted_smtp import ScriptedServer
from worker import db, settings, tokens
from worker.acts import (
    answer,
    cancel,
    close,
    contacts,
    digests,
    dispatch,
    door_for_voices,
    draw_digests,
    extend,
    hand_out,
    hold,
    invite,
    join,
    merge,
    panic,
    receipts,
    remind,
    report,
    resend,
    undo,
    unsubscribe,
    voices_by_hand,
)
from worker.acts.answer import Statement
from worker.acts.third_party_limits import Person
from worker.cli.status_json import as_json
from worker.mail import delivery, outbox
from worker.mail.outcomes import Kind
from worker.models import AuditEvent, Campaign, Digest, Mail, Member, Partner
from worker.state.answers import standing_answer
from worker.state.due import due_acts
from worker.state.refusals import Closed, InPanic
from worker.state.signatories import name_too_many
from worker.state.status import load_status
from worker.state.todo import load_todo
from worker.web import page_cache
from worker.web.app import make_app
from worker.wording.composing import compose_batch

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("database")
SAID = Statement("The board", "Board")
NAMES = (
    "dam",
    "Upper Falls",
    "Rivers Secretariat",
    "Joint letters",
    "River Watch",
    "Eau Vive",
    "Weir",
    "rivers.example",
)


def begins(campaign: Campaign) -> bool:
    with db.transaction() as session:
        return panic.start_panic(session, campaign.id)


def ends(campaign: Campaign, **more: Any) -> panic.Ended | None:
    with db.transaction() as session:
        return panic.end_panic(session, campaign.id, **more)


@pytest.fixture
def campaign() -> Campaign:
    """River Watch signs publicly, Eau Vive is silent; Sophea adds her voice; a digest was drawn once."""
    page_cache._worded.clear()
    with db.transaction() as session:
        made = voices.a_campaign(session, show_signers="everyone", join="approved")
        cast.signs(session, made.partners[0])
        voices.a_voice(session, made)
        session.add(
            Digest(
                campaign_id=made.id,
                addressee_id=made.letter.addressees[0].id,
                number=1,
                ref=tokens.new_ref(),
                drawn_at=db.clock(session),
            )
        )
        contacts.add_contact(session, made.partners[0].id, "chair@river.example", language="fr")
        join.ask_to_join(session, made.id, Person("a@new.example", "fr", "Source", "", "", "Ana"))
        session.flush()
        assert len(made.partners) == 2  # they are loaded
    return made


def links(campaign: Campaign) -> dict[str, str]:
    """Every page of the campaign for others than its organizers."""
    with db.reading() as session:
        made = session.get_one(Campaign, campaign.id)
        river, eau = made.partners
        [member] = session.scalars(select(Member))
        [digest] = session.scalars(select(Digest))
        [contact] = contacts.load_living(session, river.id)
        token, quiet = tokens.token(river), tokens.token(river, "quiet")
        behind = {f"/s/{token}{below}": "en" for below in ("", "/not-us", "/row", "/pass-on", "/contacts")}
        return behind | {
            f"/s/{tokens.token(eau)}": "fr",
            f"/s/{tokens.token(contact)}": "fr",
            f"/u/{quiet}": "en",
            f"/v/{tokens.token(member, 'voice')}": "en",
            f"/v/{tokens.token(member, 'voice')}/not-me": "en",
            f"/d/{tokens.token(digest, 'digest')}": "en",
        }


def public(campaign: Campaign) -> list[str]:
    return [f"/c/{campaign.slug}{below}" for below in ("", "/join", "/voice")]


def test_at_once_nothing_is_shown_by_two_processes_that_had_it_ready(campaign: Campaign, notified: list[Any]) -> None:
    with TestClient(make_app(), follow_redirects=False) as one, TestClient(make_app(), follow_redirects=False) as two:
        for browser in (one, two):
            assert {browser.get(path).status_code for path in links(campaign)} <= {200, 303}
            assert {browser.get(path).status_code for path in public(campaign)} == {200}

        assert begins(campaign)

        for browser in (one, two):
            for path in public(campaign):
                unknown = path.replace(campaign.slug, "nobody")
                for ask in (browser.get, browser.post):
                    answered, nowhere = ask(path), ask(unknown)
                    assert (answered.status_code, answered.text) == (nowhere.status_code, nowhere.text)
                    assert answered.status_code in {404, 405}
            seen: dict[tuple[str, int, str], set[str]] = {}
            for path, language in links(campaign).items():
                for answered in (browser.get(path), browser.post(path, data={"choice": "sign", "wish": "stop"})):
                    assert answered.status_code == 503, path
                    assert f'<html lang="{language}">' in answered.text
                    said = answered.text.replace(path.split("/")[2], "")
                    assert not [name for name in NAMES if name in said]
                    seen.setdefault((path.split("/")[1], path.count("/"), language), set()).add(said)
            assert {len(pages) for pages in seen.values()} <= {1, 4}  # the same, but for the address of its form
            assert browser.get(f"/s/{tokens.token(campaign.partners[0])}?lang=km").text.count('lang="km">') > 0

        ends(campaign)
        for browser in (one, two):
            assert {browser.get(path).status_code for path in links(campaign)} <= {200, 303}
            assert browser.get(public(campaign)[0]).status_code == 200


def test_nothing_is_recorded_but_what_exposes_less(
    campaign: Campaign, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.web.code_page.WRONG_CODE_DELAY_S", 0)
    river, eau = campaign.partners
    begins(campaign)
    with db.reading() as session:
        before = cast.everything(session)
    for partner in (river, eau):
        signs = {"mail_code": tokens.mail_code(partner), "choice": "sign", "visibility": "public"}
        assert browser.post(f"/s/{tokens.token(partner)}", data=signs).status_code == 503
        wrong = {"not_now": "yes", "mail_code": "000000"}
        assert takes_back(browser, f"/s/{tokens.token(partner)}", **wrong | {"mail_code": ""}).status_code == 422
    with db.reading() as session:
        assert cast.everything(session) == before

    pages = [
        takes_back(browser, f"/s/{tokens.token(partner)}", mail_code=tokens.mail_code(partner), lang="en")
        for partner in (river, eau)
    ]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].text.replace(tokens.token(river), "") == pages[1].text.replace(tokens.token(eau), "")
    with db.reading() as session:
        stands = standing_answer(session, river.id)
        assert stands is not None
        assert stands.choice == "withdraw"
        assert standing_answer(session, eau.id) is None

    [member] = voices.members()
    page = takes_back(browser, voices.link(member), mail_code=tokens.mail_code(member))
    assert page.status_code == 200
    assert not voices.members()[0].stands

    assert takes_back(browser, f"/u/{tokens.token(eau, 'quiet')}", mail_code=tokens.mail_code(eau)).status_code == 200
    one_click = browser.post(f"/u/{tokens.token(river, 'quiet')}", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert not [name for name in NAMES if name in one_click.text]
    with db.reading() as session:
        assert all(one.quiet_at for one in session.scalars(select(Partner)))


def takes_back(browser: TestClient, path: str, **typed: str) -> httpx2.Response:
    return browser.post(path, data={"not_now": "yes", **typed})


def test_a_panic_that_begins_between_two_looks_shows_nothing(
    campaign: Campaign, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link was looked up, and the panic is there before the page, or before the act."""
    river, eau = campaign.partners
    said = {"choice": "sign", "visibility": "counted", "representative": "A", "role": "B", "authorised": "yes"}
    said["mail_code"] = tokens.mail_code(eau)
    reading, transaction = db.reading, db.transaction

    def just_before(real: Callable[[], Any]) -> Callable[[], Any]:
        def begun() -> Any:
            monkeypatch.setattr(db, "reading", reading)
            monkeypatch.setattr(db, "transaction", transaction)
            begins(campaign)
            return real()

        return begun

    monkeypatch.setattr(db, "reading", just_before(reading))
    shown = browser.get(f"/s/{tokens.token(river)}/row")
    assert shown.status_code == 503
    assert "River Watch" not in shown.text
    ends(campaign)
    monkeypatch.setattr(db, "transaction", just_before(transaction))
    assert browser.post(f"/s/{tokens.token(eau)}", data=said).status_code == 503
    with db.reading() as session:
        assert standing_answer(session, eau.id) is None


async def _drain(server: ScriptedServer, meanwhile: Callable[[], object]) -> int:
    """One real run; `meanwhile` happens while a mail is in DATA and all others are composed behind it."""
    server.gate.clear()
    async with server:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
        run = delivery.DeliveryRun(compose_batch, name_too_many, asyncio.get_running_loop().time() + 30, lambda: False)
        at_work = asyncio.create_task(run.run())
        while not any(visit.phases["DATA"] for visit in server.visits):
            await asyncio.sleep(0.01)
        await asyncio.sleep(delivery.LOOK_SHARED)
        await asyncio.to_thread(meanwhile)
        server.gate.set()
        await at_work
    return run.tally.outcomes[Kind.SENT]


@pytest.mark.parametrize("is_held", [True, False])
def test_what_lies_composed_in_a_workers_queue_does_not_leave(is_held: bool, clock: Clock) -> None:
    """By the hold that a panic brings, and by the panic alone, as of a cancelled campaign."""
    settings.set_for_this_process(smtp_connections=1)
    campaign_id = launched(5)
    with db.transaction() as session:
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        outbox.put(session, [outbox.to_organizers("wish", campaign, "1", now)])
    clock.advance(minutes=2)
    server = ScriptedServer()

    def begins_now() -> None:
        begins(campaign)
        if not is_held:
            with db.transaction() as session:
                made = session.get_one(Campaign, campaign_id)
                made.held_at = made.mail_held_at = None

    sent = asyncio.run(_drain(server, begins_now))

    to = [str(mail["To"]) for mail in taken(server)]
    assert sent == len(to)
    assert sum("river-" in one for one in to) <= 1  # that was in DATA
    left = [mail for mail in mails("invitation") if mail.sent_at is None]
    assert {(mail.attempts, mail.lease_holder, mail.cancelled_at) for mail in left} == {(0, None, None)}
    clock.advance(days=1)
    assert asyncio.run(_run_once()) == 0
    assert [mail.sent_at is not None for mail in mails("wish")] == [True]
    if not is_held:
        return
    with db.transaction() as session:
        panic.end_panic(session, campaign_id)
    assert asyncio.run(_run_once()) == 0  # held, until somebody resumes
    with db.transaction() as session:
        assert hold.resume_letter(session, campaign_id) == len(left)


async def _run_once() -> int:
    server = ScriptedServer()
    async with server:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
        tally = await delivery.deliver_due(compose_batch, asyncio.get_running_loop().time() + 30)
    return sum("river-" in str(mail["To"]) for mail in taken(server)) if tally.outcomes else 0


def test_a_cancelled_campaign_in_panic_tells_nobody_until_it_ends(campaign: Campaign, clock: Clock) -> None:
    begins(campaign)
    with db.transaction() as session:
        assert cancel.cancel_campaign(session, campaign.id)
        told = len(session.scalars(select(Mail).where(Mail.kind == "cancelled")).all())
    assert asyncio.run(_sent()) == 0
    ended = ends(campaign)
    assert ended is not None
    assert not ended.is_held
    assert ended.mails >= told > 0
    assert asyncio.run(_sent()) >= told


async def _sent() -> int:
    server = ScriptedServer()
    async with server:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
        await delivery.deliver_due(compose_batch, asyncio.get_running_loop().time() + 30)
    return sum("rivers.example" not in str(mail["To"]) for mail in taken(server))


def test_nothing_moves_on_and_a_deadline_that_passed_closes_nothing_by_surprise(
    campaign: Campaign, clock: Clock
) -> None:
    begins(campaign)
    clock.advance(days=20)
    with db.transaction() as session:
        made = session.get_one(Campaign, campaign.id)
        made.definition = made.definition | {"reminders": [5 * 86400]}
        assert {name for name, _ in due_acts(session)} <= {"record"}
        assert not invite.enqueue_invitations(session, campaign.id)
        assert not remind.remind_when_due(session, campaign.id)
        assert not dispatch.dispatch_seal(session, campaign.id)
        assert not report.put_copies(session, campaign.id)
        assert not draw_digests.draw_digest(session, campaign.id)
        receipts.put_receipts(session, campaign.id)
    assert close.close_and_seal(campaign.id) is None

    ended = ends(campaign)
    assert ended is not None
    assert ended.is_held
    assert close.close_and_seal(campaign.id) is None
    with db.reading() as session:
        assert session.get_one(Campaign, campaign.id).closed_at is None
        assert not {name for name, _ in due_acts(session)} & {"close", "dispatch"}

    begins(campaign)
    with db.transaction() as session:
        later = db.clock(session) + timedelta(days=3)
    with pytest.raises(Closed):
        ends(campaign, deadline=later)  # it had passed before this one began


def test_partners_get_back_the_time_that_a_panic_took(campaign: Campaign, clock: Clock) -> None:
    begins(campaign)
    clock.advance(days=20)
    with db.reading() as session:
        later = db.clock(session) + timedelta(days=3)
    assert ends(campaign, deadline=later)
    with db.transaction() as session:
        answer.sign(session, campaign.partners[1].id, "public", SAID)


def _refused(campaign: Campaign) -> dict[str, Callable[[Session], object]]:
    """What exposes or sends, or moves the campaign on."""
    number, (river, eau) = campaign.id, campaign.partners
    return {
        "sign": lambda s: answer.sign(s, eau.id, "counted", SAID),
        "remind": lambda s: remind.remind_now(s, number),
        "extend": lambda s: extend.move_deadline(s, number, campaign.deadline_at + timedelta(days=1)),
        "resume": lambda s: hold.resume_letter(s, number),
        "close": lambda s: close.close_and_seal_within(s, number, early=True),
        "dispatch": lambda s: dispatch.dispatch_seal(s, number, by_person=True),
        "brought": lambda s: dispatch.note_brought_by_hand(s, number),
        "resend letter": lambda s: dispatch.resend_letter(s, number),
        "mail again": lambda s: resend.mail_again(s, river.id),
        "hand out": lambda s: hand_out.note_handed_out(s, s.get_one(Partner, eau.id)),
        "contact": lambda s: contacts.add_contact(s, eau.id, "b@c.example", language="en"),
        "merge": lambda s: merge.merge_partners(s, river.id, eau.id),
        "allow mail": lambda s: unsubscribe.allow_mail(s, eau.id),
        "digests": lambda s: digests.restart_digests(s, number, "organizer"),
        "digests again": lambda s: digests.send_again(s, number),
        "reopen": lambda s: door_for_voices.reopen_voices(s, number),
        "undo": lambda s: undo.undo_act(s, number, "extend"),
    }


def _done(campaign: Campaign) -> dict[str, Callable[[Session], object]]:
    """What exposes less, or stops something."""
    number, (river, eau) = campaign.id, campaign.partners
    return {
        "withdraw": lambda s: answer.withdraw(s, river.id, SAID),
        "silence": lambda s: unsubscribe.silence_partner(s, eau.id),
        "stop voices": lambda s: door_for_voices.stop_voices(s, number),
        "voices": lambda s: voices_by_hand.withdraw_voices(s, number, s.scalars(select(Member.id)).all()),
        "hold digests": lambda s: digests.hold_digests(s, number),
        "hold": lambda s: hold.hold_letter(s, number, all_mail=True),
        "cancel": lambda s: cancel.cancel_campaign(s, number),
    }


@on_sqlite
def test_of_organizers_acts_only_what_exposes_less_is_done(campaign: Campaign) -> None:
    begins(campaign)
    for name, act in _refused(campaign).items():
        with db.reading() as session:
            before = cast.everything(session)
        with pytest.raises(InPanic), db.transaction() as session:
            act(session)
        with db.reading() as session:
            assert cast.everything(session) == before, name
    for act in _done(campaign).values():
        with db.transaction() as session:
            act(session)


@on_sqlite
def test_two_clicks_from_each_page_of_a_campaign(campaign: Campaign, notified: list[Any]) -> None:
    add(seats={campaign.id: "editor"})
    add("Vi Ewer", "vi@rivers.example", seats={campaign.id: "viewer"}, may_send=True)
    add("Ona Own", "ona@rivers.example", seats={campaign.id: "owner"})
    place = f"/desk/campaigns/{campaign.id}"
    maly, vi, ona = DeskBrowser(), DeskBrowser(), DeskBrowser()
    maly.enters()
    vi.enters("Vi Ewer")
    ona.enters("Ona Own")
    assert "/panic" not in vi.get(place).text
    assert vi.get(f"{place}/panic").status_code == 403
    for page in (place, f"{place}/partners/{campaign.partners[0].id}", f"{place}/extend", f"{place}/hold"):
        if maly.get(page).status_code == 200:
            assert f'href="{place}/panic"' in maly.get(page).text, page
    check = maly.get(f"{place}/panic")
    with db.transaction() as session:
        hold.hold_letter(session, campaign.id)  # another was busy meanwhile: nobody waits for that now
    pressed = maly.post(f"{place}/panic", dict(re.findall(r'name="(\w+)" value="([^"]*)"', check.text)))
    assert pressed.status_code == 303
    assert "Panic began" in maly.get(pressed.headers["location"]).text
    assert maly.get(f"{place}/end-panic").status_code == 403
    assert "Panic since" in ona.get(place).text
    assert ona.does(f"{place}/end-panic", {"deadline": ""}).status_code == 303
    with db.reading() as session:
        made = session.get_one(Campaign, campaign.id)
        assert (made.panic_at, made.mail_held_at is not None) == (None, True)
        log = session.scalars(select(AuditEvent.what).where(AuditEvent.organizer_id.is_not(None))).all()
    assert set(log) >= {"panic", "panic_ended"}


@on_sqlite
def test_status_and_todo_say_it(campaign: Campaign) -> None:
    begins(campaign)
    with db.reading() as session:
        status = load_status(session, session.get_one(Campaign, campaign.id))
        todo = [one.code for one in load_todo(session)]
    assert as_json(status)["panic"] is not None
    assert "panic" in todo
    assert "mail_held" not in todo
