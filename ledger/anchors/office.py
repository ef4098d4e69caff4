"""Who may anchor on a chain now, and who will: what the contract says, read against our own keys.

The newest key of a chain should be in office. If an older one of ours still is, the newest is its successor: it is
announced on the contract (`rotate_writer`), waits there for two days so that whoever watches the log sees it coming,
and then *is* the writer, without any act of ours. So a rotation is nothing but a new key, stored; the passes of
`anchoring` do the rest, and a crash or a reorganisation anywhere changes nothing of what they find to do.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from eth_utils.crypto import keccak

from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import evidence_anchor as abi
from ledger.anchors import repository
from ledger.anchors.errors import ForeignWriter
from ledger.anchors.policy import ChainSettings
from ledger.anchors.ports import Chain
from ledger.anchors.wallet import Keyring, Writer
from ledger.contracts import evidence_anchor


@dataclass(frozen=True, slots=True)
class Office:
    """`writer` signs whatever is signed now. `successor`: the newest key, if another is in office; `effective_at` is
    there once the contract has announced it."""

    writer: Writer
    is_registered: bool
    successor: Writer | None = None
    effective_at: datetime | None = None

    @property
    def must_announce(self) -> bool:
        return self.is_registered and self.successor is not None and self.effective_at is None


def read_office(
    unit_of_work: UnitOfWorkFactory, settings: ChainSettings, chain: Chain, keyring: Keyring, log: bytes
) -> Office:
    """`log` is the log's id on the contract. Raises `ForeignWriter` if somebody else writes there.

    Before the log is registered, the writer is whoever signed the first transaction: on a chain that lost everything
    the contract must come back at its old place, which follows from its sender.
    """
    with unit_of_work() as uow:
        row = repository.contract(uow.session, settings.chain_id)
        senders = repository.senders(uow.session, settings.chain_id)
    contract = row.contract if row is not None else (settings.contract or "").lower()
    address = _written_by(chain, contract, log) if contract else abi.ZERO_ADDRESS
    if address == abi.ZERO_ADDRESS:
        founder = (keyring.of(senders[0]) if senders else None) or keyring.newest
        return Office(founder, is_registered=False, successor=_successor(founder, keyring))
    writer = keyring.of(address)
    if writer is None:
        raise ForeignWriter(chain_id=settings.chain_id, found=address, expected=keyring.newest.address)
    successor = _successor(writer, keyring)
    if successor is None:
        return Office(writer, is_registered=True)
    announced, effective_at = abi.decode_succession(chain.call(contract, abi.succession_of_call(log)))
    is_announced = announced == successor.address
    return Office(writer, True, successor, datetime.fromtimestamp(effective_at, UTC) if is_announced else None)


def _written_by(chain: Chain, contract: str, log: bytes) -> str:
    """The writer in office; nobody where the contract isn't (yet, or any more)."""
    if keccak(chain.code(contract)) != evidence_anchor().code_hash:
        return abi.ZERO_ADDRESS
    return abi.decode_writer(chain.call(contract, abi.writer_of_call(log)))


def _successor(writer: Writer, keyring: Keyring) -> Writer | None:
    return None if writer.address == keyring.newest.address else keyring.newest
