"""Check 3: the signatures in every PDF of the package, its reports included.

What the verdict on one PDF may be, and why, is `pades.py`'s; here it decides over the package: `authentic` and
`unsigned` pass (an attachment needs no signature; which ones have none is said), `unrecognised` is undecided unless a
certificate was revoked, everything else is a contradiction.

The reports must be those of this package (`reports.py`): a sealed report about something else is a contradiction.

A file that somebody notarised as they found it is another matter: it is evidence of itself, also if what was found is a
forgery. What its signatures are worth is told, and not held against the package.
"""

from datetime import datetime
from typing import Any

from ledger.policy import NOTARISED_FILE
from ledger.record import EvidenceFile
from ledger.verifier.layout import CHECKPOINT, REPORTS
from ledger.verifier.package import Package
from ledger.verifier.pades import PDFVerdict, SignatureVerdict, verify_pdf
from ledger.verifier.records import ProvenRecord
from ledger.verifier.reports import is_bound, report_binding
from ledger.verifier.trust import Trust
from ledger.verifier.verdict import Contradiction, Passed, Undecided

_PDF_MAGIC = b"%PDF-"


def check_signatures(
    package: Package, records: list[ProvenRecord], files: dict[str, EvidenceFile], trust: Trust
) -> Passed[list[datetime]]:
    """Returns the proven times of the signatures in the documents. `files` are those check 2 accounted for."""
    documents = {name: data for name, data in package.documents.items() if name in files and _is_pdf(data)}
    notarised = _only_notarised(records)
    as_found = {name for name in documents if files[name].sha256 in notarised}
    reports = {name: package.member(name) for name in REPORTS}
    verdicts = {
        name: verify_pdf(data, signing_roots=trust.signing_roots, timestamp_roots=trust.timestamp_roots)
        for name, data in {**documents, **reports}.items()
    }
    for name, verdict in verdicts.items():
        if name not in as_found:
            _require_sound(name, verdict)
    if any(verdicts[name].outcome == "unsigned" for name in reports):
        raise Contradiction("报告没有平台印章。", "A report isn't sealed by the platform.")
    binding = report_binding(package.member(CHECKPOINT), (exhibit.record for exhibit in package.exhibits))
    for name, data in reports.items():
        if not is_bound(data, binding):
            raise Contradiction(f"{name} 是另一证据包的报告。", f"{name} is the report of another package.", file=name)
    ours = [name for name in documents if name not in as_found]
    signatures = [found for name in ours for found in verdicts[name].signatures if not found.is_document_timestamp]
    return Passed(
        [at for found in signatures if (at := proven_time(found)) is not None],
        f"{len(ours)} 份 PDF 的 {len(signatures)} 个签名均有效，签名后未被改动。",
        f"All {len(signatures)} signatures in {len(ours)} PDFs hold, and nothing was changed after them.",
        {
            "binding": binding,
            "signatures": {name: [_facts(found) for found in verdict.signatures] for name, verdict in verdicts.items()},
            "unsigned": [name for name in files if name not in documents or verdicts[name].outcome == "unsigned"],
            "as_found": {name: verdicts[name].outcome for name in as_found if verdicts[name].outcome != "unsigned"},
        },
    )


def proven_time(signature: SignatureVerdict) -> datetime | None:
    """The time somebody other than the signer vouches for; None if it is only claimed."""
    return None if signature.time_source == "claimed" else signature.proven_at


def _only_notarised(records: list[ProvenRecord]) -> set[str]:
    """SHA-256 of the files that nothing else than somebody's notarising of them describes."""
    described = [(file.sha256, each.record.subject.kind) for each in records for file in each.record.files]
    ours = {sha256 for sha256, kind in described if kind != NOTARISED_FILE}
    return {sha256 for sha256, _ in described} - ours


def _is_pdf(data: bytes) -> bool:
    return data.startswith(_PDF_MAGIC)


def _require_sound(name: str, verdict: PDFVerdict) -> None:
    if verdict.outcome in {"authentic", "unsigned"}:
        return
    facts = {"file": name, "outcome": verdict.outcome, "reason": verdict.reason}
    if any(signature.revocation == "revoked" for signature in verdict.signatures):
        raise Contradiction(
            f"{name} 的签名证书在签名时已被吊销。", f"A certificate of {name} was revoked when it signed.", **facts
        )
    if verdict.outcome == "unrecognised":
        raise Undecided(
            f"{name} 的签名证书不能追溯到信任文件所列根证书。",
            f"{name}: a certificate isn't trusted. {verdict.reason}",
            **facts,
        )
    raise Contradiction(f"{name} 的电子签名不成立或签名后被改动。", f"{name}: {verdict.reason}", **facts)


def _facts(signature: SignatureVerdict) -> dict[str, Any]:
    return {
        "field": signature.field,
        "signer": signature.signer,
        "organisation": signature.organisation,
        "organisation_identifier": signature.organisation_identifier,
        "issuer": signature.issuer,
        "serial_number": signature.serial_number,
        "at": signature.proven_at.isoformat() if signature.proven_at else None,
        "time_source": signature.time_source,
        "authority": signature.authority,
        "level": signature.level,
        "coverage": signature.coverage,
        "modifications": signature.modifications,
        "revocation": signature.revocation,
    }
