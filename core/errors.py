"""Errors a person or a program can meet.

A handful of categories, which decide the HTTP status; below them each package has subclasses with a public `code`
that never changes. Every message says what happened, why, and what to do, in Chinese and in English. `facts` fill
the messages and travel in the problem document, so they must never hold a secret.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

Language = Literal["zh", "en"]


class DingyueError(Exception):
    """The base of all of them; never raised itself."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    zh: ClassVar[str] = "系统内部错误，操作未生效。请稍后重试，仍有问题请联系管理员。"
    en: ClassVar[str] = "Something failed inside; nothing was changed. Try again later, then tell the operator."

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message("en"))

    def message(self, language: Language) -> str:
        return (self.zh if language == "zh" else self.en).format_map(self.facts)


class InvalidInput(DingyueError):
    """What was sent can't be right, whoever sends it and whenever (422)."""

    status = 422


class NotAuthenticated(DingyueError):
    """We don't know who is asking (401)."""

    status = 401


class NotAllowed(DingyueError):
    """We know who is asking, and they may not (403)."""

    status = 403


class NotFound(DingyueError):
    """It isn't there, or it belongs to another organisation: the two look the same from outside (404)."""

    status = 404


class Conflict(DingyueError):
    """It can't be done in the state things are in now (409)."""

    status = 409


class PreconditionFailed(DingyueError):
    """What it was to be done to has changed since it was read (412, RFC 9110 §13.1.1)."""

    status = 412


class TooLarge(DingyueError):
    """More than the limits allow (413)."""

    status = 413


class TooManyRequests(DingyueError):
    """Slow down; `retry_after_seconds` is among the facts (429)."""

    status = 429


class Unavailable(DingyueError):
    """A part we need doesn't answer right now; nothing was changed (503)."""

    status = 503


class InvalidId(InvalidInput):
    code = "invalid_id"
    zh = "编号 {given} 格式不对，应为 {expected}。请检查后重试。"
    en = "The id {given} is malformed; it should look like {expected}. Check it and try again."


class InvalidAmount(InvalidInput):
    code = "invalid_amount"
    zh = "金额 {given}（{currency}）无法识别。请填写不带千位分隔符、至多两位小数的数字，币种目前只支持 CNY。"
    en = "The amount {given} ({currency}) can't be read. Write digits with at most two decimals; only CNY is known."


class InvalidDay(InvalidInput):
    code = "invalid_day"
    zh = "日期 {given} 不合理，应在 {earliest} 与 {latest} 之间；未作任何更改。请核对年份。"
    en = "The date {given} isn't plausible; it should lie between {earliest} and {latest}. Check the year."


class MixedCurrencies(InvalidInput):
    code = "mixed_currencies"
    zh = "{first} 与 {second} 不是同一币种，不能相加。请先统一币种。"
    en = "{first} and {second} are different currencies and can't be added. Use one currency."


def all_error_classes(base: type[DingyueError] = DingyueError) -> Iterator[type[DingyueError]]:
    """Every error with a code of its own, for `docs/errors.md` and the test that codes are unique."""
    for subclass in base.__subclasses__():
        if "code" in vars(subclass):
            yield subclass
        yield from all_error_classes(subclass)
