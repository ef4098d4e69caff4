"""Refuses bodies over the limit before anything reads them into memory (ASGI middleware)."""

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BodyTooLarge, language_of, problem

MEGABYTE = 1 << 20


class BodyLimit:
    """Answers 413 once a body is over `limit_bytes`, whether it says its length or not.

    A refused body is read to its end (up to ten times the limit) and thrown away: a client that is still writing
    when the connection closes would see a broken pipe instead of the answer.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _declared_length(scope) > self._limit:
            await _discard(receive, 10 * self._limit)
            await self._refuse(scope, receive, send)
            return
        await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        """For bodies that don't declare their length: the application sees the connection end at the limit."""
        received = 0
        is_over = False

        async def counted() -> Message:
            nonlocal received, is_over
            if is_over:
                return {"type": "http.disconnect"}
            message = await receive()
            received += len(message.get("body", b""))
            is_over = received > self._limit
            return {"type": "http.disconnect"} if is_over else message

        async def send_unless_over(message: Message) -> None:
            if not is_over:
                await send(message)

        try:
            await self._app(scope, counted, send_unless_over)
        except Exception:
            if not is_over:
                raise
        if is_over:
            await _discard(receive, 10 * self._limit)
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = BodyTooLarge(limit_megabytes=self._limit // MEGABYTE)
        await problem(error, language_of(Request(scope)))(scope, receive, send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _discard(receive: Receive, most: int) -> None:
    discarded = 0
    while discarded < most:
        message = await receive()
        discarded += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return
