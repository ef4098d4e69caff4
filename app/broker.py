"""The Celery client every process shares: it sends tasks by name, the worker knows what they do."""

import logging

from celery import Celery
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 1


def celery_client(broker_url: str) -> Celery:
    return Celery(
        "dingyue",
        broker=broker_url,
        set_as_current=False,
        changes={
            "task_ignore_result": True,
            "broker_connection_timeout": 1,
            "broker_connection_retry_on_startup": True,
        },
    )


class RelayKick:
    """Asks a worker to relay the outbox now instead of at the next beat.

    Best effort: if the broker is away, the event waits in the database for the next sweep.
    """

    def __init__(self, broker_url: str) -> None:
        self._celery = celery_client(broker_url)
        # A broker that hangs, or is just being started, must not hold up whoever has committed.
        self._celery.conf.broker_transport_options = {
            "socket_connect_timeout": _PATIENCE_SECONDS,
            "socket_timeout": _PATIENCE_SECONDS,
            "max_retries": 0,
        }

    def __call__(self) -> None:
        try:
            self._celery.send_task("relay", retry=False, expires=30)
        except (OperationalError, OSError) as error:
            logger.warning("the broker doesn't answer; events wait for the next sweep: %s", error)
