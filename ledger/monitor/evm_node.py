"""The contract `EvidenceAnchor` as a node tells of it. Hashes and addresses are raw bytes (32 and 20).

The node is believed as far as its user believes it: run one, or ask two.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from eth_hash.auto import keccak

from core.rpc import RPCError, json_rpc
from ledger.verifier.receipts import ANCHORED_TOPIC, AnchoredLog

_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_WRITER_OF = keccak(b"writer_of(bytes32)")[:4]
_SUCCESSION_OF = keccak(b"succession_of(bytes32)")[:4]
_WORD = 32
_NOBODY = bytes(20)


class NodeUnavailable(Exception):
    """The node doesn't answer, or not with what was asked for."""


class TooManyLogs(NodeUnavailable):
    """The node refuses to look through so many blocks at once."""


@dataclass(frozen=True, slots=True)
class Block:
    """`time` in POSIX seconds."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class AnchorEvent:
    """An `Anchored` event and where it is; `sender` signed the transaction."""

    event: AnchoredLog
    tx_hash: bytes
    sender: bytes
    block: Block


class EVMNode(Protocol):
    """Every call may raise `NodeUnavailable`."""

    def chain_id(self) -> int: ...

    def final_block(self) -> Block: ...

    def block(self, number: int) -> Block | None: ...

    def code_hash(self, contract: bytes) -> bytes: ...

    def writer(self, contract: bytes, log_id: bytes) -> bytes | None: ...

    def successor(self, contract: bytes, log_id: bytes) -> tuple[bytes, int] | None: ...

    def anchors(self, contract: bytes, log_id: bytes, first: int, last: int) -> list[AnchorEvent]: ...


class RPCNode:
    """Implements `EVMNode` over JSON-RPC. `confirmations` None: what the node calls finalized is final."""

    def __init__(self, url: str, confirmations: int | None = None) -> None:
        self._url = url
        self._confirmations = confirmations

    def chain_id(self) -> int:
        return _number(self._ask("eth_chainId"))

    def final_block(self) -> Block:
        """The last that counts. Before there is any, block 0."""
        if self._confirmations is None:
            tagged = self._ask("eth_getBlockByNumber", "finalized", False)
            if tagged is None:
                raise NodeUnavailable("the node knows no finalized block; name a number of confirmations")
            return _block(tagged)
        newest = _number(self._ask("eth_blockNumber"))
        found = self.block(max(0, newest - self._confirmations))
        if found is None:
            raise NodeUnavailable("the node doesn't have its own block")
        return found

    def block(self, number: int) -> Block | None:
        found = self._ask("eth_getBlockByNumber", hex(number), False)
        return None if found is None else _block(found)

    def code_hash(self, contract: bytes) -> bytes:
        code = self._ask("eth_getCode", _hex(contract), "latest")
        return keccak(_bytes(code))

    def writer(self, contract: bytes, log_id: bytes) -> bytes | None:
        """Who may anchor now; None if nobody has registered the log."""
        address = self._call(contract, _WRITER_OF + log_id, _WORD)[12:]
        return None if address == _NOBODY else address

    def successor(self, contract: bytes, log_id: bytes) -> tuple[bytes, int] | None:
        """The last that was announced, in office or not, and from when (POSIX seconds)."""
        answer = self._call(contract, _SUCCESSION_OF + log_id, 2 * _WORD)
        address = answer[12:_WORD]
        return None if address == _NOBODY else (address, int.from_bytes(answer[_WORD : 2 * _WORD]))

    def anchors(self, contract: bytes, log_id: bytes, first: int, last: int) -> list[AnchorEvent]:
        """Those in blocks `first` to `last`, in the chain's order. Raises `TooManyLogs`."""
        wanted = {
            "address": _hex(contract),
            "topics": [_hex(ANCHORED_TOPIC), _hex(log_id)],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            found = json_rpc(self._url, "eth_getLogs", wanted)
        except RPCError as error:
            raise (NodeUnavailable if error.code is None or first == last else TooManyLogs)(str(error)) from error
        if not isinstance(found, list):
            raise NodeUnavailable("eth_getLogs: not a list")
        blocks: dict[int, Block] = {}
        return [self._anchor(log, contract, log_id, blocks) for log in found]

    def _anchor(self, log: Any, contract: bytes, log_id: bytes, blocks: dict[int, Block]) -> AnchorEvent:
        try:
            number, block_hash, tx_hash = _number(log["blockNumber"]), _bytes(log["blockHash"]), log["transactionHash"]
            event = _event(log)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise NodeUnavailable("eth_getLogs: malformed") from error
        if (event.contract, event.log_id) != (contract, log_id) or log.get("removed"):
            raise NodeUnavailable("eth_getLogs: not what was asked for")
        if number not in blocks:
            found = self.block(number)
            if found is None or found.hash != block_hash:
                raise NodeUnavailable(f"block {number} changed while it was read")
            blocks[number] = found
        transaction = self._ask("eth_getTransactionByHash", tx_hash)
        if not isinstance(transaction, Mapping):
            raise NodeUnavailable(f"the node has lost the transaction {tx_hash}")
        return AnchorEvent(event, _bytes(tx_hash), _bytes(transaction.get("from")), blocks[number])

    def _call(self, contract: bytes, data: bytes, size: int) -> bytes:
        answer = _bytes(self._ask("eth_call", {"to": _hex(contract), "data": _hex(data)}, "latest"))
        if len(answer) < size:
            raise NodeUnavailable("the contract doesn't answer")
        return answer

    def _ask(self, method: str, *parameters: Any) -> Any:
        try:
            return json_rpc(self._url, method, *parameters)
        except RPCError as error:
            raise NodeUnavailable(str(error)) from error


def _event(log: Any) -> AnchoredLog:
    topics, data = [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])
    if len(topics) != 3 or topics[0] != ANCHORED_TOPIC or len(data) != 3 * _WORD:
        raise ValueError("not an Anchored event")
    return AnchoredLog(
        contract=_bytes(log["address"]),
        log_id=topics[1],
        size=int.from_bytes(topics[2]),
        root=data[:32],
        note_hash=data[32:64],
        previous_size=int.from_bytes(data[64:]),
    )


def _block(value: Any) -> Block:
    try:
        return Block(_number(value["number"]), _bytes(value["hash"]), _number(value["timestamp"]))
    except (KeyError, TypeError) as error:
        raise NodeUnavailable("a malformed block") from error


def _number(value: Any) -> int:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise NodeUnavailable("a malformed number")
    try:
        return int(value, 16)
    except ValueError as error:
        raise NodeUnavailable("a malformed number") from error


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise NodeUnavailable("malformed hexadecimal")
    return bytes.fromhex(value[2:])


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
