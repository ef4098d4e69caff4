"""X07 evidence digest ↔ file."""

from collections.abc import Iterator

from performance.crosschecks.facts import ContractFacts
from performance.crosschecks.policy import Contradiction, Favour, Measure, Stated

MISSING = "missing"


def digest_and_file(facts: ContractFacts) -> Iterator[Contradiction]:
    """Fires if the signed file in the store isn't the one on record, or is gone; and if the digest that a source gives
    for its file is none of those that came with its report."""
    if facts.file is not None and facts.file.stored_sha256 != facts.file.recorded_sha256:
        yield Contradiction(
            rule="X07",
            key="signed_file",
            what="sha256",
            measure=Measure.TEXT,
            favour=Favour.NEITHER,
            first=Stated(facts.file.recorded_sha256, "evidence", facts.reference, facts.signed_on),
            second=Stated(facts.file.stored_sha256 or MISSING, "object_store", facts.reference),
        )
    for report in facts.reports:
        if report.sha256 is None or not report.document_sha256 or report.sha256 in report.document_sha256:
            continue
        yield Contradiction(
            rule="X07",
            key=report.reference,
            what="sha256",
            measure=Measure.TEXT,
            favour=Favour.NEITHER,
            first=report.says(report.sha256),
            second=Stated(", ".join(report.document_sha256), "uploaded_file", report.reference, report.reported_on),
            obligation_id=report.obligation_id,
        )
