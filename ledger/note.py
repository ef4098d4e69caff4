"""Signed notes, checkpoints and cosignatures, byte for byte as C2SP specifies them.

- signed-note: `<text>\\n` a blank line, then lines `— <key name> base64(key id ‖ signature)`;
- verifier key (vkey): `<key name>+<8 hex digits of the key id>+base64(signature type ‖ public key)`;
- tlog-checkpoint: the text is `<origin>\\n<size>\\nbase64(root)\\n`; no extension lines, written or accepted;
- tlog-cosignature: a witness signs `cosignature/v1\\ntime <POSIX seconds>\\n` ‖ text;
  its signature is the time (64 bits, big-endian) ‖ Ed25519.

Ed25519 only: type 0x01 for logs, 0x04 for witnesses. A note is believed only through `verify_note` and the
functions on top of it, which raise `NoteInvalid`. Signatures of unknown keys are ignored; a bad signature in
the name of a known key is fatal.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE_V1 = 0x04

_EM_DASH = "\u2014 "
_MAXIMUM_NOTE_SIZE = 64 * 1024
_MAXIMUM_SIGNATURES = 64
_END_OF_TIME = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteInvalid(ValueError):
    """The note, checkpoint or key is malformed, or not signed as it must be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name. `type` is `ED25519` or `COSIGNATURE_V1`; `public_key` has 32 bytes."""

    name: str
    type: int
    public_key: bytes

    def __post_init__(self) -> None:
        _check_key_name(self.name)
        if self.type not in {ED25519, COSIGNATURE_V1} or len(self.public_key) != 32:
            raise NoteInvalid("only Ed25519 keys (type 0x01 or 0x04, 32 bytes) are supported")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4] (signed-note, "Signatures")."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """The vkey, as `parse` reads it."""
        material = base64.b64encode(bytes([self.type]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Raises `NoteInvalid` for another format, another algorithm, or a key id that isn't this key's."""
        name, separator, rest = vkey.partition("+")
        key_id, second_separator, material = rest.partition("+")
        if not separator or not second_separator:
            raise NoteInvalid("a vkey looks like <name>+<key id>+<key>")
        decoded = _decode_base64(material)
        key = cls(name, decoded[0] if decoded else 0, decoded[1:])
        if key.key_id.hex() != key_id:
            raise NoteInvalid(f"the key id of the vkey of {name} doesn't match its key")
        return key

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey, signature_type: int = ED25519) -> Self:
        return cls(name, signature_type, key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `value` is what follows the 4-byte key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        return f"{_EM_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (with its final newline) and its signatures, verified or not."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()

    def with_signature(self, signature: Signature) -> "Note":
        """The note with one more signature at the end; the text and the others stay as they are."""
        return Note(self.text, (*self.signatures, signature))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: RFC 6962 `root` (32 bytes) of the first `size` entries of the log named `origin`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_note(data: bytes) -> Note:
    """Takes a note apart without believing it. Raises `NoteInvalid` for anything the format doesn't allow."""
    if len(data) > _MAXIMUM_NOTE_SIZE:
        raise NoteInvalid("the note is too long")
    try:
        message = data.decode()
    except UnicodeDecodeError as error:
        raise NoteInvalid("the note is not UTF-8") from error
    if any(character < " " and character != "\n" for character in message):
        raise NoteInvalid("the note contains control characters")
    text, separator, lines = message.rpartition("\n\n")
    if not separator or not text or not lines.endswith("\n"):
        raise NoteInvalid("the note has no signatures")
    signatures = tuple(_parse_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > _MAXIMUM_SIGNATURES:
        raise NoteInvalid("the note has too many signatures")
    return Note(text + "\n", signatures)


def sign_note(text: str, name: str, *keys: Ed25519PrivateKey) -> Note:
    """Signs `text` (ending in a newline) with a log's keys, in their order.

    The same input gives the same bytes (RFC 8032).
    """
    note = Note(text, tuple(Signature(name, VerifierKey.of(name, key).key_id, key.sign(text.encode())) for key in keys))
    if parse_note(note.to_bytes()) != note:
        raise NoteInvalid("this text can't be told from its signatures")
    return note


def cosign(note: Note, name: str, key: Ed25519PrivateKey, timestamp: int) -> Signature:
    """A witness's signature over a checkpoint, at `timestamp` POSIX seconds (tlog-cosignature)."""
    key_id = VerifierKey.of(name, key, COSIGNATURE_V1).key_id
    value = timestamp.to_bytes(8, "big") + key.sign(_cosigned_message(note.text, timestamp))
    return Signature(name, key_id, value)


def verify_note(note: Note, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
    """The keys of `keys` that signed the note, each once.

    Raises `NoteInvalid` if none did, or if a signature that claims to be by one of them is wrong.
    """
    signers = [key for key, _ in _verified(note, keys)]
    if not signers:
        raise NoteInvalid("the note isn't signed by any trusted key")
    return list(dict.fromkeys(signers))


def cosignature_times(note: Note, keys: Sequence[VerifierKey]) -> dict[VerifierKey, int]:
    """Which of the witnesses `keys` cosigned, and when (POSIX seconds, the earliest if one signed twice).

    An empty answer is an answer. Raises `NoteInvalid` for a wrong signature in the name of one of them.
    """
    times: dict[VerifierKey, int] = {}
    for key, signature in _verified(note, keys):
        if key.type == COSIGNATURE_V1:
            timestamp = int.from_bytes(signature.value[:8], "big")
            times[key] = min(timestamp, times.get(key, timestamp))
    return times


def instant(timestamp: int) -> datetime:
    """A cosignature's POSIX seconds as a time. Raises `NoteInvalid` for one beyond the year 9999."""
    if not 0 <= timestamp < _END_OF_TIME:
        raise NoteInvalid("the time of the cosignature is beyond all calendars")
    return datetime.fromtimestamp(timestamp, UTC)


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads a note's text as a checkpoint. Raises `NoteInvalid`, also for extension lines."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteInvalid("a checkpoint has three lines: origin, size, root")
    root = _decode_base64(lines[2])
    if len(root) != 32 or not _DECIMAL.fullmatch(lines[1]):
        raise NoteInvalid("the checkpoint's size or root is malformed")
    return Checkpoint(lines[0], int(lines[1]), root)


def open_checkpoint(data: bytes, log_keys: Sequence[VerifierKey], origin: str | None = None) -> Checkpoint:
    """The checkpoint in a signed note, if the log signed it.

    Raises `NoteInvalid` unless a type 0x01 key of `log_keys` named like the origin line signed it, and, where
    `origin` is given, the origin is that one.
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    if origin is not None and checkpoint.origin != origin:
        raise NoteInvalid(f"the checkpoint is of the log {checkpoint.origin}, not {origin}")
    own_keys = [key for key in log_keys if key.type == ED25519 and key.name == checkpoint.origin]
    verify_note(note, own_keys)
    return checkpoint


def as_logged(data: bytes) -> bytes:
    """A checkpoint as its log signed it: without the lines that witnesses, or anybody else, added since.

    These bytes are what is anchored and time-stamped; whoever cosigns later changes neither. Raises `NoteInvalid`.
    """
    note = parse_note(data)
    origin = parse_checkpoint(note.text).origin
    return Note(note.text, tuple(each for each in note.signatures if each.name == origin)).to_bytes()


def _verified(note: Note, keys: Sequence[VerifierKey]) -> list[tuple[VerifierKey, Signature]]:
    known = {(key.name, key.key_id): key for key in keys}
    pairs = [
        (known[signature.name, signature.key_id], signature)
        for signature in note.signatures
        if (signature.name, signature.key_id) in known
    ]
    for key, signature in pairs:
        _verify_signature(note.text, key, signature)
    return pairs


def _verify_signature(text: str, key: VerifierKey, signature: Signature) -> None:
    message, value = text.encode(), signature.value
    if key.type == COSIGNATURE_V1:
        timestamp = int.from_bytes(value[:8], "big")
        if len(value) != 72 or timestamp >= 2**63:
            raise NoteInvalid(f"the cosignature of {key.name} is malformed")
        message, value = _cosigned_message(text, timestamp), value[8:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(value, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteInvalid(f"the signature of {key.name} doesn't fit the note") from error


def _cosigned_message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _parse_signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_EM_DASH).partition(" ")
    if not line.startswith(_EM_DASH) or not separator:
        raise NoteInvalid("a signature line looks like: — <key name> <base64>")
    _check_key_name(name)
    decoded = _decode_base64(encoded)
    if len(decoded) < 5:
        raise NoteInvalid("a signature is too short")
    return Signature(name, decoded[:4], decoded[4:])


def _check_key_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise NoteInvalid("a key name is non-empty, without spaces and plus signs")


def _decode_base64(text: str) -> bytes:
    """RFC 4648 §4 with padding; refuses the second spelling that unused trailing bits would allow."""
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise NoteInvalid("malformed base64") from error
    if base64.b64encode(decoded).decode() != text:
        raise NoteInvalid("base64 in another than the one canonical spelling")
    return decoded
