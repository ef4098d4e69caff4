"""Check 8: the anchor on the chain.

8a (always): the receipt with `Anchored` is in the block whose header hashes to the block hash; contract, log and
chain are those of the trust file; root, size and note hash are those of the checkpoint.

8b (with `--block-hash` or `--rpc`): that block hash is the chain's. Offline the hash is only *stated*: 8b is then
unknown and doesn't hold up the verdict, but is named among what is not proven, with the hash to look up. Where the
trust file names the chain's validators and the package has their seals, a quorum of these proves it offline as well.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785
from eth_hash.auto import keccak

from ledger.note import Checkpoint
from ledger.verifier.layout import EVM_ANCHOR
from ledger.verifier.package import Package
from ledger.verifier.receipts import (
    AnchoredLog,
    BlockHeader,
    ReceiptInvalid,
    anchored_logs,
    parse_header,
    prove_receipt,
)
from ledger.verifier.seals import SealedHeader, SealsInvalid, parse_sealed_header, require_quorum
from ledger.verifier.trust import Trust, TrustedChain
from ledger.verifier.verdict import Contradiction, Passed, Undecided

MEMBERS = frozenset(
    {
        "chain_id",
        "contract",
        "log_id",
        "size",
        "root",
        "tx_hash",
        "block_number",
        "block_hash",
        "block_time",
        "header_rlp",
        "receipt_index",
        "receipt_proof",
        "finality",
    }
)
SEALED_HEADER = "sealed_header"
"""The one member that may be missing: the header with its validators' seals, on chains where these make it final."""
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")
_TRANSACTION = re.compile(r"0x[0-9a-f]{64}")
_FINALITY = re.compile(r"finalized tag|depth \d{1,4}|quorum seals \d{1,4} of \d{1,4}", re.ASCII)
_MAXIMUM_NODES = 64
_MAXIMUM_SIZE = 1024 * 1024
"""Bytes of `anchors/evm.json`: a header, a receipt and its proof have a few thousand."""


class NodeUnavailable(Exception):
    """The node doesn't answer, or answers with an error."""


