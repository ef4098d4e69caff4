"""Periodic tasks of several parts, of which none waits for the others to succeed."""

import logging
from collections.abc import Callable

_log = logging.getLogger(__name__)


def run_each(*parts: Callable[[], object]) -> None:
    """Runs every part, whatever becomes of those before it, and then fails if one of them did.

    Raises what the first of the failures raised; each is in the log.
    """
    failures = []
    for part in parts:
        try:
            part()
        except Exception as error:  # noqa: BLE001 - kept, told, and raised once the others had their turn
            _log.exception("a part of a periodic task failed")
            failures.append(error)
    if failures:
        raise failures[0]
