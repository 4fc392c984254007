"""What workers are told: which task may have something to do, in Celery's own message.

It takes kombu alone, so that pages and commands, which run no task, need neither Celery nor what tasks need.
"""

import functools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from kombu import Connection, Producer
from kombu.exceptions import OperationalError

from worker import celery_config
from worker.task_notifier import TaskNotifier

TaskName = Literal[
    "backup",
    "bounces",
    "close",
    "deliver",
    "digest",
    "dispatch",
    "erase",
    "invite",
    "login",
    "record",
    "remind",
    "report",
    "scrub",
    "sweep",
    "wake",
]


def notify(task: TaskName, *ids: int) -> None:
    """Wake a worker for this, after the commit. Returns at once: a lost notification costs one sweep, no more."""
    notifier.notify(task, ids)


def answers(seconds: float = 2) -> bool:
    """Whether the broker takes a message now; gives a broker that hangs about this long."""
    try:
        with _connection() as connection:
            connection.ensure_connection(max_retries=1, timeout=seconds)
    except (OperationalError, OSError):
        return False
    return True


def message(task: str, ids: tuple[int, ...]) -> tuple[Any, dict[str, Any]]:
    """Body and headers as the second version of Celery's message protocol has them; no host name is told."""
    number = str(uuid.uuid4())
    expires = datetime.now(UTC) + timedelta(seconds=celery_config.TASK_EXPIRES_S)
    callbacks = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))
    headers = {
        "lang": "py",
        "task": task,
        "id": number,
        "root_id": number,
        "parent_id": None,
        "group": None,
        "expires": expires.isoformat(),
        "ignore_result": True,
    }
    return (ids, {}, callbacks), headers


def _publish(task: str, ids: tuple[int, ...]) -> None:
    """Raises OperationalError or OSError; a connection that died meanwhile is made anew."""
    body, headers = message(task, ids)
    producer = _producer()
    try:
        producer.publish(body, routing_key=celery_config.QUEUE, headers=headers, correlation_id=headers["id"])
    except producer.connection.connection_errors as error:  # the transport's own, of a broker that was there before
        raise OperationalError(type(error).__name__) from None


@functools.lru_cache(maxsize=1)
def _producer() -> Producer:
    """The notifier's, which connects with the first message."""
    return Producer(_connection(), auto_declare=False)


def _connection() -> Connection:
    conf = celery_config.configuration()
    return Connection(conf["broker_url"], transport_options=conf["broker_transport_options"])


notifier = TaskNotifier(_publish)
