"""Who signed, as the report tells it: what a signature in a PDF says, and what the record of signing it says; pure.

A contract that several sign has a revision for each of them, and every later one begins with the bytes of the one
before and holds its signatures: a signature is told once, with all the files it stands in. Records and signatures are
joined by the serial number of the certificate, which the record of a signature names.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ledger.record import parse_record
from ledger.repository import LoggedRecord
from ledger.verifier.pades import SignatureVerdict
from ledger.verifier.signatures import proven_time

_LABEL = re.compile(r"(^|, )[A-Z][A-Za-z ]+: ")


@dataclass(frozen=True, slots=True)
class Act:
    """What the record says of how somebody came to sign. `method` is how they were identified, `caveats` what that
    leaves open; the consent's digest is lower-case hex."""

    at: str
    method: str
    caveats: tuple[str, ...]
    consent_version: str
    consent_sha256: str
    address: str
    evidence_id: str


@dataclass(frozen=True, slots=True)
class SignerRow:
    """A signature found in PDFs of the package. `signed_at` is the time-stamp's; None if nobody vouches for a time.

    `revocation` of the certificate at that time: good, revoked or unknown. `act` is None if no record tells of it.
    """

    file_names: tuple[str, ...]
    name: str
    organisation: str
    issuer: str
    serial_number: str
    valid_from: datetime | None
    valid_until: datetime | None
    revocation: str
    signed_at: datetime | None
    time_source: str | None
    authority: str
    act: Act | None


@dataclass(frozen=True, slots=True)
class Found:
    """A signature in a file; `first_revision` names the first of the files that this one is a later revision of."""

    file_name: str
    first_revision: str
    signature: SignatureVerdict


def first_revisions(files: Mapping[str, bytes]) -> dict[str, str]:
    """For each file the shortest that it begins with, itself if there is none: increments only append."""
    names = sorted(files, key=lambda name: len(files[name]))
    return {name: next(each for each in names if files[name].startswith(files[each])) for name in names}


def signer_rows(found: Iterable[Found], records: Sequence[LoggedRecord]) -> tuple[SignerRow, ...]:
    """`found` in the order of the files."""
    acts = dict(act for record in records if (act := _act(record)) is not None)
    rows: dict[tuple[str, str, str], SignerRow] = {}
    for each in found:
        signature = each.signature
        if signature.is_document_timestamp:
            continue
        key = (each.first_revision, signature.field, signature.serial_number)
        before = rows[key].file_names if key in rows else ()
        row = _row(signature, acts.get(signature.serial_number))
        rows[key] = replace(row, file_names=(*before, each.file_name))
    return tuple(rows.values())


def plain_name(name: str) -> str:
    """A certificate's full name without the names of its parts: `Dingyue Trial CA, 鼎约 Dingyue, CN`."""
    return _LABEL.sub(r"\1", name)


def _row(found: SignatureVerdict, act: Act | None) -> SignerRow:
    return SignerRow(
        file_names=(),
        name=found.signer,
        organisation=" ".join(filter(None, [found.organisation, found.organisation_identifier])),
        issuer=plain_name(found.issuer),
        serial_number=found.serial_number,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        revocation=found.revocation,
        signed_at=proven_time(found),
        time_source=found.time_source,
        authority=plain_name(found.authority or ""),
        act=act,
    )


def _act(logged: LoggedRecord) -> tuple[str, Act] | None:
    """The act and the serial number of the certificate that was used, if the record is of a signature."""
    record = parse_record(logged.record)
    certificate, identified, consent = (
        _object(record.facts, name) for name in ("certificate", "identified", "consent")
    )
    serial_number = certificate.get("serial")
    if not serial_number or not identified or record.type != "recipient.signed":
        return None
    caveats = (identified.get("name"), identified.get("organisation"))
    return str(serial_number), Act(
        at=record.at,
        method=str(identified.get("method", "")),
        caveats=tuple(str(caveat) for caveat in caveats if caveat),
        consent_version=str(consent.get("version", "")),
        consent_sha256=str(consent.get("sha256", "")),
        address=str(record.facts.get("address", "")),
        evidence_id=f"evd_{record.id}",
    )


def _object(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = facts.get(name)
    return value if isinstance(value, Mapping) else {}
