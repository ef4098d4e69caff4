"""What anchoring costs on the chain, in gas, whatever a unit of it costs that day.

anchor      `EvidenceAnchor.anchor` at 1 … 10⁷ leaves: each from the size before it, with the proof that the log grew
per record  an anchor for every 1,000 records, shared among them
registry    one call of `Registry.vy` for each record: what is done where there is no log
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import vyper
from eth_utils.crypto import keccak

from app.embedded import EmbeddedChain
from ledger.anchors import evidence_anchor as abi
from ledger.merkle import NodeReader, consistency_proof, root_at
from tests.support.evm import DeployedContract

_NOTE_HASH = bytes(range(32))
_SOURCE = Path(__file__).with_name("Registry.vy")
ReaderAt = Callable[[int], NodeReader]
"""The nodes of the tree of so many leaves."""


def measure(folder: Path, nodes: ReaderAt, sizes: Sequence[int], batch: int) -> tuple[dict[int, int], int, int]:
    """Gas of an anchor at each of the sizes, of one over `batch` more records, and of one registry call."""
    chain = EmbeddedChain(folder)
    chain.start()
    try:
        contract = DeployedContract(chain.url)
        log = abi.log_id("bench.example/log")
        contract.send(abi.register_call(log))
        anchors = _anchor_each(contract, log, nodes, sizes)
        other = abi.log_id("bench.example/batches")
        contract.send(abi.register_call(other))
        batches = _anchor_each(contract, other, nodes, [batch * number for number in range(1, 6)])
        return anchors, max(list(batches.values())[1:]), _registry(contract)
    finally:
        chain.stop()


def _anchor_each(contract: DeployedContract, log: bytes, nodes: ReaderAt, sizes: Sequence[int]) -> dict[int, int]:
    gas: dict[int, int] = {}
    previous = 0
    for size in sizes:
        node = nodes(size)
        call = abi.anchor_call(log, size, root_at(size, node), _NOTE_HASH, consistency_proof(previous, size, node))
        [receipt] = contract.send(call)
        gas[size] = int(receipt["gasUsed"], 16)
        previous = size
    return gas


def _registry(contract: DeployedContract) -> int:
    """The second call: the first also pays for what is written for the first time in the contract."""
    compiled: dict[str, Any] = vyper.compile_code(_SOURCE.read_text(), output_formats=["bytecode"])
    sender = contract.accounts[0]
    [deployed] = contract.transact([{"from": sender, "data": compiled["bytecode"]}])
    selector = keccak(text="attest(bytes32)")[:4]
    calls = [selector + keccak(text=f"record {number}") for number in range(2)]
    receipts = contract.transact(
        [{"from": sender, "to": deployed["contractAddress"], "data": "0x" + call.hex()} for call in calls]
    )
    return int(receipts[-1]["gasUsed"], 16)
