"""The smart contract `EvidenceAnchor` and its committed artifact, which CI proves to be what the source compiles to."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).with_name("EvidenceAnchor.json")


@dataclass(frozen=True, slots=True)
class ContractArtifact:
    """`bytecode` deploys the contract; `code_hash` is keccak256 of the code it leaves on the chain."""

    abi: list[dict[str, Any]]
    bytecode: bytes
    code_hash: bytes
    compiler: str


@functools.cache
def evidence_anchor() -> ContractArtifact:
    """The committed artifact. It needs no compiler."""
    artifact = json.loads(ARTIFACT.read_text())
    return ContractArtifact(
        abi=artifact["abi"],
        bytecode=bytes.fromhex(artifact["bytecode"].removeprefix("0x")),
        code_hash=bytes.fromhex(artifact["code_hash"].removeprefix("0x")),
        compiler=artifact["compiler"],
    )
