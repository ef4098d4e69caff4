"""Domain events: facts one package tells the packages above it, which it doesn't know."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from core.unit_of_work import UnitOfWork


class Event(BaseModel):
    """The base of all events. Fields must survive JSON (ids, instants, strings, integers, lists of those).

    A secret travels only sealed (`core.secrets.SecretBox`), as hex.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ClassVar[str]


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Subscription(Generic[E]):
    """Calls `handle` for every event of a type, at least once, each time in a unit of work of its own.

    The receipt (event, name) is written in the same unit of work, so a transactional handler takes effect exactly
    once. `name` must never change once in use.
    """

    name: str
    event: type[E]
    handle: "Callable[[UnitOfWork, E], None]"


@dataclass(frozen=True, slots=True)
class Reaction(Generic[E]):
    """Like `Subscription`, for work that calls the outside world and opens its own units of work.

    `react` may run more than once for an event, also at the same time: it must be idempotent by its own state.
    """

    name: str
    event: type[E]
    react: "Callable[[E], None]"
