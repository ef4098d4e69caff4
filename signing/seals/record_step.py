"""The trace of every step of a seal: a record in its own chain of evidence, and an event for whoever follows along."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from core import ids
from core.unit_of_work import UnitOfWork
from ledger.record import StoredFile, Subject
from ledger.service import record_evidence
from signing.seals.events import SealChanged
from signing.seals.models import Seal, SealAuthorisation


def record_step(
    uow: UnitOfWork,
    seal: Seal,
    *,
    step: str,
    person_id: UUID | None,
    facts: dict[str, Any],
    files: Sequence[StoredFile] = (),
    authorisation: SealAuthorisation | None = None,
) -> UUID:
    """Writes both in the transaction of the step, which `person_id` of the seal's organisation took (None: the
    platform by itself); the record's id.

    Only that organisation may read the record: whom it trusts with its seals is nobody else's business.
    """
    by = person_facts(seal.organisation_id, person_id) if person_id is not None else "platform"
    evidence_id = record_for_seal(uow, seal, step=step, facts={"by": by, **facts}, files=files)
    uow.emit(
        SealChanged(
            event_id=evidence_id,
            seal_id=seal.id,
            organisation_id=seal.organisation_id,
            name=seal.name,
            step=step,
            seal_state=seal.state,
            by_person_id=person_id,
            authorisation_id=authorisation.id if authorisation else None,
            user_id=authorisation.person_id if authorisation else None,
            at=uow.now,
        )
    )
    return evidence_id


def record_for_seal(
    uow: UnitOfWork, seal: Seal, *, step: str, facts: dict[str, Any], files: Sequence[StoredFile]
) -> UUID:
    return record_evidence(
        uow,
        type=step,
        subject=Subject("seal", ids.public(ids.SEAL, seal.id)),
        organisation_ids=[seal.organisation_id],
        facts={"seal": {"name": seal.name, "kind": seal.kind, "state": seal.state}, **facts},
        files=files,
    )


def person_facts(organisation_id: UUID, person_id: UUID) -> dict[str, Any]:
    return {
        "organisation": ids.public(ids.ORGANISATION, organisation_id),
        "person": ids.public(ids.PERSON, person_id),
    }
