"""What the relay took is marked in groups, in few statements, and in an order in which no two wait for each other."""

import threading

import pytest
from sqlalchemy import Integer, column, select, text, update

from tests.deliveries import launched, mails
from tests.sql import statements
from tests.stage import eventually
from worker import db
from worker.mail import claims, results
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.results import DeliveryResult
from worker.models import Mail

US = "one"


def test_a_group_is_marked_in_three_statements(database: str) -> None:
    ids = _claimed(4)

    with statements() as given, db.transaction(even_restored=True) as session:
        recorded = results.record_results(session, US, [_taken(mail_id) for mail_id in ids])

    assert recorded == set(ids)
    assert [verb for verb, *_ in map(str.split, given) if verb != "BEGIN"] == ["SELECT", "WITH", "SELECT"], given
    assert all(mail.sent_at for mail in mails())


def test_what_is_called_back_or_lost_meanwhile_is_marked_as_it_stands(database: str) -> None:
    ids = _claimed(3)
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.id == ids[0]).values(lease_holder="another"))

    with db.transaction() as session:
        assert claims.mark_sent(session, US, _rows(ids), db.clock(session)) == set(ids[1:])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_marks_wait_for_the_first_mail_before_they_hold_another(database: str) -> None:
    low, high = _claimed(2)
    marking = threading.Thread(target=_mark, args=([high, low],))

    with db.transaction() as session:
        claims.lock_in_order(session, [low])
        marking.start()
        eventually(_somebody_waits)
        free = select(Mail.id).where(Mail.id == high).with_for_update(nowait=True)
        assert session.scalar(free) == high

    marking.join()
    assert all(mail.sent_at for mail in mails())


def _claimed(number: int) -> list[int]:
    launched(number)
    with db.transaction() as session:
        session.execute(update(Mail).values(lease_holder=US, lease_until=db.clock(session)))
        return list(session.scalars(select(Mail.id).order_by(Mail.id)))


def _taken(mail_id: int) -> DeliveryResult:
    return DeliveryResult(mail_id, Outcome(Kind.SENT, Phase.END_OF_DATA, "250 ok"), "hash")


def _rows(ids: list[int]) -> list[tuple[int, str, str]]:
    return [(mail_id, "250 ok", "hash") for mail_id in ids]


def _mark(ids: list[int]) -> None:
    with db.transaction() as session:
        claims.mark_sent(session, US, _rows(ids), db.clock(session))


def _somebody_waits() -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(db.read_autocommit(text(waiting).columns(column("waiting", Integer)))[0][0])
