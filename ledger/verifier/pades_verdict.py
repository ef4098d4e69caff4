"""What is said of a PDF and of each signature in it, and how the whole follows from the parts. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ledger.verifier.pades_findings import AUTHENTIC, EXPLANATIONS, TIMESTAMPED_ONLY, UNSIGNED, Finding, Outcome

Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
Coverage = Literal["entire_file", "entire_revision", "partial"]
Modifications = Literal["none", "validation_data", "form_filling", "other"]
Revocation = Literal["good", "revoked", "unknown"]
TimeSource = Literal["signature_timestamp", "document_timestamp", "claimed"]

_WORST_FIRST: tuple[Outcome, ...] = ("altered", "malformed", "unrecognised")
"""What doesn't fit comes before what can't be read, and that before what isn't known."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ORDER = {finding: number for number, finding in enumerate(Finding)}


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature or document timestamp. `finding` is the code of what doesn't hold, None if all does; `problem`
    says it in detail, in English.

    `signer`, `organisation` and `organisation_identifier` come from the certificate, `subject` and `issuer` are its
    full names, `serial_number` is lower-case hex, `valid_from` and `valid_until` are its validity. `signed_at` is
    claimed by the signer; `proven_at` is the time the certificate was judged at, from `time_source`; `authority` is who
    vouches for it. `notes` are peculiarities that break nothing, in English.
    """

    field: str
    is_document_timestamp: bool
    signer: str = ""
    organisation: str | None = None
    organisation_identifier: str | None = None
    subject: str = ""
    issuer: str = ""
    serial_number: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reason: str | None = None
    signed_at: datetime | None = None
    proven_at: datetime | None = None
    time_source: TimeSource | None = None
    authority: str | None = None
    is_intact: bool = False
    is_trusted: bool = False
    coverage: Coverage = "partial"
    modifications: Modifications = "other"
    is_modification_allowed: bool = False
    revocation: Revocation = "unknown"
    level: Level | None = None
    problem: str | None = None
    finding: Finding | None = None
    notes: tuple[str, ...] = ()

    @property
    def finding_zh(self) -> str | None:
        return None if self.finding is None else EXPLANATIONS[self.finding].zh.format(field=self.field)

    @property
    def finding_en(self) -> str | None:
        return None if self.finding is None else EXPLANATIONS[self.finding].en.format(field=self.field)


@dataclass(frozen=True, slots=True)
class PDFVerdict:
    """`reason` is a sentence in English, `reason_zh` in Chinese. `signatures` are in the order in which they were made.
    `finding` is what decided; None if the file is authentic or unsigned.
    """

    outcome: Outcome
    reason: str
    signatures: tuple[SignatureVerdict, ...] = field(default=())
    finding: Finding | None = None
    reason_zh: str = ""


def printable(text: str) -> str:
    """Out of a stranger's file: without what could make a name look like another, or a terminal do something: control
    and direction characters."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)[:1000]


def unsigned() -> PDFVerdict:
    return PDFVerdict(UNSIGNED.outcome, UNSIGNED.en, (), None, UNSIGNED.zh)


def refused(
    finding: Finding, signatures: Sequence[SignatureVerdict] = (), *, of: str = "", detail: str | None = None
) -> PDFVerdict:
    """The verdict that follows from one finding, about the signature `of` or about the whole file."""
    explanation = EXPLANATIONS[finding]
    reason = explanation.en.format(field=of)
    return PDFVerdict(
        explanation.outcome,
        reason if detail is None else f"{reason[:-1]} ({printable(detail)}).",
        tuple(signatures),
        finding,
        explanation.zh.format(field=of),
    )


def conclude(verdicts: Sequence[SignatureVerdict], of_file: Finding | None = None) -> PDFVerdict:
    """The verdict on the whole file. `of_file` is what is wrong with the file rather than with one signature."""
    findings = [(found.finding, found) for found in verdicts if found.finding is not None]
    if of_file is not None:
        findings.append((of_file, verdicts[-1] if verdicts else SignatureVerdict("", is_document_timestamp=False)))
    if findings:
        finding, found = min(findings, key=lambda told: (_rank(told[0]), told[1].finding is None))
        return refused(finding, verdicts, of=found.field, detail=found.problem if found.finding is finding else None)
    if not verdicts or not all(found.is_intact and found.is_trusted for found in verdicts):
        return refused(Finding.MALFORMED, verdicts)  # nothing may be authentic for want of a finding
    told = TIMESTAMPED_ONLY if all(found.is_document_timestamp for found in verdicts) else AUTHENTIC
    return PDFVerdict(told.outcome, told.en, tuple(verdicts), None, told.zh)


def _rank(finding: Finding) -> tuple[int, int]:
    """The order of the codes is that in which they are told: an attack's own mark before what follows from it."""
    return _WORST_FIRST.index(EXPLANATIONS[finding].outcome), _ORDER[finding]
