"""The clock of an embedded stack. Production has no such control: the settings refuse it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from accounts.policy import Scope
from api.deps import CurrentActor, CurrentServices
from core.errors import InvalidInput, NotFound

LATEST = datetime(2099, 12, 31, tzinfo=UTC)

router = APIRouter(prefix="/clock", tags=["demonstration"])


class ClockNotMovable(NotFound):
    code = "clock_not_movable"
    zh = "此系统使用真实时间，不能调整时钟。"
    en = "This system keeps real time; its clock can't be moved."


class ClockBackwards(InvalidInput):
    code = "clock_backwards"
    zh = "演示时钟只能向前调整：现在是 {now}。请给出更晚的时间。"
    en = "The demonstration's clock only moves forward: it is {now}. Give a later instant."


class ClockTooFar(InvalidInput):
    code = "clock_too_far"
    zh = "演示时钟最晚可调到 {latest}：再往后证书都已过期。请给出更早的时间。"
    en = "The demonstration's clock goes to {latest} at most; beyond, all certificates have expired. Go less far."


class ClockView(BaseModel):
    now: datetime
    is_movable: bool


class ClockMove(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Annotated[AwareDatetime, Field(description="The instant it shall be, with a zone")]


@router.get("")
def read_clock(services: CurrentServices) -> ClockView:
    """The time this stack goes by."""
    return ClockView(now=services.clock.now(), is_movable=services.clock_control is not None)


@router.put("")
def move_clock(actor: CurrentActor, services: CurrentServices, body: ClockMove) -> ClockView:
    """Moves the clock of an embedded stack forward, and its development chain with it."""
    actor.require(Scope.CLOCK_WRITE)
    if services.clock_control is None:
        raise ClockNotMovable
    now = services.clock.now()
    if body.to < now:
        raise ClockBackwards(now=now.astimezone(UTC).isoformat(timespec="seconds"))
    if body.to > LATEST:
        raise ClockTooFar(latest=LATEST.date().isoformat())
    services.clock_control.move_to(body.to)
    return read_clock(services)
