"""The whole drain by two workers into Postfix's sink, against what can send fastest and what people use."""

from collections.abc import Callable, Iterator
from itertools import count

from tests.bench import campaign, databases, fetched, invitations, nodemailer, postfix, workers
from tests.bench.rounds import Comparison, Extent, LeftOut, interleaved
from worker import db, settings

WORKERS = 2
A_ROUND = 20  # seconds that one drain may take: a slower program drains fewer mails
WARM = 1_000  # mails before anything is measured
NODE_SENDS = 5  # one mail for so many of ours: rates are compared


def measure(extent: Extent) -> Iterator[Comparison | LeftOut]:
    """From the moment in which all are due until the last one is marked sent; workers and relay are warm."""
    tools, missing = fetched.if_there(lambda: postfix.programs(may_fetch=extent.fetches))
    node, missing_too = fetched.if_there(lambda: nodemailer.installed(may_fetch=extent.fetches))
    for peer, why in (("smtp-sink and smtp-source", missing), ("nodemailer's pool", missing_too)):
        if why:
            yield LeftOut(f"the drain beside {peer}", why)
    with databases.in_use("PostgreSQL") as folder, postfix.sink_or_ours(tools, folder) as port:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{port}")
        with workers.at_work(folder, WORKERS) as crew:
            (like,) = invitations.ready(1)
            backlog = _Backlog.of_at_most(extent.drained, crew)
            sides: dict[str, Callable[[], float]] = {"ours": backlog.drain}
            if tools:
                sides["source"] = lambda: tools.source(port, backlog.mails, len(like.content))
                sides["kept"] = lambda: tools.source(port, backlog.mails, len(like.content), "-d")
            if node:
                sides["node"] = lambda: node.send(port, max(1, extent.drained // NODE_SENDS), like)
            taken = interleaved(extent, **sides)
    for side, (peer, goal) in _PEERS.items():
        if side in taken:
            yield Comparison(
                "whole drain, two workers", taken["ours"], peer, taken[side], "a second", backlog.note(), goal
            )


_PEERS = {
    "source": ("smtp-source, 20 sessions", 0.5),
    "kept": ("smtp-source -d, 20 sessions", None),
    "node": ("nodemailer's pool", 10),
}


class _Backlog:
    """A campaign whose invitations are put anew for each drain."""

    def __init__(self, mails: int, crew: workers.Crew) -> None:
        self.mails, self._crew = mails, crew
        self._campaign = campaign.launched(mails)
        self._which = count(1)
        self._processor = 0.0

    @classmethod
    def of_at_most(cls, mails: int, crew: workers.Crew) -> "_Backlog":
        """As many as there is time for, by the speed of a small one, whose first drain makes the workers warm."""
        small = cls(min(WARM, mails), crew)
        small.drain()
        return cls(min(mails, int(A_ROUND / small.drain())), crew)

    def drain(self) -> float:
        """Seconds for each mail."""
        self._crew.rest()
        with db.transaction() as session:
            campaign.put_invitations(session, self._campaign, str(next(self._which)))
        workers.tidy()
        drain = self._crew.drain()
        assert drain.sent == self.mails, f"{drain.sent} of {self.mails} in {drain.seconds:.0f} s\n{self._crew.said()}"
        self._processor = drain.processor_seconds / drain.sent
        return drain.each

    def note(self) -> str:
        return (
            f"{self.mails:,} mails a drain; "
            f"in the last one the workers took {self._processor * 1000:.2f} s of processor time for each thousand"
        )
