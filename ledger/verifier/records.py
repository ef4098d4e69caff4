"""Check 4: each record leads through its salt and commitment to its entry; a subject's records form chains."""

import re
from dataclasses import dataclass

from ledger.record import Record, RecordInvalid, Subject, commitment, parse_entry, parse_record
from ledger.verifier.package import Exhibit, Package
from ledger.verifier.verdict import Contradiction, Passed

_SALT = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """A record whose commitment is the one in `entry`; whether the log holds `entry` is check 5."""

    folder: str
    record: Record
    entry: bytes


def check_records(package: Package) -> Passed[list[ProvenRecord]]:
    records = [_open(exhibit) for exhibit in package.exhibits]
    known = {proven.record.id: proven.record for proven in records}
    if len(known) != len(records):
        raise Contradiction("同一存证记录出现两次。", "A record is in the package twice.")
    absent = _absent_predecessors(known)
    return Passed(
        records,
        f"{len(records)} 条存证记录均与其承诺值和日志条目一致。",
        f"All {len(records)} records fit their commitments and log entries.",
        {"records": len(records), "predecessors_not_in_package": absent},
    )


def _open(exhibit: Exhibit) -> ProvenRecord:
    try:
        record, entry = parse_record(exhibit.record), parse_entry(exhibit.entry)
    except RecordInvalid as error:
        raise Contradiction(
            f"{exhibit.folder} 的记录或条目格式不符：{error}", f"The record or entry of {exhibit.folder}: {error}"
        ) from error
    if not _SALT.fullmatch(exhibit.salt):
        raise Contradiction(f"{exhibit.folder} 的盐值格式不符。", f"The salt of {exhibit.folder} is malformed.")
    if commitment(bytes.fromhex(exhibit.salt.decode()), exhibit.record) != entry.commitment:
        raise Contradiction(
            f"{exhibit.folder} 的记录与承诺值不符：记录或盐值被改动。",
            f"The record of {exhibit.folder} doesn't fit its commitment: record or salt was changed.",
        )
    if (entry.id, entry.at) != (record.id, record.at):
        raise Contradiction(
            f"{exhibit.folder} 的条目属于另一条记录。", f"The entry of {exhibit.folder} is of another record."
        )
    return ProvenRecord(exhibit.folder, record, exhibit.entry)


def _absent_predecessors(known: dict[str, Record]) -> list[str]:
    """Ids of earlier records that records here name but the package doesn't hold.

    Raises `Contradiction` if a record names a predecessor of another subject, or two of a subject's records name the
    same one (or none): the history of a subject has one beginning and no branches.
    """
    absent: list[str] = []
    named: set[tuple[Subject, str | None]] = set()
    for record in known.values():
        link = (record.subject, record.previous)
        if link in named:
            raise Contradiction(
                "同一事项的两条记录声称同一前序。", "Two records of a subject name the same one before."
            )
        named.add(link)
        previous = known.get(record.previous or "")
        if record.previous is not None and previous is None:
            absent.append(record.previous)
        if previous is not None and previous.subject != record.subject:
            raise Contradiction(
                "记录的前序属于另一事项。", "A record names one of another subject as the one before it."
            )
    return sorted(absent)
