"""Signing, storing and sending transactions (steps 5 and 6 of `anchoring`).

What a nonce is for is decided once and stored before anything is sent; fee bumps repeat it. At most one new
transaction is under way at a time: an anchor covers everything before it, so a second one gains nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.errors import FeeCeilingReached, TransactionRefused, WriterOutOfFunds
from ledger.anchors.intents import Intent, Intentions
from ledger.anchors.models import AnchorTransaction
from ledger.anchors.policy import ChainSettings, Fees, Purpose, bumped_fees, capped, gas_limit, is_stuck
from ledger.anchors.ports import CallReverted, Chain, SendRefused
from ledger.anchors.wallet import Writer

_log = logging.getLogger(__name__)

_TRANSFER_GAS = 21_000
"""What a transaction costs that does nothing (Yellow Paper, appendix G)."""
_MOST_FILLED = 100
"""Nonces filled in one pass; the next goes on."""


@dataclass(frozen=True, slots=True)
class ChainSender:
    """Brings the log's checkpoints to one chain, in the name of the writer in office."""

    unit_of_work: UnitOfWorkFactory
    settings: ChainSettings
    chain: Chain
    intentions: Intentions

    @property
    def writer(self) -> Writer:
        return self.intentions.office.writer

    def prepare(self, now: datetime) -> None:
        """Signs and stores the next transaction if all stored ones are mined and there is something to do.

        Raises `WrongContract`, `ChainContradictsLog`, `WriterOutOfFunds`, or `TransactionRefused` if the contract
        refuses the call; nothing is stored then.
        """
        nonce = self.chain.nonce(self.writer.address)
        with self.unit_of_work() as uow:
            if self._outstanding(uow, nonce):
                return
        intent = self.intentions.next(now, nonce)
        if intent is not None:
            fees = capped(self.chain.fees(), self.settings.maximum_fee)
            self._store(intent, nonce=nonce, gas=self._estimate(intent), fees=fees)

    def send_outstanding(self, now: datetime) -> None:
        """Sends what is stored and not mined, smallest nonce first; only the first can be what holds up the rest.

        Raises `WriterOutOfFunds`, `FeeCeilingReached`, or `TransactionRefused` if the node won't take a transaction at
        any fee we may offer.
        """
        nonce = self.chain.nonce(self.writer.address)
        with self.unit_of_work() as uow:
            outstanding = self._outstanding(uow, nonce)
        if outstanding and outstanding[0].nonce > nonce:
            self._fill(nonce, outstanding[0].nonce)
            with self.unit_of_work() as uow:
                outstanding = self._outstanding(uow, nonce)
        for transaction in outstanding:
            if not self.chain.is_known(transaction.tx_hash):
                self._send(transaction)
            elif transaction.nonce == nonce:
                self._hasten(transaction, now)

    def _fill(self, nonce: int, stored: int) -> None:
        """Gives nonces a transaction each that does nothing, where a foreign one was mined and then lost.

        Without them the chain waits for ever. If the node is merely behind, the fillers are refused and harm nobody.
        """
        _log.warning("chain %s waits for nonce %s, we have %s: filled", self.settings.chain_id, nonce, stored)
        fees = capped(self.chain.fees(), self.settings.maximum_fee)
        for missing in range(nonce, min(stored, nonce + _MOST_FILLED)):
            intent = Intent(Purpose.FILL, self.writer.address, b"")
            self._store(intent, nonce=missing, gas=_TRANSFER_GAS, fees=fees, is_next=False)

    def _store(self, intent: Intent, *, nonce: int, gas: int, fees: Fees, is_next: bool = True) -> None:
        """Signs and stores a first transaction at a nonce, unless another process has; `is_next`: none may follow."""
        self._require_funds(gas, fees)
        with self.unit_of_work() as uow:
            repository.lock_chain(uow.session, self.settings.chain_id)
            stored = [row.nonce for row in self._outstanding(uow, nonce)]
            if nonce in stored or (is_next and stored):
                return
            if intent.creates is not None and repository.is_stored(uow.session, intent.creates):
                return  # By another process, for which another writer is in office already.
            if intent.creates is not None:
                uow.session.add(intent.creates)
                uow.session.flush()
            uow.session.add(self._sign(uow, intent, nonce=nonce, attempt=0, gas=gas, fees=fees))

    def _estimate(self, intent: Intent) -> int:
        try:
            return gas_limit(self.chain.estimate_gas(self.writer.address, intent.to, intent.data))
        except CallReverted as reverted:
            raise TransactionRefused(chain_id=self.settings.chain_id, reason=str(reverted)) from reverted

    def _require_funds(self, gas: int, fees: Fees) -> None:
        """Nodes take only what the account could pay at the highest fee it offers (Yellow Paper, section 6.2)."""
        needed = gas * fees.maximum
        balance = self.chain.balance(self.writer.address) if needed else 0
        if balance < needed:
            facts = {"chain_id": self.settings.chain_id, "address": self.writer.address}
            raise WriterOutOfFunds(balance_wei=balance, needed_wei=needed, **facts)

    def _send(self, transaction: AnchorTransaction) -> None:
        """A refusal matters only if the transaction is neither waiting nor mined; a higher fee may then help."""
        try:
            self.chain.send_raw(transaction.raw)
        except SendRefused as refused:
            if self.chain.is_known(transaction.tx_hash) or self.chain.nonce(self.writer.address) > transaction.nonce:
                return
            self._require_funds(transaction.gas, _offered(transaction))
            asked = self.chain.fees()
            if self.settings.is_free or asked.maximum <= transaction.max_fee:
                raise TransactionRefused(chain_id=self.settings.chain_id, reason=str(refused)) from refused
            self._bump(transaction, asked)

    def _hasten(self, transaction: AnchorTransaction, now: datetime) -> None:
        """More money for the transaction that holds up the rest, if that is why it waits."""
        asked = self.chain.fees()
        waited = now - transaction.created_at
        if not self.settings.is_free and is_stuck(waited, self.settings.bump_after, _offered(transaction), asked):
            self._bump(transaction, asked)

    def _bump(self, transaction: AnchorTransaction, asked: Fees) -> None:
        """Stores the same transaction with higher fees, then sends it. Raises `FeeCeilingReached` if there is no room:
        what was signed waits on, and is mined once the chain asks less."""
        fees = bumped_fees(_offered(transaction), asked, self.settings.maximum_fee)
        if fees is None:
            raise self._too_dear(asked)
        self._require_funds(transaction.gas, fees)
        bumped = self._successor(transaction, fees)
        if bumped is None:
            return  # Another process has bumped it.
        try:
            self.chain.send_raw(bumped.raw)
        except SendRefused as refused:
            if asked.maximum > fees.maximum:
                raise self._too_dear(asked) from refused
            raise TransactionRefused(chain_id=self.settings.chain_id, reason=str(refused)) from refused

    def _too_dear(self, asked: Fees) -> FeeCeilingReached:
        ceiling = self.settings.maximum_fee
        return FeeCeilingReached(chain_id=self.settings.chain_id, asked_wei=asked.maximum, ceiling_wei=ceiling)

    def _successor(self, transaction: AnchorTransaction, fees: Fees) -> AnchorTransaction | None:
        purpose, to, data = Purpose(transaction.purpose), transaction.to, transaction.data
        intent = Intent(purpose, to, data, anchor_id=transaction.anchor_id)
        with self.unit_of_work() as uow:
            repository.lock_chain(uow.session, self.settings.chain_id)
            newest = self._outstanding(uow, transaction.nonce)[0]
            if newest.attempt != transaction.attempt:
                return None
            bumped = self._sign(uow, intent, nonce=newest.nonce, attempt=newest.attempt + 1, gas=newest.gas, fees=fees)
            uow.session.add(bumped)
        return bumped

    def _outstanding(self, uow: UnitOfWork, nonce: int) -> Sequence[AnchorTransaction]:
        return repository.outstanding(uow.session, self.settings.chain_id, self.writer.address, nonce)

    def _sign(
        self, uow: UnitOfWork, intent: Intent, *, nonce: int, attempt: int, gas: int, fees: Fees
    ) -> AnchorTransaction:
        """Signing is arithmetic on the machine's own key; it may happen inside a unit of work."""
        chain_id = self.settings.chain_id
        signed = self.writer.sign(chain_id=chain_id, nonce=nonce, to=intent.to, data=intent.data, gas=gas, fees=fees)
        return AnchorTransaction(
            id=uow.new_id(),
            chain_id=chain_id,
            sender=self.writer.address,
            nonce=nonce,
            attempt=attempt,
            purpose=intent.purpose,
            anchor_id=intent.anchor_id,
            raw=signed.raw,
            tx_hash=signed.tx_hash,
            to=intent.to,
            data=intent.data,
            gas=gas,
            max_fee=fees.maximum,
            priority_fee=fees.priority,
            created_at=uow.now,
        )


def _offered(transaction: AnchorTransaction) -> Fees:
    return Fees(transaction.max_fee, transaction.priority_fee)
