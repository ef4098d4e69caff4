"""Answering a finding, which any party may, and resolving it, which takes a person who reported neither value.

An official of the region's regulator decides; a party may concede, that is accept the less favourable value that the
other side reported. Nobody closes a finding in favour of what they said themselves.
"""

from collections.abc import Sequence
from uuid import UUID

from accounts.policy import Actor, OrganisationKind, Scope
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.crosschecks import policy, repository
from performance.crosschecks.events import FindingClosed
from performance.crosschecks.models import Finding, FindingStep
from performance.crosschecks.open_findings import finding_facts
from performance.crosschecks.policy import Choice, FindingChange, FindingState, Measure
from performance.crosschecks.repository import FindingInHand
from performance.errors import EvidenceMissing, NotAParty
from performance.recording import Author, document_entries, notarise, write_history
from signing.models import Document


def answer_finding(
    uow: UnitOfWork, actor: Actor, finding_id: UUID, *, text: str, document_ids: Sequence[UUID] = ()
) -> Finding:
    """What a party says about a finding. Raises `FindingNotFound`, `NotAParty`, `FindingResolved` or
    `EvidenceDocumentNotFound`."""
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_finding(uow.session, actor, finding_id)
    if contracts.own_role(uow.session, actor, hand.file) is None:
        raise NotAParty(role="当事人 / parties")
    policy.check_open(FindingState(hand.finding.state))
    documents = contracts.documents_of(uow.session, actor, document_ids)
    _record(uow, actor, hand, FindingChange.ANSWER, text=text, documents=documents)
    return hand.finding


def resolve_finding(
    uow: UnitOfWork,
    actor: Actor,
    finding_id: UUID,
    *,
    choice: Choice,
    other: str | None,
    reason: str,
    document_ids: Sequence[UUID],
) -> Finding:
    """A person says which value is true, why, and on what evidence.

    Raises `FindingNotFound`, `FindingResolved`, `ResolverRequired`, `ResolutionInvalid`, `EvidenceMissing` or
    `EvidenceDocumentNotFound`.
    """
    is_official = actor.organisation_kind is OrganisationKind.REGULATOR
    actor.require(Scope.SUPERVISION_WRITE if is_official else Scope.CONTRACTS_WRITE)
    hand = repository.locked_finding(uow.session, actor, finding_id)
    finding = hand.finding
    policy.check_open(FindingState(finding.state))
    value = policy.resolved_value(
        choice,
        other,
        first=finding.first["value"],
        second=finding.second["value"],
        measure=Measure(finding.measure),
    )
    is_party = contracts.own_role(uow.session, actor, hand.file) is not None
    policy.check_resolver(
        actor.person_id,
        reporters=_reporters(finding),
        is_official=is_official and not is_party,
        concedes=is_party and _concedes(finding, choice, actor.organisation_id),
    )
    documents = contracts.documents_of(uow.session, actor, document_ids)
    if not documents:
        raise EvidenceMissing
    finding.state, finding.resolved_at = FindingState.RESOLVED, uow.now
    finding.choice, finding.resolved_value = choice, value
    evidence_id = _record(uow, actor, hand, FindingChange.RESOLVE, text=reason, documents=documents)
    uow.emit(
        FindingClosed(
            finding_id=finding.id,
            contract_id=finding.contract_id,
            contract_title=hand.file.contract.title,
            obligation_id=finding.obligation_id,
            rule=finding.rule,
            choice=choice,
            value=value,
            evidence_id=evidence_id,
        )
    )
    return finding


def _reporters(finding: Finding) -> set[UUID | None]:
    said_by = (finding.first["person_id"], finding.second["person_id"])
    return {UUID(hex=person) for person in said_by if person is not None}


def _concedes(finding: Finding, choice: Choice, organisation_id: UUID) -> bool:
    """Whether the organisation gives up its own value for the other side's, which is the less favourable one."""
    sides = {Choice.FIRST: (finding.second, finding.first), Choice.SECOND: (finding.first, finding.second)}
    if choice not in sides or finding.standing is None:
        return False
    own, others = sides[choice]
    is_its_own = own["organisation_id"] == organisation_id.hex and others["organisation_id"] != organisation_id.hex
    return bool(is_its_own and others["value"] == finding.standing)


def _record(
    uow: UnitOfWork,
    actor: Actor,
    hand: FindingInHand,
    change: FindingChange,
    *,
    text: str,
    documents: Sequence[Document],
) -> UUID:
    finding, author = hand.finding, Author.of(actor)
    facts = {**finding_facts(finding), "text": text}
    if change is FindingChange.RESOLVE:
        facts |= {"choice": finding.choice, "value": finding.resolved_value}
    evidence_id = notarise(uow, hand.file, f"finding.{change}", author, facts, documents=documents)
    uow.session.add(
        FindingStep(
            finding_id=finding.id,
            change=change,
            first=finding.first,
            second=finding.second,
            standing=finding.standing,
            text=text,
            documents=document_entries(documents),
            at=uow.now,
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            evidence_id=evidence_id,
        )
    )
    write_history(
        uow,
        hand.file,
        author,
        change="finding",
        before=finding.standing,
        after=finding.resolved_value,
        reason=f"{finding.rule} {change}: {text}",
        obligation=next((each for each in hand.file.obligations if each.id == finding.obligation_id), None),
        evidence_id=evidence_id,
    )
    return evidence_id
