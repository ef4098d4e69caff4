"""`Idempotency-Key` on every POST below /v1 (ASGI middleware).

The first request with a key runs; the same request again gets the same answer without running. The same key with
another body is refused. While the first still runs, the second is told to wait; if it never came to an end (the
process was killed), the key is free again after `ABANDONED_AFTER`. Answers of 5xx and those that say `Retry-After` are
not kept, so that a client may simply try again. Keys belong to the token that sent them and are kept for `KEPT_FOR`.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from anyio import to_thread
from fastapi import Request, Response
from fastapi.security.utils import get_authorization_scheme_param
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.service import AccountService
from api.models import IdempotentAnswer
from api.problems import language_of, problem
from api.strict_json import replay
from core.errors import Conflict, DingyueError, InvalidInput, NotAuthenticated
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory

ABANDONED_AFTER = timedelta(minutes=2)
KEPT_FOR = timedelta(days=7)
LONGEST_KEY = 200
RETRY_AFTER_SECONDS = 2
_RECIPIENTS = "/v1/signing-sessions/"
_PURPOSE = "idempotent-answer"


class IdempotencyKeyReused(InvalidInput):
    code = "idempotency_key_reused"
    zh = "这个 Idempotency-Key 已用于另一个内容不同的请求，本次请求未执行。请换一个新的键。"
    en = "This Idempotency-Key was used for a different request; this one was not run. Use a new key."


class IdempotencyKeyInvalid(InvalidInput):
    code = "idempotency_key_invalid"
    zh = "Idempotency-Key 应为 1 至 {longest} 个字符，本次请求未执行。"
    en = "An Idempotency-Key has 1 to {longest} characters; the request was not run."


class RequestInProgress(Conflict):
    code = "request_in_progress"
    zh = "同一个请求正在处理中。请在 {retry_after_seconds} 秒后用同一个键重试。"
    en = "The same request is being worked on. Try again with the same key in {retry_after_seconds} seconds."


@dataclass(slots=True)
class _Recorded:
    """An answer on its way out."""

    status: int = 0
    media_type: str = ""
    asks_to_retry: bool = False
    body: bytearray = field(default_factory=bytearray)

    def add(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = dict(message["headers"])
            self.media_type = headers.get(b"content-type", b"").decode("latin-1")
            self.asks_to_retry = b"retry-after" in headers
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    @property
    def is_final(self) -> bool:
        """Whether the same request, sent again, would deserve the same answer."""
        return 200 <= self.status < 500 and not self.asks_to_retry


class Idempotency:
    """Stands inside the body limit: a request reaches it whole and not too large."""

    def __init__(self, app: ASGIApp, unit_of_work: UnitOfWorkFactory, secrets: SecretBox) -> None:
        self._app = app
        self._unit_of_work = unit_of_work
        self._secrets = secrets
        self._accounts = AccountService(unit_of_work)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        key = request.headers.get("idempotency-key")
        if key is None or "authorization" not in request.headers:
            # Without a name, one stranger's key would be another's: such a request simply runs.
            await self._app(scope, receive, send)
            return
        try:
            await self._run_once(request, key, send)
        except DingyueError as error:
            await problem(error, language_of(request))(scope, receive, send)

    async def _run_once(self, request: Request, key: str, send: Send) -> None:
        if not 0 < len(key) <= LONGEST_KEY:
            raise IdempotencyKeyInvalid(longest=LONGEST_KEY)
        body = await request.body()
        # The scheme may be spelt in either case (RFC 9110 §11.1): the same token is the same client.
        scheme, token = get_authorization_scheme_param(request.headers["authorization"])
        key_hash = _digest(scheme.lower(), token, request.url.path, key)
        content = _without_boundary(request.headers.get("content-type", ""), body)
        # With the token, which is a secret: a number in a body can't be found by trying them all against this hash.
        request_hash = _digest(token, request.url.query, content)
        begun = await to_thread.run_sync(self._begin, key_hash, request_hash)
        if isinstance(begun, Response):
            if not await to_thread.run_sync(self._is_still_let_in, request):
                await self._app(request.scope, replay(body), send)  # which refuses, as it would without a key
                return
            await begun(request.scope, request.receive, send)
            return
        recorded = _Recorded()

        async def record(message: Message) -> None:
            recorded.add(message)
            await send(message)

        try:
            await self._app(request.scope, replay(body), record)
        finally:
            await to_thread.run_sync(self._finish, key_hash, begun, recorded)

    def _is_still_let_in(self, request: Request) -> bool:
        """A token that was revoked since gets no answers either, not even those it once got.

        A recipient's session isn't looked at: signing may have ended it, and the answer says that it was signed.
        """
        if request.url.path.startswith(_RECIPIENTS):
            return True
        _, token = get_authorization_scheme_param(request.headers["authorization"])
        try:
            self._accounts.authenticate(token)
        except NotAuthenticated:
            return False
        return True

    def _begin(self, key_hash: bytes, request_hash: bytes) -> Response | datetime:
        """Claims the key and returns when, or returns the answer it already has.

        Raises `IdempotencyKeyReused`, or `RequestInProgress` while the first request runs.
        """
        with self._unit_of_work() as uow:
            uow.session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.started_at < uow.now - KEPT_FOR))
            claim = insert(IdempotentAnswer).values(key_hash=key_hash, request_hash=request_hash, started_at=uow.now)
            is_first = claim.on_conflict_do_nothing().returning(IdempotentAnswer.key_hash)
            if uow.session.scalar(is_first) is not None:
                return uow.now
            row = uow.session.get(IdempotentAnswer, key_hash, with_for_update=True)
            if row is None:  # The first request failed and gave the key back while we looked.
                raise RequestInProgress(retry_after_seconds=RETRY_AFTER_SECONDS)
            if row.request_hash != request_hash:
                raise IdempotencyKeyReused
            if row.status is None or row.answer is None:
                _take_over(row, uow.now)
                return uow.now
            answer = self._secrets.open(row.answer, _PURPOSE)
            return Response(answer, row.status, {"Idempotent-Replay": "true"}, row.media_type)

    def _finish(self, key_hash: bytes, claimed_at: datetime, recorded: _Recorded) -> None:
        """Keeps the answer, or gives the key back; neither if we were so slow that another request took it over."""
        with self._unit_of_work() as uow:
            row = uow.session.get(IdempotentAnswer, key_hash, with_for_update=True)
            if row is None or row.started_at != claimed_at:
                return
            if not recorded.is_final:
                uow.session.delete(row)
                return
            row.status, row.media_type = recorded.status, recorded.media_type
            row.answer = self._secrets.seal(bytes(recorded.body), _PURPOSE)


def _take_over(row: IdempotentAnswer, now: datetime) -> None:
    if now < row.started_at + ABANDONED_AFTER:
        raise RequestInProgress(retry_after_seconds=RETRY_AFTER_SECONDS)
    row.started_at = now


def _without_boundary(content_type: str, body: bytes) -> bytes:
    """A repeated upload is the same request, although clients draw a new multipart boundary each time."""
    _, _, boundary = content_type.partition("boundary=")
    return body.replace(boundary.strip('"').encode(), b"") if boundary else body


def _digest(*parts: str | bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()
