"""From a fact to a leaf of the log: record, commitment, entry (evidence.md, "From fact to leaf").

A record is private and says what happened. Its commitment hides it behind a random salt, so that erasing
record and salt leaves an unlinkable digest in the log. The entry is all that is ever public. Records and
entries are JSON in the one spelling of RFC 8785 (JCS); others are refused, so that a record has one digest.

    commitment = SHA-256("dingyue/evidence-commitment/v1" ‖ 0x00 ‖ salt ‖ SHA-256(record))
    entry      = {"c": <commitment>, "id": …, "t": …, "type": "evidence", "v": 1}

Pure: no clock, no database, no network; the offline verifier uses this very module.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.hazmat.primitives import hashes

SALT_SIZE = 32
MAXIMUM_ENTRY_SIZE = 0xFFFF
"""Bytes; entry bundles prefix each entry with a 16-bit length (C2SP tlog-tiles, "Log entries")."""

_COMMITMENT_DOMAIN = b"dingyue/evidence-commitment/v1\x00"
_LARGEST_SAFE_INTEGER = 2**53 - 1
_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_SORTS_OTHERWISE = re.compile("[\ue000-\U0010ffff]")
_write = json.JSONEncoder(sort_keys=True, ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_quote = json.encoder.encode_basestring


class RecordInvalid(ValueError):
    """The bytes are not a record or an entry in the exact form of evidence.md."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file as a record describes it. Digests are lower-case hex; `size` is in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    sm3: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A described file and where its bytes lie in the object store; no key if only the digests are known to us."""

    file: EvidenceFile
    object_key: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a record is about: a kind (`envelope`) and the public id (`env_…`)."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Record:
    """A fact. `id` and `previous` are 32 hex digits, `at` is RFC 3339 UTC with milliseconds.

    `previous` is the id of the same subject's record before this one, None for its first. `facts` holds JSON
    values without floats; integers beyond 2^53 − 1 must be written as strings.
    """

    type: str
    id: str
    at: str
    subject: Subject
    files: tuple[EvidenceFile, ...]
    facts: Mapping[str, Any]
    previous: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """The public side of a record. `commitment` is 32 bytes."""

    commitment: bytes
    id: str
    at: str


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sm3_hex(data: bytes) -> str:
    """SM3 (GB/T 32905-2016), the digest Chinese cryptographic law asks for beside SHA-256."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def describe_file(name: str, media_type: str, data: bytes) -> EvidenceFile:
    return EvidenceFile(name, media_type, len(data), sha256_hex(data), sm3_hex(data))


def record_bytes(record: Record) -> bytes:
    """The record in its one spelling.

    Raises `RecordInvalid` for a float, an unsafe integer, or a malformed id, instant or digest.
    """
    _check_record(record)
    # Canonical by construction but for the facts: names in order, and nothing left unescaped.
    previous = f'"{record.previous}"' if record.previous else "null"
    subject = f'{{"id":{_quote(record.subject.id)},"kind":{_quote(record.subject.kind)}}}'
    files = ",".join(
        f'{{"media_type":{_quote(file.media_type)},"name":{_quote(file.name)},"sha256":"{file.sha256}",'
        f'"size":{file.size},"sm3":"{file.sm3}"}}'
        for file in record.files
    )
    try:
        return (
            f'{{"at":"{record.at}","facts":{_canonical(dict(record.facts))},"files":[{files}],"id":"{record.id}",'
            f'"previous":{previous},"subject":{subject},"type":{_quote(record.type)},"v":1}}'
        ).encode()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise RecordInvalid("the value has no canonical JSON form") from error


def parse_record(data: bytes) -> Record:
    """Reads a record back. Raises `RecordInvalid` unless `data` is exactly what `record_bytes` writes."""
    try:
        value = _parse_object(data)
        record = Record(
            type=value["type"],
            id=value["id"],
            at=value["at"],
            subject=Subject(**value["subject"]),
            files=tuple(EvidenceFile(**file) for file in value["files"]),
            facts=dict(value["facts"]),
            previous=value["previous"],
        )
        canonical = record_bytes(record)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RecordInvalid("this is not an evidence record") from error
    if canonical != data:
        raise RecordInvalid("the record is not in canonical form, or has unknown members")
    return record


def commitment(salt: bytes, record: bytes) -> bytes:
    """The 32 bytes that stand for `record` (its canonical bytes) in public.

    Raises `RecordInvalid` for a salt of another size than 32 bytes.
    """
    if len(salt) != SALT_SIZE:
        raise RecordInvalid(f"a salt has {SALT_SIZE} bytes, not {len(salt)}")
    return hashlib.sha256(_COMMITMENT_DOMAIN + salt + hashlib.sha256(record).digest()).digest()


def entry_bytes(entry: Entry) -> bytes:
    """What the log holds. Raises `RecordInvalid` for a malformed id, instant or commitment."""
    _require(len(entry.commitment) == 32, "the commitment has 32 bytes")
    _check_id_and_instant(entry.id, entry.at)
    # Canonical as it stands: names in order, and nothing in it that JSON would escape.
    return f'{{"c":"{entry.commitment.hex()}","id":"{entry.id}","t":"{entry.at}","type":"evidence","v":1}}'.encode()


def parse_entry(data: bytes) -> Entry:
    """Reads an entry back. Raises `RecordInvalid` unless `data` is exactly what `entry_bytes` would write."""
    try:
        value = _parse_object(data)
        entry = Entry(bytes.fromhex(value["c"]), value["id"], value["t"])
        canonical = entry_bytes(entry)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RecordInvalid("this is not an evidence entry") from error
    if canonical != data:
        raise RecordInvalid("the entry is not in canonical form, or has unknown members")
    return entry


def _check_record(record: Record) -> None:
    _check_id_and_instant(record.id, record.at)
    _require(record.previous is None or _is(_ID, record.previous), "`previous` is an id or null")
    for text in (record.type, record.subject.kind, record.subject.id):
        _require(isinstance(text, str) and text != "", "type and subject are non-empty text")
    for file in record.files:
        _require(
            isinstance(file.name, str) and isinstance(file.media_type, str),
            "a file has a name and a media type",
        )
        _require(type(file.size) is int and 0 <= file.size <= _LARGEST_SAFE_INTEGER, "a file has a size in bytes")
        _require(_is(_DIGEST, file.sha256) and _is(_DIGEST, file.sm3), "a file has two digests of 64 hex digits")
    _check_value(dict(record.facts))


def _check_id_and_instant(identifier: str, at: str) -> None:
    _require(_is(_ID, identifier), "an id has 32 lower-case hex digits")
    _require(_is(_INSTANT, at), "an instant looks like 2026-11-22T01:02:03.456Z")


def _check_value(value: object) -> None:
    """Refuses what two JSON readers may read differently (RFC 8785 §3.2.2.3, RFC 7493 §2.2)."""
    if isinstance(value, str) or value is None:
        return
    if isinstance(value, dict):
        for key, member in value.items():
            _require(isinstance(key, str), "member names are text")
            _check_value(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _check_value(member)
    else:
        if not isinstance(value, int):
            raise RecordInvalid("values are text, integers, booleans or null")
        _require(abs(value) <= _LARGEST_SAFE_INTEGER, "integers beyond 2^53 − 1 are written as strings")


def _canonical(value: dict[str, Any]) -> str:
    """RFC 8785 of a value that `_check_value` has let through, which leaves two rules: escapes and the order of names.

    The escapes of Python's own writer, five times as fast, are the RFC's (§3.2.2.2). Its order of names is by code
    point and the RFC's by UTF-16 unit (§3.2.3); they differ only where a character from U+E000 on stands.
    """
    text = _write(value)
    return rfc8785.dumps(value).decode() if not text.isascii() and _SORTS_OTHERWISE.search(text) else text


def _parse_object(data: bytes) -> dict[str, Any]:
    value = json.loads(data.decode())
    if not isinstance(value, dict):
        raise RecordInvalid("the JSON is not an object")
    return value


def _is(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise RecordInvalid(rule)
