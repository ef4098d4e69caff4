"""The user's side of trust: `trust.json`, read strictly, so that a misspelt key can't silently weaken a check."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey
from ledger.verifier.verdict import Unusable

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class TrustedChain:
    """A chain and the contract on it. Addresses and hashes are raw bytes (20 and 32). `validators`: those whose seals
    make a block final; empty where something else does."""

    chain_id: int
    name: str
    is_development: bool
    contract: bytes
    code_hash: bytes
    log_id: bytes
    writers: tuple[bytes, ...]
    validators: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """Keys, certificates and contracts the user chose to trust. Certificates are DER."""

    origin: str
    log_keys: tuple[VerifierKey, ...]
    witness_quorum: int
    witness_keys: tuple[VerifierKey, ...]
    chains: tuple[TrustedChain, ...]
    signing_roots: tuple[bytes, ...]
    timestamp_roots: tuple[bytes, ...]


def parse_trust(value: object) -> Trust:
    """Reads a decoded trust file. Raises `Unusable`, naming what is wrong with it."""
    try:
        trust = _trust(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise Unusable(
            f"信任文件无法使用：{error}。请重新获取并核对其 SHA-256 指纹。",
            f"The trust file can't be used: {error}. Get it again and compare its SHA-256 fingerprint.",
        ) from error
    return trust


def _trust(value: object) -> Trust:
    top = _object(value, "v", "log", "witnesses", "chains", "certificates")
    if top["v"] != 1:
        raise ValueError("v should be 1")
    log = _object(top["log"], "origin", "vkeys")
    witnesses = _object(top["witnesses"], "quorum", "vkeys")
    certificates = _object(top["certificates"], "signing_roots", "timestamp_roots")
    trust = Trust(
        origin=_text(log["origin"]),
        log_keys=_keys(log["vkeys"], ED25519),
        witness_quorum=_number(witnesses["quorum"]),
        witness_keys=_keys(witnesses["vkeys"], COSIGNATURE_V1),
        chains=tuple(_chain(chain) for chain in _list(top["chains"])),
        signing_roots=_certificates(certificates["signing_roots"]),
        timestamp_roots=_certificates(certificates["timestamp_roots"]),
    )
    if trust.witness_quorum > len({key.name for key in trust.witness_keys}):
        raise ValueError("the witness quorum is larger than the number of witnesses")
    if any(key.name == trust.origin for key in trust.witness_keys):
        raise ValueError("a witness is named like the log")
    if not trust.log_keys:
        raise ValueError("the log has no keys")
    return trust


def _chain(value: object) -> TrustedChain:
    members = ("chain_id", "name", "development", "contract", "code_hash", "log_id", "writers")
    has_validators = isinstance(value, dict) and "validators" in value
    chain = _object(value, *members, *(("validators",) if has_validators else ()))
    if not isinstance(chain["development"], bool):
        raise TypeError("`development` is true or false")
    return TrustedChain(
        chain_id=_number(chain["chain_id"]),
        name=_text(chain["name"]),
        is_development=chain["development"],
        contract=_hexadecimal(chain["contract"], _ADDRESS),
        code_hash=_hexadecimal(chain["code_hash"], _HASH),
        log_id=_hexadecimal(chain["log_id"], _HASH),
        writers=tuple(_hexadecimal(writer, _ADDRESS) for writer in _list(chain["writers"])),
        validators=tuple(_hexadecimal(each, _ADDRESS) for each in _list(chain.get("validators", []))),
    )


def _object(value: object, *names: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise TypeError(f"an object with exactly the members {', '.join(names)} is expected")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("non-empty text is expected")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("a whole number is expected")
    return value


def _hexadecimal(value: object, pattern: re.Pattern[str]) -> bytes:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise TypeError("an address or hash is 0x and 40 or 64 hex digits")
    return bytes.fromhex(value[2:])


def _keys(value: object, signature_type: int) -> tuple[VerifierKey, ...]:
    keys = tuple(VerifierKey.parse(_text(vkey)) for vkey in _list(value))
    if any(key.type != signature_type for key in keys):
        raise ValueError("a log key has signature type 1, a witness key type 4")
    if len({key.public_key for key in keys}) != len(keys):
        raise ValueError("a key is listed twice")
    return keys


def _certificates(value: object) -> tuple[bytes, ...]:
    """DER of PEM certificates; raises `ValueError` for anything else."""
    certificates = [x509.load_pem_x509_certificate(_text(pem).encode()) for pem in _list(value)]
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)
