"""What a report says, gathered from the very bytes that go into the package; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.package.signers import SignerRow
from ledger.package.vocabulary import FACTS
from ledger.record import EvidenceFile, Record, parse_record
from ledger.repository import LoggedRecord

_SUBJECT_ID = re.compile(r"(?:env|ctr|doc|cev|obl|sup|ter)_[0-9a-f]{32}")
_PHONE = re.compile(r"(?<!\d)(\+?\d{0,4}1\d{2})\d{4}(\d{4})(?!\d)")
_PEOPLE = frozenset({"by", "signer", "user"})
_MOST_DETAILS = 14


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
class FileRow:
    """A file of the package, and the kind and time of the record that first tells of it."""

    name: str
    file: EvidenceFile
    event: str
    at: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline: what a record says, with phones masked. `details` are pairs of fact and value."""

    at: str
    type: str
    who: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The finalized anchor as people look it up. Hashes are 0x-hex, `time` POSIX seconds.

    `finality` says how the block became final; `is_sealed`: by the seals of validators, which the package holds.
    """

    chain_id: int
    name: str
    is_development: bool
    is_sealed: bool
    contract: str
    tx_hash: str
    block_number: int
    block_hash: str
    time: int
    finality: str


@dataclass(frozen=True, slots=True)
class LogFacts:
    """The anchored checkpoint. `root` is hex; `leaf_indexes` are those of the records, in their order.

    `stamps` are the time-stamps over it, as instant and authority, the earliest first. Of `witnesses`, the names of
    those that cosigned it, the trust file asks for `quorum`.
    """

    origin: str
    size: int
    root: str
    leaf_indexes: tuple[int, ...]
    stamps: tuple[tuple[datetime, str], ...]
    witnesses: tuple[str, ...] = ()
    quorum: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report says, and what binds it to its package (`ledger.verifier.reports`).

    `holder` is masked already; `clocks` are those the records name. `trust_sha256` is the fingerprint of the trust file
    as it was when the package was made.
    """

    number: str
    binding: str
    made_at: datetime
    holder: str
    subjects: tuple[str, ...]
    files: tuple[FileRow, ...]
    signers: tuple[SignerRow, ...]
    timeline: tuple[Event, ...]
    log: LogFacts
    chain: ChainFacts
    operator: Operator
    honesty: Honesty
    clocks: tuple[str, ...]
    trust_sha256: str


def linked_subjects(records: Sequence[LoggedRecord]) -> set[str]:
    """Public ids that the records' facts mention: the envelope a contract came from, the document of an envelope."""
    return {found for record in records for found in _SUBJECT_ID.findall(record.record.decode())}


def timeline(records: Sequence[LoggedRecord]) -> tuple[Event, ...]:
    """Oldest first."""
    events = [_event(parse_record(logged.record)) for logged in records]
    return tuple(sorted(events, key=lambda event: event.at))


def file_rows(documents: Sequence[tuple[str, EvidenceFile]], records: Sequence[LoggedRecord]) -> tuple[FileRow, ...]:
    """In the order in which the records first tell of them, which is that in which they came to be."""
    told: dict[str, tuple[str, str]] = {}
    for record in sorted((parse_record(logged.record) for logged in records), key=lambda record: record.at):
        for file in record.files:
            told.setdefault(file.sha256, (record.type, record.at))
    rows = [FileRow(name, file, *told.get(file.sha256, ("", ""))) for name, file in documents]
    return tuple(sorted(rows, key=lambda row: row.at))


def clocks(records: Sequence[LoggedRecord]) -> tuple[str, ...]:
    """The clocks that the records say they were told the time by."""
    named = [parse_record(logged.record).facts.get("clock") for logged in records]
    return tuple(dict.fromkeys(clock for clock in named if isinstance(clock, str)))


def with_masked_phones(text: str) -> str:
    """Mainland mobile numbers in `text`, the middle four digits hidden (PIPL: no more than needed)."""
    return _PHONE.sub(r"\1****\2", text)


def masked_name(name: str) -> str:
    """The first two characters and the last: 榆林…局. What stands in brackets behind a name is no part of it."""
    bare = re.sub(r"[（(][^（()）]*[）)]$", "", name) or name
    return bare if len(bare) <= 3 else f"{bare[:2]}{'*' * (len(bare) - 3)}{bare[-1]}"


def _event(record: Record) -> Event:
    who = [name for key, value in record.facts.items() if key in _PEOPLE for name in _names(value)]
    details = [
        (key, with_masked_phones(value)) for key, value in _leaves(record.facts) if key in FACTS and value.strip()
    ]
    names = list(dict.fromkeys(who)) or (["platform"] if record.facts.get("by") == "platform" else [])
    return Event(
        record.at, record.type, with_masked_phones("、".join(names)), tuple(dict.fromkeys(details))[:_MOST_DETAILS]
    )


def _names(value: object) -> list[str]:
    return [text for key, text in _leaves(value) if key == "name"]


def _leaves(value: object, key: str = "") -> list[tuple[str, str]]:
    """The plain values of nested facts with the innermost member name."""
    if isinstance(value, Mapping):
        return [leaf for name, member in value.items() for leaf in _leaves(member, str(name))]
    if isinstance(value, list | tuple):
        return [leaf for member in value for leaf in _leaves(member, key)]
    return [] if value is None else [(key, str(value))]
