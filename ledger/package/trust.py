"""`trust.json`: what a user must trust to check our packages (evidence.md, "The offline verifier").

It is public, and worth something only to whoever compares its SHA-256 fingerprint by another way.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RootCertificates:
    """PEM certificates."""

    signing: tuple[str, ...]
    timestamp: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """How many of which witnesses must cosign (C2SP vkeys)."""

    quorum: int = 0
    vkeys: tuple[str, ...] = ()


NO_WITNESSES = WitnessPolicy()


def trust_document(
    *,
    origin: str,
    vkeys: Sequence[str],
    chains: Sequence[dict[str, Any]],
    roots: RootCertificates,
    witnesses: WitnessPolicy,
) -> dict[str, Any]:
    """`chains` are those of `AnchorService.trusted_chains`."""
    return {
        "v": 1,
        "log": {"origin": origin, "vkeys": list(vkeys)},
        "witnesses": {"quorum": witnesses.quorum, "vkeys": list(witnesses.vkeys)},
        "chains": list(chains),
        "certificates": {"signing_roots": list(roots.signing), "timestamp_roots": list(roots.timestamp)},
    }


def trust_bytes(document: dict[str, Any]) -> bytes:
    """The file as it is published: its fingerprint is the SHA-256 of these bytes."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
