"""What became of anchors on a chain (steps 2 and 3 of `anchoring`). Nothing here sends or signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.errors import ProofMismatch, QuorumMissing
from ledger.anchors.models import Anchor
from ledger.anchors.policy import AnchorState, ChainSettings, finality_name
from ledger.anchors.ports import Block, Chain, ProofUnavailable, Receipt, ReceiptProof
from ledger.errors import ChainUnavailable
from ledger.verifier.receipts import ReceiptInvalid, anchored_logs, parse_header, prove_receipt
from ledger.verifier.seals import SealsInvalid, parse_sealed_header, require_quorum


@dataclass(frozen=True, slots=True)
class ChainWatch:
    """Follows the anchors of one chain through its blocks."""

    unit_of_work: UnitOfWorkFactory
    settings: ChainSettings
    chain: Chain

    def revoke_lost(self) -> None:
        """Sends anchors back to pending whose block is no longer the chain's.

        From the newest anchor down to the first whose block still is: that block names all blocks before it. Runs
        before anything is sent: an anchor sent again and mined before it was revoked would keep the proof of a block
        that no longer exists.
        """
        below: int | None = None
        while (anchor := self._newest_in_block(below)) is not None:
            if self._is_in_chain(anchor):
                return
            with self.unit_of_work() as uow:
                repository.move_anchor(uow.session, anchor, AnchorState.PENDING)
            below = anchor.size

    def observe(self, now: datetime) -> None:
        """Looks for the receipts of pending and mined anchors; finalizes what is final.

        Raises `ProofMismatch` if what the node tells of a final block isn't what the block commits to, and
        `QuorumMissing` if seals should make it final and there are too few.
        """
        with self.unit_of_work() as uow:
            states = (AnchorState.PENDING, AnchorState.MINED)
            anchors = repository.anchors_in(uow.session, self.settings.chain_id, *states)
        if not anchors:
            return
        final_height = self.chain.final_height()
        for anchor in anchors:
            receipt = self._receipt_of(anchor)
            block = None if receipt is None else self.chain.block(receipt.block_number)
            if receipt is None or block is None or block.hash != receipt.block_hash:
                continue  # Not mined, or the chain changed between two answers: the next pass sees what it settled on.
            if block.number <= final_height:
                self._finalize(anchor, receipt, block, now)
            elif block.hash != anchor.block_hash:
                self._move(anchor, AnchorState.MINED, receipt, block)

    def _newest_in_block(self, below: int | None) -> Anchor | None:
        with self.unit_of_work() as uow:
            return repository.newest_in_block(uow.session, self.settings.chain_id, below)

    def _is_in_chain(self, anchor: Anchor) -> bool:
        block = self.chain.block(anchor.block_number or 0)
        if block is None and not self.settings.development:
            raise ChainUnavailable  # A node that is merely behind disproves nothing.
        return block is not None and block.hash == anchor.block_hash

    def _receipt_of(self, anchor: Anchor) -> Receipt | None:
        """The successful receipt of any of the anchor's transactions."""
        with self.unit_of_work() as uow:
            transactions = repository.transactions_of(uow.session, anchor.id)
        receipts = (self.chain.receipt(transaction.tx_hash) for transaction in transactions)
        return next((receipt for receipt in receipts if receipt is not None and receipt.succeeded), None)

    def _finalize(self, anchor: Anchor, receipt: Receipt, block: Block, now: datetime) -> None:
        try:
            proof = self.chain.receipt_proof(receipt)
            check_proof(anchor, block, proof)
            seals = self._check_seals(block, proof)
        except (ProofUnavailable, ReceiptInvalid) as error:
            facts = {"chain_id": anchor.chain_id, "block_number": block.number}
            raise ProofMismatch(reason=str(error), **facts) from error
        except SealsInvalid as error:
            reason = f"block {block.number}: {error}"
            raise QuorumMissing(chain_id=anchor.chain_id, reason=reason) from error
        self._move(
            anchor,
            AnchorState.FINALIZED,
            receipt,
            block,
            header_rlp=proof.header_rlp,
            sealed_header=proof.sealed_header,
            receipt_index=proof.index,
            receipt_proof=["0x" + node.hex() for node in proof.nodes],
            finality=finality_name(self.settings.finality, seals, len(self.settings.validators)),
            finalized_at=now,
        )

    def _check_seals(self, block: Block, proof: ReceiptProof) -> int:
        """How many validators sealed the block, where that is what makes it final; else 0. Raises `SealsInvalid`."""
        if self.settings.finality != "seals":
            return 0
        sealed = parse_sealed_header(proof.sealed_header or b"")
        if sealed.hash != block.hash:
            raise SealsInvalid("the sealed header isn't the block's")
        return require_quorum(sealed, validator_addresses(self.settings.validators))

    def _move(self, anchor: Anchor, to: AnchorState, receipt: Receipt, block: Block, **proof: object) -> None:
        place = {"block_number": block.number, "block_hash": block.hash, "block_time": block.time}
        with self.unit_of_work() as uow:
            repository.move_anchor(uow.session, anchor, to, tx_hash=receipt.tx_hash, **place, **proof)


def validator_addresses(validators: Sequence[str]) -> list[bytes]:
    """20 bytes each."""
    return [bytes.fromhex(validator.removeprefix("0x")) for validator in validators]


def check_proof(anchor: Anchor, block: Block, proof: ReceiptProof) -> None:
    """Checks a proof with the offline verifier's own functions before it is relied on. Raises `ReceiptInvalid`."""
    header = parse_header(proof.header_rlp)
    if header.hash != block.hash:
        raise ReceiptInvalid("the header isn't the block's")
    wanted = (bytes.fromhex(anchor.contract[2:]), anchor.log_id, anchor.size, anchor.root, anchor.note_hash)
    events = anchored_logs(prove_receipt(header.receipts_root, proof.index, proof.nodes))
    if wanted not in [(event.contract, event.log_id, event.size, event.root, event.note_hash) for event in events]:
        raise ReceiptInvalid("the receipt doesn't hold this anchor")
