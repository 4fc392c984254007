"""The database keeps its promises on SQLite and on PostgreSQL: claims, leases, locks, its clock, its secrets."""

import itertools
import multiprocessing
import random
import secrets
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.servers import TIMEOUT_S
from worker import db, migrations, settings
from worker.column_types import CannotBeRead
from worker.mail import claims, outbox, results
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.models import AuditEvent, Campaign, Mail, Partner

only_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

A_MINUTE = timedelta(minutes=1)
SENT = Outcome(Kind.SENT, Phase.END_OF_DATA, "250 OK", 250)
DEFERRED = Outcome(Kind.DEFERRED, Phase.RCPT, "450 4.2.0 later", 450)


def test_eight_claimers_never_get_the_same_mail_twice(database):
    due = _due_mails(600)
    with ThreadPoolExecutor(8) as claimers:
        claimed = [mail for ids in claimers.map(_claim_all_that_is_due, range(8)) for mail in ids]
    assert sorted(claimed) == sorted(due)


def test_claimers_in_other_processes_never_get_the_same_mail_twice(database):
    due = _due_mails(600)
    spawn = multiprocessing.get_context("spawn")  # a fork would share our connections
    with ProcessPoolExecutor(2, mp_context=spawn) as processes:
        parts = [processes.submit(_four_claimers) for _ in range(2)]
        claimed = [mail for part in parts for mail in part.result()]
    assert sorted(claimed) == sorted(due)


def test_the_most_urgent_mail_is_claimed_first_and_then_the_oldest(database):
    _due_mails(60)
    claimed = _claim_all_that_is_due("one", limit=7)
    with db.reading() as session:
        rows = {mail.id: mail for mail in session.scalars(select(Mail))}
    order = [(rows[mail].urgency, rows[mail].due_at) for mail in claimed]
    assert order == sorted(order)
    assert len({urgency for urgency, _ in order}) > 1


def test_only_what_is_due_is_claimed(database, clock):
    [soon] = _due_mails(1)
    with db.transaction() as session:
        session.get_one(Mail, soon).due_at = db.clock(session) + A_MINUTE
    assert _claim("early") == []
    clock.advance(minutes=2)
    assert _claim("in time") == [soon]


def test_a_lease_that_ran_out_can_be_claimed_again(database, clock):
    mails = _due_mails(3)
    assert set(_claim("first")) == set(mails)
    assert _claim("second") == []
    clock.advance(seconds=61)
    assert set(_claim("second")) == set(mails)


@pytest.mark.parametrize("outcome", [SENT, DEFERRED], ids=["sent", "deferred"])
def test_a_former_holder_can_not_mark(database, clock, outcome):
    [mail] = _due_mails(1)
    _claim("former")
    clock.advance(seconds=61)
    _claim("present")
    before = _row(mail)

    with db.transaction() as session:
        assert results.record_results(session, "former", [results.DeliveryResult(mail, outcome)]) == set()
    assert _row(mail) == before

    with db.transaction() as session:
        assert results.record_results(session, "present", [results.DeliveryResult(mail, outcome)]) == {mail}
    assert (_row(mail)["sent_at"] is not None) == (outcome is SENT)


def test_a_former_holder_can_not_renew_nor_release_nor_enter_data(database, clock):
    [mail] = _due_mails(1)
    _claim("former")
    clock.advance(seconds=61)
    _claim("present")
    before = _row(mail)

    with db.transaction() as session:
        assert claims.renew(session, "former", [mail]) == set()
        assert not claims.begin_data(session, mail, "former")
        claims.release(session, "former", [mail])
    assert _row(mail) == before


def test_nobody_enters_data_after_the_own_lease_has_ended(database, clock):
    [mail] = _due_mails(1)
    _claim("holder")
    clock.advance(seconds=61)
    with db.transaction() as session:
        assert not claims.begin_data(session, mail, "holder")


def test_who_calls_back_and_who_marks_never_wait_in_a_circle(database):
    """As when a campaign closes while a worker is in the middle of it."""
    mails = _due_mails(60)
    with db.transaction() as session:
        claims.claim(session, "holder")

    def mark(number: int) -> None:
        shuffled = random.Random(number).sample(mails, len(mails))
        with db.transaction() as session:
            results.record_results(
                session, "holder", [results.DeliveryResult(mail, DEFERRED) for mail in shuffled[:30]]
            )

    def cancel(number: int) -> None:
        with db.transaction() as session:
            outbox.cancel(session, Mail.id.in_(random.Random(number).sample(mails, 40)))

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(mark if number % 2 else cancel, number) for number in range(60)]
        assert [done.result(TIMEOUT_S) for done in asked] == [None] * 60


