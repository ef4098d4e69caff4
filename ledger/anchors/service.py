"""Anchoring as the rest of the application sees it.

anchors = AnchorService(unit_of_work=…, chains=[ChainSettings(…)], secrets=…, ledger=…)
anchors.step(clock.now())     # again and again, in as many processes as you like
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eth_abi.exceptions import DecodingError

from core.errors import DingyueError
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.anchoring import ChainAnchoring
from ledger.anchors.errors import AnchoringError, NodeUnintelligible, UnknownChain
from ledger.anchors.models import Anchor, AnchorRequest
from ledger.anchors.policy import AnchorState, ChainSettings
from ledger.anchors.ports import AnchoredLog, Chain
from ledger.anchors.rotate_writer import Rotation, rotate_writer
from ledger.anchors.wallet import ensure_keyring
from ledger.contracts import evidence_anchor

_log = logging.getLogger(__name__)
_NONSENSE = (KeyError, TypeError, ValueError, AttributeError, DecodingError)
"""What reading an answer that isn't what the protocol says may end in."""


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """How anchoring on a chain is doing. No `error_code`: the last pass found nothing wrong.

    `writer` was in office when the chain was asked last; `successor` is to follow it, at `successor_effective_at` once
    the contract has announced it.
    """

    chain_id: int
    name: str
    development: bool
    contract: str | None
    writer: str | None
    successor: str | None
    successor_effective_at: datetime | None
    finalized_size: int
    waiting: int
    checked_at: datetime | None
    error_code: str | None
    error_zh: str | None
    error_en: str | None


