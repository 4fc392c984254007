"""Partners answer while Redis, PostgreSQL or the disk is in trouble: a yes is kept, and a no is a calm page."""

import contextlib
import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import select

from tests import servers
from tests.bench import processes
from tests.soak import campaigns
from tests.soak.campaigns import Asked
from tests.soak.house import TIMEOUT_S, House, Told, furnished, sends
from tests.soak.rows import Extent, Row, tried
from worker import db, settings
from worker.models import Answer

IN_TIME = 3.0  # seconds for a yes
REFUSED_IN_TIME = 10.0  # seconds for a no
AT_ONCE = 4
SLOW = 0.7  # seconds that each byte to and from Redis takes
DISK = 8  # megabytes


def run(extent: Extent) -> Iterator[Row]:
    """Redis refused, hung, slow; PostgreSQL killed and used up; SQLite's disk full."""
    wanted = extent.wanted(100, 6)
    yield from _while_redis_is_in_trouble(extent.part(0.4), wanted)
    yield from _while_postgresql_is_in_trouble(extent.part(0.7), wanted)
    yield from _while_the_disk_is_full(extent, wanted)


def _while_redis_is_in_trouble(extent: Extent, wanted: int) -> Iterator[Row]:
    with furnished("PostgreSQL") as house:
        assert house.redis
        house.start_web()
        with processes.serving(house.folder, "tests.soak.slow", str(SLOW), str(house.redis.port)) as far_away:
            house.start_web("web-far")  # until it is up, near
            house.wait_until_the_pages_are_up()
            near, _ = house.web_ports
            settings.set_for_this_process(broker_url=f"redis://127.0.0.1:{far_away}/0")
            house.start_web("web-slow")
            house.wait_until_the_pages_are_up()
            with tried("4 answers while Redis is slow", wanted) as row:
                _crowd(house.web_ports[-1], wanted, row, extent)
            yield row
        with tried("4 answers while Redis hangs", wanted) as row, house.redis.stop_cont():
            _crowd(near, wanted, row, extent)
        yield row
        house.redis.kill()
        with tried("4 answers while Redis is refused", wanted) as row:
            _crowd(near, wanted, row, extent)
        yield row


def _crowd(port: int, wanted: int, row: Row, extent: Extent) -> None:
    """So many partners sign, a few at once; each must be told yes, in time."""
    partners = campaigns.asked(campaigns.launched(wanted))
    told: dict[Asked, Told] = {}
    with ThreadPoolExecutor(AT_ONCE) as people:

        def signs(partner: Asked) -> None:
            if extent.goes_on:
                told[partner] = sends(port, partner.token, partner.signature())

        list(people.map(signs, partners))
    _judge(told, row)
    row.wrong += [f"told {one.status} and not yes" for one in told.values() if not one.yes]


def _judge(told: dict[Asked, Told], row: Row) -> None:
    """Who was told yes stands in the database; whoever was not was told so calmly, and nothing of theirs stands."""
    row.trials += len(told)
    with db.reading() as session:
        ids = [partner.id for partner in told]
        kept = set(
            session.scalars(select(Answer.partner_id).where(Answer.partner_id.in_(ids), Answer.choice == "sign"))
        )
    for partner, one in told.items():
        if one.yes and partner.id not in kept:
            row.wrong.append("told yes, and nothing stands in the database")
        elif one.yes and one.seconds > IN_TIME:
            row.wrong.append(f"told yes after {one.seconds:.1f} s")
        elif not one.yes and not one.calmly_no:
            row.wrong.append(f"answered with {one.status} ({one.page[:60]!r})")
        elif not one.yes and one.seconds > REFUSED_IN_TIME:
            row.wrong.append(f"told no after {one.seconds:.1f} s")
        elif not one.yes and partner.id in kept:
            row.wrong.append("told that nothing was recorded, and it was")
    yes = [one.seconds for one in told.values() if one.yes]
    no = [one.seconds for one in told.values() if not one.yes]
    said = f"{len(yes)} yes (slowest {max(yes, default=0):.2f} s), {len(no)} no (slowest {max(no, default=0):.2f} s)"
    row.counted = f"{row.counted}; {said}" if row.counted else said


