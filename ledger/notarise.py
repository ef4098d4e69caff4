"""Hash-only notarisation: somebody shows digests of a file, or the file, and the log will prove that it was so by now.

A record says who showed it, whether we saw the content and hashed it ourselves (`is_content_seen`) or were only told
digests, whether we keep the bytes (`is_content_kept`), and, below `stated`, whatever its owner wants to say: that is
theirs alone, and nothing in it can pass for a fact of ours.

A request may bear a key. Then what came of it is written with the records themselves: the same request again, even
after a crash that nobody got an answer from, finds the same records.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from cryptography.hazmat.primitives import hashes

from accounts.policy import Actor, Scope
from core.ids import EVIDENCE, ORGANISATION, PERSON, new_ids, public
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger import repository
from ledger.errors import BatchRefused, EvidenceNotFound, NotarisationKeyReused, StatedFactsInvalid
from ledger.insert_evidence import NewEvidence, copy_evidence, insert_evidence
from ledger.models import EvidenceSubmission
from ledger.policy import MOST_ITEMS, MOST_REASONS, NOTARISED_FILE, check_stated
from ledger.record import SALT_SIZE, EvidenceFile, StoredFile, Subject
from ledger.record_evidence import new_evidence
from ledger.repository import LoggedRecord

_TYPE = "digest.notarised"
_CHUNK = 1 << 20
_PART = 2500


@dataclass(frozen=True, slots=True)
class Notarisation:
    """What is to be notarised: a file's description, and what its owner states about it (JSON, see `check_stated`)."""

    file: EvidenceFile
    stated: dict[str, Any]
    is_content_seen: bool = False
    object_key: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        kept = {"is_content_kept": self.object_key != ""} if self.is_content_seen else {}
        return {"is_content_seen": self.is_content_seen, **kept, "stated": self.stated}


def notarise(
    unit_of_work: UnitOfWorkFactory, actor: Actor, what: Notarisation, key_hash: bytes | None = None
) -> LoggedRecord:
    """Records that the actor showed these digests now.

    `key_hash` (32 bytes) names the request. Raises `StatedFactsInvalid`, or `NotarisationKeyReused` if the key named
    another request.
    """
    actor.require(Scope.EVIDENCE_WRITE)
    check_stated(what.stated)
    with unit_of_work() as uow:
        [new] = _evidence(actor, [what], new_ids(uow.now, 1), uow.now)
        kept = _keep_submission(uow, actor, [what], new.id, key_hash)
        if kept is None:
            insert_evidence(uow.session, new)
            return _logged(new)
        found = repository.record(uow.session, actor, kept.first_id)
    if found is None:
        raise EvidenceNotFound
    return found


def notarise_batch(
    unit_of_work: UnitOfWorkFactory, actor: Actor, items: Sequence[Notarisation], key_hash: bytes | None = None
) -> list[UUID]:
    """Records up to 10,000 of them, all or none, and returns their ids in order, each one more than the last.

    Raises `BatchRefused` with what is wrong with which of them, or `NotarisationKeyReused`.
    """
    actor.require(Scope.EVIDENCE_WRITE)
    _check_batch(items)
    with unit_of_work() as uow:
        ids = new_ids(uow.now, len(items))
        kept = _keep_submission(uow, actor, items, ids[0], key_hash)
        if kept is not None:
            return [UUID(int=kept.first_id.int + number) for number in range(kept.count)]
        _write(uow, actor, items, ids)
    return ids


def _write(uow: UnitOfWork, actor: Actor, items: Sequence[Notarisation], ids: Sequence[UUID]) -> None:
    """Makes the records of the next part while PostgreSQL takes in this one."""

    def make(at: int) -> list[NewEvidence]:
        return _evidence(actor, items[at : at + _PART], ids[at : at + _PART], uow.now)

    with ThreadPoolExecutor(max_workers=1) as aside:
        for part in aside.map(make, range(0, len(items), _PART)):
            copy_evidence(uow.session, part)