def test_the_clock_goes_on_inside_a_transaction(database):
    with db.transaction() as session:
        first = db.clock(session)
        time.sleep(0.05)
        assert db.clock(session) - first >= timedelta(milliseconds=40)


def test_the_clock_is_aware_in_utc_and_right(database):
    with db.reading() as session:
        now = db.clock(session)
    assert now.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


@only_postgresql
def test_every_process_sees_a_moved_clock(database, clock):
    clock.set(datetime(2023, 4, 14, 18, 0, tzinfo=UTC))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        seen = other.submit(_what_time_it_is).result()
    assert seen.date() == datetime(2023, 4, 14).date()


def test_a_moment_comes_back_aware_and_in_utc(database):
    phnom_penh = timezone(timedelta(hours=7))
    moment = datetime(2023, 4, 15, 1, 0, 0, 123_000, tzinfo=phnom_penh)
    _campaign(deadline_at=moment)
    with db.reading() as session:
        found = session.scalars(select(Campaign.deadline_at)).one()
        compared = session.scalar(select(func.count()).where(Campaign.deadline_at == moment))
    assert (found, found.utcoffset(), compared) == (moment, timedelta(0), 1)


@pytest.mark.parametrize(("first", "second"), [("shared", "exclusive"), ("exclusive", "shared")])
def test_closing_and_answering_wait_for_each_other(database, first, second):
    campaign = _campaign()
    with ThreadPoolExecutor(1) as other:
        with db.transaction() as session:
            db.campaign_lock(session, campaign, first)
            waiting = other.submit(_lock_once, campaign, second)
            assert not _is_over_within(0.3, waiting)
        assert _is_over_within(TIMEOUT_S, waiting)


@only_postgresql
def test_answers_do_not_wait_for_each_other(database):
    campaign = _campaign()
    with ThreadPoolExecutor(1) as other, db.transaction() as session:
        db.campaign_lock(session, campaign, "shared")
        assert _is_over_within(TIMEOUT_S, other.submit(_lock_once, campaign, "shared"))


@only_postgresql
def test_campaigns_do_not_wait_for_each_other(database):
    here, there = _campaign(), _campaign()
    with ThreadPoolExecutor(1) as other, db.transaction() as session:
        db.campaign_lock(session, here, "exclusive")
        assert _is_over_within(TIMEOUT_S, other.submit(_lock_once, there, "exclusive"))


@only_postgresql
def test_busy_answers_do_not_starve_the_one_who_closes(database):
    campaign = _campaign()
    closed = threading.Event()
    answered: list[float] = []
    with ThreadPoolExecutor(8) as busy:
        answering = [busy.submit(_answer_until, closed, campaign, answered) for _ in range(8)]
        try:
            time.sleep(0.3)
            began = time.monotonic()
            _lock_once(campaign, "exclusive")
            ended = time.monotonic()
        finally:
            closed.set()
    for done in answering:
        done.result()
    let_in_before_us = sum(began < at < ended for at in answered)
    assert let_in_before_us <= 3 * 8, "whoever came later must wait, not only those who were there"


@only_sqlite
def test_forty_answers_at_once_all_get_their_turn(database):
    campaign = _campaign()
    with ThreadPoolExecutor(20) as others:
        for done in [others.submit(_count_up, campaign, 1) for _ in range(40)]:
            done.result()


def test_a_campaign_is_read_after_it_is_locked(database):
    campaign = _campaign()
    with ThreadPoolExecutor(1) as other, db.transaction() as session:
        if database == "postgresql":  # on SQLite nobody can write meanwhile
            read_before = session.get_one(Campaign, campaign)
            other.submit(_hold, campaign).result(5)
            assert db.locked(session, campaign).held_at is not None
            assert read_before.held_at is not None
        else:
            assert db.locked(session, campaign).held_at is None


def test_two_who_read_and_then_write_lose_no_update(database):
    campaign = _campaign()
    with ThreadPoolExecutor(4) as writers:
        for done in [writers.submit(_count_up, campaign, 25) for _ in range(4)]:
            done.result()
    with db.reading() as session:
        assert session.get_one(Campaign, campaign).definition["count"] == 100


