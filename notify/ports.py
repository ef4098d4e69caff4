"""What notify needs from the outside world: a channel that carries texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from notify.policy import FailureAction, MessageState


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One attempt to send one message. `reference` is unique to the attempt and is part of `text`."""

    message_id: UUID
    attempt: int
    reference: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says about a message it has; `provider_status` is its own word for `state`."""

    provider_id: str
    state: MessageState
    provider_status: str
    error_code: str | None = None
    action: FailureAction | None = None


class SendingRefused(Exception):
    """The provider has looked at the message and will never take it as it is."""

    def __init__(self, error_code: str, action: FailureAction) -> None:
        super().__init__(error_code)
        self.error_code = error_code
        self.action = action


class ChannelUnavailable(Exception):
    """The provider certainly does not have the message (never reached, or slow down): try again later."""


class OutcomeUnknown(Exception):
    """No answer, or none that says whether the provider has the message. Only `Channel.find` may tell."""


class Channel(Protocol):
    """Carries texts to phones. Never called inside a unit of work.

    Durability: when `send` returns, the provider has the message and `find` will show it. Retry: a caller that got
    `OutcomeUnknown`, or died before it recorded the answer, must ask `find` before it sends again, and not sooner
    than `settles_after` after the call. Idempotency: `send` need not be idempotent; `find` is.
    """

    @property
    def medium(self) -> str:
        """What it reaches: `sms`."""
        ...

    @property
    def provider(self) -> str:
        """Who carries it: names the adapter."""
        ...

    @property
    def settles_after(self) -> timedelta:
        """By when a call that was cut off has either reached the provider's list or never will."""
        ...

    def send(self, outgoing: Outgoing) -> Report:
        """Raises `SendingRefused`, `ChannelUnavailable` or `OutcomeUnknown`, and returns in bounded time."""
        ...

    def find(self, outgoing: Outgoing, since: datetime) -> Report | None:
        """The message with this `reference`, or None if the provider certainly never accepted it.

        `since` is an instant (of real time) well before the attempt: older messages need not be looked at.

        Raises `ChannelUnavailable` if that can't be told right now.
        """
        ...

    def read_callback(self, url: str, parameters: Mapping[str, str], signature: str) -> Report:
        """Reads a delivery report that reached us at `url`.

        Raises `notify.errors.CallbackRefused` unless it is authentic; a channel without callbacks refuses all.
        """
        ...
