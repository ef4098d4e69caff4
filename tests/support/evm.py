"""`EvidenceAnchor` on a real development chain, driven through accounts that the chain itself unlocks."""

from collections.abc import Sequence
from typing import Any

import httpx

from core.rpc import RPCError, json_rpc
from ledger.anchors import evidence_anchor as abi
from ledger.contracts import evidence_anchor

_BATCH = 1000


class Reverted(Exception):
    """The contract refused; the message is its reason."""


class DeployedContract:
    """One `EvidenceAnchor`. Transactions are mined at once, without waiting for the chain's next block."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.accounts: list[str] = json_rpc(url, "eth_accounts")
        receipt = self.transact([{"from": self.accounts[0], "data": _hex(evidence_anchor().bytecode)}])[0]
        self.address: str = receipt["contractAddress"]

    def transact(self, transactions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Sends all of them, mines, and returns the receipts."""
        hashes = [
            json_rpc(self.url, "eth_sendTransaction", {"gas": "0x2dc6c0"} | transaction) for transaction in transactions
        ]
        receipts = [None]
        while None in receipts:
            json_rpc(self.url, "evm_mine")
            receipts = [json_rpc(self.url, "eth_getTransactionReceipt", tx_hash) for tx_hash in hashes]
        return receipts

    def send(self, *calls: bytes, sender: int = 0) -> list[dict[str, Any]]:
        """Raises `AssertionError` if one of the calls fails."""
        receipts = self.transact(
            [{"from": self.accounts[sender], "to": self.address, "data": _hex(call)} for call in calls]
        )
        assert {receipt["status"] for receipt in receipts} == {"0x1"}
        return receipts

    def simulate(self, call: bytes, sender: int = 0) -> bytes:
        """What the call would do now, without doing it. Raises `Reverted`."""
        request = {"from": self.accounts[sender], "to": self.address, "data": _hex(call)}
        try:
            return bytes.fromhex(json_rpc(self.url, "eth_call", request, "latest")[2:])
        except RPCError as error:
            raise Reverted(str(error)) from error

    def accepted(self, calls: Sequence[bytes], sender: int = 0) -> list[bool]:
        """For each call, simulated on its own, whether the contract takes it. The node takes so many in a batch."""
        taken: list[bool] = []
        for first in range(0, len(calls), _BATCH):
            taken += self._batch_accepted(calls[first : first + _BATCH], sender)
        return taken

    def _batch_accepted(self, calls: Sequence[bytes], sender: int) -> list[bool]:
        batch = [
            {
                "jsonrpc": "2.0",
                "id": number,
                "method": "eth_call",
                "params": [{"from": self.accounts[sender], "to": self.address, "data": _hex(call)}, "latest"],
            }
            for number, call in enumerate(calls)
        ]
        answers = httpx.post(self.url, json=batch, timeout=60, trust_env=False).json()
        return ["result" in answer for answer in sorted(answers, key=lambda answer: answer["id"])]

    def latest(self, log: bytes) -> tuple[int, bytes]:
        return abi.decode_latest(self.simulate(abi.latest_call(log)))

    def writer_of(self, log: bytes) -> str:
        return abi.decode_writer(self.simulate(abi.writer_of_call(log)))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
