"""What the next nonce of a chain is for (step 5 of `anchoring`). Nothing here signs, stores a transaction or sends.

In this order: deploy the contract, announce a new writer, and anchor: first an anchor whose transactions came to
nothing, else the newest checkpoint if it is time. The log is registered when there is something to anchor.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eth_utils.crypto import keccak

from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import evidence_anchor as abi
from ledger.anchors import repository
from ledger.anchors.errors import ChainContradictsLog, WrongContract
from ledger.anchors.models import Anchor, AnchorContract
from ledger.anchors.office import Office
from ledger.anchors.policy import AnchorState, ChainSettings, Purpose, is_anchor_due
from ledger.anchors.ports import AnchoredLog, Chain
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
class Intentions:
    """Finds what is to be done on one chain by the writer in office."""

    unit_of_work: UnitOfWorkFactory
    settings: ChainSettings
    chain: Chain
    log: AnchoredLog
    office: Office

    def next(self, now: datetime, nonce: int) -> Intent | None:
        """For the writer's next nonce. Raises `WrongContract` or `ChainContradictsLog`."""
        contract = self._contract(now)
        if contract is None or self._came_to_nothing(contract):
            return self._deployment(now, nonce, generation=contract.generation + 1 if contract else 1)
        if self.office.must_announce and self.office.successor is not None:
            call = abi.rotate_writer_call(contract.log_id, self.office.successor.address)
            return Intent(Purpose.ROTATE, contract.contract, call)
        stranded = self._stranded_anchor()
        new = None if stranded else self._new_anchor(now, contract)
        anchor = stranded or new
        if anchor is None:
            return None
        self._require_code(contract.contract)
        if not self.office.is_registered:
            return Intent(Purpose.REGISTER, contract.contract, abi.register_call(contract.log_id))
        data = self._anchor_call(anchor)
        if data is None:
            return None
        return Intent(Purpose.ANCHOR, anchor.contract, data, creates=new, anchor_id=anchor.id)

    def _contract(self, now: datetime) -> AnchorContract | None:
        """Where the log is anchored: as written down, or as the settings say; None if it has yet to be deployed."""
        with self.unit_of_work() as uow:
            repository.lock_chain(uow.session, self.settings.chain_id)
            row = repository.contract(uow.session, self.settings.chain_id)
            if row is None and self.settings.contract is not None:
                row = self._contract_row(now, self.settings.contract.lower(), generation=1)
                uow.session.add(row)
        return row

    def _deployment(self, now: datetime, nonce: int, *, generation: int) -> Intent:
        """The address follows from sender and nonce, so it is known, and written down, before anything is sent."""
        address = abi.contract_address(self.office.writer.address, nonce)
        row = self._contract_row(now, address, generation=generation)
        return Intent(Purpose.DEPLOY, None, evidence_anchor().bytecode, creates=row)

    def _contract_row(self, now: datetime, address: str, *, generation: int) -> AnchorContract:
        return AnchorContract(
            chain_id=self.settings.chain_id,
            generation=generation,
            contract=address,
            log_id=abi.log_id(self.log.origin),
            created_at=now,
        )

    def _came_to_nothing(self, contract: AnchorContract) -> bool:
        """Whether our deployment failed for good: its nonce is used up in a final block, and nothing is there.

        Once there are anchors, the address is in packages and trust files, and an operator must look.
        """
        if self.office.is_registered or self.chain.code(contract.contract):
            return False
        with self.unit_of_work() as uow:
            nonces = repository.deployment_nonces(uow.session, self.settings.chain_id, self.office.writer.address)
            has_anchors = repository.newest_anchor(uow.session, self.settings.chain_id) is not None
        if has_anchors or not nonces:
            return False
        height = max(0, self.chain.final_height())
        return max(nonces) < self.chain.nonce(self.office.writer.address, height)

    def _stranded_anchor(self) -> Anchor | None:
        """The smallest pending anchor, if the writer in office has nothing under way for it: its transactions failed
        for good (their nonces are used up in final blocks), or only a writer before has signed any.

        A former writer's transaction may still be mined; the contract takes a size once, so one of the two fails.
        """
        with self.unit_of_work() as uow:
            pending = repository.anchors_in(uow.session, self.settings.chain_id, AnchorState.PENDING)
            transactions = repository.transactions_of(uow.session, pending[0].id) if pending else []
        if not pending:
            return None
        address = self.office.writer.address
        nonces = [transaction.nonce for transaction in transactions if transaction.sender == address]
        if not nonces:
            return pending[0]
        settled = self.chain.nonce(address, max(0, self.chain.final_height()))
        return pending[0] if max(nonces) < settled else None

    def _new_anchor(self, now: datetime, contract: AnchorContract) -> Anchor | None:
        """The newest checkpoint as an anchor, if it is time for one; not stored yet."""
        with self.unit_of_work() as uow:
            newest = repository.newest_checkpoint(uow.session, self.settings.awaited_witnesses, self.settings.quorum)
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

    def _anchor_call(self, anchor: Anchor) -> bytes | None:
        """The call, with the proof from what the contract says was anchored last; None if it is there, or overtaken.

        Raises `ChainContradictsLog`.
        """
        size, root = abi.decode_latest(self.chain.call(anchor.contract, abi.latest_call(anchor.log_id)))
        if not size:
            return self._encoded(anchor, [])
        with self.unit_of_work() as uow:
            ours = repository.checkpoint(uow.session, size)
        if ours is None or ours.root != root:
            raise ChainContradictsLog(chain_id=self.settings.chain_id, size=size)
        if size < anchor.size:
            return self._encoded(anchor, self.log.consistency_proof(size, anchor.size))
        if size > anchor.size:
            with self.unit_of_work() as uow:
                repository.move_anchor(uow.session, anchor, AnchorState.OVERTAKEN)
        return None

    @staticmethod
    def _encoded(anchor: Anchor, proof: list[bytes]) -> bytes:
        return abi.anchor_call(anchor.log_id, anchor.size, anchor.root, anchor.note_hash, proof)
