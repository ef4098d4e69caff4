"""Answers that were fetched lately, so that sealing a hundred contracts asks an authority once.

An answer is kept until it is out of date, and never longer than `LONGEST_KEPT`: what was revoked since must show soon.
The number and the size of all of them are bounded; those not used for the longest time go first. Threads may share it.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

LONGEST_KEPT = {"list": timedelta(hours=1), "response": timedelta(minutes=5)}
MOST_KEPT = 256
LARGEST_SUM = 32 * 1024 * 1024

Key = tuple[str, bytes | None]
"""The address, and what was asked there."""


class KeptAnswers:
    def __init__(self, *, most: int = MOST_KEPT, largest_sum: int = LARGEST_SUM) -> None:
        self._most = most
        self._largest_sum = largest_sum
        self._kept: OrderedDict[Key, tuple[bytes, datetime]] = OrderedDict()
        self._sum = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key, now: datetime) -> bytes | None:
        with self._lock:
            if key not in self._kept:
                return None
            body, until = self._kept[key]
            if now >= until:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return body

    def put(self, key: Key, body: bytes, until: datetime) -> None:
        with self._lock:
            if key in self._kept:
                self._drop(key)
            self._kept[key] = (body, until)
            self._sum += len(body)
            while len(self._kept) > self._most or self._sum > self._largest_sum:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        self._sum -= len(self._kept.pop(key)[0])