def _while_postgresql_is_in_trouble(extent: Extent, wanted: int) -> Iterator[Row]:
    with furnished("own PostgreSQL") as house:
        house.start_web()
        house.wait_until_the_pages_are_up()
        with tried("4 answers while PostgreSQL is killed", wanted) as row:
            told = _in_the_face_of(_killed_again_and_again(house, extent), house, wanted, extent)
            _judge(told, row)
            _were_refused(told, row)
        yield row
        with tried("4 answers without a connection left", wanted) as row:
            told = _in_the_face_of(_used_up(house), house, wanted, extent)
            _judge(told, row)
            _were_refused(told, row)
        yield row


def _were_refused(told: dict[Asked, Told], row: Row) -> None:
    if not any(one.calmly_no for one in told.values()):
        row.wrong.append("nobody was refused: the trial no longer tries anything")


Trouble = Callable[[threading.Event, threading.Event], None]  # sets one when it has begun, ends when the other is set


def _in_the_face_of(trouble: Trouble, house: House, wanted: int, extent: Extent) -> dict[Asked, Told]:
    """Partners sign, each at its own moment, while there is trouble in a thread beside them."""
    partners = campaigns.asked(campaigns.launched(wanted))
    told: dict[Asked, Told] = {}
    begun, over = threading.Event(), threading.Event()
    beside = threading.Thread(target=trouble, args=(begun, over))
    beside.start()
    begun.wait(TIMEOUT_S)

    def signs(partner: Asked) -> None:
        time.sleep(extent.chance.uniform(0, 0.6 if extent.quick else 2))
        if extent.goes_on:
            told[partner] = sends(house.web_ports[0], partner.token, partner.signature())

    with ThreadPoolExecutor(AT_ONCE) as people:
        list(people.map(signs, partners))
    over.set()
    beside.join()
    db.dispose()
    return told


def _killed_again_and_again(house: House, extent: Extent) -> Trouble:
    def trouble(begun: threading.Event, over: threading.Event) -> None:
        assert house.postgres
        while not over.is_set():
            house.postgres.kill()
            begun.set()
            over.wait(extent.chance.uniform(0, 1.0))
            house.postgres.restart()
            over.wait(extent.chance.uniform(0.5, 4))  # dying and coming up take seconds too

    return trouble


def _used_up(house: House) -> Trouble:
    """Others take every connection, ours included, for a second or two at a time."""

    def trouble(begun: threading.Event, over: threading.Event) -> None:
        assert house.postgres
        url = servers.plain(house.postgres.url())
        while not over.is_set():
            with contextlib.ExitStack() as taken, contextlib.suppress(psycopg.OperationalError):
                first = taken.enter_context(psycopg.connect(url, autocommit=True))
                first.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'soak'")
                with contextlib.suppress(psycopg.OperationalError):
                    while True:
                        taken.enter_context(psycopg.connect(url))
                begun.set()
                over.wait(1.5)
            over.wait(0.5)

    return trouble


def _while_the_disk_is_full(extent: Extent, wanted: int) -> Iterator[Row]:
    with (
        tried("4 answers while SQLite's disk is full", wanted) as row,
        _disk() as disk,
        furnished("SQLite") as house,
    ):
        if disk is not None:
            servers.fresh_sqlite(disk)
            settings.set_for_this_process(data_dir=disk)
            db.dispose()
        house.start_web()
        house.wait_until_the_pages_are_up()
        partners = campaigns.asked(campaigns.launched(wanted))
        while partners and extent.goes_on:
            some, partners = partners[:10], partners[10:]
            full, free = some[: len(some) // 2], some[len(some) // 2 :]
            with _full(disk, house):
                refused = {p: sends(house.web_ports[0], p.token, p.signature()) for p in full}
            told = refused | {p: sends(house.web_ports[0], p.token, p.signature()) for p in free}
            row.counted = ""
            _judge(told, row)
            if not any(one.calmly_no for one in refused.values()):
                row.wrong.append("the disk was full, and everybody was told yes")
            if not all(told[p].yes for p in free):
                row.wrong.append("the disk has room again, and somebody was told no")
        row.counted = f"{'a full tmpfs' if disk else 'a limit to the size of files'}; half of them while it was full"
        db.dispose()
    yield row


@contextmanager
def _disk() -> Iterator[Path | None]:
    """A small disk of its own, where we may mount one."""
    folder = servers.run_folder() / f"disk-{os.urandom(4).hex()}"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "soak", folder], capture_output=True)
    if mounted.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


@contextmanager
def _full(disk: Path | None, house: House) -> Iterator[None]:
    """Not a byte more can be written to any file of the database."""
    if disk is not None:
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        yield
        ballast.unlink()
        return
    web = house.processes["web"].popen.pid
    resource.prlimit(web, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    yield
    resource.prlimit(web, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
