"""What every step of a determination leaves behind: a step, an evidence record and an event.

Its evidence is a chain of its own (subject `determination`). Until the notice only the authority reads it: nobody is
accused by what wasn't yet said to them. From the notice on the accused party reads it, too, and from publication on
every party of the contract, whose history then says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core import ids
from core.unit_of_work import UnitOfWork
from ledger.record import StoredFile, Subject
from ledger.service import record_evidence
from performance.determinations import policy
from performance.determinations.events import DeterminationStepTaken
from performance.determinations.models import Determination, DeterminationStep
from performance.determinations.policy import DETERMINATION, DeterminationChange, DeterminationState
from performance.recording import Author, document_entries, party_fact, stored_file, write_history
from performance.repository import ContractFile, ObligationInHand
from signing.models import Document


def take(
    uow: UnitOfWork,
    actor: Actor,
    hand: ObligationInHand,
    row: Determination,
    *,
    change: DeterminationChange,
    text: str,
    documents: Sequence[Document] = (),
) -> None:
    """The only place that writes a determination's state. Raises what `policy.next_determination_state` raises."""
    before = DeterminationState(row.state)
    row.state = policy.next_determination_state(before, change)
    author = Author.of(actor)
    facts = {"before": before, "after": row.state, "text": text, "facts_sha256": row.facts_sha256 or ""}
    files = [stored_file(document) for document in documents]
    evidence_id = record(uow, hand.file, row, f"determination.{change}", author, facts=facts, files=files)
    uow.session.add(
        DeterminationStep(
            determination_id=row.id,
            change=change,
            before=before,
            after=row.state,
            text=text,
            documents=document_entries(documents),
            at=uow.now,
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            evidence_id=evidence_id,
        )
    )
    if row.published_at is not None:
        write_history(
            uow,
            hand.file,
            author,
            change=f"determination_{change}",
            before=before,
            after=row.state,
            reason=text,
            obligation=hand.obligation,
            evidence_id=evidence_id,
        )
    if row.notified_at is not None:
        uow.emit(
            DeterminationStepTaken(
                determination_id=row.id,
                contract_id=row.contract_id,
                obligation_id=row.obligation_id,
                party=party_fact(hand.file.party(row.party_role)),
                change=change,
                state=row.state,
                evidence_id=evidence_id,
            )
        )


def record(
    uow: UnitOfWork,
    file: ContractFile,
    row: Determination,
    record_type: str,
    author: Author,
    *,
    facts: Mapping[str, Any],
    files: Sequence[StoredFile] = (),
) -> UUID:
    """An evidence record of the determination, for those who may read of it by now."""
    readers = [row.organisation_id]
    if row.published_at is not None:
        readers.append(file.contract.owner_organisation_id)
    told = [party for party in file.parties if row.published_at is not None or party.role == row.party_role]
    if row.notified_at is not None:
        readers += [party.organisation_id for party in told if party.organisation_id is not None]
    public_id = ids.public(DETERMINATION, row.id)
    return record_evidence(
        uow,
        type=record_type,
        subject=Subject("determination", public_id),
        organisation_ids=list(dict.fromkeys(readers)),
        facts={
            "by": author.facts(),
            "determination": public_id,
            "contract": ids.public(ids.CONTRACT, row.contract_id),
            "obligation": ids.public(ids.OBLIGATION, row.obligation_id),
            **facts,
        },
        files=files,
    )
