"""A node of an EVM chain over JSON-RPC. It knows no keys and decides nothing."""

from typing import Any

from core.rpc import RPCError, json_rpc
from ledger.anchors import block_proof
from ledger.anchors.policy import ChainSettings, Fees, suggested_fees
from ledger.anchors.ports import (
    Block,
    CallReverted,
    FinalityUnproven,
    ProofUnavailable,
    Receipt,
    ReceiptProof,
    SendRefused,
)
from ledger.errors import ChainUnavailable
from ledger.verifier.seals import SealsInvalid, parse_sealed_header, require_quorum

_METHOD_NOT_FOUND = -32601


class EVMChain:
    """Implements `ledger.anchors.ports.Chain`. EIP-1559 fees where blocks have a base fee, else a gas price."""

    def __init__(self, settings: ChainSettings) -> None:
        self._settings = settings

    def chain_id(self) -> int:
        return int(self._ask("eth_chainId"), 16)

    def block(self, number: int) -> Block | None:
        found = self._ask("eth_getBlockByNumber", hex(number), False)
        if found is None:
            return None
        return Block(number, _bytes(found["hash"]), int(found["timestamp"], 16))

    def final_height(self) -> int:
        if self._settings.finality == "finalized":
            final = self._ask("eth_getBlockByNumber", "finalized", False)
            return int(final["number"], 16) if final else -1
        if self._settings.finality == "seals":
            return self._sealed_height()
        return int(self._ask("eth_blockNumber"), 16) - self._settings.finality

    def nonce(self, address: str, height: int | None = None) -> int:
        return int(self._ask("eth_getTransactionCount", address, "latest" if height is None else hex(height)), 16)

    def balance(self, address: str) -> int:
        return int(self._ask("eth_getBalance", address, "latest"), 16)

    def set_balance(self, address: str, wei: int) -> None:
        self._ask("anvil_setBalance", address, hex(wei))

    def fees(self) -> Fees:
        newest = self._ask("eth_getBlockByNumber", "latest", False)
        gas_price = int(self._ask("eth_gasPrice"), 16)
        base_fee = newest.get("baseFeePerGas")
        if base_fee is None:
            return suggested_fees(None, 0, gas_price)
        priority = max(0, gas_price - int(base_fee, 16))
        return suggested_fees(int(base_fee, 16), priority, gas_price)

    def code(self, address: str) -> bytes:
        return _bytes(self._ask("eth_getCode", address, "latest"))

    def call(self, to: str, data: bytes) -> bytes:
        return _bytes(self._simulate("eth_call", {"to": to, "data": _hex(data)}, "latest"))

    def estimate_gas(self, sender: str, to: str | None, data: bytes) -> int:
        call = {"from": sender, "data": _hex(data)} | ({} if to is None else {"to": to})
        return int(self._simulate("eth_estimateGas", call), 16)

    def send_raw(self, raw: bytes) -> None:
        try:
            json_rpc(self._settings.url, "eth_sendRawTransaction", _hex(raw))
        except RPCError as error:
            if error.code is None:
                raise ChainUnavailable from error
            raise SendRefused(str(error)) from error

    def is_known(self, tx_hash: bytes) -> bool:
        return self._ask("eth_getTransactionByHash", _hex(tx_hash)) is not None

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        found = self._ask("eth_getTransactionReceipt", _hex(tx_hash))
        if found is None:
            return None
        return Receipt(
            tx_hash=tx_hash,
            block_number=int(found["blockNumber"], 16),
            block_hash=_bytes(found["blockHash"]),
            succeeded=int(found["status"], 16) == 1,
        )

    def receipt_proof(self, receipt: Receipt) -> ReceiptProof:
        block = self._ask("eth_getBlockByHash", _hex(receipt.block_hash), False)
        if block is None:
            raise ProofUnavailable("the block is gone")
        header = block_proof.header_rlp(block)
        hashes = [_bytes(tx_hash) for tx_hash in block["transactions"]]
        if receipt.tx_hash not in hashes:
            raise ProofUnavailable("the transaction isn't in the block")
        index = hashes.index(receipt.tx_hash)
        receipts = [block_proof.receipt_bytes(found) for found in self._receipts(block)]
        return ReceiptProof(
            header_rlp=header,
            index=index,
            nodes=block_proof.prove_receipt(receipts, index, _bytes(block["receiptsRoot"])),
            sealed_header=block_proof.full_header_rlp(block) if self._settings.finality == "seals" else None,
        )

    def _sealed_height(self) -> int:
        newest = self._ask("eth_getBlockByNumber", "latest", False)
        try:
            header = parse_sealed_header(block_proof.full_header_rlp(newest))
            require_quorum(header, [_bytes(validator) for validator in self._settings.validators])
        except SealsInvalid as error:
            raise FinalityUnproven(f"block {int(newest['number'], 16)}: {error}") from error
        return header.number

    def _receipts(self, block: dict[str, Any]) -> list[dict[str, Any]]:
        """All receipts of a block in order; one by one from nodes that know no `eth_getBlockReceipts`."""
        try:
            found: list[dict[str, Any]] | None = json_rpc(self._settings.url, "eth_getBlockReceipts", block["hash"])
        except RPCError as error:
            if error.code != _METHOD_NOT_FOUND:
                raise ChainUnavailable from error
            found = [self._ask("eth_getTransactionReceipt", tx_hash) for tx_hash in block["transactions"]]
        if found is None or None in found:
            raise ProofUnavailable("the block's receipts are gone")
        return found

    def _ask(self, method: str, *parameters: Any) -> Any:
        try:
            return json_rpc(self._settings.url, method, *parameters)
        except RPCError as error:
            raise ChainUnavailable from error

    def _simulate(self, method: str, *parameters: Any) -> str:
        """A call that the contract may refuse: an answer with an error is the refusal, no answer is none."""
        try:
            return str(json_rpc(self._settings.url, method, *parameters))
        except RPCError as error:
            if error.code is None:
                raise ChainUnavailable from error
            raise CallReverted(str(error)) from error


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
