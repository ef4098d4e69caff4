"""The account that writes anchors: its key, kept sealed, and signing."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
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


def ensure_writer_key(unit_of_work: UnitOfWorkFactory, secrets: SecretBox) -> Writer:
    """The writer, made on first use. Of two processes that make one at once, both go on with the first one's."""
    with unit_of_work() as uow:
        row = repository.writer(uow.session)
        if row is None:
            made = Account.create()
            repository.add_writer(
                uow.session,
                AnchorWriter(
                    generation=1,
                    address=str(made.address).lower(),
                    sealed_private_key=secrets.seal(bytes(made.key), _PURPOSE),
                    created_at=uow.now,
                ),
            )
    if row is None:
        with unit_of_work() as uow:
            row = repository.require_writer(uow.session)
    return Writer(Account.from_key(secrets.open(row.sealed_private_key, _PURPOSE)))