@dataclass(frozen=True)
class AnchorService:
    """Anchors the log on every configured chain. `connect` opens a chain; it is asked once for each pass."""

    unit_of_work: UnitOfWorkFactory
    chains: Sequence[ChainSettings]
    secrets: SecretBox
    ledger: AnchoredLog
    connect: Callable[[ChainSettings], Chain] = EVMChain

    def step(self, now: datetime) -> None:
        """One idempotent pass over every chain.

        A chain that is down, and whatever an operator must look at, is noted for `status` and holds up nothing else.
        """
        for settings in self.chains:
            error: DingyueError | None = None
            try:
                self._anchoring(settings).advance(now)
            except AnchoringError as alarm:
                _log.error("anchoring on %s: %s: %s", settings.name, alarm.code, alarm)
                error = alarm
            except DingyueError as caught:
                _log.warning("anchoring on %s: %s", settings.name, caught)
                error = caught
            except _NONSENSE:
                _log.exception("anchoring on %s: the node's answer makes no sense", settings.name)
                error = NodeUnintelligible(chain_id=settings.chain_id)
            self._note(settings, now, error)

    def status(self) -> list[ChainStatus]:
        with self.unit_of_work() as uow:
            return [self._status(uow, settings) for settings in self.chains]

    def finalized_covering(self, size: int, *, cosigned_by: Sequence[str] = (), quorum: int = 0) -> Anchor | None:
        """The best finalized anchor whose tree has at least `size` leaves.

        Of the chains of the settings: one that is evidence before a development chain; one whose checkpoint has the
        quorum of the witnesses (vkeys) before others; then the smallest tree.
        """
        with self.unit_of_work() as uow:
            for is_development in (False, True):
                chains = [each.chain_id for each in self.chains if each.development is is_development]
                for asked in dict.fromkeys((quorum, 0)):
                    anchor = repository.finalized_covering(
                        uow.session, size, chains, cosigned_by=cosigned_by, quorum=asked
                    )
                    if anchor is not None:
                        return anchor
        return None

    def is_development(self, chain_id: int) -> bool:
        """A chain that the settings don't name counts as one: nobody vouches for it."""
        return next((each.development for each in self.chains if each.chain_id == chain_id), True)

    def rotate_writer(self, chain_id: int, *, requested_by: Mapping[str, Any]) -> Rotation:
        """Makes a new account the chain's next writer; see `ledger.anchors.rotate_writer`. Raises `UnknownChain`."""
        settings = next((each for each in self.chains if each.chain_id == chain_id), None)
        if settings is None:
            raise UnknownChain(chain_id=chain_id)
        return rotate_writer(self.unit_of_work, self.secrets, settings, requested_by)

    def trusted_chains(self) -> list[dict[str, Any]]:
        """The `chains` of `trust.json` (evidence.md): those whose contract has a place."""
        with self.unit_of_work() as uow:
            contracts = [repository.contract(uow.session, settings.chain_id) for settings in self.chains]
            writers = {each.chain_id: repository.writer_addresses(uow.session, each.chain_id) for each in self.chains}
        return [
            ({"validators": list(settings.validators)} if settings.validators else {})
            | {
                "chain_id": settings.chain_id,
                "name": settings.name,
                "development": settings.development,
                "contract": contract.contract,
                "code_hash": _hex(evidence_anchor().code_hash),
                "log_id": _hex(contract.log_id),
                "writers": writers[settings.chain_id],
            }
            for settings, contract in zip(self.chains, contracts, strict=True)
            if contract is not None
        ]

    def _anchoring(self, settings: ChainSettings) -> ChainAnchoring:
        keyring = ensure_keyring(
            self.unit_of_work, self.secrets, settings.chain_id, has_own_writer=settings.has_own_writer
        )
        return ChainAnchoring(self.unit_of_work, settings, self.connect(settings), self.ledger, keyring)

    def _note(self, settings: ChainSettings, now: datetime, error: DingyueError | None) -> None:
        noted: dict[str, str | None] = {
            "error_code": error.code if error else None,
            "error_zh": error.message("zh") if error else None,
            "error_en": error.message("en") if error else None,
        }
        with self.unit_of_work() as uow:
            repository.save_health(uow.session, settings.chain_id, now, **noted)

    def _status(self, uow: UnitOfWork, settings: ChainSettings) -> ChainStatus:
        chain_id = settings.chain_id
        contract = repository.contract(uow.session, chain_id)
        health = repository.health(uow.session, chain_id)
        writers = repository.writers(uow.session, chain_id)
        return ChainStatus(
            chain_id=chain_id,
            name=settings.name,
            development=settings.development,
            contract=contract.contract if contract else None,
            writer=(health.writer if health else None) or (writers[-1].address if writers else None),
            successor=health.successor if health else None,
            successor_effective_at=health.successor_effective_at if health else None,
            finalized_size=repository.finalized_size(uow.session, chain_id),
            waiting=len(repository.anchors_in(uow.session, chain_id, AnchorState.PENDING, AnchorState.MINED)),
            checked_at=health.checked_at if health else None,
            error_code=health.error_code if health else None,
            error_zh=health.error_zh if health else None,
            error_en=health.error_en if health else None,
        )


def request_anchor(uow: UnitOfWork) -> None:
    """Asks for an anchor at once, for urgent evidence written in the same unit of work.

    What is urgent must be in a checkpoint first: the next checkpoint after this is anchored without waiting.
    """
    uow.session.add(AnchorRequest(id=uow.new_id(), at=uow.now))


def evm_facts(anchor: Anchor) -> dict[str, Any]:
    """`anchors/evm.json` (evidence.md) of a finalized anchor. Hex is lower case with 0x; `block_time` POSIX seconds.

    `sealed_header` is there only where validators' seals made the block final.

    Raises `ValueError` for an anchor that isn't final: it has no proof.
    """
    if anchor.state != AnchorState.FINALIZED or not (anchor.tx_hash and anchor.block_hash and anchor.header_rlp):
        raise ValueError("only a finalized anchor has a chain proof")
    return ({"sealed_header": _hex(anchor.sealed_header)} if anchor.sealed_header else {}) | {
        "chain_id": anchor.chain_id,
        "contract": anchor.contract,
        "log_id": _hex(anchor.log_id),
        "size": anchor.size,
        "root": _hex(anchor.root),
        "tx_hash": _hex(anchor.tx_hash),
        "block_number": anchor.block_number,
        "block_hash": _hex(anchor.block_hash),
        "block_time": anchor.block_time,
        "header_rlp": _hex(anchor.header_rlp),
        "receipt_index": anchor.receipt_index,
        "receipt_proof": anchor.receipt_proof,
        "finality": anchor.finality,
    }


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
