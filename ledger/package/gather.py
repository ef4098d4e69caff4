"""Gathers what goes into a package: records, proofs, the anchor that covers them, time-stamp, stored files."""

from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785

from accounts.policy import Actor
from core.objects import Objects
from ledger.anchors.models import Anchor
from ledger.anchors.service import AnchorService, evm_facts
from ledger.errors import EvidenceNotAnchored, EvidenceNotFound
from ledger.package.archive import unique_file_names
from ledger.package.facts import linked_subjects
from ledger.package.trust import NO_WITNESSES, WitnessPolicy
from ledger.record import EvidenceFile
from ledger.repository import LoggedRecord
from ledger.service import LedgerService
from ledger.stamp_checkpoint import StampedCheckpoint
from ledger.verifier.layout import CHECKPOINT, DOCUMENTS, EVM_ANCHOR, checkpoint_token, exhibit_folder
from ledger.verifier.timestamp import canonical_token

_PAGE = 200
_MOST_STAMPS = 9
_MOST_SUBJECTS = 50
"""Links are followed until so many subjects are known; a contract has a handful."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the records with the name it has in the package."""

    name: str
    file: EvidenceFile
    data: bytes


@dataclass(frozen=True, slots=True)
class Gathered:
    """Records with proofs (in the same order) against the checkpoint `note`, which `anchor` put on the chain.

    `stamps` are the time-stamps over it, the earliest first.
    """

    records: tuple[LoggedRecord, ...]
    proofs: tuple[bytes, ...]
    documents: tuple[Document, ...]
    note: bytes
    stamps: tuple[StampedCheckpoint, ...]
    anchor: Anchor

    def members(self) -> dict[str, bytes]:
        """`documents/`, `evidence/` and `anchors/` of the package."""
        members = {DOCUMENTS + document.name: document.data for document in self.documents}
        for number, (record, proof) in enumerate(zip(self.records, self.proofs, strict=True), 1):
            folder = exhibit_folder(number)
            members[folder + "record.json"] = record.record
            members[folder + "salt.hex"] = record.salt.hex().encode()
            members[folder + "entry.json"] = record.entry
            members[folder + "proof.tlog-proof"] = proof
        members[CHECKPOINT] = self.note
        members[EVM_ANCHOR] = rfc8785.dumps(evm_facts(self.anchor))
        for number, stamp in enumerate(self.stamps, 1):
            members[checkpoint_token(number)] = canonical_token(stamp.token)
        return members


@dataclass(frozen=True, slots=True)
class EvidenceGatherer:
    """Reads, and writes nothing but a time-stamp that is still missing."""

    objects: Objects
    ledger: LedgerService
    anchors: AnchorService
    witnesses: WitnessPolicy = NO_WITNESSES

    def gather(self, actor: Actor, subject_ids: Sequence[str]) -> Gathered:
        """Raises `EvidenceNotFound`, `EvidenceNotAnchored` or `TimestampUnavailable`."""
        records = self._records(actor, subject_ids)
        anchor = self._anchor(records)
        note = self.ledger.cosigned_checkpoint(anchor.size)
        return Gathered(
            records=tuple(records),
            proofs=tuple(self.ledger.tlog_proof(record.id, anchor.size, note) for record in records),
            documents=self._documents(records),
            note=note,
            stamps=self._stamps(anchor.size),
            anchor=anchor,
        )

    def _records(self, actor: Actor, subject_ids: Sequence[str]) -> list[LoggedRecord]:
        """Follows links from subject to subject; each subject's records stay together, oldest first."""
        found: list[LoggedRecord] = []
        waiting, seen = list(subject_ids), set(subject_ids)
        while waiting:
            records = self._records_of(actor, waiting.pop(0))
            linked = sorted(linked_subjects(records) - seen)[: _MOST_SUBJECTS - len(seen)]
            found.extend(records)
            waiting.extend(linked)
            seen.update(linked)
        if not any(record.subject.id in subject_ids for record in found):
            raise EvidenceNotFound
        return found

    def _records_of(self, actor: Actor, subject_id: str) -> list[LoggedRecord]:
        records: list[LoggedRecord] = []
        while True:
            after = records[-1].position if records else -1
            page = self.ledger.list_records(actor, subject_id, after=after, limit=_PAGE)
            records.extend(page)
            if len(page) < _PAGE:
                return records

    def _anchor(self, records: Sequence[LoggedRecord]) -> Anchor:
        """The best finalized anchor that covers every record."""
        indexes = [record.leaf_index for record in records if record.leaf_index is not None]
        anchor = self.anchors.finalized_covering(
            max(indexes, default=-1) + 1, cosigned_by=self.witnesses.vkeys, quorum=self.witnesses.quorum
        )
        if anchor is None or len(indexes) < len(records):
            raise EvidenceNotAnchored
        return anchor

    def _stamps(self, size: int) -> tuple[StampedCheckpoint, ...]:
        """The time-stamps over the anchored checkpoint, the earliest first; asked for now if there is none yet."""
        stamps = self.ledger.timestamps(size) or self.ledger.ensure_timestamp(size)
        if not stamps:
            raise EvidenceNotAnchored
        return tuple(stamps[:_MOST_STAMPS])

    def _documents(self, records: Sequence[LoggedRecord]) -> tuple[Document, ...]:
        """Every stored file once. A merely notarised digest has no stored file."""
        stored = {file.file.sha256: file for record in records for file in record.files if file.object_key}
        names = unique_file_names([file.file.name for file in stored.values()])
        return tuple(
            Document(name, file.file, self.objects.get(file.object_key))
            for name, file in zip(names, stored.values(), strict=True)
        )
