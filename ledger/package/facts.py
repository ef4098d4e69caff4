"""What a report says, gathered from the very bytes that go into the package; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.record import EvidenceFile, Record, parse_record
from ledger.repository import LoggedRecord

_SUBJECT_ID = re.compile(r"(?:env|ctr|doc|cev|obl|sup|ter)_[0-9a-f]{32}")
_PHONE = re.compile(r"(?<!\d)(\+?\d{0,4}1\d{2})\d{4}(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class Honesty:
    """Which parts of this platform are not what a court would want, to be said wherever they matter."""

    is_development_chain: bool
    is_trial_authority: bool
    is_built_in_timestamp: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the platform. `filing_number` is that of the blockchain information service filing (备案), if any."""

    name: str
    base_url: str
    software: str
    filing_number: str | None = None


@dataclass(frozen=True, slots=True)
class SignerRow:
    """A signature found in a PDF of the package. `signed_at` is the time-stamp's; None if nobody vouches for a time.

    `revocation` of the certificate at that time: good, revoked or unknown.
    """

    file_name: str
    name: str
    organisation: str
    issuer: str
    serial_number: str
    revocation: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: what a record says, with phones masked."""

    at: str
    type: str
    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The finalized anchor as people look it up. Hashes are 0x-hex, `time` POSIX seconds."""

    chain_id: int
    name: str
    contract: str
    tx_hash: str
    block_number: int
    block_hash: str
    time: int
    finality: str


@dataclass(frozen=True, slots=True)
class LogFacts:
    """The anchored checkpoint. `root` is hex; `leaf_indexes` are those of the records, in their order."""

    origin: str
    size: int
    root: str
    leaf_indexes: tuple[int, ...]
    stamped_at: datetime
    authority: str
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report says. `holder` is masked already."""

    number: str
    made_at: datetime
    holder: str
    subjects: tuple[str, ...]
    files: tuple[tuple[str, EvidenceFile], ...]
    signers: tuple[SignerRow, ...]
    timeline: tuple[Event, ...]
    log: LogFacts
    chain: ChainFacts
    operator: Operator
    honesty: Honesty


def linked_subjects(records: Sequence[LoggedRecord]) -> set[str]:
    """Public ids that the records' facts mention: the envelope a contract came from, the document of an envelope."""
    return {found for record in records for found in _SUBJECT_ID.findall(record.record.decode())}


def timeline(records: Sequence[LoggedRecord]) -> tuple[Event, ...]:
    """Oldest first."""
    events = [_event(parse_record(logged.record)) for logged in records]
    return tuple(sorted(events, key=lambda event: event.at))


def with_masked_phones(text: str) -> str:
    """Mainland mobile numbers in `text`, the middle four digits hidden (PIPL: no more than needed)."""
    return _PHONE.sub(r"\1****\2", text)


def masked_name(name: str) -> str:
    """The first two characters and the last: 榆林…局."""
    return name if len(name) <= 3 else f"{name[:2]}{'*' * (len(name) - 3)}{name[-1]}"


def _event(record: Record) -> Event:
    names = _values(record.facts, "name")
    details = [f"{key}={value}" for key, value in _leaves(record.facts) if key not in {"name", "user_agent"}]
    return Event(record.at, record.type, with_masked_phones("、".join(names)), with_masked_phones("; ".join(details)))


def _values(facts: Mapping[str, Any], wanted: str) -> list[str]:
    return list(dict.fromkeys(value for key, value in _leaves(facts) if key == wanted))


def _leaves(value: object, key: str = "") -> list[tuple[str, str]]:
    """The plain values of nested facts with the innermost member name."""
    if isinstance(value, Mapping):
        return [leaf for name, member in value.items() for leaf in _leaves(member, str(name))]
    if isinstance(value, list | tuple):
        return [leaf for member in value for leaf in _leaves(member, key)]
    return [] if value is None else [(key, str(value))]
