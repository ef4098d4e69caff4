"""Check 5, inclusion, and check 6, the log's signature and the witnesses' on the anchored checkpoint."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.merkle import ProofInvalid
from ledger.note import Checkpoint, NoteInvalid, cosignature_times, instant, open_checkpoint, parse_note
from ledger.proof import decode_proof, verify_proof
from ledger.verifier.layout import CHECKPOINT
from ledger.verifier.package import Package
from ledger.verifier.records import ProvenRecord
from ledger.verifier.trust import Trust
from ledger.verifier.verdict import Contradiction, Passed, Undecided


@dataclass(frozen=True, slots=True)
class Witnessing:
    """When which trusted witnesses cosigned the checkpoint, by their names: one that has two keys counts once."""

    times: Mapping[str, datetime]
    quorum: int

    @property
    def quorum_at(self) -> datetime | None:
        """When the quorum was met: one of so many may be wrong, or lie. None if it wasn't, or none is asked for."""
        return sorted(self.times.values())[self.quorum - 1] if 0 < self.quorum <= len(self.times) else None


def check_inclusion(package: Package, records: list[ProvenRecord], trust: Trust) -> Passed[dict[str, int]]:
    """Every entry is a leaf of the anchored checkpoint's tree. Returns leaf indexes by record id."""
    checkpoint = package.member(CHECKPOINT)
    indexes: dict[str, int] = {}
    for proven, exhibit in zip(records, package.exhibits, strict=True):
        try:
            proof = decode_proof(exhibit.proof)
            verify_proof(proof, proven.entry, trust.log_keys, trust.origin)
        except ProofInvalid as error:
            raise Contradiction(
                f"{proven.folder} 的日志包含证明不成立：{error}", f"The inclusion proof of {proven.folder}: {error}"
            ) from error
        if proof.checkpoint != checkpoint or proof.extra is not None:
            raise Contradiction(
                f"{proven.folder} 的证明针对另一个检查点，而非被锚定的。",
                f"The proof of {proven.folder} is against another checkpoint than the anchored one.",
            )
        indexes[proven.record.id] = proof.index
    if len(set(indexes.values())) != len(indexes):
        raise Contradiction("两条记录占用同一日志位置。", "Two records claim the same place in the log.")
    return Passed(
        indexes,
        "每条记录都在被锚定的日志之中。",
        "Every record is in the log as it was anchored.",
        {"leaf_indexes": indexes},
    )


def signed_checkpoint(package: Package, trust: Trust) -> Checkpoint:
    """The checkpoint, if the trusted log signed it. Raises `Contradiction`."""
    try:
        return open_checkpoint(package.member(CHECKPOINT), trust.log_keys, trust.origin)
    except NoteInvalid as error:
        raise Contradiction(f"日志检查点签名不成立：{error}", f"The log's checkpoint doesn't hold: {error}") from error


def read_witnessing(package: Package, trust: Trust) -> Witnessing:
    """The cosignatures by witnesses of the trust file; lines of others are ignored. Raises `Contradiction`."""
    try:
        found = cosignature_times(parse_note(package.member(CHECKPOINT)), trust.witness_keys)
        latest_first = sorted(found.items(), key=lambda item: -item[1])
        times = {key.name: instant(at) for key, at in latest_first}
    except NoteInvalid as error:
        raise Contradiction(f"见证人的副署不成立：{error}", f"A witness's cosignature doesn't hold: {error}") from error
    return Witnessing(times, trust.witness_quorum)


def check_checkpoint(package: Package, trust: Trust) -> Passed[Checkpoint]:
    """The checkpoint is signed by the trusted log and by as many trusted witnesses as the trust file asks for."""
    checkpoint, witnesses = signed_checkpoint(package, trust), read_witnessing(package, trust).times
    facts = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "checkpoint_sha256": hashlib.sha256(package.member(CHECKPOINT)).hexdigest(),
        "witnesses": sorted(witnesses),
        "witnessed_at": {name: at.isoformat() for name, at in witnesses.items()},
        "witness_quorum": trust.witness_quorum,
    }
    if len(witnesses) < trust.witness_quorum:
        raise Undecided(
            f"只有 {len(witnesses)} 个受信见证人副署，要求 {trust.witness_quorum} 个：证据仍属暂定。",
            f"{len(witnesses)} of the {trust.witness_quorum} witnesses asked for cosigned: it is provisional.",
            **facts,
        )
    return Passed(
        checkpoint,
        f"日志 {checkpoint.origin}（{checkpoint.size} 条）签名有效，见证人 {len(witnesses)} 个。",
        f"The log {checkpoint.origin} signed it ({checkpoint.size} entries); {len(witnesses)} witnesses.",
        facts,
    )
