"""The port to the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from notify.webhooks.policy import Answer


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt: where to, with which headers, and the body to the byte."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Courier(Protocol):
    """POSTs a parcel. Never called inside a unit of work.

    Durability: none; an `Answer` of a 2xx is all that says that the endpoint has it. Retry: the caller may call again
    at any time; the endpoint tells repetitions by the event id. It returns in bounded time, whatever the endpoint does,
    raises nothing for what the endpoint does, follows no redirect, uses no proxy of the environment, and connects to no
    address the policy refuses.
    """

    def post(self, parcel: Parcel) -> Answer: ...
