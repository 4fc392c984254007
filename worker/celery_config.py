"""How Celery is set up: one queue, no results, and a broker that may be away."""

from typing import Any

from worker import settings

QUEUE = "letters"
BOUNCES_INTERVAL_S = 300  # seconds
BACKUP_INTERVAL_S = 300  # seconds between two looks whether a backup is due
# Seconds after which a task message expires. A worker compares with its own clock: one that is an hour fast would
# drop every message that lives for a minute.
TASK_EXPIRES_S = 6 * 3600


def configuration() -> dict[str, Any]:
    conf = settings.current()
    return {
        "broker_url": conf.broker_url,
        "broker_transport_options": _memory if conf.embedded else _redis | {"global_keyprefix": conf.redis_prefix},
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a Redis that is away for a day must not end the workers
        "broker_pool_acquire_timeout": 2,
        "task_publish_retry": False,  # a task that is not published is a sweep later; nobody waits for it
        "task_ignore_result": True,
        "task_default_queue": QUEUE,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "beat_schedule": {
            "sweep": {"task": "sweep", "schedule": conf.sweep, "options": {"expires": TASK_EXPIRES_S}},
            "bounces": {"task": "bounces", "schedule": BOUNCES_INTERVAL_S, "options": {"expires": TASK_EXPIRES_S}},
            **({"backup": _backup} if conf.backup_dir else {}),
        },
        "timezone": "UTC",
    }


_backup = {"task": "backup", "schedule": BACKUP_INTERVAL_S, "options": {"expires": TASK_EXPIRES_S}}
_memory = {"polling_interval": 0.02}
_redis = {
    "visibility_timeout": 900,
    "socket_timeout": 2,  # a hung Redis held publishers for half a minute
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