@only_sqlite
def test_readers_wait_for_no_writer_and_no_writer_for_them(database):
    campaign = _campaign()
    with db.reading() as reader:
        assert reader.get_one(Campaign, campaign).held_at is None
        _hold(campaign)
        with db.transaction() as writer:
            db.locked(writer, campaign)
            with ThreadPoolExecutor(1) as other:
                assert other.submit(_is_held, campaign).result(5)


def test_an_exception_undoes_everything(database):
    campaign = _campaign()
    with pytest.raises(ZeroDivisionError):
        _rename_and_fail(campaign)
    with db.reading() as session:
        assert session.get_one(Campaign, campaign).slug != "renamed"


def test_reading_writes_nothing(database):
    campaign = _campaign()
    with db.reading() as session:
        session.get_one(Campaign, campaign).slug = "renamed"
        session.flush()
    with db.reading() as session:
        assert session.get_one(Campaign, campaign).slug != "renamed"


def test_foreign_keys_are_kept(database):
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.add(AuditEvent(campaign_id=404, at=db.clock(session), actor="clock", what="nothing"))


@pytest.mark.parametrize("broken", ["duplicate", "incomplete"])
def test_names_and_addresses_stay_out_of_exceptions(database, broken):
    campaign = _campaign()
    _partner(campaign, ref=b"12345678")
    with pytest.raises(IntegrityError) as caught, db.transaction() as session:
        session.add(_a_partner(campaign, ref=b"12345678", country="France" if broken == "duplicate" else None))
    told = " ".join(f"{error} {error.args}" for error in _chain(caught.value))
    for secret in ("River Watch", "Sopheap", "sopheap@river-watch.example", "12345678", "3132333435363738"):
        assert secret not in told
    assert "partner" in told


def test_contacts_can_not_be_read_in_the_database(database, sqlite_dir):
    _partner(_campaign())
    with db.reading() as session:
        assert session.scalars(select(Partner.email)).one() == "sopheap@river-watch.example"
        assert session.scalars(select(Partner.contact)).one() == "Sopheap"
        stored = _all_that_is_stored(session, database)
    assert b"River Watch" in stored
    assert b"Sopheap" not in stored
    assert b"sopheap@" not in stored


def test_contacts_are_lost_with_the_key(database):
    _partner(_campaign())
    db.dispose()
    settings.set_for_this_process(secret_key="another key, as long as the one before it was")
    with db.reading() as session, pytest.raises(CannotBeRead):
        session.scalars(select(Partner.email)).all()


def test_work_goes_on_after_postgresql_was_killed_and_restarted(own_postgres, tmp_path):
    settings.set_for_this_process(database_url=own_postgres.url(), data_dir=tmp_path)
    migrations.upgrade()
    campaign = _campaign()
    _lock_in_four_connections(campaign)

    own_postgres.kill()
    own_postgres.restart()
    _lock_in_four_connections(campaign)

    own_postgres.kill()
    began = time.monotonic()
    with pytest.raises(OperationalError):
        _lock_once(campaign, "shared")
    assert time.monotonic() - began < 5


def test_disposed_connections_are_made_anew(database):
    campaign = _campaign()
    db.dispose()
    assert not _is_held(campaign)


_numbers = itertools.count(1)


def _campaign(**values: Any) -> int:
    with db.transaction() as session:
        now = db.clock(session)
        at = {"deadline_at": now + timedelta(days=7), "deadline_set_at": now, "launched_at": now}
        campaign = Campaign(slug=f"campaign-{next(_numbers)}", definition={"count": 0}, **(at | values))
        session.add(campaign)
        session.flush()
        return campaign.id


def _a_partner(campaign_id: int, **values: Any) -> Partner:
    row = {
        "campaign_id": campaign_id,
        "ref": secrets.token_bytes(8),
        "generation": 1,
        "organization": "River Watch",
        "acronym": "RW",
        "country": "France",
        "language": "en",
        "contact": "Sopheap",
        "email": "sopheap@river-watch.example",
        "email_hmac": bytes(32),
        "note": "",
    }
    return Partner(**(row | values))


def _partner(campaign_id: int, **values: Any) -> None:
    with db.transaction() as session:
        session.add(_a_partner(campaign_id, **values))


