"""A partner's page, looked at and answered, against a hello on the same server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from statistics import median

import psutil  # type: ignore[import-untyped]
from sqlalchemy import select

from tests import servers
from tests.bench import campaign, chained, databases, processes, visitors
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db, settings, tokens
from worker.models import Partner

PEER = "hello of Starlette"
CHAIN = "hash-chained single inserts"
HELLOS = 5  # for one look at a page
WARM = visitors.CONNECTIONS * 2  # visits before anything is measured


def measure(extent: Extent) -> Iterator[Comparison]:
    """On both databases: the real `undersigned web`, with every partner invited, looking once and answering once."""
    for which in databases.BOTH:
        with databases.in_use(which) as folder, _broker(which, folder):
            partners = asked(WARM + extent.rounds * extent.visits)
            with (
                processes.serving(folder, "worker", "web", "--port") as web_port,
                processes.serving(folder, "tests.bench.hello") as hello_port,
            ):
                crowd = _Crowd(extent.visits, web_port, hello_port, partners)
                sides: dict[str, Callable[[], float]] = {
                    "look": crowd.look,
                    "answer": crowd.answer,
                    "hello": crowd.hello,
                }
                if which == "PostgreSQL":
                    sides["chained"] = lambda: chained.append(extent.visits)
                taken = interleaved(extent, **sides)
        hello = taken["hello"]
        yield Comparison(f"partner page (GET), {which}", taken["look"], PEER, hello, "a second", crowd.note())
        yield Comparison(f"answer (POST), {which}", taken["answer"], PEER, hello, "a second")
        if "chained" in taken:
            yield Comparison(f"answer (POST), {which}", taken["answer"], CHAIN, taken["chained"], "a second", goal=1)


class _Crowd:
    """Partners who look and then answer, so many a round, and as many times more who only want a hello."""

    def __init__(self, visits: int, web: int, hello: int, partners: list[Partner]) -> None:
        self._visits, self._web, self._hello = visits, web, hello
        self._coming = iter(partners)
        self._here: list[Partner] = []
        self._busiest = 0.0
        self._processor: list[float] = []  # milliseconds of the server for a page, round by round
        self._look(WARM)
        self.answer()
        self.hello()

    def look(self) -> float:
        before = _processor_seconds()
        each = self._look(self._visits)
        self._processor.append((_processor_seconds() - before) * 1000 / self._visits)
        return each

    def answer(self) -> float:
        each, _ = visitors.visit(self._web, [visitors.a_form(path(p), signature(p)) for p in self._here], 303)
        return each

    def hello(self) -> float:
        each, busy = visitors.visit(self._hello, [visitors.a_look("/hello")] * self._visits * HELLOS, 200)
        self._busiest = max(self._busiest, busy)
        return each

    def note(self) -> str:
        return (
            f"{median(self._processor):.2f} ms of the server's processor time for a page; "
            f"at the hello, the client itself was busy for at most {self._busiest:.0%} of the time"
        )

    def _look(self, visits: int) -> float:
        self._here = list(islice(self._coming, visits))
        each, _ = visitors.visit(self._web, [visitors.a_look(path(p)) for p in self._here], 200)
        return each


def _processor_seconds() -> float:
    """Of `undersigned web`."""
    seconds = 0.0
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # one that has ended
            if "web" in one.cmdline()[3:5]:  # as a command, and as what it becomes
                seconds += one.cpu_times().user + one.cpu_times().system
    return seconds


def asked(partners: int) -> list[Partner]:
    """The partners of a fresh campaign, each with an invitation in the outbox."""
    launched = campaign.launched(partners)
    with db.transaction() as session:
        campaign.put_invitations(session, launched)
        return list(session.scalars(select(Partner).where(Partner.campaign_id == launched).order_by(Partner.id)))


def path(partner: Partner) -> str:
    """The way to its page."""
    return f"/s/{tokens.token(partner)}"


def signature(partner: Partner) -> dict[str, str]:
    """The form of one that signs publicly."""
    who = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Secretary General"}
    return who | {"authorised": "yes", "mail_code": tokens.mail_code(partner), "lang": partner.language}


@contextmanager
def _broker(which: str, folder: Path) -> Iterator[None]:
    """Beside PostgreSQL a Redis to notify, as in production; beside SQLite none, as when everything is embedded."""
    if which == "SQLite":
        yield
        return
    redis = servers.Redis(folder / "redis")
    settings.set_for_this_process(broker_url=redis.url())
    try:
        yield
    finally:
        redis.quit()