def notarise_file(
    unit_of_work: UnitOfWorkFactory,
    objects: Objects,
    actor: Actor,
    *,
    name: str,
    media_type: str,
    content: BinaryIO,
    stated: dict[str, Any],
    keeps_content: bool,
    key_hash: bytes | None = None,
) -> LoggedRecord:
    """Hashes a file that was sent, in pieces, and notarises what came out; the bytes are stored only if they are to be.

    `content` is read from its start, and must be seekable. The bytes are durable before the record names them: a crash
    in between leaves an object that nothing names. Raises what `notarise` does, and `ObjectStoreUnavailable`.
    """
    actor.require(Scope.EVIDENCE_WRITE)
    check_stated(stated)
    file = _described(name, media_type, content)
    object_key = ""
    if keeps_content:
        content.seek(0)
        object_key = objects.put_file(content, file.sha256)
    what = Notarisation(file, stated, is_content_seen=True, object_key=object_key)
    return notarise(unit_of_work, actor, what, key_hash)


def _described(name: str, media_type: str, content: BinaryIO) -> EvidenceFile:
    sha256, sm3, size = hashlib.sha256(), hashes.Hash(hashes.SM3()), 0
    content.seek(0)
    while piece := content.read(_CHUNK):
        sha256.update(piece)
        sm3.update(piece)
        size += len(piece)
    return EvidenceFile(name, media_type, size, sha256.hexdigest(), sm3.finalize().hex())


def _check_batch(items: Sequence[Notarisation]) -> None:
    wrong: list[dict[str, Any]] = []
    if not 0 < len(items) <= MOST_ITEMS:
        raise BatchRefused(count=len(items), most=MOST_ITEMS, items=wrong)
    for number, item in enumerate(items):
        try:
            check_stated(item.stated)
        except StatedFactsInvalid as error:
            wrong.append({"item": number, "code": error.code, "zh": error.message("zh"), "en": error.message("en")})
            if len(wrong) == MOST_REASONS:
                break
    if wrong:
        raise BatchRefused(count=len(items), most=MOST_ITEMS, items=wrong)


def _evidence(actor: Actor, items: Sequence[Notarisation], ids: Sequence[UUID], now: datetime) -> list[NewEvidence]:
    """Each the first and only record of a subject that is named like it: nobody else can be adding to that chain."""
    who = {
        "organisation": public(ORGANISATION, actor.organisation_id),
        "person": public(PERSON, actor.person_id) if actor.person_id else None,
        "identified_by": "session" if actor.person_id else "api_token",
    }
    salts = os.urandom(SALT_SIZE * len(items))
    return [
        new_evidence(
            identifier,
            at=now,
            type=_TYPE,
            subject=Subject(NOTARISED_FILE, public(EVIDENCE, identifier)),
            organisation_ids=(actor.organisation_id,),
            facts={**who, **item.facts},
            files=(StoredFile(item.file, item.object_key),),
            salt=salts[SALT_SIZE * number : SALT_SIZE * (number + 1)],
        )
        for number, (identifier, item) in enumerate(zip(ids, items, strict=True))
    ]


def _keep_submission(
    uow: UnitOfWork, actor: Actor, items: Sequence[Notarisation], first_id: UUID, key_hash: bytes | None
) -> EvidenceSubmission | None:
    """What came of this very request before, if it came; None if it is the first, which is then kept."""
    if key_hash is None:
        return None
    submission = EvidenceSubmission(
        organisation_id=actor.organisation_id,
        key_hash=key_hash,
        request_hash=_request_hash(items),
        first_id=first_id,
        count=len(items),
        at=uow.now,
    )
    kept = repository.add_submission(uow.session, submission)
    if kept is not None and kept.request_hash != submission.request_hash:
        raise NotarisationKeyReused
    return kept


def _request_hash(items: Sequence[Notarisation]) -> bytes:
    digest = hashlib.sha256()
    for item in items:
        file = item.file
        told = [file.name, file.media_type, file.size, file.sha256, file.sm3, item.facts, item.object_key]
        digest.update(json.dumps(told, sort_keys=True).encode() + b"\n")
    return digest.digest()


def _logged(new: NewEvidence) -> LoggedRecord:
    """As it can be read from now on."""
    return LoggedRecord(
        id=new.id,
        type=new.type,
        at=new.at,
        subject=new.subject,
        record=new.record,
        salt=new.salt,
        entry=new.entry,
        files=new.files,
        leaf_index=None,
        position=new.position,
    )
