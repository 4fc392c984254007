"""A launch taken back in its first minute leaves nothing, and no worker gets in between."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select

from tests import cast
from tests.sent_invitations import definition
from worker import db
from worker.acts import close, invite, launch
from worker.mail import claims
from worker.models import Campaign, Mail
from worker.state.refusals import CannotBeUndone


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

    assert rows() == {table: number // 2 if table != "post" else 1 for table, number in before.items()}
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
    looks = launch._is_leased
    claimed: list[Future[list[int]]] = []

    with ThreadPoolExecutor(1) as worker:

        def a_worker_comes(mail: Mail, now: datetime) -> bool:
            if not claimed:
                claimed.append(worker.submit(claim))
                if database == "postgresql":
                    claimed[0].result(10)  # it does not wait there: it passes over what is locked
            return looks(mail, now)

        monkeypatch.setattr(launch, "_is_leased", a_worker_comes)
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
