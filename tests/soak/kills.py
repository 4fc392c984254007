"""Workers end by SIGKILL in the middle of campaigns: no mail is missing, and a second copy has a kill to blame."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests import servers
from tests.soak import campaigns
from tests.soak.house import Database, House, Missed, eventually, furnished
from tests.soak.relay import Relay
from tests.soak.rows import Extent, Row, tried
from worker.mail import delivery

CONNECTIONS = 4
PAUSE = 0.02  # seconds that the mail server takes for each mail, so that there is a middle
AT_RISK = CONNECTIONS + delivery.MAX_UNRECORDED  # second copies that one kill may cost, by the book
AIMED = 0.85  # of the kills are of one that has its connections; the others come at any moment
SLACK = 1.0  # seconds by which a mail may be read here after the kill of the worker that wrote it


def run(extent: Extent) -> Iterator[Row]:
    """On both ways to run: two workers and a clock, and everything in one process."""
    yield from _killed(extent.part(0.6), "PostgreSQL", extent.wanted(200, 2), extent.wanted(2_500, 120))
    if not extent.quick:
        yield from _killed(extent, "SQLite", 100, 1_500)


def _killed(extent: Extent, which: Database, wanted: int, partners: int) -> Iterator[Row]:
    relay = Relay(pause=lambda to, port: PAUSE)
    tally = _Tally()
    with tried(f"1 no mail is lost, {which}", wanted) as lost, tried(f"2 copies, {which}", wanted) as twice:
        with furnished(which, relay=relay, lease=extent.wanted(3, 2), batch=40, smtp_connections=CONNECTIONS) as house:
            victims = _staff(house)
            while lost.trials < wanted and extent.goes_on:
                _one_campaign(house, victims, extent, partners, lost, twice, tally)
        lost.counted = f"{tally.mails:,} mails in {tally.campaigns} campaigns, {tally.missing} missing"
        twice.counted = tally.told(twice.trials)
    yield lost
    yield twice


def _staff(house: House) -> list[str]:
    if house.redis is None:
        house.start("up", "up", "--port", str(servers.free_port()))
        return ["up"]
    house.start("beat", "beat")
    for name in ("worker-1", "worker-2"):
        house.start(name, "worker")
    return ["worker-1", "worker-2"]


class _Tally:
    """What was seen over all campaigns."""

    def __init__(self) -> None:
        self.campaigns = self.mails = self.missing = self.second = self.third = 0
        self.after_one_kill: Counter[float] = Counter()

    def told(self, kills: int) -> str:
        most = max(self.after_one_kill.values(), default=0)
        none = kills - len(self.after_one_kill)
        return (
            f"{self.second} second copies (bound {kills * AT_RISK:,}), most after one kill {most} (bound {AT_RISK}), "
            f"none after {none} kills; {self.third} third or later ones"
        )


def _one_campaign(
    house: House, victims: list[str], extent: Extent, partners: int, lost: Row, twice: Row, tally: _Tally
) -> None:
    campaign_id = campaigns.launched(partners)
    kills: list[float] = []
    while campaigns.sent_of(campaign_id) < partners and len(kills) + lost.trials < lost.wanted and extent.goes_on:
        aimed = extent.chance.random() < AIMED
        victim = extent.chance.choice((_at_work(house, victims) if aimed else []) or victims)
        time.sleep(extent.chance.uniform(0, 0.4))
        kills.append(time.monotonic())
        house.kill(victim)
        house.restart(victim)
    try:
        eventually(lambda: campaigns.sent_of(campaign_id) == partners, "the campaign was not sent")
    except Missed as missed:
        lost.wrong.append(str(missed))
    tally.campaigns, tally.mails = tally.campaigns + 1, tally.mails + partners
    lost.trials, twice.trials = lost.trials + len(kills), twice.trials + len(kills)
    _judge(house.relay, campaign_id, kills, lost, twice, tally)


def _at_work(house: House, victims: list[str]) -> list[str]:
    """Those that have connections to the relay, as soon as one has."""
    until = time.monotonic() + 6
    while time.monotonic() < until:
        if found := [victim for victim in victims if house.ports_to_the_relay(victim)]:
            return found
        time.sleep(0.02)
    return []


def _judge(relay: Relay, campaign_id: int, kills: list[float], lost: Row, twice: Row, tally: _Tally) -> None:
    arrived = relay.by_recipient()
    for partner in campaigns.asked(campaign_id):
        copies = arrived[partner.email]
        if not copies:
            tally.missing += 1
            lost.wrong.append(f"{partner.email} got nothing")
        if len({(copy.message_id, copy.digest) for copy in copies}) > 1:
            twice.wrong.append(f"the copies to {partner.email} differ")
        tally.second += len(copies) > 1
        tally.third += max(0, len(copies) - 2)
        for first, second in pairwise(copies):
            to_blame = [kill for kill in kills if first.at - SLACK <= kill <= second.at]
            if to_blame:
                tally.after_one_kill[min(to_blame, key=lambda kill: abs(kill - first.at))] += 1
            else:
                twice.wrong.append(f"{partner.email} got a copy {second.at - first.at:.1f} s later, and nobody died")
    for count in tally.after_one_kill.values():
        if count > AT_RISK:
            twice.wrong.append(f"{count} second copies after one kill")
