"""Credentials kept in memory, so that a key isn't decrypted and parsed again for each signature.

What is held was true once. Whoever takes something from here asks the database whether the certificate is revoked, or
asks again after `policy.STANDING_RECHECK`.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Held(Generic[Key, Value]):
    """At most `limit` values, the least recently used of which goes first, and none for longer than `lifetime`."""

    def __init__(self, *, limit: int, lifetime: timedelta) -> None:
        self._limit = limit
        self._lifetime = lifetime
        self._entries: OrderedDict[Key, tuple[datetime, Value]] = OrderedDict()
        self._lock = Lock()

    def put(self, key: Key, value: Value, now: datetime) -> None:
        with self._lock:
            self._entries[key] = (now, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)

    def get(self, key: Key, now: datetime) -> Value | None:
        with self._lock:
            return self._fresh(key, now)

    def take(self, key: Key, now: datetime) -> Value | None:
        """Gives it away: the next one asks in vain."""
        with self._lock:
            value = self._fresh(key, now)
            self._entries.pop(key, None)
            return value

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def _fresh(self, key: Key, now: datetime) -> Value | None:
        found = self._entries.get(key)
        if found is None:
            return None
        since, value = found
        if not since <= now < since + self._lifetime:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value
