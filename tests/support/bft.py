"""Validators of a QBFT or IBFT2 chain, and a real development chain dressed up as theirs.

Written from Besu's encodings (`ledger.verifier.seals` describes them), independently of the code under test: no Besu
runs here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import rlp
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from ledger.anchors import block_proof
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import ChainSettings

Consensus = Literal["qbft", "ibft2"]
MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
VANITY = bytes(32)
KEYS = tuple(PrivateKey(keccak(b"validator %d" % number)) for number in range(7))
"""Seven validators that are the same in every run."""


def address(key: PrivateKey) -> bytes:
    return bytes(key.public_key.to_canonical_address())


@dataclass(frozen=True, slots=True)
class Dressing:
    """How a block is sealed: by whom, in which round, voting whom in."""

    consensus: Consensus = "qbft"
    validators: tuple[PrivateKey, ...] = KEYS[:4]
    sealers: tuple[PrivateKey, ...] = KEYS[:3]
    round: int = 0
    candidate: bytes | None = None

    def _said(self) -> list[Any]:
        vote: Any = b"" if self.consensus == "ibft2" else []
        if self.candidate is not None:
            vote = [self.candidate, b"\xff"]
        return [VANITY, [address(key) for key in self.validators], vote]

    def sealed_by(self) -> list[Any]:
        """The parts of extraData that a seal signs."""
        if self.consensus == "ibft2":
            return [*self._said(), self.round.to_bytes(4)]
        return [*self._said(), self.round, []]

    def named_by(self) -> list[Any]:
        """The parts of extraData that the block's name is the hash of."""
        return self._said() if self.consensus == "ibft2" else [*self._said(), 0, []]

    def complete(self, seals: Sequence[bytes]) -> list[Any]:
        written = self.round.to_bytes(4) if self.consensus == "ibft2" else self.round
        return [*self._said(), written, list(seals)]


def seal(fields: Sequence[Any], dressing: Dressing) -> tuple[list[Any], bytes]:
    """A header's fields with mixHash and a sealed extraData, and the hash by which the chain names the block."""

    def with_extra(parts: list[Any]) -> list[Any]:
        return [*fields[:12], rlp.encode(parts), MIX_HASH, *fields[14:]]

    digest = keccak(rlp.encode(with_extra(dressing.sealed_by())))
    seals = [key.sign_msg_hash(digest).to_bytes() for key in dressing.sealers]
    return with_extra(dressing.complete(seals)), keccak(rlp.encode(with_extra(dressing.named_by())))


@dataclass
class SealedChain(EVMChain):
    """A development chain whose blocks look as if the validators had sealed them. Only the newest block and those
    with receipts are ever asked for, so nobody misses that parents have other hashes."""

    settings: ChainSettings
    dressing: Dressing = field(default_factory=Dressing)

    def __post_init__(self) -> None:
        super().__init__(self.settings)
        self._undressed: dict[str, str] = {}

    def _ask(self, method: str, *parameters: Any) -> Any:
        if method == "eth_getBlockByHash":
            parameters = (self._undressed.get(parameters[0], parameters[0]), *parameters[1:])
        answer = super()._ask(method, *parameters)
        if method.startswith("eth_getBlockBy") and answer is not None:
            return self._dress(answer)
        if method == "eth_getTransactionReceipt" and answer is not None:
            block = super()._ask("eth_getBlockByHash", answer["blockHash"], False)
            return answer | {"blockHash": self._dress(block)["hash"]}
        return answer

    def _receipts(self, block: dict[str, Any]) -> list[dict[str, Any]]:
        return super()._receipts(block | {"hash": self._undressed[block["hash"]]})

    def _dress(self, block: dict[str, Any]) -> dict[str, Any]:
        fields = rlp.decode(block_proof.full_header_rlp(block))
        sealed, name = seal(fields, self.dressing)
        self._undressed["0x" + name.hex()] = block["hash"]
        extra, mix = "0x" + sealed[12].hex(), "0x" + MIX_HASH.hex()
        return block | {"hash": "0x" + name.hex(), "extraData": extra, "mixHash": mix}
