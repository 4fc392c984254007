"""Answers and looks that come at the same time are served together, and each as if it had come alone."""

import asyncio
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.exc import OperationalError

from tests import cast, servers, stage
from tests.sql import statements
from worker import db, tokens
from worker.acts import answer, check_code
from worker.acts.answer import AnswerInput, Statement
from worker.acts.check_code import SixDigits
from worker.models import Answer, AuditEvent, Mail, Partner
from worker.state.links import Link
from worker.web import code_page, partner_page
from worker.web.app import make_app
from worker.web.batching import MAX_BATCH, Batcher
from worker.web.code_page import WrongCode
from worker.web.partner_page import Given

CROWD = 40
TOP = Path(__file__).resolve().parent.parent


@pytest.fixture
def partners(database: str, notified: list[Any]) -> list[Partner]:
    with db.transaction() as session:
        names = tuple(f"Organization {number}" for number in range(CROWD - 2))
        return cast.a_campaign(session, partners=names).partners


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The partners of each group that was recorded."""
    record, seen = answer.record_answers, []

    def noting(session: Any, given: Sequence[answer.AnswerInput], *locked: Any) -> Any:
        seen.append([one.partner_id for one in given])
        return record(session, given, *locked)

    monkeypatch.setattr(answer, "record_answers", noting)
    return seen


def a_form(partner: Partner, **form: str) -> dict[str, str]:
    said = {"choice": "sign", "visibility": "public", "representative": "Ada", "role": "chair", "authorised": "yes"}
    return said | {"mail_code": tokens.mail_code(partner)} | form


def at_once(*forms: tuple[Partner, dict[str, str]]) -> list[int]:
    """Send all forms in one moment to one process; the statuses, in order."""

    async def send() -> list[int]:
        transport = httpx2.ASGITransport(app=make_app(), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://letters.example", timeout=60) as browser:
            posts = [browser.post(f"/s/{tokens.token(partner)}", data=form) for partner, form in forms]
            return [response.status_code for response in await asyncio.gather(*posts)]

    return asyncio.run(send())


def standing() -> dict[int, str]:
    with db.reading() as session:
        answers = session.scalars(select(Answer).where(Answer.superseded_at.is_(None)))
        return {one.partner_id: one.choice for one in answers}


def test_a_rush_is_recorded_in_a_few_transactions_and_completely(
    partners: list[Partner], groups: list[list[int]], notified: list[Any]
) -> None:
    assert at_once(*((partner, a_form(partner)) for partner in partners)) == [303] * CROWD

    assert standing() == {partner.id: "sign" for partner in partners}
    assert sorted(one for group in groups for one in group) == sorted(partner.id for partner in partners)
    assert len(groups) <= CROWD / 4
    assert notified == [("record", partners[0].campaign_id)] * len(groups)
    with db.reading() as session:
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.what == "sign")).all()) == CROWD


def test_each_kind_of_answer_and_refusal_finds_its_own(partners: list[Partner], groups: list[list[int]]) -> None:
    signs, declines, wishes, withdraws, forbidden, dead, late = partners[:7]
    with db.transaction() as session:
        cast.signs(session, withdraws)
        session.get_one(Partner, dead.id).generation += 1
    groups.clear()

    told = at_once(
        (signs, a_form(signs)),
        (declines, a_form(declines, choice="decline")),
        (wishes, a_form(wishes, choice="change", wish="softer")),
        (withdraws, a_form(withdraws, choice="withdraw")),
        (forbidden, a_form(forbidden, choice="withdraw")),
        (dead, a_form(dead)),
        (late, a_form(late, read="7")),
    )

    assert told == [303, 303, 303, 303, 409, 404, 409]
    assert standing() == {signs.id: "sign", declines.id: "decline", wishes.id: "change", withdraws.id: "withdraw"}
    assert max(map(len, groups)) > 1


def test_one_with_a_fault_that_nobody_foresaw_costs_the_others_nothing(
    partners: list[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky, record = partners[3], answer.record_answers

    def breaks(session: Any, given: Sequence[answer.AnswerInput], *locked: Any) -> Any:
        results = record(session, given)  # written by now, so that it must be rolled back
        if unlucky.id in [one.partner_id for one in given]:
            raise RuntimeError
        return results

    monkeypatch.setattr(answer, "record_answers", breaks)
    told = at_once(*((partner, a_form(partner)) for partner in partners))

    assert told == [500 if partner is unlucky else 303 for partner in partners]
    assert set(standing()) == {partner.id for partner in partners if partner is not unlucky}


@pytest.mark.parametrize(("state", "told"), [("40P01", {303}), ("55P03", {503})])
def test_a_group_that_waited_in_a_circle_is_recorded_one_by_one(
    state: str, told: set[int], partners: list[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = answer.record_answers

    def waits_in_a_circle(session: Any, given: Sequence[answer.AnswerInput], *locked: Any) -> Any:
        if len(given) > 1:
            raise OperationalError("", {}, type("Undone", (Exception,), {"sqlstate": state})())
        return record(session, given, *locked)

    monkeypatch.setattr(answer, "record_answers", waits_in_a_circle)
    found = at_once(*((partner, a_form(partner)) for partner in partners[:10]))
    assert set(found[1:]) == told, "the first came alone"
    assert len(standing()) == found.count(303)


def test_two_answers_of_one_partner_keep_their_order(partners: list[Partner], groups: list[list[int]]) -> None:
    first, *others = partners
    forms = [(partner, a_form(partner)) for partner in others]
    told = at_once(*forms[:20], (first, a_form(first)), *forms[20:], (first, a_form(first, choice="decline")))

    assert set(told) == {303}
    assert standing()[first.id] == "decline"
    assert all(len(set(group)) == len(group) for group in groups)
    with db.reading() as session:
        assert [a.choice for a in session.scalars(select(Answer).where(Answer.partner_id == first.id))] == [
            "sign",
            "decline",
        ]


def test_while_a_group_is_under_way_the_next_one_gathers() -> None:
    begun, go_on, groups = threading.Event(), threading.Event(), []

    def do(group: Sequence[int]) -> list[int]:
        groups.append(list(group))
        begun.set()
        assert go_on.wait(20)
        return [10 * one for one in group]

    async def ask() -> list[int]:
        together = Batcher(do)
        first = asyncio.create_task(together.ask(1))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(together.ask(one)) for one in range(2, MAX_BATCH + 12)]
        await asyncio.sleep(0.01)
        others[0].cancel()  # a visitor who has gone
        go_on.set()
        found = await asyncio.gather(first, *others[1:])
        return list(found)

    found = asyncio.run(ask())

    assert groups == [[1], list(range(2, MAX_BATCH + 2)), list(range(MAX_BATCH + 2, MAX_BATCH + 12))]
    assert found == [10, *(10 * one for one in range(3, MAX_BATCH + 12))]


def test_an_exception_is_raised_to_whom_it_belongs() -> None:
    def do(group: Sequence[int]) -> list[int | Exception]:
        if 0 in group:
            raise LookupError
        return [ValueError(one) if one % 2 else one for one in group]

    async def ask() -> list[Any]:
        together = Batcher(do)
        found = await asyncio.gather(*(together.ask(one) for one in (2, 3, 4)), return_exceptions=True)
        broken = await asyncio.gather(*(together.ask(one) for one in (0, 6)), return_exceptions=True)
        return [*found, *broken, await together.ask(8)]

    two, three, four, nought, six, eight = asyncio.run(ask())
    assert (two, four, eight) == (2, 4, 8)
    assert isinstance(three, ValueError)
    assert isinstance(nought, LookupError)
    assert isinstance(six, LookupError)


@pytest.mark.parametrize("stage", ["review", "partly"])
def test_what_is_refused_after_the_deadline_leaves_the_seal_as_it_is(stage: str, partners: list[Partner]) -> None:
    signs, declines = partners[:2]
    with db.transaction() as session:
        campaign = session.get_one(Partner, signs.id).campaign
        cast.signs(session, signs)
        answer.decline(session, declines.id, cast.SOPHEA)
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        if stage == "partly":
            cast.the_letter_leaves(session, campaign, accepted=False)
            session.execute(update(Mail).where(Mail.kind == "letter").values(in_data_at=None))
        before = cast.everything(session)

    told = at_once(
        (signs, a_form(signs, visibility="counted", read="7")),
        (declines, a_form(declines, choice="withdraw")),
        (partners[2], a_form(partners[2])),
    )

    assert told == [409, 409, 409]
    with db.reading() as session:
        assert cast.everything(session) == before


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_crowd_that_comes_just_after_a_start_is_served_in_full(database: str, tmp_path: Path) -> None:
    """Pages that are made for each, with a list to sort, by a process in which nothing is warm."""
    with db.transaction() as session:
        names = tuple(f"Organization {number}" for number in range(98))
        campaign = cast.a_campaign(session, partners=names, show_signers="partners")
        answer.record_answers(
            session, [AnswerInput(one.id, "sign", "public", Statement("A", "B")) for one in campaign.partners[:60]]
        )
        cast.passes_its_deadline(session, campaign)
        links = [f"/s/{tokens.token(one)}" for one in campaign.partners]
    port = servers.free_port()
    web = servers.Process([sys.executable, "-m", "worker", "web", "--port", str(port)], tmp_path / "log", cwd=TOP)

    async def look() -> list[int]:
        limits = httpx2.Limits(max_connections=len(links))
        url = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits) as everybody:
            looks = await asyncio.gather(*(everybody.get(link) for link in links))
            return [response.status_code for response in looks]

    try:
        servers.wait_for(lambda: stage._answers(f"http://127.0.0.1:{port}/livez"), web)
        assert asyncio.run(look()) == [200] * len(links)
    finally:
        web.end()


def wrong(partner: Partner) -> str:
    return f"{(int(tokens.mail_code(partner)) + 1) % 1_000_000:06d}"


def counted() -> dict[int, int]:
    with db.reading() as session:
        found = session.execute(select(Partner.id, Partner.wrong_codes).where(Partner.wrong_codes > 0))
        return dict(found.all())


@pytest.fixture
def without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", 0)


@pytest.mark.usefixtures("without_delay")
def test_right_and_wrong_codes_of_one_group_are_told_apart(partners: list[Partner], groups: list[list[int]]) -> None:
    guessing = partners[5:25:4]
    forms = [(one, a_form(one, mail_code=wrong(one)) if one in guessing else a_form(one)) for one in partners]

    told = at_once(*forms)

    assert told == [422 if partner in guessing else 303 for partner in partners]
    assert set(standing()) == {partner.id for partner in partners if partner not in guessing}
    assert counted() == {partner.id: 1 for partner in guessing}
    assert len(groups) <= CROWD / 4


@pytest.mark.usefixtures("without_delay")
def test_a_wrong_code_counts_though_another_of_its_group_has_a_fault(
    partners: list[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky, guessing, record = partners[3], partners[4], answer.record_answers

    def breaks(session: Any, given: Sequence[answer.AnswerInput], *locked: Any) -> Any:
        if unlucky.id in [one.partner_id for one in given]:
            raise RuntimeError
        return record(session, given, *locked)

    monkeypatch.setattr(answer, "record_answers", breaks)
    forms = [(one, a_form(one, mail_code=wrong(one)) if one is guessing else a_form(one)) for one in partners[:8]]

    assert at_once(*forms) == [303, 303, 303, 500, 422, 303, 303, 303]
    assert counted() == {guessing.id: 1}


@pytest.mark.usefixtures("without_delay")
def test_a_wrong_code_that_cannot_be_counted_is_not_told_and_takes_no_signature_with_it(
    partners: list[Partner], monkeypatch: pytest.MonkeyPatch
) -> None:
    guessing, count = partners[4], check_code.count_wrong

    def fails(session: Any, model: Any, given: Any, verdicts: Sequence[check_code.Verdict]) -> None:
        count(session, model, given, verdicts)
        if set(verdicts) != {"right"}:
            raise OperationalError("", {}, Exception())

    monkeypatch.setattr(check_code, "count_wrong", fails)
    forms = [(one, a_form(one, mail_code=wrong(one)) if one is guessing else a_form(one)) for one in partners[:8]]

    assert at_once(*forms) == [503 if one is guessing else 303 for one in partners[:8]]
    assert counted() == {}


def test_an_answer_takes_one_transaction_and_a_group_as_many_statements_as_one(partners: list[Partner]) -> None:
    commits = []
    note = lambda _: commits.append(1)
    event.listen(Engine, "commit", note)
    try:
        taken = []
        for group in (partners[:1], partners[1:21]):
            given = [signing(one, tokens.mail_code(one)) for one in group]
            with statements() as seen:
                assert set(partner_page._record(group[0].campaign_id, given)) == {None}
            taken.append(len([one for one in seen if not one.startswith("BEGIN")]))
    finally:
        event.remove(Engine, "commit", note)
    assert len(commits) == 2
    assert taken[0] == taken[1] <= 7


def signing(partner: Partner, code: str) -> Given:
    said = AnswerInput(partner.id, "sign", "public", Statement("Ada", "chair", read=1), Link(1))
    return Given(said, SixDigits(partner.id, partner.ref, 1, code))


def test_a_wrong_code_locks_its_partner_only_once_the_campaign_is_locked(partners: list[Partner]) -> None:
    """Whoever has the campaign alone may lock any of its partners, and would wait in a circle with us."""
    signs, guesses = partners[:2]
    given = [signing(guesses, wrong(guesses)), signing(signs, tokens.mail_code(signs))]
    with statements() as seen:
        told = partner_page._record(signs.campaign_id, given)
    assert (type(told[0]), told[1]) == (WrongCode, None)
    written = [one.split()[0] for one in seen if one.startswith(("INSERT INTO answer", "UPDATE partner"))]
    assert written == ["INSERT", "UPDATE"]
    locks = [lock for lock in ("xact_lock(", "xact_lock_shared(", "FOR UPDATE") if lock in "".join(seen)]
    places = [next(place for place, one in enumerate(seen) if lock in one) for lock in locks]
    assert places in ([1, 1, 2], []), "codes and campaign at once, then partners; on SQLite no lock is asked for"
    assert not locks or seen[1].index(locks[0]) < seen[1].index(locks[1])