def _due_mails(count: int) -> list[int]:
    """Invitations of random urgency that are due, each since another moment; their ids."""
    campaign_id = _campaign()
    chance = random.Random(1)
    with db.transaction() as session:
        now = db.clock(session)
        mails = [
            Mail(
                key=f"invitation/{campaign_id}/{number}",
                kind="invitation",
                urgency=chance.randrange(4),
                campaign_id=campaign_id,
                language="en",
                message_id=f"<{number}@undersigned.example>",
                dated_at=now,
                due_at=now - timedelta(seconds=chance.randrange(1, 1_000)),
                attempts=0,
            )
            for number in range(count)
        ]
        session.add_all(mails)
        session.flush()
        return [mail.id for mail in mails]


def _claim(holder: str, limit: int = 50) -> list[int]:
    with db.transaction() as session:
        until = db.clock(session) + A_MINUTE
        return claims.lease_due(session, holder=holder, until=until, limit=limit)


def _claim_all_that_is_due(holder: object, limit: int = 10) -> list[int]:
    claimed: list[int] = []
    while ids := _claim(str(holder), limit):
        claimed += ids
    return claimed


def _four_claimers() -> list[int]:
    with ThreadPoolExecutor(4) as claimers:
        return [mail for ids in claimers.map(_claim_all_that_is_due, range(4)) for mail in ids]


def _what_time_it_is() -> datetime:
    with db.reading() as session:
        return db.clock(session)


def _row(mail_id: int) -> dict[str, Any]:
    with db.reading() as session:
        mail = session.get_one(Mail, mail_id)
        return {column.name: getattr(mail, column.name) for column in Mail.__table__.columns}


def _lock_once(campaign_id: int, mode: Literal["shared", "exclusive"]) -> None:
    with db.transaction() as session:
        db.campaign_lock(session, campaign_id, mode)


def _answer_until(closed: threading.Event, campaign_id: int, answered: list[float]) -> None:
    while not closed.is_set():
        with db.transaction() as session:
            db.campaign_lock(session, campaign_id, "shared")
            time.sleep(random.uniform(0.02, 0.06))
        answered.append(time.monotonic())


def _hold(campaign_id: int) -> None:
    with db.transaction() as session:
        session.get_one(Campaign, campaign_id).held_at = db.clock(session)


def _is_held(campaign_id: int) -> bool:
    with db.reading() as session:
        return session.get_one(Campaign, campaign_id).held_at is not None


def _rename_and_fail(campaign_id: int) -> None:
    with db.transaction() as session:
        session.get_one(Campaign, campaign_id).slug = "renamed"
        session.flush()
        raise ZeroDivisionError


def _count_up(campaign_id: int, times: int) -> None:
    for _ in range(times):
        with db.transaction() as session:
            campaign = db.locked(session, campaign_id)
            campaign.definition = {"count": campaign.definition["count"] + 1}


def _lock_in_four_connections(campaign_id: int) -> None:
    all_connected = threading.Barrier(4)

    def lock() -> None:
        with db.transaction() as session:
            db.campaign_lock(session, campaign_id, "shared")
            all_connected.wait(TIMEOUT_S)

    with ThreadPoolExecutor(4) as several:
        for done in [several.submit(lock) for _ in range(4)]:
            done.result()


def _is_over_within(seconds: float, waiting: Future[None]) -> bool:
    try:
        waiting.result(seconds)
    except TimeoutError:
        return False
    return True


def _chain(error: BaseException | None) -> list[BaseException]:
    """An exception and all those that a traceback would print with it."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__ or getattr(error, "orig", None)
        if error in found:
            break
    return found


def _all_that_is_stored(session: Any, dialect: str) -> bytes:
    if dialect == "postgresql":
        rows = session.execute(text("SELECT partner, encode(contact, 'escape'), encode(email, 'escape') FROM partner"))
        return str(rows.all()).encode()
    folder = settings.current().data_dir
    return b"".join(path.read_bytes() for path in folder.glob("undersigned.db*"))


@only_postgresql
def test_an_answer_behind_a_lock_that_is_not_given_back_is_refused_and_not_kept_waiting(database):
    """Otherwise one stopped process would take every page with it."""
    campaign_id = _campaign()
    with db.transaction() as stopped:
        db.campaign_lock(stopped, campaign_id, "exclusive")
        with pytest.raises(OperationalError, match="lock timeout"), db.transaction() as session:
            db.campaign_lock(session, campaign_id, "shared")
