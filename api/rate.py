"""How often anybody may have something checked here without an account.

Judging a stranger's file takes a processor a while, and anyone may ask for it. So each address has a bucket of turns:
it holds a minute's worth, and fills again evenly. The address is the one the server was given, which is that of the
client only if the proxies in front are in `TRUSTED_PROXIES`. Of IPv6 a whole /64 is one visitor: that is the least that
anybody is given.

Each process counts for itself. What is protected are its own processors, and a count that all share would be a write to
a database for every stranger. Several processes let a visitor do as many times more.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from core.errors import TooManyRequests

MOST_ADDRESSES = 20_000
"""Remembered at a time; beyond, those that were away the longest are forgotten, and their buckets are full again."""
_IPV6_VISITOR = 64


class TooManyChecks(TooManyRequests):
    code = "too_many_checks"
    zh = (
        "您的网络地址在短时间内核验过于频繁，本次未核验。请在 {retry_after_seconds} 秒后重试，"
        "或用 dingyue verify 在本机核验。"
    )
    en = (
        "Too many checks came from your network address; nothing was checked. Try again in {retry_after_seconds} "
        "seconds, or run `dingyue verify` on your own machine."
    )


@dataclass
class CheckLimit:
    """Turns of every address. `per_minute` 0 doesn't limit; `clock` counts seconds."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """By address: the turns that were left, and when."""

    def take(self, address: str | None) -> None:
        """One turn. Raises `TooManyChecks` if there is none; asking in vain costs nothing."""
        if not self.per_minute:
            return
        visitor, now = _visitor(address), self.clock()
        turns, since = self._buckets.pop(visitor, (float(self.per_minute), now))
        turns = min(self.per_minute, turns + (now - since) * self.per_minute / 60)
        is_refused = turns < 1
        self._buckets[visitor] = (turns if is_refused else turns - 1, now)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        if is_refused:
            raise TooManyChecks(retry_after_seconds=math.ceil((1 - turns) * 60 / self.per_minute))


class CheckRoute(APIRoute):
    """A route whose POST takes a turn before its body is read: a refusal costs no more than receiving it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            if request.method == "POST":
                try:
                    request.app.state.check_limit.take(request.client.host if request.client else None)
                except TooManyChecks:
                    # Thrown away to its end, which `BodyLimit` sets: whoever is still sending hears why.
                    async for _ in request.stream():
                        pass
                    raise
            return await handle(request)

        return limited


def _visitor(address: str | None) -> str:
    """Whom an address counts for. A server on a local socket knows none: then all are one."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, _IPV6_VISITOR), strict=False))
    return str(parsed)
