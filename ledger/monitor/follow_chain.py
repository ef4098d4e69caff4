"""Follows the anchors of a log on one chain, block by block, up to the last final one.

4. the code is the trusted one, so are the writer in office and an announced successor; the last block that was final
   is still the chain's
5. every anchor was written by a trusted account and says that it follows the one before: none is hidden

Each stretch of blocks is read, compared with the log (`ledger.monitor.anchored_roots`) and saved before the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.clock import rfc3339
from ledger.monitor.alarms import AlarmCode
from ledger.monitor.evm_node import AnchorEvent, Block, EVMNode, NodeUnavailable, TooManyLogs
from ledger.monitor.round import Round
from ledger.monitor.state import AnchorSeen, ChainProgress
from ledger.verifier.trust import TrustedChain

_BLOCKS_AT_ONCE = 5_000


class ChainFollower:
    """The steps of one pass for one chain. Each may raise `NodeUnavailable`."""

    def __init__(self, node: EVMNode, chain: TrustedChain, round_: Round, first_block: int = 0) -> None:
        self._node = node
        self._chain = chain
        self._round = round_
        self._scope = str(chain.chain_id)
        self.progress = round_.state.chains.setdefault(chain_key(chain), ChainProgress(first_block, first_block))

    def step(self, compare: Callable[[], None]) -> None:
        """Steps 4 and 5. `compare` is called after each stretch that was read, with its anchors pending."""
        if self._node.chain_id() != self._chain.chain_id:
            raise NodeUnavailable(f"the node is of another chain than {self._chain.chain_id}")
        self._check_contract()
        final = self._node.final_block()
        if self._is_rewritten(final):
            return
        compare()  # What an earlier pass left.
        self._read_on(final, compare)

    def _check_contract(self) -> None:
        """Step 4, what is so now."""
        contract, log_id = self._chain.contract, self._chain.log_id
        self._round.settled(self._scope, AlarmCode.CONTRACT_REPLACED)
        if self._node.code_hash(contract) != self._chain.code_hash:
            self._alarm(AlarmCode.CONTRACT_REPLACED, contract=_hex(contract))
            return  # Other code may answer anything.
        self._round.settled(self._scope, AlarmCode.WRITER_REPLACED, AlarmCode.SUCCESSOR_ANNOUNCED)
        writer, successor = self._node.writer(contract, log_id), self._node.successor(contract, log_id)
        if writer is not None and writer not in self._chain.writers:
            self._alarm(AlarmCode.WRITER_REPLACED, writer=_hex(writer))
        elif successor is not None and successor[0] not in self._chain.writers:
            effective_at = rfc3339(datetime.fromtimestamp(successor[1], UTC))
            self._alarm(AlarmCode.SUCCESSOR_ANNOUNCED, writer=_hex(successor[0]), effective_at=effective_at)

    def _is_rewritten(self, final: Block) -> bool:
        """Whether the last block that was final is another one now."""
        number, known = self.progress.next_block - 1, self.progress.block_hash
        if known is None:
            return False
        there = self._node.block(number)
        if there is None and final.number < number:
            raise NodeUnavailable(f"the node is at block {final.number}, behind {number}, which was final")
        if there is not None and _hex(there.hash) == known:
            return False
        self._alarm(AlarmCode.BLOCKS_REWRITTEN, str(number), block=number, block_hash=known)
        return True

    def _read_on(self, final: Block, compare: Callable[[], None]) -> None:
        """Step 5."""
        stretch = _BLOCKS_AT_ONCE
        while self.progress.next_block <= final.number:
            first = self.progress.next_block
            last = min(final.number, first + stretch - 1)
            try:
                events = self._node.anchors(self._chain.contract, self._chain.log_id, first, last)
            except TooManyLogs:
                stretch = max(1, (last - first + 1) // 2)
                continue
            end = final if last == final.number else self._node.block(last)
            if end is None:
                raise NodeUnavailable(f"the node doesn't have block {last}")
            self._keep(self._with(events, replace(self.progress, next_block=last + 1, block_hash=_hex(end.hash))))
            compare()

    def _keep(self, progress: ChainProgress) -> None:
        self.progress = self._round.state.chains[chain_key(self._chain)] = progress
        self._round.save()

    def _with(self, events: Sequence[AnchorEvent], progress: ChainProgress) -> ChainProgress:
        """The progress with these anchors pending. Kept as a whole: an anchor taken twice would seem to be missing."""
        progress.pending = [*progress.pending]
        for found in events:
            self._check_anchor(found, progress)
            event, block = found.event, found.block
            progress.anchored_size, progress.anchored_time = event.size, block.time
            progress.pending.append(
                AnchorSeen(
                    event.size, _hex(event.root), _hex(event.note_hash), _hex(found.tx_hash), block.number, block.time
                )
            )
        return progress

    def _check_anchor(self, found: AnchorEvent, progress: ChainProgress) -> None:
        size, previous, tx_hash = found.event.size, progress.anchored_size, _hex(found.tx_hash)
        # Whoever didn't begin with the contract's first block can't know what came before the first anchor they see.
        is_first_known = progress.anchored_time is not None or progress.first_block == 0
        if found.event.previous_size != previous and is_first_known:
            claimed = found.event.previous_size
            self._alarm(
                AlarmCode.ANCHOR_MISSING, str(size), size=size, claimed=claimed, previous=previous, tx_hash=tx_hash
            )
        if found.sender not in self._chain.writers:
            self._alarm(AlarmCode.FOREIGN_WRITER, str(size), size=size, writer=_hex(found.sender), tx_hash=tx_hash)

    def _alarm(self, code: AlarmCode, detail: str = "", **facts: Any) -> None:
        self._round.alarm(code, self._scope, detail, chain=self._chain.name, **facts)


def chain_key(chain: TrustedChain) -> str:
    """Under which the progress is kept."""
    return f"{chain.chain_id}:{_hex(chain.contract)}"


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
