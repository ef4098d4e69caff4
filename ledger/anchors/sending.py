"""Signing, storing and sending transactions (steps 4 and 5 of `anchoring`).

What a nonce is for is decided once and stored before anything is sent; fee bumps repeat it. At most one new
transaction is under way at a time: an anchor covers everything before it, so a second one gains nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eth_utils.crypto import keccak

from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors import evidence_anchor as abi
from ledger.anchors import repository
from ledger.anchors.errors import ChainContradictsLog, ForeignWriter, NonceGap, TransactionRefused, WrongContract
from ledger.anchors.models import Anchor, AnchorContract, AnchorTransaction
from ledger.anchors.policy import (
    AnchorState,
    ChainSettings,
    Fees,
    Purpose,
    bumped_fees,
    gas_limit,
    is_anchor_due,
    is_stuck,
)
from ledger.anchors.ports import AnchoredLog, CallReverted, Chain, SendRefused
from ledger.anchors.wallet import Writer
from ledger.contracts import evidence_anchor


@dataclass(frozen=True, slots=True)
class Intent:
    """What the next nonce is for, and the row that comes into being with it (a contract's place, a new anchor)."""

    purpose: Purpose
    to: str | None
    data: bytes
    creates: AnchorContract | Anchor | None = None
    anchor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ChainSender:
    """Brings the log's checkpoints to one chain."""

    unit_of_work: UnitOfWorkFactory
    settings: ChainSettings
    chain: Chain
    log: AnchoredLog
    writer: Writer

    def prepare(self, now: datetime) -> None:
        """Signs and stores the next transaction if all stored ones are mined and there is something to do.

        Raises `WrongContract`, `ForeignWriter`, `ChainContradictsLog`, or `TransactionRefused` if the contract
        refuses the call; nothing is stored then.
        """
        nonce = self.chain.nonce(self.writer.address)
        with self.unit_of_work() as uow:
            if self._outstanding(uow, nonce):
                return
        intent = self._next_intent(now, nonce)
        if intent is None:
            return
        gas, fees = self._estimate(intent), self.chain.fees()
        with self.unit_of_work() as uow:
            repository.lock_chain(uow.session, self.settings.chain_id)
            if self._outstanding(uow, nonce):
                return  # Another process was faster.
            if intent.creates is not None:
                uow.session.add(intent.creates)
                uow.session.flush()
            uow.session.add(self._sign(uow, intent, nonce=nonce, attempt=0, gas=gas, fees=fees))

    def send_outstanding(self, now: datetime) -> None:
        """Sends what is stored and not mined, smallest nonce first; only the first can be what holds up the rest.

        Raises `NonceGap`, or `TransactionRefused` if the node won't take a transaction at any fee we may offer.
        """
        nonce = self.chain.nonce(self.writer.address)
        with self.unit_of_work() as uow:
            outstanding = self._outstanding(uow, nonce)
        if outstanding and outstanding[0].nonce > nonce:
            facts = {"chain_id": self.settings.chain_id, "expected": nonce}
            raise NonceGap(found=outstanding[0].nonce, **facts)
        for transaction in outstanding:
            if not self.chain.is_known(transaction.tx_hash):
                self._send(transaction)
            elif transaction.nonce == nonce and self._is_stuck(transaction, now):
                self._bump(transaction)

    def _next_intent(self, now: datetime, nonce: int) -> Intent | None:
        contract = self._contract(now)
        if contract is None:
            return self._deployment(now, nonce)
        stranded = self._stranded_anchor()
        new = None if stranded else self._new_anchor(now, contract)
        anchor = stranded or new
        if anchor is None:
            return None
        self._require_code(contract.contract)
        writer = abi.decode_writer(self.chain.call(contract.contract, abi.writer_of_call(contract.log_id)))
        if writer == abi.ZERO_ADDRESS:
            return Intent(Purpose.REGISTER, contract.contract, abi.register_call(contract.log_id))
        if writer != self.writer.address:
            raise ForeignWriter(chain_id=self.settings.chain_id, found=writer, expected=self.writer.address)
        data = self._anchor_call(anchor)
        return Intent(Purpose.ANCHOR, anchor.contract, data, creates=new, anchor_id=anchor.id)

    def _contract(self, now: datetime) -> AnchorContract | None:
        """Where the log is anchored: as written down, or as the settings say; None if it has yet to be deployed."""
        with self.unit_of_work() as uow:
            repository.lock_chain(uow.session, self.settings.chain_id)
            row = repository.contract(uow.session, self.settings.chain_id)
            if row is None and self.settings.contract is not None:
                row = self._contract_row(now, self.settings.contract.lower())
                uow.session.add(row)
        return row

    def _deployment(self, now: datetime, nonce: int) -> Intent:
        """The address follows from sender and nonce, so it is known, and written down, before anything is sent."""
        row = self._contract_row(now, abi.contract_address(self.writer.address, nonce))
        return Intent(Purpose.DEPLOY, None, evidence_anchor().bytecode, creates=row)

    def _contract_row(self, now: datetime, address: str) -> AnchorContract:
        log_id = abi.log_id(self.log.origin)
        return AnchorContract(chain_id=self.settings.chain_id, contract=address, log_id=log_id, created_at=now)

    def _stranded_anchor(self) -> Anchor | None:
        """The smallest pending anchor, if its transactions failed for good: their nonces are used up in final blocks.

        (Had one of them succeeded, `watching` would have seen its receipt by then.)
        """
        with self.unit_of_work() as uow:
            pending = repository.anchors_in(uow.session, self.settings.chain_id, AnchorState.PENDING)
            transactions = repository.transactions_of(uow.session, pending[0].id) if pending else []
        if not pending:
            return None
        settled = self.chain.nonce(self.writer.address, max(0, self.chain.final_height()))
        return pending[0] if all(transaction.nonce < settled for transaction in transactions) else None

    def _new_anchor(self, now: datetime, contract: AnchorContract) -> Anchor | None:
        """The newest checkpoint as an anchor, if it is time for one; not stored yet."""
        with self.unit_of_work() as uow:
            newest = repository.newest_checkpoint(uow.session)
            previous = repository.newest_anchor(uow.session, self.settings.chain_id)
            if newest is None or newest.size == 0:
                return None
            if previous is not None:
                if newest.size <= previous.size or previous.state == AnchorState.PENDING:
                    return None
                is_urgent = repository.has_request_after(uow.session, previous.size)
                if not is_anchor_due(now, previous.created_at, self.settings.cadence, is_urgent=is_urgent):
                    return None
            return Anchor(
                id=uow.new_id(),
                chain_id=self.settings.chain_id,
                contract=contract.contract,
                log_id=contract.log_id,
                size=newest.size,
                root=newest.root,
                note_hash=hashlib.sha256(newest.note).digest(),
                state=AnchorState.PENDING,
                created_at=now,
            )

    def _require_code(self, contract: str) -> None:
        if keccak(self.chain.code(contract)) != evidence_anchor().code_hash:
            raise WrongContract(chain_id=self.settings.chain_id, contract=contract)

    def _anchor_call(self, anchor: Anchor) -> bytes:
        """The call, with the proof from what the contract says was anchored last. Raises `ChainContradictsLog`."""
        size, root = abi.decode_latest(self.chain.call(anchor.contract, abi.latest_call(anchor.log_id)))
        proof: list[bytes] = []
        if size:
            with self.unit_of_work() as uow:
                ours = repository.checkpoint(uow.session, size)
            if ours is None or ours.root != root or size >= anchor.size:
                raise ChainContradictsLog(chain_id=self.settings.chain_id, size=size)
            proof = self.log.consistency_proof(size, anchor.size)
        return abi.anchor_call(anchor.log_id, anchor.size, anchor.root, anchor.note_hash, proof)

    def _estimate(self, intent: Intent) -> int:
        try:
            return gas_limit(self.chain.estimate_gas(self.writer.address, intent.to, intent.data))
        except CallReverted as reverted:
            raise TransactionRefused(chain_id=self.settings.chain_id, reason=str(reverted)) from reverted

    def _send(self, transaction: AnchorTransaction) -> None:
        """A refusal matters only if the transaction is neither waiting nor mined; a higher fee may then help."""
        try:
            self.chain.send_raw(transaction.raw)
        except SendRefused as refused:
            if self.chain.is_known(transaction.tx_hash) or self.chain.nonce(self.writer.address) > transaction.nonce:
                return
            if self.chain.fees().maximum <= transaction.max_fee or not self._bump(transaction):
                raise TransactionRefused(chain_id=self.settings.chain_id, reason=str(refused)) from refused

    def _is_stuck(self, transaction: AnchorTransaction, now: datetime) -> bool:
        offered = Fees(transaction.max_fee, transaction.priority_fee)
        return is_stuck(now - transaction.created_at, self.settings.bump_after, offered, self.chain.fees())

    def _bump(self, transaction: AnchorTransaction) -> bool:
        """Stores the same transaction with higher fees, then sends it; False if the fee cap leaves no room."""
        previous = Fees(transaction.max_fee, transaction.priority_fee)
        fees = bumped_fees(previous, self.chain.fees(), self.settings.maximum_fee)
        if fees is None:
            return False
        purpose, to, data = Purpose(transaction.purpose), transaction.to, transaction.data
        intent = Intent(purpose, to, data, anchor_id=transaction.anchor_id)
        with self.unit_of_work() as uow:
            repository.lock_chain(uow.session, self.settings.chain_id)
            newest = self._outstanding(uow, transaction.nonce)[0]
            if newest.attempt != transaction.attempt:
                return True  # Another process has bumped it.
            bumped = self._sign(uow, intent, nonce=newest.nonce, attempt=newest.attempt + 1, gas=newest.gas, fees=fees)
            uow.session.add(bumped)
        try:
            self.chain.send_raw(bumped.raw)
        except SendRefused as refused:
            raise TransactionRefused(chain_id=self.settings.chain_id, reason=str(refused)) from refused
        return True

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