class Node(Protocol):
    """Asks an Ethereum node. Raises `NodeUnavailable`; the answer is believed only as far as the user's node is."""

    def __call__(self, method: str, *parameters: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Anchor:
    """A proven anchor. `transaction_hash` is a pointer for looking things up, not proven by the receipt. `sealed` is
    the block's header with its validators' seals, if the package has it."""

    chain: TrustedChain
    block: BlockHeader
    transaction_hash: str
    receipt_index: int
    event: AnchoredLog
    sealed: SealedHeader | None = None


def check_anchor(package: Package, checkpoint: Checkpoint, trust: Trust) -> Passed[Anchor]:
    """8a."""
    stated = _parse(package.member(EVM_ANCHOR))
    chain = _trusted_chain(stated, trust)
    try:
        block = parse_header(_bytes(stated["header_rlp"]))
        proof = [_bytes(node) for node in stated["receipt_proof"]]
        events = anchored_logs(prove_receipt(block.receipts_root, stated["receipt_index"], proof))
    except ReceiptInvalid as error:
        raise Contradiction(f"链上收据证明不成立：{error}", f"The proof of the chain's receipt: {error}") from error
    note_hash = hashlib.sha256(package.logged_checkpoint()).digest()
    wanted = (chain.contract, chain.log_id, checkpoint.size, checkpoint.root, note_hash)
    event = next((e for e in events if (e.contract, e.log_id, e.size, e.root, e.note_hash) == wanted), None)
    if event is None:
        raise Contradiction(
            "该收据中没有对此检查点的锚定。", "The receipt doesn't anchor this checkpoint on the trusted contract."
        )
    _require_same(stated, chain, block, event)
    sealed = _sealed(stated, block)
    facts = {
        "chain_id": chain.chain_id,
        "chain": chain.name,
        "development": chain.is_development,
        "contract": _hex(chain.contract),
        "size": event.size,
        "block_number": block.number,
        "block_hash": _hex(block.hash),
        "block_time": block.time,
        "tx_hash": stated["tx_hash"],
    }
    label_zh, label_en = (
        ("（开发链，不是证据）", " (development chain: not evidence)") if chain.is_development else ("", "")
    )
    return Passed(
        Anchor(chain, block, stated["tx_hash"], stated["receipt_index"], event, sealed),
        f"收据证明成立：检查点已锚定于{chain.name}第 {block.number} 块{label_zh}。",
        f"The receipt proves it: the checkpoint is anchored in block {block.number} of {chain.name}{label_en}.",
        facts,
    )


def check_block_hash(anchor: Anchor, block_hash: str | None, node: Node | None) -> Passed[None]:
    """8b: against the hash the user looked up, the user's node, and the seals of the validators the user trusts.

    Raises `Undecided` if there is none of them.
    """
    own = _hex(anchor.block.hash)
    if block_hash is not None and block_hash.lower() != own:
        raise Contradiction(
            f"您查到的区块哈希 {block_hash} 与包内 {own} 不同。",
            f"The block hash you looked up, {block_hash}, isn't the package's, {own}.",
        )
    seals = _quorum(anchor)
    if node is not None:
        _ask(anchor, node, is_final=seals is not None)
    elif block_hash is None and seals is not None:
        of = len(anchor.chain.validators)
        return Passed(
            None,
            f"信任文件列出的 {of} 个验证者中有 {seals} 个签署了区块 {own}。",
            f"{seals} of the {of} validators of the trust file sealed block {own}.",
        )
    elif block_hash is None:
        raise Undecided(
            f"未与链比对。请自行查询第 {anchor.block.number} 块的哈希，应为 {own}。",
            f"Not compared with the chain; compare it yourself: block {anchor.block.number} should be {own}.",
            block_hash=own,
        )
    return Passed(None, f"区块哈希 {own} 与独立来源一致。", f"The block hash {own} is the independent source's.")


def _sealed(stated: dict[str, Any], block: BlockHeader) -> SealedHeader | None:
    """Seals that are there must be seals of this very block, whether anybody asks for them or not."""
    if SEALED_HEADER not in stated:
        return None
    try:
        sealed = parse_sealed_header(_bytes(stated[SEALED_HEADER]))
    except (SealsInvalid, ReceiptInvalid) as error:
        raise Contradiction(f"验证者签名无法读取：{error}", f"The validators' seals: {error}") from error
    if sealed.hash != block.hash:
        raise Contradiction("验证者签名属于另一个区块。", "The validators' seals are of another block.")
    return sealed


def _quorum(anchor: Anchor) -> int | None:
    """How many validators of the trust file sealed the block; None if they or the seals aren't there, or too few."""
    if anchor.sealed is None or not anchor.chain.validators:
        return None
    try:
        return require_quorum(anchor.sealed, anchor.chain.validators)
    except SealsInvalid:
        return None


def _ask(anchor: Anchor, node: Node, *, is_final: bool) -> None:
    """Chain, block, code and writer as the node sees them, and finality unless seals have shown it."""
    try:
        own, contract = _hex(anchor.block.hash), _hex(anchor.chain.contract)
        at_height = node("eth_getBlockByNumber", hex(anchor.block.number), False) or {}
        _agree("链标识", "chain id", int(node("eth_chainId"), 16), anchor.chain.chain_id)
        _agree("区块哈希", "block hash", at_height.get("hash"), own)
        code = bytes.fromhex(node("eth_getCode", contract, "latest")[2:])
        _agree("合约代码", "contract code", keccak(code), anchor.chain.code_hash)
        receipt = node("eth_getTransactionReceipt", anchor.transaction_hash) or {}
        place = (receipt.get("blockHash"), int(receipt.get("transactionIndex") or "0x0", 16))
        _agree("交易位置", "place of the transaction", place, (own, anchor.receipt_index))
        writer = bytes.fromhex(receipt["from"][2:])
        _agree("写入者", "writer", writer in anchor.chain.writers, True)
        finalized = {} if is_final else node("eth_getBlockByNumber", "finalized", False) or {}
    except NodeUnavailable as error:
        raise Undecided(f"链节点没有应答：{error}", f"The node doesn't answer: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Undecided("链节点的应答无法理解。", "The node's answer makes no sense.") from error
    if not is_final and int(finalized.get("number") or "0x0", 16) < anchor.block.number:
        raise Undecided("该区块在链上尚未最终确认。", "The block isn't final on the chain yet.")


def _agree(zh: str, en: str, found: object, expected: object) -> None:
    if found != expected:
        raise Contradiction(f"{zh}与链上不符。", f"The {en} isn't what the chain says.")


def _parse(data: bytes) -> dict[str, Any]:
    """`anchors/evm.json` in canonical JSON with exactly the members of evidence.md."""
    stated: object = None
    try:
        stated = json.loads(data) if len(data) <= _MAXIMUM_SIZE else None
        is_canonical = rfc8785.dumps(stated) == data
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        is_canonical = False
    if not is_canonical or not isinstance(stated, dict) or not _is_well_formed(stated):
        raise Contradiction("anchors/evm.json 格式不符。", "anchors/evm.json is malformed.")
    return stated


def _is_well_formed(stated: dict[str, Any]) -> bool:
    numbers = ("chain_id", "size", "block_number", "block_time", "receipt_index")
    return (
        set(stated) - {SEALED_HEADER} == MEMBERS
        and all(type(stated[name]) is int and stated[name] >= 0 for name in numbers)
        and isinstance(stated["receipt_proof"], list)
        and 0 < len(stated["receipt_proof"]) <= _MAXIMUM_NODES
        and _is_like(_TRANSACTION, stated["tx_hash"])
        and _is_like(_FINALITY, stated["finality"])
    )


def _is_like(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _trusted_chain(stated: dict[str, Any], trust: Trust) -> TrustedChain:
    for chain in trust.chains:
        if (chain.chain_id, _hex(chain.contract)) == (stated["chain_id"], stated["contract"]):
            return chain
    raise Undecided(
        "信任文件没有列出该链上的合约，无法采信锚定。",
        "The trust file doesn't name this contract on this chain, so the anchor can't be relied on.",
        chain_id=stated["chain_id"],
        contract=stated["contract"],
    )


def _require_same(stated: dict[str, Any], chain: TrustedChain, block: BlockHeader, event: AnchoredLog) -> None:
    """What evm.json states in clear must be what was proven."""
    proven = {
        "log_id": _hex(chain.log_id),
        "size": event.size,
        "root": _hex(event.root),
        "block_number": block.number,
        "block_hash": _hex(block.hash),
        "block_time": block.time,
    }
    wrong = [name for name, value in proven.items() if stated[name] != value]
    if wrong:
        raise Contradiction(
            f"anchors/evm.json 的 {wrong[0]} 与所证明的不同。", f"{wrong[0]} of anchors/evm.json isn't what is proven."
        )


def _bytes(text: object) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise ReceiptInvalid("malformed hexadecimal")
    return bytes.fromhex(text[2:])


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
