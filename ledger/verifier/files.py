"""Check 2: every file of a record is in the package with both digests right, and no file is there unexplained.

Only a record that says that the content was never seen (`is_content_seen`: a notarised digest), or seen and not kept
(`is_content_kept`), may name a file that isn't there: its holder can compare the digests.
"""

import hashlib

from ledger.record import EvidenceFile, sm3_hex
from ledger.verifier.package import Package
from ledger.verifier.records import ProvenRecord
from ledger.verifier.verdict import Contradiction, Passed, Undecided


def check_files(package: Package, records: list[ProvenRecord]) -> Passed[dict[str, EvidenceFile]]:
    """Returns what the records say of each document, by its name in the package."""
    described = _described(records)
    found: dict[str, EvidenceFile] = {}
    for name, data in package.documents.items():
        file = described.get(hashlib.sha256(data).hexdigest())
        if file is None:
            raise Contradiction(
                f"文件 {name} 与任何存证记录的摘要都不符：文件被改动或并非存证文件。",
                f"{name} fits no record's digest: it was changed, or isn't the file that was notarised.",
                file=name,
            )
        if sm3_hex(data) != file.sm3 or len(data) != file.size:
            raise Contradiction(
                f"文件 {name} 的 SM3 摘要或大小与记录不符。",
                f"The SM3 digest or size of {name} isn't the record's.",
                file=name,
            )
        found[name] = file
    absent = set(described) - {file.sha256 for file in found.values()}
    missing = sorted(absent & _files_of(records, unless="is_content_seen", also_unless="is_content_kept"))
    if missing:
        raise Undecided(
            f"记录提到的 {len(missing)} 个文件不在包内，无法核对。",
            f"{len(missing)} files named by the records are not in the package.",
            missing=missing,
        )
    seen = _files_of(records, unless="is_content_seen")
    digests = [{"name": name, "sha256": file.sha256, "sm3": file.sm3} for name, file in found.items()]
    return Passed(
        found,
        f"{len(found)} 个文件的 SHA-256 与 SM3 摘要均与记录一致。",
        f"SHA-256 and SM3 of all {len(found)} files are those of the records.",
        {"files": digests, "never_seen": sorted(absent - seen), "not_kept": sorted(absent & seen)},
    )


def _described(records: list[ProvenRecord]) -> dict[str, EvidenceFile]:
    """Each file by its SHA-256. Records may call it differently, but must agree on what it is.

    Raises `Contradiction`.
    """
    described: dict[str, EvidenceFile] = {}
    for proven in records:
        for file in proven.record.files:
            first = described.setdefault(file.sha256, file)
            if (file.sm3, file.size) != (first.sm3, first.size):
                raise Contradiction(
                    f"{proven.folder} 与另一记录对 SHA-256 为 {file.sha256} 的文件所记 SM3 摘要或大小不同。",
                    f"{proven.folder} and another record give the file with SHA-256 {file.sha256} different SM3 "
                    "digests or sizes.",
                    sha256=file.sha256,
                )
    return described


def _files_of(records: list[ProvenRecord], *, unless: str, also_unless: str | None = None) -> set[str]:
    """SHA-256 of the files of the records in which neither fact is false."""
    told = [each.record for each in records if each.record.facts.get(unless) is not False]
    kept = [record for record in told if also_unless is None or record.facts.get(also_unless) is not False]
    return {file.sha256 for record in kept for file in record.files}
