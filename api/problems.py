"""One handler renders every error as `application/problem+json` (RFC 9457) with a stable `code`."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from core.errors import DingyueError, InvalidInput, Language, NotFound, TooLarge

logger = logging.getLogger(__name__)

MOST_ERRORS = 20
"""So many are shown; a body of a million wrong fields doesn't get a million answers."""


class RequestInvalid(InvalidInput):
    code = "request_invalid"
    zh = "请求内容不符合接口要求，见 errors 字段；未作任何更改。请修改后重试。"
    en = "The request doesn't fit the interface, see `errors`; nothing was changed. Mend it and try again."


class RouteNotFound(NotFound):
    code = "route_not_found"
    zh = "没有这个地址。请查看 /docs 中的接口说明。"
    en = "There is nothing at this address. See /docs for what there is."


class BodyTooLarge(TooLarge):
    code = "body_too_large"
    zh = "上传内容超过 {limit_megabytes} MB 的上限，未被接收。请压缩或拆分后重试。"
    en = "What was sent is over the limit of {limit_megabytes} MB and was not taken. Shrink or split it."


class TextNotStorable(InvalidInput):
    code = "text_not_storable"
    zh = "内容中含有无法保存的字符（例如 U+0000）或超出范围的数值；未作任何更改。请删去后重试。"
    en = "There is a character that can't be stored (such as U+0000) or a number out of range; nothing was changed."


class RequestUnreadable(DingyueError):
    """HTTP that can't be read as the route expects it, such as a form cut short (400)."""

    status = 400
    code = "request_unreadable"
    zh = "请求无法读取：格式或编码有误，或内容不完整；未作任何更改。请对照 /docs 检查后重试。"
    en = "The request can't be read: malformed, wrongly encoded or cut short; nothing was changed. See /docs."


class IfMatchMissing(DingyueError):
    """428 (RFC 6585 §3): a change must say what it changes, so that nobody overwrites what they haven't seen."""

    status = 428
    code = "if_match_missing"
    zh = "修改须在 If-Match 头中给出所读版本的 ETag；未作任何更改。请先读取，再带上其 ETag。"
    en = "A change must show the ETag of what you read as `If-Match`; nothing was changed. Read it first."


class MethodNotAllowed(DingyueError):
    """405; the header `Allow` names a method that is there."""

    status = 405
    code = "method_not_allowed"
    zh = "此地址不支持 {method} 方法；未作任何更改。请查看 /docs 中的接口说明。"
    en = "This address doesn't take {method}; nothing was changed. See /docs for what it takes."


class InternalError(DingyueError):
    """Anything we didn't foresee. The cause is in the log, never in the answer."""

    code = "internal_error"


def language_of(request: Request) -> Language:
    """Chinese unless English is asked for first."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def address_of(request: Request) -> str:
    """The route's template, for logs: in the path itself a signing link's token may stand."""
    template: str | None = getattr(request.scope.get("route"), "path", None)
    return template or "an address nobody serves"


def problem(error: DingyueError, language: Language, extra: dict[str, Any] | None = None) -> JSONResponse:
    body = {
        "type": f"/docs/errors#{error.code}",
        "title": error.code.replace("_", " "),
        "status": error.status,
        "code": error.code,
        "detail": error.message(language),
        **({"facts": error.facts} if error.facts else {}),
        **(extra or {}),
    }
    headers: dict[str, str] = {"Content-Language": language}
    if "retry_after_seconds" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after_seconds"])
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, error.status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Registers the handlers."""

    @app.exception_handler(DingyueError)
    def known(request: Request, error: DingyueError) -> JSONResponse:
        if error.status >= 500:
            logger.error("%s %s: %s", request.method, address_of(request), error.code, exc_info=error)
        return problem(error, language_of(request))

    @app.exception_handler(DataError)
    def unstorable(request: Request, error: DataError) -> JSONResponse:
        # PostgreSQL refused a value and rolled back: the request was wrong, not the service.
        logger.warning("%s %s: %s", request.method, address_of(request), type(error.orig).__name__)
        return problem(TextNotStorable(), language_of(request))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # `input` is left out: it may hold a password or a code.
        errors = [
            {"where": ".".join(map(str, item["loc"]))[:200], "what": item["msg"], "kind": item["type"]}
            for item in error.errors()[:MOST_ERRORS]
        ]
        return problem(RequestInvalid(), language_of(request), {"errors": errors})

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        response = problem(_of_http(request, error), language_of(request))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    def unknown(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s failed", request.method, address_of(request), exc_info=error)
        return problem(InternalError(), language_of(request))


def _of_http(request: Request, error: HTTPException) -> DingyueError:
    """What Starlette and FastAPI refuse by themselves, in our words."""
    if error.status_code == 404:
        return RouteNotFound()
    if error.status_code == 405:
        return MethodNotAllowed(method=request.method[:20])
    return RequestUnreadable()
