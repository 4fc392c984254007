"""What is taken back in its first minute leaves nothing, and no worker gets in between; nor does a sleep."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.conftest import Clock
from tests.sent_invitations import definition
from worker import db, settings, tasks, tokens
from worker.acts import (
    add_partners,
    amend_letter,
    answer,
    close,
    correct_address,
    disown,
    extend,
    hold,
    invite,
    launch,
    merge,
    receipts,
    take_out,
)
from worker.acts import erase as erasing
from worker.acts import remind as reminding
from worker.acts import undo as undo_of
from worker.acts.answer import AnswerInput, Statement
from worker.acts.undo import UndoableAct, Undone
from worker.definition.additions import Additions
from worker.mail import circuit_breaker, claims, delivery, undo_minutes
from worker.models import Answer, AuditEvent, Campaign, Letter, Mail, Partner, RelayHealth
from worker.state.refusals import CannotBeUndone, Closed, LetterChanged, NothingToUndo, NotLater, SameLetter
from worker.state.status import load_status
from worker.wording import mails


@pytest.fixture
def campaign_id(database: str) -> int:
    """Launched, and its first invitations lie in the outbox; beside it another campaign with as many."""
    ids = []
    for slug in ("lakes", "rivers"):
        with db.transaction() as session:
            ids.append(launch.launch_campaign(session, definition(slug, db.clock(session))).id)
        with db.transaction() as session:
            assert invite.enqueue_invitations(session, ids[-1]) == 2
    return ids[-1]


def undo(campaign_id: int) -> None:
    with db.transaction() as session:
        launch.undo_launch(session, campaign_id)


def rows() -> dict[str, int]:
    with db.reading() as session:
        return {table: len(found) for table, found in cast.everything(session).items() if found}


def test_everything_of_it_is_gone_and_nothing_else(campaign_id: int) -> None:
    before = rows()

    undo(campaign_id)

    alone = {"post", "installation"}  # one row about all
    assert rows() == {table: 1 if table in alone else number // 2 for table, number in before.items()}
    with db.transaction() as session:
        assert session.scalars(select(Campaign.slug)).all() == ["lakes"]
        launch.launch_campaign(session, definition("rivers", db.clock(session)))


def test_one_that_was_closed_and_sealed_meanwhile_goes_too(campaign_id: int) -> None:
    assert close.close_and_seal(campaign_id, early=True)

    undo(campaign_id)

    assert "seal" not in rows()


def test_no_worker_takes_a_mail_while_it_is_taken_back(
    database: str, campaign_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = undo_of._is_leased
    claimed: list[Future[list[int]]] = []

    with ThreadPoolExecutor(1) as worker:

        def a_worker_comes(mail: Mail) -> bool:
            if not claimed:
                claimed.append(worker.submit(claim))
                if database == "postgresql":
                    claimed[0].result(10)  # it does not wait there: it passes over what is locked
            return looks(mail)

        monkeypatch.setattr(undo_of, "_is_leased", a_worker_comes)
        undo(campaign_id)
        taken = claimed[0].result(10)

    assert len(taken) == 2  # those of the other campaign
    with db.reading() as session:
        assert set(session.scalars(select(Mail.id))) == set(taken)


def test_what_a_worker_has_taken_is_not_taken_back(campaign_id: int) -> None:
    claim()

    with pytest.raises(CannotBeUndone) as refused:
        undo(campaign_id)

    assert (refused.value.facts["left"], refused.value.facts["answers"]) == (2, 0)
    assert rows()["campaign"] == 2


def claim() -> list[int]:
    with db.transaction() as session:
        return claims.claim(session, "a worker")


# Amend, remind and extend.

A_DAY = timedelta(days=1)


@pytest.fixture
def asked(database: str, clock: Clock) -> int:
    """Launched three days ago; both partners have their invitation, and a minute of undo is set."""
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        campaign_id = launch.launch_campaign(session, definition("rivers", db.clock(session))).id
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign_id) == 2
    the_relay_takes_all()
    clock.advance(days=3)
    is_awake()
    return campaign_id


def the_relay_takes_all() -> None:
    with db.transaction() as session:
        now = db.clock(session)
        session.execute(update(Mail).where(Mail.due_at.is_not(None)).values(sent_at=now, due_at=None))


def is_awake() -> None:
    """The clock looked around, as it does every 15 seconds."""
    tasks.due_now()


def signs(number: int = 0, *, read: int | None = None) -> None:
    said = Statement(representative="Sophea", role="Chair", read=read)
    given(lambda partner_id: AnswerInput(partner_id, "sign", "public", said), number)


def given(answered: Callable[[int], AnswerInput], number: int = 0) -> None:
    with db.transaction() as session:
        partner_id = session.scalars(select(Partner.id).order_by(Partner.id)).all()[number]
        (result,) = answer.record_answers(session, [answered(partner_id)])
    if isinstance(result, Exception):
        raise result


def amends(campaign_id: int, text: str = "lakes", *, meaning: bool = True) -> None:
    with db.transaction() as session:
        changed = definition("rivers", db.clock(session))
        letters = {language: one.replace("rivers", text) for language, one in changed.letters.items()}
        amend_letter.change_letter(session, campaign_id, replace(changed, letters=letters), meaning=meaning)


def corrects(campaign_id: int) -> None:
    amends(campaign_id, "Rivers", meaning=False)


def brings_forward(campaign_id: int) -> None:
    with db.transaction() as session:
        earlier = session.get_one(Campaign, campaign_id).deadline_at - A_DAY
        extend.bring_deadline_forward(session, campaign_id, earlier)


def extends(campaign_id: int, by: timedelta = A_DAY) -> None:
    with db.transaction() as session:
        extend.move_deadline(session, campaign_id, session.get_one(Campaign, campaign_id).deadline_at + by)


def reminds(campaign_id: int) -> int:
    with db.transaction() as session:
        return reminding.remind_now(session, campaign_id)


def takes_back(campaign_id: int, act: UndoableAct) -> Undone:
    with db.transaction() as session:
        return undo_of.undo_act(session, campaign_id, act)


def due() -> list[tuple[str, datetime]]:
    """What waits in the outbox, and until when."""
    with db.reading() as session:
        found = session.scalars(select(Mail).where(Mail.due_at.is_not(None)).order_by(Mail.id)).all()
        return [(mail.kind, mail.due_at) for mail in found if mail.due_at]


def now() -> datetime:
    with db.reading() as session:
        return db.clock(session)


def campaign_now(campaign_id: int) -> Campaign:
    with db.reading() as session:
        campaign = session.get_one(Campaign, campaign_id)
        _ = campaign.undo, campaign.letter
        return campaign


def all_but_the_undo() -> dict[str, Any]:
    """Every row but the audit log, and but what says what can be taken back."""
    with db.reading() as session:
        found = cast.everything(session, but="undo")
    del found["event"]
    return found


ACTS: dict[str, tuple[Callable[[int], Any], UndoableAct, str]] = {
    "another meaning": (amends, "amend", "amended"),
    "a typo": (corrects, "amend", "corrected"),
    "a later deadline": (extends, "extend", "extended"),
    "an earlier deadline": (brings_forward, "extend", "earlier"),
    "a reminder": (reminds, "remind", "reminder"),
}
each_act = pytest.mark.parametrize(("does", "act", "kind"), ACTS.values(), ids=list(ACTS))


@each_act
def test_its_mails_wait_for_a_minute_and_then_leave(
    asked: int, clock: Clock, does: Callable[[int], Any], act: UndoableAct, kind: str
) -> None:
    signs()
    with db.transaction() as session:
        receipts.put_receipts(session, asked)
    the_relay_takes_all()

    does(asked)

    assert {(one, round((until - now()).total_seconds(), -1)) for one, until in due()} == {(kind, 60)}
    assert claim() == []
    clock.advance(seconds=40)
    is_awake()
    assert claim() == []
    clock.advance(seconds=21)
    assert len(claim()) == len(due())


@each_act
def test_it_is_taken_back_as_if_it_had_not_been_and_can_be_done_again(
    asked: int, does: Callable[[int], Any], act: UndoableAct, kind: str
) -> None:
    signs()
    with db.transaction() as session:
        receipts.put_receipts(session, asked)
    before = all_but_the_undo()

    for _ in range(2):
        does(asked)
        waiting = [one for one, _ in due() if one == kind]
        assert waiting
        undone = takes_back(asked, act)
        assert (undone.mails, undone.answers) == (len(waiting), 1 if kind == "amended" else 0)
        assert all_but_the_undo() == without_undo_until(before)

    does(asked)
    assert [one for one, _ in due() if one == kind] == waiting
    with db.reading() as session:
        undone_acts = select(AuditEvent.detail).where(AuditEvent.what == "undone")
        assert session.scalars(undone_acts).all() == [f"{act} {len(waiting)}"] * 2


def without_undo_until(rows: dict[str, Any]) -> dict[str, Any]:
    """As before, but that nothing can be taken back any more."""
    column = [one.name for one in Campaign.__table__.columns if one.name != "undo"].index("undo_until")
    return rows | {"campaign": [(*row[:column], None, *row[column + 1 :]) for row in rows["campaign"]]}


@each_act
@pytest.mark.parametrize(
    "has_left",
    [{"sent_at": True, "due_at": None}, {"uncertain_at": True}, {"lease_holder": "a worker", "lease_until": True}],
    ids=["sent", "perhaps sent", "claimed"],
)
def test_it_is_not_taken_back_once_one_of_its_mails_left(
    asked: int, does: Callable[[int], Any], act: UndoableAct, kind: str, has_left: dict[str, Any]
) -> None:
    signs()
    does(asked)
    with db.transaction() as session:
        moment = db.clock(session) + timedelta(seconds=30)
        values = {name: moment if value is True else value for name, value in has_left.items()}
        first = session.scalars(select(Mail.id).where(Mail.kind == kind).order_by(Mail.id)).first()
        session.execute(update(Mail).where(Mail.id == first).values(values))
    before = rows()

    with pytest.raises(CannotBeUndone) as refused:
        takes_back(asked, act)

    assert (refused.value.facts["act"], refused.value.facts["left"]) == (act, 1)
    assert rows() == before


def test_a_mail_of_an_earlier_act_that_left_keeps_no_later_act(asked: int, clock: Clock) -> None:
    amends(asked)
    the_relay_takes_all()
    clock.advance(hours=1)
    is_awake()
    amends(asked, "seas")

    takes_back(asked, "amend")

    assert campaign_now(asked).letter.version == 2


@pytest.mark.parametrize("meaning", [True, False])
def test_an_answer_to_the_letter_as_amended_keeps_it(asked: int, meaning: bool) -> None:
    signs(1)
    amends(asked, meaning=meaning)
    signs(0)

    with pytest.raises(CannotBeUndone) as refused:
        takes_back(asked, "amend")

    assert (refused.value.facts["left"], refused.value.facts["answers"]) == (0, 1)


def test_only_an_answer_after_the_deadline_that_stood_keeps_the_next_one(asked: int, clock: Clock) -> None:
    clock.set(campaign_now(asked).deadline_at - timedelta(seconds=20))
    extends(asked)
    signs(0)
    takes_back(asked, "extend")
    assert campaign_now(asked).deadline_at - now() < timedelta(seconds=21)

    extends(asked)
    clock.advance(seconds=21)
    signs(1)
    with pytest.raises(CannotBeUndone):
        takes_back(asked, "extend")
    assert campaign_now(asked).deadline_at - now() > A_DAY / 2


def test_answers_of_the_silent_do_not_keep_a_reminder(asked: int) -> None:
    reminds(asked)
    signs(0)

    assert takes_back(asked, "remind").mails == 2
    assert reminds(asked) == 1


@each_act
def test_only_the_last_act_is_taken_back(asked: int, does: Callable[[int], Any], act: UndoableAct, kind: str) -> None:
    signs(1)
    does(asked)
    other: UndoableAct = "amend" if act == "extend" else "extend"
    with pytest.raises(NothingToUndo) as refused:
        takes_back(asked, other)
    assert refused.value.facts == {"act": other, "last": act}

    (amends if other == "amend" else extends)(asked)
    with pytest.raises(NothingToUndo):
        takes_back(asked, act)
    takes_back(asked, other)
    with pytest.raises(NothingToUndo) as twice:
        takes_back(asked, other)
    assert twice.value.facts == {"act": other, "last": None}


@each_act
def test_nothing_is_taken_back_once_answers_are_taken_no_more(
    asked: int, clock: Clock, does: Callable[[int], Any], act: UndoableAct, kind: str
) -> None:
    signs(1)
    does(asked)
    clock.set(campaign_now(asked).deadline_at + timedelta(seconds=1))
    with pytest.raises(Closed):
        takes_back(asked, act)
    assert close.close_and_seal(asked)

    with pytest.raises(Closed) as refused:
        takes_back(asked, act)
    assert refused.value.facts["what"] == act


def test_without_a_mail_it_is_taken_back_within_its_minute_only(asked: int, clock: Clock) -> None:
    corrects(asked)  # nobody has signed, so nobody is told
    assert due() == []
    takes_back(asked, "amend")

    corrects(asked)
    clock.advance(seconds=61)
    with pytest.raises(NothingToUndo):
        takes_back(asked, "amend")


def test_as_long_as_its_mails_wait_it_is_taken_back_also_later_and_while_held(asked: int, clock: Clock) -> None:
    extends(asked)
    with db.transaction() as session:
        hold.hold_letter(session, asked)
    clock.advance(hours=2)

    assert takes_back(asked, "extend").mails == 2


@each_act
@pytest.mark.parametrize("slept", [False, True])
def test_it_is_taken_back_also_after_all_mail_was_held_for_a_while(
    asked: int, clock: Clock, does: Callable[[int], Any], act: UndoableAct, kind: str, slept: bool
) -> None:
    signs(1)
    does(asked)
    waiting = [one for one, _ in due() if one == kind]
    with db.transaction() as session:
        hold.hold_letter(session, asked, all_mail=True)
    with db.transaction() as session:
        hold.resume_letter(session, asked)
    if slept:
        clock.advance(hours=2)
        assert kind not in [kind_of(mail_id) for mail_id in claim()]

    assert takes_back(asked, act).mails == len(waiting) > 0

    assert kind not in [one for one, _ in due()]


def test_a_worker_that_was_killed_may_have_sent_what_it_had_claimed(asked: int, clock: Clock) -> None:
    extends(asked)
    clock.advance(seconds=40)
    is_awake()
    clock.advance(seconds=21)
    assert claim()
    clock.advance(seconds=90)

    with pytest.raises(CannotBeUndone) as refused:
        takes_back(asked, "extend")

    assert refused.value.facts["left"] == 2


@pytest.mark.parametrize(
    ("first", "second"), [("sign", "sign"), ("sign", "decline"), ("sign", ""), ("decline", "sign")]
)
@pytest.mark.parametrize("kept", [0, 1])
def test_of_two_that_were_merged_meanwhile_the_answer_stands_that_exposes_less(
    asked: int, kept: int, first: str, second: str
) -> None:
    for number, choice in enumerate((first, second)):
        if choice == "sign":
            signs(number)
        elif choice == "decline":
            given(lambda partner_id: AnswerInput(partner_id, "decline", None, Statement()), number)
    with db.transaction() as session:
        receipts.put_receipts(session, asked)
    amends(asked)
    with db.transaction() as session:
        both = session.scalars(select(Partner.id).order_by(Partner.id)).all()
        merge.merge_partners(session, both[kept], both[1 - kept])

    takes_back(asked, "amend")

    with db.reading() as session:
        (stands,) = session.scalars(select(Answer).where(Answer.superseded_at.is_(None))).all()
        told = session.scalars(select(Mail.answer_id).where(Mail.kind == "receipt", Mail.due_at.is_not(None))).all()
    assert stands.choice == ("decline" if "decline" in (first, second) else "sign")
    assert set(told) <= {stands.id}


def test_whom_a_meaning_was_to_ask_is_asked_with_the_typo_that_follows_at_once(asked: int, clock: Clock) -> None:
    signs()
    amends(asked)
    before = due()
    clock.advance(seconds=5)

    amends(asked, "Lakes", meaning=False)

    assert [kind for kind, _ in due()] == [kind for kind, _ in before] == ["amended", "amended"]
    with db.reading() as session:
        asks = session.scalars(select(Mail).where(Mail.due_at.is_not(None)).order_by(Mail.id)).all()
        texts = [" ".join(mails.word_mail(session, mail).text.split()) for mail in asks]
        assert [mail.answer_id for mail in asks] == [session.scalars(select(Answer.id)).one(), None]
    assert all("Lakes" in text for text in texts)

    takes_back(asked, "amend")
    assert due() == before


def test_what_an_amendment_called_back_waits_again_until_its_own_time(asked: int, clock: Clock) -> None:
    signs()
    with db.transaction() as session:
        receipts.put_receipts(session, asked)
    amends(asked)
    clock.advance(seconds=5)
    signs(1)
    with db.transaction() as session:
        receipts.put_receipts(session, asked)
    before = due()
    assert [kind for kind, _ in before] == ["amended", "receipt"]
    clock.advance(seconds=5)

    amends(asked, "seas")
    assert [kind for kind, _ in due()] == ["amended", "amended"]
    takes_back(asked, "amend")

    assert due() == before
    with pytest.raises(NothingToUndo):  # the first one has its mails, and no way back: only the last has
        takes_back(asked, "amend")


def test_who_disowned_or_was_erased_meanwhile_does_not_sign_again(asked: int) -> None:
    for number in (0, 1):
        signs(number)
    amends(asked)
    with db.transaction() as session:
        first, second = session.scalars(select(Partner).order_by(Partner.id)).all()
        first.listing_changed_at = db.clock(session)  # so that there is something to disown
        session.flush()
        disown.disown_answer(session, first.id)
        erasing.erase_partner(session, second.id)

    assert takes_back(asked, "amend").answers == 0

    with db.reading() as session:
        assert session.scalars(select(Answer).where(Answer.superseded_at.is_(None))).all() == []


def test_who_signs_again_is_asked_no_more_by_what_came_in_between(asked: int) -> None:
    signs()
    amends(asked)
    with db.transaction() as session:
        partner = session.scalars(select(Partner).order_by(Partner.id)).first()
        assert partner is not None
        correct_address.change_address(session, partner.id, "elsewhere@river-watch.example")
    assert "invitation" in [kind for kind, _ in due()]

    assert takes_back(asked, "amend").answers == 1

    assert "invitation" not in [kind for kind, _ in due()]


def test_a_form_of_a_letter_that_was_taken_back_signs_no_other(asked: int) -> None:
    amends(asked)
    read = campaign_now(asked).letter.meaning
    takes_back(asked, "amend")
    with pytest.raises(LetterChanged):
        signs(read=read)

    amends(asked, "seas")

    assert campaign_now(asked).letter.meaning > read
    with pytest.raises(LetterChanged):
        signs(read=read)
    takes_back(asked, "amend")
    reminds(asked)
    amends(asked, "oceans")
    assert (campaign_now(asked).letter.version, campaign_now(asked).letter.meaning) == (4, 4)


def test_a_page_shows_no_letter_that_was_taken_back(asked: int, browser: TestClient) -> None:
    with db.reading() as session:
        partner = session.scalars(select(Partner).order_by(Partner.id)).first()
    assert partner is not None

    def page() -> str:
        return browser.get(f"/s/{tokens.token(partner)}").text

    assert "clean" in page()
    amends(asked, "brooks", meaning=False)
    assert "brooks" in page()
    takes_back(asked, "amend")
    assert "brooks" not in page()
    amends(asked, "ponds", meaning=False)
    assert "ponds" in page()
    assert "brooks" not in page()


def test_a_version_says_since_when_it_is_the_one(asked: int) -> None:
    amends(asked)
    with db.reading() as session:
        first, second = session.scalars(select(Letter.made_at).order_by(Letter.version)).all()
        campaign = session.get_one(Campaign, asked)
        assert first == campaign.launched_at
        assert second is not None
        assert second > first + timedelta(days=2)


def test_shortly_before_the_deadline_a_mail_waits_for_a_tenth_of_what_is_left(asked: int, clock: Clock) -> None:
    for left, waits in ((timedelta(minutes=5), 30), (timedelta(seconds=30), 3)):
        clock.set(campaign_now(asked).deadline_at - left)
        amends(asked, f"rivers {waits}")
        *_, (_, until) = due()
        assert 0 < (until - now()).total_seconds() <= waits


def test_without_undo_minutes_everything_leaves_at_once(asked: int) -> None:
    settings.set_for_this_process(undo=0)
    signs()
    amends(asked)

    assert len(claim()) == 2
    with db.reading() as session:
        assert load_status(session, session.get_one(Campaign, asked)).undo is None


@each_act
def test_the_status_says_what_can_be_taken_back_and_until_when(
    asked: int, clock: Clock, does: Callable[[int], Any], act: UndoableAct, kind: str
) -> None:
    signs(1)
    does(asked)

    with db.reading() as session:
        status = load_status(session, session.get_one(Campaign, asked))
    assert status.undo is not None
    assert (status.undo.act, status.undo.until) == (act, campaign_now(asked).undo_until)
    told = [mail for one in status.partners for mail in one.mails if mail.kind == kind]
    assert {(mail.state, mail.reason and mail.reason.code, mail.next) for mail in told} == {
        ("held back", "undo", status.undo.until)
    }

    clock.advance(seconds=61)
    with db.reading() as session:
        assert load_status(session, session.get_one(Campaign, asked)).undo is None


# A machine that slept.


def campaign_that_does(what: str) -> tuple[int, str]:
    """A campaign of which one act was just done, and the kind of its mails."""
    with db.reading() as session:
        campaign_id = session.scalars(select(Campaign.id)).first()
    if what == "launch":
        with db.transaction() as session:
            campaign_id = launch.launch_campaign(session, definition("lakes", db.clock(session))).id
        with db.transaction() as session:
            invite.enqueue_invitations(session, campaign_id)
        return campaign_id, "invitation"
    assert campaign_id is not None
    does, _, kind = ACTS[what]
    signs(1)
    does(campaign_id)
    return campaign_id, kind


each_mail = pytest.mark.parametrize("what", ["launch", *ACTS])


def looks_for_mail() -> None:
    assert claim() == []


def ends_a_run() -> None:
    delivery._record_run()


@each_mail
@pytest.mark.parametrize("first", [is_awake, looks_for_mail, ends_a_run])
def test_who_wakes_up_gives_the_minute_again(asked: int, clock: Clock, what: str, first: Callable[[], None]) -> None:
    campaign_id, kind = campaign_that_does(what)
    others = [one for one, _ in due() if one != kind]
    clock.advance(seconds=10)
    is_awake()

    clock.advance(hours=2)
    first()

    assert len(claim()) == len(others)
    again = {until for one, until in due() if one == kind}
    assert again == {campaign_now(campaign_id).undo_until}
    (until,) = again
    assert timedelta(seconds=55) < until - now() <= timedelta(seconds=60)
    clock.advance(seconds=30)
    is_awake()
    assert claim() == []
    clock.advance(seconds=31)
    assert claim()


@pytest.mark.parametrize("what", ["added", "added while nothing ran", "taken out"])
def test_who_wakes_up_gives_those_of_the_list_their_minute_again(asked: int, clock: Clock, what: str) -> None:
    kind = "taken_out" if what == "taken out" else "invitation"
    with db.transaction() as session:
        if what == "taken out":
            river = session.scalars(select(Partner.id).order_by(Partner.id)).first()
            take_out.take_out_partner(session, river or 0)
        else:
            one = Additions.alone({"organization": "Lake Friends", "email": "office@lake.example"})
            add_partners.add_new_partners(session, asked, one)
    with db.transaction() as session:
        if what == "added":
            invite.enqueue_invitations(session, asked)
    clock.advance(seconds=10)
    if what != "added while nothing ran":
        is_awake()
    clock.advance(hours=2)
    is_awake()
    with db.transaction() as session:
        invite.enqueue_invitations(session, asked)
    assert claim() == []
    assert [one for one, _ in due()] == [kind]
    (until,) = [until for _, until in due()]
    assert timedelta(seconds=55) < until - now() <= timedelta(seconds=60)
    for _ in range(undo_minutes.MAX_RESTARTS + 1):
        clock.advance(hours=1)
        if claim():
            return
    pytest.fail("workers that are killed each minute send it in the end")


def test_what_was_launched_while_nothing_ran_leaves_a_minute_after_it_runs(database: str, clock: Clock) -> None:
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        campaign_id = launch.launch_campaign(session, definition("lakes", db.clock(session))).id
    clock.advance(hours=1)
    is_awake()
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign_id) == 2

    assert claim() == []
    clock.advance(seconds=40)
    is_awake()
    assert claim() == []
    clock.advance(seconds=21)
    assert len(claim()) == 2


def test_an_act_within_the_launchs_minute_does_not_end_it(database: str, clock: Clock) -> None:
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        campaign_id = launch.launch_campaign(session, definition("rivers", db.clock(session))).id
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign_id)
    is_awake()
    clock.advance(seconds=5)
    extends(campaign_id)
    clock.advance(hours=2)

    assert claim() == []
    takes_back(campaign_id, "extend")
    clock.advance(hours=2)
    assert claim() == []
    undo(campaign_id)
    assert "campaign" not in rows()


def test_a_sleep_delays_nothing_but_the_mails_of_an_undo_minute(asked: int, clock: Clock) -> None:
    extends(asked)
    for _ in range(2):
        clock.advance(seconds=40)
        is_awake()  # its minute ends while somebody is awake
    signs(1)
    with db.transaction() as session:
        receipts.put_receipts(session, asked)
    clock.advance(hours=2)

    assert sorted(kind_of(mail_id) for mail_id in claim()) == ["extended", "extended", "receipt"]


def test_a_mail_that_was_tried_already_is_not_put_off(asked: int, clock: Clock) -> None:
    extends(asked)
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.kind == "extended").values(attempts=1, reply="450 later"))
    clock.advance(hours=2)

    assert len(claim()) == 2


def test_workers_that_are_killed_each_minute_send_in_the_end(asked: int, clock: Clock) -> None:
    extends(asked)
    claimed = []
    for _ in range(undo_minutes.MAX_RESTARTS + 2):
        clock.advance(seconds=50)
        claimed += claim()

    assert len(claimed) == 2


def test_a_clock_that_looks_rarely_is_no_sleep(asked: int, clock: Clock) -> None:
    settings.set_for_this_process(sweep=300)
    extends(asked)
    clock.advance(seconds=290)

    assert len(claim()) == 2


def test_two_workers_that_wake_at_once_give_one_minute(asked: int, clock: Clock) -> None:
    extends(asked)
    clock.advance(hours=2)
    begin = Barrier(4)

    def wakes(_: int) -> list[int]:
        begin.wait(10)
        return claim()

    with ThreadPoolExecutor(4) as workers:
        assert list(workers.map(wakes, range(4))) == [[]] * 4

    campaign = campaign_now(asked)
    assert campaign.undo is not None
    assert campaign.undo["restarts"] == 1


def test_a_sign_of_life_is_written_where_a_sleep_was_seen(asked: int, clock: Clock) -> None:
    clock.advance(hours=2)
    claim()
    with db.reading() as session:
        health = circuit_breaker.relay_health(session)
        assert isinstance(health, RelayHealth)
        assert health.drained_at is not None
        assert db.clock(session) - health.drained_at < timedelta(seconds=5)


def kind_of(mail_id: int) -> str:
    with db.reading() as session:
        return session.get_one(Mail, mail_id).kind


# Pressed twice.


def test_two_who_remind_at_once_remind_once(asked: int) -> None:
    begin = Barrier(2)

    def presses(_: int) -> int:
        begin.wait(10)
        return reminds(asked)

    with ThreadPoolExecutor(2) as organizers:
        assert sorted(organizers.map(presses, range(2))) == [0, 2]
    assert [kind for kind, _ in due()] == ["reminder"] * 2


def test_a_reminder_by_the_clock_and_one_by_hand_in_the_same_minute_are_one(asked: int, clock: Clock) -> None:
    campaign = campaign_now(asked)
    clock.set(campaign.deadline_at - timedelta(days=3, seconds=10))
    assert reminds(asked) == 2
    clock.advance(seconds=11)
    assert by_the_clock(asked) == 0
    takes_back(asked, "remind")
    assert by_the_clock(asked) == 2
    the_relay_takes_all()
    assert reminds(asked) == 0
    clock.advance(minutes=11)
    assert reminds(asked) == 2


def by_the_clock(campaign_id: int) -> int:
    with db.transaction() as session:
        return reminding.remind_when_due(session, campaign_id)


def test_who_is_asked_again_by_an_amendment_is_not_reminded_beside_it(asked: int) -> None:
    amends(asked)

    assert reminds(asked) == 0


def test_a_span_typed_twice_moves_the_deadline_once(asked: int) -> None:
    extends(asked)
    for seconds in (0, 2, 59):
        with pytest.raises(NotLater):
            extends(asked, timedelta(seconds=seconds))
    extends(asked, timedelta(minutes=1))


def test_an_amendment_typed_twice_mails_once(asked: int) -> None:
    signs()
    amends(asked)
    with pytest.raises(SameLetter):
        amends(asked)


def test_a_session_that_fails_takes_nothing_back(asked: int) -> None:
    extends(asked)
    before = rows()

    def fails(session: Session) -> None:
        undo_of.undo_act(session, asked, "extend")
        raise RuntimeError

    with pytest.raises(RuntimeError), db.transaction() as session:
        fails(session)
    assert rows() == before
