"""After a whole campaign: no name, address, token or mail code in a log line, a task message, or Redis."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests import servers
from tests.stage import Organization, ProductionStage, Story
from worker.cli import player


@pytest.fixture
def stage(tmp_path: Path, own_redis: servers.Redis) -> Iterator[ProductionStage]:
    with servers.fresh_postgresql() as url:
        stage = ProductionStage(tmp_path / "stage", url, own_redis.url())
        yield stage
        stage.end()


def test_a_campaign_leaves_no_secret_behind(stage: ProductionStage, own_redis: servers.Redis) -> None:
    with _everything_said_to(own_redis) as overheard:
        campaign, partners = _a_whole_campaign(stage)
    dump = _everything_in(own_redis)
    secrets = [secret for partner in partners for secret in _secrets_of(partner)]
    logs = stage.logs()

    assert "drained" in logs  # the logs are those of the campaign
    assert b"deliver" in overheard.all  # and what was overheard are its task messages
    for secret in secrets:
        assert secret not in logs, secret
        assert secret.encode() not in overheard.all, secret
        assert secret.encode() not in dump, secret
    assert campaign.status()["dispatched"]


def test_tokens_codes_and_addresses_are_not_in_the_database(stage: ProductionStage) -> None:
    _, partners = _a_whole_campaign(stage)

    import psycopg

    with psycopg.connect(servers.plain(stage.environment["DATABASE_URL"])) as connection:
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = "\n".join(str(row) for t in tables for row in connection.execute(f'SELECT * FROM "{t}"').fetchall())

    assert "River Watch" in rows
    for partner in partners:
        token, code = partner.link().rsplit("/", 1)[1], partner.code()
        for secret in (token, code, code.replace(" ", ""), partner.email, "Ada Lovelace"):
            assert secret not in rows, secret


def _a_whole_campaign(stage: ProductionStage) -> tuple[Story, list[Organization]]:
    campaign = Story(stage, "rivers")
    river_watch = campaign.joined_by("River Watch", "RWX", "Canada")
    clean_coast = campaign.joined_by("Clean Coast", "CCX", "France", language="fr")
    nobody = campaign.joined_by("Nobody Home", "NHX", "Spain")
    stage.catcher.refuse.add(nobody.email)
    campaign.launches()
    river_watch.signs("public", representative="Ada Lovelace", role="chair")
    clean_coast.signs("addressee", representative="Grace Hopper", role="captain")
    clean_coast.posts(choice="sign", visibility="public", representative="Eve", role="spy", mail_code="000000")
    clean_coast.withdraws()
    clean_coast.signs("addressee", representative="Grace Hopper", role="captain")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    campaign.letter()
    campaign.is_dispatched()
    river_watch.receipts(2)
    return campaign, [river_watch, clean_coast]


def _secrets_of(partner: Organization) -> list[str]:
    link = player.link_in(partner.invitation())
    code = partner.code()
    names = [partner.organization, partner.acronym, "Ada Lovelace", "Grace Hopper", "Nobody Home", "captain"]
    return [*names, partner.email, partner.email.split("@")[1], link, link.rsplit("/", 1)[1], code.replace(" ", "")]


class _everything_said_to:
    """What clients say to Redis meanwhile, as MONITOR repeats it."""

    def __init__(self, server: servers.Redis) -> None:
        self._client = redis.Redis.from_url(server.url())
        self.all = b""

    def __enter__(self) -> "_everything_said_to":
        self._listening = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening = False
        self._thread.join(timeout=10)

    def _listen(self) -> None:
        with self._client.monitor() as monitor:
            while self._listening:
                self.all += str(monitor.next_command()["command"]).encode()


def _everything_in(server: servers.Redis) -> bytes:
    with redis.Redis.from_url(server.url()) as client:
        return b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())
