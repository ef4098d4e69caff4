"""How a log's key names the one that follows it: a C2SP signed note by both.

    dingyue-log-key-rotation/v1
    <origin>
    from <vkey>
    to <vkey>
    until <RFC 3339 instant>

`from` says who speaks, `to` who signs checkpoints from the one on that holds the announcement, `until` how long `from`
signs beside it. The old key's signature passes the trust on; the new one's shows that somebody holds it. It is no
checkpoint: the second line of one is a number (tlog-checkpoint). Whoever trusts any key of a log walks to all later
ones by these statements, with nobody's help. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.clock import rfc3339
from ledger.note import NoteInvalid, VerifierKey, parse_note, sign_note, verify_note

_HEADING = "dingyue-log-key-rotation/v1"


@dataclass(frozen=True, slots=True)
class Succession:
    """`successor` follows `predecessor`, who signs until `until` (RFC 3339) as well."""

    predecessor: VerifierKey
    successor: VerifierKey
    until: str


def state_succession(origin: str, old: Ed25519PrivateKey, new: Ed25519PrivateKey, until: datetime) -> bytes:
    lines = (
        _HEADING,
        origin,
        f"from {VerifierKey.of(origin, old)}",
        f"to {VerifierKey.of(origin, new)}",
        f"until {rfc3339(until)}",
    )
    return sign_note("".join(f"{line}\n" for line in lines), origin, old, new).to_bytes()


def read_succession(statement: bytes, origin: str) -> Succession:
    """What the statement says, if both keys it names signed it. Whether to trust the first is the reader's to know.

    Raises `NoteInvalid`.
    """
    note = parse_note(statement)
    lines = note.text.split("\n")
    prefixes = ("", "", "from ", "to ", "until ", "")
    if len(lines) != len(prefixes) or not all(map(str.startswith, lines, prefixes)) or lines[:2] != [_HEADING, origin]:
        raise NoteInvalid(f"this is no statement about a key of {origin}")
    old, new = VerifierKey.parse(lines[2].removeprefix("from ")), VerifierKey.parse(lines[3].removeprefix("to "))
    if len(verify_note(note, [old, new])) != 2 or {old.name, new.name} != {origin}:
        raise NoteInvalid("both keys must sign the statement")
    return Succession(old, new, lines[4].removeprefix("until "))


def later_keys(trusted: VerifierKey, statements: Iterable[bytes]) -> list[VerifierKey]:
    """The keys that `trusted` passes its trust on to, in turn; `statements` are oldest first. Raises `NoteInvalid`."""
    keys = [trusted]
    for statement in statements:
        succession = read_succession(statement, trusted.name)
        if succession.predecessor == keys[-1]:
            keys.append(succession.successor)
    return keys[1:]
