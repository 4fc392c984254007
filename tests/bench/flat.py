"""What a hundred times as many partners change: the speed and the memory of one worker, and its way to due mail."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import TableValuedAlias, delete, event, func, insert, inspect, literal, select, true
from sqlalchemy.orm import Session

from tests.bench import campaign, databases, fetched, postfix, workers
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db, settings, tokens
from worker.mail import claims, outbox
from worker.models import Campaign, Mail, Partner, bound

PEER = "the same with few"
TIMES = 5  # mails for each of the few partners, so that there is something to measure
WATCHED = 6  # seconds; what is not sent by then is called back


def measure(extent: Extent) -> Iterator[Comparison]:
    """Each campaign has a PostgreSQL, a Valkey, a worker and a sink of its own, idle while the other has its turn."""
    few, many = extent.partners
    tools, _ = fetched.if_there(lambda: postfix.programs(may_fetch=extent.fetches))
    with ExitStack() as stack:
        small = stack.enter_context(_side(few, 1, TIMES, tools))
        large = stack.enter_context(_side(few, many // few, 1, tools))
        taken = interleaved(extent, large=large.drain, small=small.drain)
    note = f"{many:,} partners beside {few:,}; the claim among {many:,} due mails: {large.way}"
    yield Comparison("one worker, many partners", taken["large"], PEER, taken["small"], "a second", note)
    yield Comparison("its memory, many partners", large.megabytes, PEER, small.megabytes, "megabytes")


class _Side:
    """One campaign, and the worker that sends its mail."""

    def __init__(self, launched: int, times: int, crew: workers.Crew) -> None:
        self._campaign, self._times, self._crew = launched, times, crew
        conf = settings.current()
        self._places = {"database_url": conf.database_url, "broker_url": conf.broker_url}
        self.megabytes: list[float] = []
        self.way = ""
        self.drain()  # so that the worker is warm
        self.megabytes.clear()

    def drain(self) -> float:
        """Seconds for each mail: of all that are due, or of as many as are sent while it is watched."""
        settings.set_for_this_process(**self._places)
        db.dispose()
        self._crew.rest()
        with db.transaction() as session:
            session.execute(delete(Mail))
            _put_for_all(session, self._campaign, self._times)
        workers.tidy()
        self.way = _way_to_due_mail()
        drain = self._crew.drain(WATCHED)
        workers.call_back_the_rest()
        self.megabytes.append(drain.megabytes)
        return drain.each


@contextmanager
def _side(partners: int, copies: int, times: int, tools: postfix.Postfix | None) -> Iterator[_Side]:
    """A campaign of so many partners, and so many copies of each."""
    with databases.in_use("PostgreSQL") as folder, postfix.sink_or_ours(tools, folder) as port:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{port}")
        with workers.at_work(folder, 1) as crew:
            launched = campaign.launched(partners)
            with db.transaction() as session:
                _copy_all_partners(session, copies - 1)
            yield _Side(launched, times, crew)


def _copy_all_partners(session: Session, copies: int) -> None:
    """A copy says what the first says, bound to a ref of its own."""
    kept = [column.key for column in inspect(Partner).column_attrs if column.key not in {"id", "ref"}]
    originals = [{name: getattr(one, name) for name in kept} for one in session.scalars(select(Partner))]
    for _ in range(copies):
        session.execute(insert(Partner), [bound(Partner, one | {"ref": tokens.new_ref()}) for one in originals])


def _put_for_all(session: Session, launched: int, times: int) -> None:
    """What `outbox.put` would write for every partner, so many times, in one statement."""
    asking = session.get_one(Campaign, launched)
    some = session.scalars(select(Partner).where(Partner.campaign_id == launched).limit(1)).one()
    row = outbox.to_partner("invitation", asking, some, "1", db.clock(session))
    numbers = _numbers(times)
    which = func.concat(Partner.id, ".", numbers.c.number)
    own = {"key": which, "message_id": func.concat("<", which, "@bench.example>"), "partner_id": Partner.id}
    same = {name: literal(value, Mail.__table__.c[name].type) for name, value in row.items()}
    columns = same | own
    rows = select(*columns.values()).select_from(Partner).join(numbers, true())
    session.execute(insert(Mail).from_select(list(columns), rows))


def _numbers(last: int) -> TableValuedAlias:
    return func.generate_series(1, last).table_valued("number").render_derived()


def _way_to_due_mail() -> str:
    """How PostgreSQL finds what a worker claims: the lines of its plan that read the table."""
    said: list[tuple[str, Any]] = []
    listen = lambda _c, _k, statement, values, _x, _m: said.append((statement, values))
    event.listen(db.engine(), "before_cursor_execute", listen)
    with db.reading() as session:  # claims, and gives everything back
        claims.claim(session, "the bench")
        event.remove(db.engine(), "before_cursor_execute", listen)
        claim, values = next((statement, values) for statement, values in said if "lease_holder" in statement)
        plan = session.connection().exec_driver_sql(f"EXPLAIN (COSTS OFF) {claim}", values).scalars().all()
    return ", ".join(line.strip(" ->") for line in plan if " on mail" in line)
