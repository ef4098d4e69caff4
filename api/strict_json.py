"""Refuses JSON that two readers could understand differently (I-JSON, RFC 7493), before anything reads it.

What is signed and notarised here must mean one thing: a body with a name given twice, `NaN`, `1e400`, half a
surrogate pair, or bytes that are no UTF-8 is refused as a whole. So is one nested deeper than any request of ours, and
one with U+0000, which PostgreSQL can't store (ASGI middleware).
"""

import json
import math
from typing import Any, Never

from anyio import to_thread
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import MEGABYTE
from api.problems import BodyTooLarge, language_of, problem
from core.errors import DingyueError, InvalidInput

LARGEST_JSON = 4 * MEGABYTE
"""Bytes. The longest lists the interface allows fit; reading more would hold up everybody else."""
LARGEST_BATCH = 16 * MEGABYTE
"""For the one address that takes ten thousand items."""
_BATCH = "/v1/evidence/batch"
_READ_ASIDE = 256 * 1024
"""From this many bytes on, a thread reads, so that others are answered meanwhile."""


class JSONInvalid(InvalidInput):
    code = "json_invalid"
    zh = "请求体不是含义唯一的 JSON（RFC 7493）：{reason_zh}；未作任何更改。请修改后重试。"
    en = "The body isn't JSON with a single meaning (RFC 7493): {reason_en}; nothing was changed. Mend it, try again."


class StrictJSON:
    """Stands inside the body limit and before idempotency: a refused body claims no key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_json(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        limit = LARGEST_BATCH if scope["path"] == _BATCH else LARGEST_JSON
        try:
            if len(body) > _READ_ASIDE:
                await to_thread.run_sync(check_json, body, limit)
            else:
                check_json(body, limit)
        except DingyueError as error:
            await problem(error, language_of(request))(scope, receive, send)
            return
        await self._app(scope, replay(body), send)


def check_json(body: bytes, limit: int = LARGEST_JSON) -> None:
    """Raises `JSONInvalid` or `BodyTooLarge`. No body at all is the route's business."""
    if len(body) > limit:
        raise BodyTooLarge(limit_megabytes=limit // MEGABYTE)
    if not body:
        return
    try:
        value = json.loads(body.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse)
        _check_texts(value)
    except RecursionError as error:
        raise JSONInvalid(reason_zh="嵌套过深", reason_en="it is nested too deeply") from error
    except ValueError as error:
        raise JSONInvalid(reason_zh="语法或编码有误", reason_en="its syntax or encoding is wrong") from error


def replay(body: bytes) -> Receive:
    """A `receive` that hands out a body which was read already."""
    is_sent = False

    async def receive() -> Message:
        nonlocal is_sent
        if is_sent:
            return {"type": "http.disconnect"}
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _is_json(scope: Scope) -> bool:
    """As FastAPI tells it: `application/json` and `application/…+json`."""
    content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    media_type = content_type.split(b";", 1)[0].strip().lower()
    kind, _, subtype = media_type.partition(b"/")
    return kind == b"application" and (subtype == b"json" or subtype.endswith(b"+json"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise JSONInvalid(reason_zh="同一名称出现两次", reason_en="a name is given twice in one object")
    return unique


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(_: str) -> Never:
    raise JSONInvalid(reason_zh="数值超出范围", reason_en="a number is out of range")


def _check_texts(value: Any) -> None:
    """Raises `JSONInvalid`, or `UnicodeEncodeError` for half a surrogate pair."""
    if isinstance(value, str):
        if b"\x00" in value.encode():
            raise JSONInvalid(reason_zh="含有字符 U+0000", reason_en="it holds the character U+0000")
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_texts(name)
            _check_texts(item)
