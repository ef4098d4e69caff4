"""The accounts that write anchors: their keys, kept sealed, and signing."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.models import AnchorWriter
from ledger.anchors.policy import Fees

_PURPOSE = "ledger/anchor-writer"


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    raw: bytes
    tx_hash: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Writer:
    """`address` is lower-case 0x-hex."""

    _account: LocalAccount

    @property
    def address(self) -> str:
        return str(self._account.address).lower()

    def sign(
        self, *, chain_id: int, nonce: int, to: str | None, data: bytes, gas: int, fees: Fees
    ) -> SignedTransaction:
        """An EIP-1559 transaction, or a legacy one bound to the chain (EIP-155) if there is no priority fee.

        Signing is deterministic (RFC 6979): the same input gives the same bytes and the same hash.
        """
        transaction: dict[str, Any] = {
            "chainId": chain_id,
            "nonce": nonce,
            "to": b"" if to is None else bytes.fromhex(to[2:]),
            "value": 0,
            "data": data,
            "gas": gas,
        }
        if fees.priority is None:
            transaction |= {"gasPrice": fees.maximum}
        else:
            transaction |= {"type": 2, "maxFeePerGas": fees.maximum, "maxPriorityFeePerGas": fees.priority}
        signed = self._account.sign_transaction(transaction)
        return SignedTransaction(bytes(signed.raw_transaction), bytes(signed.hash))


@dataclass(frozen=True, slots=True)
class Keyring:
    """The accounts that may ever have signed for one chain, oldest first; the last should be in office."""

    writers: tuple[Writer, ...]

    @property
    def newest(self) -> Writer:
        return self.writers[-1]

    def of(self, address: str) -> Writer | None:
        return next((writer for writer in self.writers if writer.address == address), None)


def ensure_keyring(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, chain_id: int, *, has_own_writer: bool = False
) -> Keyring:
    """The chain's accounts; a missing one is made on first use. Of two processes that do so at once, one makes it."""
    with unit_of_work() as uow:
        rows = repository.writers(uow.session, chain_id)
    if not rows or (has_own_writer and rows[-1].chain_id is None):
        with unit_of_work() as uow:
            repository.lock_writers(uow.session)
            rows = repository.writers(uow.session, chain_id)
            if not rows or (has_own_writer and rows[-1].chain_id is None):
                rows = [*rows, add_writer(uow, secrets, chain_id if has_own_writer else None)]
    return Keyring(tuple(Writer(Account.from_key(secrets.open(row.sealed_private_key, _PURPOSE))) for row in rows))


def add_writer(uow: UnitOfWork, secrets: SecretBox, chain_id: int | None) -> AnchorWriter:
    """A new account, for one chain or for all; the caller holds `repository.lock_writers`."""
    made = Account.create()
    row = AnchorWriter(
        generation=repository.next_generation(uow.session),
        chain_id=chain_id,
        address=str(made.address).lower(),
        sealed_private_key=secrets.seal(bytes(made.key), _PURPOSE),
        created_at=uow.now,
    )
    uow.session.add(row)
    return row
