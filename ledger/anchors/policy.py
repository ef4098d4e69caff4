"""Decisions about anchors: no I/O.

    pending ──mined──▶ mined ──finalized──▶ finalized
       ▲                 │                      │
       └──── its block is no longer the chain's ┘

`finalized` falls back only when the chain itself lost a block it had called final: a development chain restarted
from an older state, or a chain whose finality failed. Then the same signed transaction is sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


class AnchorState(StrEnum):
    PENDING = "pending"
    MINED = "mined"
    FINALIZED = "finalized"


class Purpose(StrEnum):
    """What a transaction is for."""

    DEPLOY = "deploy"
    REGISTER = "register"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """One chain to anchor on.

    `contract`: an `EvidenceAnchor` that is there already; None deploys one. `finality`: the node's `finalized` tag,
    or how many blocks on top make a block final. `maximum_fee` caps wei per gas. A `development` chain funds our
    account by itself and is labelled as no evidence.
    """

    chain_id: int
    name: str
    url: str
    development: bool = False
    contract: str | None = None
    finality: Literal["finalized"] | int = "finalized"
    cadence: timedelta = timedelta(minutes=10)
    bump_after: timedelta = timedelta(minutes=3)
    low_balance: int = 10**16
    maximum_fee: int = 500 * 10**9


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas. `priority` is None on a chain without EIP-1559, where `maximum` is the gas price."""

    maximum: int
    priority: int | None


def is_anchor_due(now: datetime, previous_at: datetime, cadence: timedelta, *, is_urgent: bool) -> bool:
    """Whether a grown log is anchored now. A clock that was set back never silences anchoring."""
    return is_urgent or now - previous_at >= cadence or now < previous_at


def finality_name(finality: Literal["finalized"] | int) -> str:
    """How evidence names the way a block became final."""
    return "finalized tag" if finality == "finalized" else f"depth {finality}"


def gas_limit(estimate: int) -> int:
    """A quarter more than the estimate: sending the same bytes again to a chain in a slightly other state must do."""
    return estimate + estimate // 4


def initial_fees(base_fee: int | None, priority: int, gas_price: int, maximum: int) -> Fees:
    """Twice the base fee outlasts six full blocks in a row (EIP-1559: at most 12.5 % more for each)."""
    if base_fee is None:
        return Fees(min(gas_price, maximum), None)
    return Fees(min(2 * base_fee + priority, maximum), min(priority, maximum))


def bumped_fees(previous: Fees, suggested: Fees, maximum: int) -> Fees | None:
    """Fees for replacing a transaction, or None if the cap leaves no room.

    Nodes take a replacement only at 10 % more; 12.5 % (an eighth) is above all their roundings.
    """

    def raised(old: int, new: int) -> int:
        return max(old + old // 8 + 1, new)

    bumped = raised(previous.maximum, suggested.maximum)
    if bumped > maximum:
        return None
    if previous.priority is None:
        return Fees(bumped, None)
    return Fees(bumped, min(raised(previous.priority, suggested.priority or 0), bumped))


def is_stuck(waited: timedelta, bump_after: timedelta, offered: Fees, asked: Fees) -> bool:
    """Whether more money would help a waiting transaction: it waits long, and offers less than the chain asks now."""
    return waited >= bump_after and (asked.maximum > offered.maximum or (asked.priority or 0) > (offered.priority or 0))
