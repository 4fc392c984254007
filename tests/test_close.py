"""The letter is rendered while nobody is kept waiting, and sealed only if it still says what holds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from tests import cast
from worker import db, tasks
from worker.acts import answer, close, hold
from worker.acts.answer import Statement
from worker.models import Campaign, Partner, Seal
from worker.wording.letter import build_sheets, render

pytestmark = pytest.mark.usefixtures("database")
NAMES = ("Alder", "Birch", "Cedar", "Elm")


@pytest.fixture
def campaign_id() -> int:
    """Everybody signs publicly, and the deadline has passed."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=NAMES)
        for partner in campaign.partners:
            cast.signs(session, partner)
        cast.passes_its_deadline(session, campaign, closed=False)
        return campaign.id


@pytest.fixture
def while_rendering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Let something happen each time a letter is being rendered; the list gets an entry for each time."""

    def happens(*acts: Callable[[], object]) -> list[int]:
        times = list[int]()

        def rendered(*sheets: Any) -> Iterator[Any]:
            documents = list(render(*sheets))
            times.append(len(times) + 1)
            if len(times) <= len(acts):
                acts[len(times) - 1]()
            return iter(documents)

        monkeypatch.setattr("worker.acts.close.render", rendered)
        return times

    return happens


def withdraws(name: str) -> Callable[[], None]:
    def act() -> None:
        with db.transaction() as session:
            answer.withdraw(session, _partner(name), Statement())

    return act


def reduces(name: str) -> None:
    with db.transaction() as session:
        answer.sign(session, _partner(name), "counted", cast.SOPHEA)


def is_renamed(name: str) -> None:
    with db.transaction() as session:
        session.get_one(Partner, _partner(name)).organization = "Oak"


def named(rendition: str = "public") -> set[str]:
    """Whom the living seal names, in each of its texts alike."""
    with db.reading() as session:
        living = select(Seal.content).where(Seal.rendition == rendition, Seal.format == "text")
        texts = [text.decode() for text in session.scalars(living.where(Seal.voided_at.is_(None)))]
    found = [{name for name in (*NAMES, "Oak", "River Watch", "Eau Vive") if name in text} for text in texts]
    assert found
    assert all(one == found[0] for one in found)
    return found[0]


def _partner(name: str) -> int:
    with db.reading() as session:
        return session.scalars(select(Partner.id).where(Partner.organization == name)).one()


def test_who_withdraws_while_the_letter_is_rendered_is_not_in_it(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    times = while_rendering(withdraws("Birch"))

    assert close.close_and_seal(campaign_id) == 1

    assert times == [1, 2]
    assert named() == {"Alder", "Cedar", "Elm", "River Watch", "Eau Vive"}


def test_who_wants_to_be_counted_only_meanwhile_is_named_nowhere(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    while_rendering(lambda: reduces("Cedar"))

    assert close.close_and_seal(campaign_id) == 1

    assert "Cedar" not in named() | named("addressee")


def test_a_name_that_changes_meanwhile_is_printed_as_it_is_now(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    while_rendering(lambda: is_renamed("Elm"))

    assert close.close_and_seal(campaign_id) == 1

    assert {"Elm", "Oak"} & named() == {"Oak"}


def test_a_letter_that_changes_each_time_is_sealed_all_the_same(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    times = while_rendering(*map(withdraws, NAMES[: close.RENDERED_AHEAD]))

    assert close.close_and_seal(campaign_id) == 1

    assert len(times) == close.RENDERED_AHEAD + 1
    assert named() == {*NAMES[close.RENDERED_AHEAD :], "River Watch", "Eau Vive"}


def test_it_is_sealed_once_though_two_render_it(campaign_id: int, while_rendering: Callable[..., list[int]]) -> None:
    def another() -> None:
        with ThreadPoolExecutor(1) as people:
            assert people.submit(close.close_and_seal, campaign_id).result() == 1

    while_rendering(another)

    assert close.close_and_seal(campaign_id) == 1

    with db.reading() as session:
        assert set(session.scalars(select(Seal.number))) == {1}


def test_one_that_is_held_while_it_is_rendered_is_not_sealed(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    def is_held() -> None:
        with db.transaction() as session:
            session.get_one(Campaign, campaign_id).held_at = db.clock(session)

    while_rendering(is_held)

    assert close.close_and_seal(campaign_id) is None
    with db.reading() as session:
        assert session.scalars(select(Seal.id)).all() == []


def test_the_letter_is_worded_once_though_it_is_compared_under_the_lock(
    campaign_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    worded = list[int]()

    def counted(*content: Any) -> Any:
        worded.append(len(worded) + 1)
        return build_sheets(*content)

    monkeypatch.setattr("worker.acts.close.build_sheets", counted)

    assert close.close_and_seal(campaign_id) == 1

    assert worded == [1]


def test_what_going_on_after_a_hold_would_do_is_told_without_rendering_under_the_lock(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    times = while_rendering()
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign.held_at, campaign.definition = db.clock(session), campaign.definition | {"review": 0}

    with db.transaction() as session:
        hold.resume_letter(session, campaign_id)
        facts = hold.leaves_at_once(session, campaign_id)
        session.rollback()

    assert facts is not None
    assert facts.signed == len(NAMES) + 2
    assert times == []


def test_a_process_that_ends_while_rendering_leaves_it_to_the_sweep(
    campaign_id: int, while_rendering: Callable[..., list[int]]
) -> None:
    def is_killed() -> None:
        raise KeyboardInterrupt

    while_rendering(is_killed)

    with pytest.raises(KeyboardInterrupt):
        close.close_and_seal(campaign_id)

    with db.reading() as session:
        assert session.get_one(Campaign, campaign_id).closed_at is not None
    assert ("close", campaign_id) in tasks.due_now()
    assert close.close_and_seal(campaign_id) == 1
    assert "Alder" in named()
