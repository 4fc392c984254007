"""What is published is what Celery's workers take, without Celery in the process that publishes it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from kombu import Message

from tests import servers
from worker import broker, celery_config, settings, tasks


@pytest.fixture
def redis(own_redis: servers.Redis) -> Iterator[servers.Redis]:
    """The broker of this process and its children."""
    settings.only_for_this_process(broker_url=own_redis.url(), secret_key="a key that is long enough for everything")
    _forget_connections()
    yield own_redis
    _forget_connections()


def _forget_connections() -> None:
    broker._producer.cache_clear()


def taken(seconds: float = servers.TIMEOUT_S) -> Message:
    """The next message, as kombu reads it for a worker of Celery."""
    with broker._connection() as connection, connection.SimpleQueue(celery_config.QUEUE) as waiting:
        message = waiting.get(timeout=seconds)
        message.ack()
        return message


def test_every_task_can_be_named_and_no_other() -> None:
    assert set(get_args(broker.TaskName)) == {name for name in tasks.queue.tasks if not name.startswith("celery.")}


def test_a_message_is_what_celery_itself_would_publish() -> None:
    ours, headers = broker.message("record", (7,))
    theirs = tasks.queue.amqp.as_task_v2("x", "record", (7,), {}, expires=celery_config.TASK_EXPIRES_S)

    assert ours == theirs.body
    told_otherwise = {"id", "root_id", "expires", "ignore_result"}
    assert {name: theirs.headers[name] for name in headers if name not in told_otherwise} == {
        name: value for name, value in headers.items() if name not in told_otherwise
    }
    assert headers["root_id"] == headers["id"]
    left = datetime.fromisoformat(headers["expires"]) - datetime.fromisoformat(theirs.headers["expires"])
    assert abs(left) < timedelta(minutes=1)


def test_a_worker_takes_what_was_published(redis: servers.Redis) -> None:
    broker.notify("record", 7)
    assert broker.notifier.wait(servers.TIMEOUT_S)

    message = taken()
    (ids, named, _), headers = message.payload, message.headers
    assert (headers["task"], ids, named) == ("record", [7], {})
    assert datetime.fromisoformat(headers["expires"]) > datetime.now(UTC)
    assert not any("@" in str(value) for value in headers.values()), "the name of this machine is told to nobody"


def test_a_broker_that_was_started_anew_loses_no_message(redis: servers.Redis) -> None:
    broker._publish("record", (1,))
    redis.kill()
    redis.restart()
    broker._publish("record", (2,))

    assert [taken().payload[0] for _ in range(2)] == [[1], [2]]


def test_a_broker_that_goes_away_and_comes_back_is_told_again(
    redis: servers.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """By the same thread, which lives as long as its process."""
    broker.notify("record", 1)
    assert broker.notifier.wait(servers.TIMEOUT_S)
    redis.kill()
    broker.notify("record", 2)
    assert broker.notifier.wait(servers.TIMEOUT_S)
    redis.restart()
    broker.notify("record", 3)
    assert broker.notifier.wait(servers.TIMEOUT_S), "nobody sends it"

    assert [taken().payload[0] for _ in range(2)] == [[1], [3]]
    assert [record.getMessage() for record in caplog.records] == [
        "cannot be notified (OperationalError); the next sweep will"
    ]


def test_of_a_broker_that_is_away_only_its_kind_is_said(redis: servers.Redis, caplog: pytest.LogCaptureFixture) -> None:
    assert broker.answers()
    redis.kill()
    broker.notify("record", 3)
    assert broker.notifier.wait(servers.TIMEOUT_S)

    assert not broker.answers()
    assert [record.getMessage() for record in caplog.records] == [
        "cannot be notified (OperationalError); the next sweep will"
    ]
