"""What anchoring needs from the outside: a node of an EVM chain, and the log."""

from dataclasses import dataclass
from typing import Protocol

from ledger.anchors.policy import Fees


class CallReverted(Exception):
    """The contract refuses the call; the message is its reason."""


class SendRefused(Exception):
    """The node answered that it won't take the transaction; the message is its reason."""


@dataclass(frozen=True, slots=True)
class Block:
    """`time` in POSIX seconds."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """A receipt's place in a block: `header_rlp` hashes to the block hash; `nodes` are the RLP trie nodes from the
    header's receiptsRoot down to key rlp(`index`). `sealed_header` is the header with its committed seals
    (`ledger.verifier.seals`) where these make a block final, else None."""

    header_rlp: bytes
    index: int
    nodes: tuple[bytes, ...]
    sealed_header: bytes | None = None


class Chain(Protocol):
    """A node of an EVM chain.

    Reads may be repeated freely and may lag behind what the node said before; nothing here is believed beyond what
    `ledger.anchors` checks. Addresses are lower-case 0x-hex. Every method raises `ledger.errors.ChainUnavailable`
    if the node doesn't answer: whether a transaction was taken is then *unknown*, and the caller sends the same
    bytes again. Nothing is ever called inside a unit of work.
    """

    def chain_id(self) -> int: ...

    def block(self, number: int) -> Block | None:
        """The canonical block at that height; None if the chain isn't that long."""
        ...

    def final_height(self) -> int:
        """The height up to which blocks are final, by the method of the settings.

        Where seals make blocks final: the newest block's height, for it names all before it. Raises
        `FinalityUnproven` if too few of the validators sealed it.
        """
        ...

    def nonce(self, address: str, height: int | None = None) -> int:
        """How many transactions of `address` are mined, up to `height` or up to now."""
        ...

    def balance(self, address: str) -> int: ...

    def set_balance(self, address: str, wei: int) -> None:
        """Development chains only."""
        ...

    def fees(self) -> Fees:
        """What a transaction should offer now, whatever we are willing to pay."""
        ...

    def code(self, address: str) -> bytes: ...

    def call(self, to: str, data: bytes) -> bytes:
        """Raises `CallReverted`."""
        ...

    def estimate_gas(self, sender: str, to: str | None, data: bytes) -> int:
        """Raises `CallReverted`."""
        ...

    def send_raw(self, raw: bytes) -> None:
        """Idempotent: a transaction is named by its bytes. Raises `SendRefused`, also for one the node has already."""
        ...

    def is_known(self, tx_hash: bytes) -> bool:
        """Whether the transaction is mined or waits in the node's pool."""
        ...

    def receipt(self, tx_hash: bytes) -> Receipt | None: ...

    def receipt_proof(self, receipt: Receipt) -> ReceiptProof:
        """Raises `ProofUnavailable` if what the node tells of the block doesn't hash to the block."""
        ...


class FinalityUnproven(Exception):
    """A block that should be final isn't sealed by enough validators; the message says how many did."""


class ProofUnavailable(Exception):
    """The node's header or receipts don't hash to what the chain says."""


class AnchoredLog(Protocol):
    """The log whose checkpoints are anchored; reads only."""

    @property
    def origin(self) -> str: ...

    def consistency_proof(self, size1: int, size2: int) -> list[bytes]:
        """RFC 6962 §2.1.2, for two sizes that have checkpoints."""
        ...
