"""Confirming a draft: a person enters the contract, and it stays on record what they changed of the draft (R5, R4).

A draft is a proposal of a program; only a person can make it an entry, and only once they said that they read every
finding of high severity.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.policy import Actor, Scope
from core import ids
from core.unit_of_work import UnitOfWork
from performance import enter_contract
from performance.intake import ContractElements
from performance.policy import ContractState
from performance.recording import Author, change_contract, notarise, write_history
from performance.regions import RegionProfiles
from performance.repository import ContractFile
from performance.review import confirmation, repository
from performance.review.confirmation import Change
from performance.review.errors import ReviewConfirmed, ReviewPersonRequired
from performance.review.models import ContractReview, ReviewConfirmation
from performance.review.review import REVIEW


def confirm_draft(
    uow: UnitOfWork,
    actor: Actor,
    review_id: UUID,
    elements: ContractElements,
    *,
    profiles: RegionProfiles,
    acknowledged: Sequence[str],
) -> tuple[ContractFile, ReviewConfirmation]:
    """The contract entered, and what it is on record for. Raises `ReviewNotFound`, `ReviewPersonRequired`,
    `ReviewConfirmed`, `FindingsUnacknowledged`, `PagesUnacknowledged`, and what `enter_contract` raises."""
    actor.require(Scope.CONTRACTS_WRITE)
    review = repository.review_of(uow.session, actor, review_id)
    if actor.person_id is None:
        raise ReviewPersonRequired
    if repository.confirmation_of(uow.session, review.id) is not None:
        raise ReviewConfirmed
    confirmation.check_acknowledged(review.findings, review.reading["unreadable_pages"], acknowledged)
    changes = confirmation.changes(review.draft, elements)
    file = enter_contract.enter_contract(uow, actor, elements, profiles)
    row = _record(uow, review, file, Author.of(actor), changes=changes, acknowledged=acknowledged)
    row.organisation_id, row.person_id = actor.organisation_id, actor.person_id
    uow.session.add(row)
    if file.contract.state == ContractState.DRAFT:
        reason = "风险审查已经人员核对确认"
        change_contract(uow, file, ContractState.REVIEWED, Author.of(actor), reason=reason, evidence_id=row.evidence_id)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key decides, also between two who confirm at the same time.
        raise ReviewConfirmed from error
    return file, row


def _record(
    uow: UnitOfWork,
    review: ContractReview,
    file: ContractFile,
    author: Author,
    *,
    changes: Sequence[Change],
    acknowledged: Sequence[str],
) -> ReviewConfirmation:
    """Evidence, history and the row, which still needs to know who confirmed."""
    name = ids.public(REVIEW, review.id)
    told = [each.json() for each in changes]
    seen = sorted(set(acknowledged))
    facts = {"review": name, "document_sha256": review.document_sha256, "changes": told, "acknowledged": seen}
    evidence_id = notarise(uow, file, "contract.draft_confirmed", author, facts)
    for each in changes:
        write_history(
            uow,
            file,
            author,
            change=f"draft.{each.field}",
            before=each.drafted,
            after=each.entered,
            reason=f"核对审查草稿 {name} 时更改",
            evidence_id=evidence_id,
        )
    write_history(
        uow,
        file,
        author,
        change="draft_confirmed",
        before=name,
        after=ids.public(ids.CONTRACT, file.contract.id),
        reason=f"经人员核对确认，更改 {len(changes)} 处",
        evidence_id=evidence_id,
    )
    return ReviewConfirmation(
        id=uow.new_id(),
        review_id=review.id,
        contract_id=file.contract.id,
        changes=told,
        acknowledged=seen,
        confirmed_at=uow.now,
        evidence_id=evidence_id,
    )
