"""Decisions about anchors: no I/O.

    pending ──mined──▶ mined ──finalized──▶ finalized
       ▲                 │                      │
       └──── its block is no longer the chain's ┘

`finalized` falls back only when the chain itself lost a block it had called final: a development chain restarted
from an older state, or a chain whose finality failed. Then the same signed transaction is sent again.

A pending anchor is `overtaken` when the contract has a larger size already: it will never take this one, and needs not,
for the larger tree holds all of it. (Nonces keep our anchors in order; somebody else with our key may not.)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Finality = Literal["finalized", "seals"] | int


class AnchorState(StrEnum):
    PENDING = "pending"
    MINED = "mined"
    FINALIZED = "finalized"
    OVERTAKEN = "overtaken"


class Purpose(StrEnum):
    """What a transaction is for. `FILL` does nothing but use up a nonce that the chain waits for."""

    DEPLOY = "deploy"
    REGISTER = "register"
    ANCHOR = "anchor"
    ROTATE = "rotate"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """One chain to anchor on.

    `contract`: an `EvidenceAnchor` that is there already; None deploys one. `finality`: the node's `finalized` tag,
    or how many blocks on top make a block final, or the committed seals of `validators` (lower-case 0x-hex; needed
    with `seals`, and only then). `maximum_fee` caps wei per gas; 0 is a chain that takes no money for gas: nothing is
    offered, and the account may be empty. A `development` chain funds our account by itself and is labelled as no
    evidence. `has_own_writer`: an account of this chain's own, instead of the one that is shared by all. `quorum`: so
    many of `awaited_witnesses` (vkeys) must have cosigned a checkpoint before it is anchored; 0 waits for nobody.
    """

    chain_id: int
    name: str
    url: str
    development: bool = False
    contract: str | None = None
    finality: Finality = "finalized"
    validators: tuple[str, ...] = ()
    has_own_writer: bool = False
    cadence: timedelta = timedelta(minutes=10)
    bump_after: timedelta = timedelta(minutes=3)
    low_balance: int = 10**16
    maximum_fee: int = 500 * 10**9
    awaited_witnesses: tuple[str, ...] = ()
    quorum: int = 0

    @property
    def is_free(self) -> bool:
        return self.maximum_fee == 0


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas. `priority` is None on a chain without EIP-1559, where `maximum` is the gas price."""

    maximum: int
    priority: int | None


def is_anchor_due(now: datetime, previous_at: datetime, cadence: timedelta, *, is_urgent: bool) -> bool:
    """Whether a grown log is anchored now. A clock that was set back never silences anchoring."""
    return is_urgent or now - previous_at >= cadence or now < previous_at


def finality_name(finality: Finality, seals: int = 0, validators: int = 0) -> str:
    """How evidence names the way a block became final; `seals` of `validators` sealed it, if that is the way."""
    if finality == "seals":
        return f"quorum seals {seals} of {validators}"
    return "finalized tag" if finality == "finalized" else f"depth {finality}"


def gas_limit(estimate: int) -> int:
    """A quarter more than the estimate: sending the same bytes again to a chain in a slightly other state must do."""
    return estimate + estimate // 4


def suggested_fees(base_fee: int | None, priority: int, gas_price: int) -> Fees:
    """Twice the base fee outlasts six full blocks in a row (EIP-1559: at most 12.5 % more for each)."""
    if base_fee is None:
        return Fees(gas_price, None)
    return Fees(2 * base_fee + priority, priority)


def capped(fees: Fees, ceiling: int) -> Fees:
    """The same, but nothing above `ceiling`: what is offered then may have to wait until the chain asks less."""
    return Fees(min(fees.maximum, ceiling), None if fees.priority is None else min(fees.priority, ceiling))


def bumped_fees(previous: Fees, suggested: Fees, ceiling: int) -> Fees | None:
    """Fees for replacing a transaction, or None if the ceiling leaves no room.

    Nodes take a replacement only at 10 % more; 12.5 % (an eighth) is above all their roundings.
    """
    least = _eighth_more(previous.maximum)
    if least > ceiling:
        return None
    maximum = min(max(least, suggested.maximum), ceiling)
    if previous.priority is None:
        return Fees(maximum, None)
    return Fees(maximum, min(max(_eighth_more(previous.priority), suggested.priority or 0), maximum))


def _eighth_more(fee: int) -> int:
    return fee + fee // 8 + 1


def is_stuck(waited: timedelta, bump_after: timedelta, offered: Fees, asked: Fees) -> bool:
    """Whether more money would help a waiting transaction: it waits long, and offers less than the chain asks now."""
    return waited >= bump_after and (asked.maximum > offered.maximum or (asked.priority or 0) > (offered.priority or 0))
