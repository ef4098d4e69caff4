"""Into the register: a completed envelope registers its contract, an ended one cancels it (R3).

    draft ─▶ signing ─▶ signed ─▶ registered ─▶ rescinded        (EnvelopeCompleted; the last one of a rescission)
                 └────▶ cancelled                                (EnvelopeEnded; completed as a test)

A draft binds nobody: it is registered only if the parties it names are the ones that signed.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from core import ids
from core.clock import china_day, rfc3339
from core.money import Money
from core.unit_of_work import UnitOfWork
from performance import policy, repository
from performance.compose_contract import compose_from_envelope, signed_by
from performance.due_dates.set_due import settle_at_signing
from performance.events import ContractRegistered
from performance.policy import ContractState, ObligationChange, ObligationState
from performance.recording import (
    SYSTEM,
    Author,
    announce_schedule,
    change_contract,
    change_obligation,
    close_obligation,
    notarise,
    party_fact,
    write_history,
)
from performance.regions import RegionProfiles
from performance.register.filing import FilingVerdict, assess, duties_of
from performance.register.models import ContractFiling
from performance.repository import ContractFile, ObligationInHand
from performance.variations.repository import is_amendment
from signing.events import EnvelopeCompleted, EnvelopeEnded


def register_completed_envelope(uow: UnitOfWork, event: EnvelopeCompleted, profiles: RegionProfiles) -> None:
    """Everything signed here registers itself (签约信息自动归集), but for tests and for what undoes a contract."""
    if event.is_test:
        _cancel_test(uow, event)
        return
    if event.rescinds_id is not None:
        _note_rescission(uow, event.rescinds_id, event)
        return
    if is_amendment(uow.session, event.envelope_id):
        return
    file = repository.contract_by_envelope(uow.session, event.envelope_id)
    if file is None:
        file = compose_from_envelope(uow, event, profiles)
        write_history(uow, file, SYSTEM, change="enter", after=ContractState.SIGNING, reason="由签署信封自动建立")
    elif file.contract.state != ContractState.SIGNING:
        return
    contract = file.contract
    # The contract is the envelope's first document; the others are its annexes.
    contract.signed_object_key, contract.signed_sha256 = event.documents[0].object_key, event.documents[0].sha256
    contract.evidence_id = event.evidence_id
    contract.signed_on = china_day(event.completed_at)
    change_contract(uow, file, ContractState.SIGNED, SYSTEM, reason="信封签署完成", evidence_id=event.evidence_id)
    absent = sorted({party.name for party in file.parties if party.uscc not in signed_by(event.signers)})
    if absent:
        # Nobody is bound by what somebody else wrote about them: stay signed, unregistered, with the reason.
        reason = f"未登记：录入的当事人未签署 {', '.join(absent)}"
        write_history(uow, file, SYSTEM, change="parties_contradict_signatures", reason=reason)
        return
    unconfirmed = sorted({signer.organisation_name for signer in event.signers if not signer.is_confirmed})
    if unconfirmed:
        # Or anybody could put obligations on an organisation's record by naming it beside a phone of their own.
        reason = f"未登记：签署人手机号不属于其单位的成员，待该单位确认 {', '.join(unconfirmed)}"
        write_history(uow, file, SYSTEM, change="signer_unconfirmed", reason=reason)
        return
    settle_at_signing(file, contract.signed_on, profiles.calendar, is_strict=False)
    register(uow, file, SYSTEM, profiles, signed_on=contract.signed_on, reason="签约信息自动归集")


def _note_rescission(uow: UnitOfWork, envelope_id: UUID, event: EnvelopeCompleted) -> None:
    """The parties undid the contract by agreement (民法典 §562): what was still to come is no longer owed."""
    file = repository.contract_by_envelope(uow.session, envelope_id)
    if file is None:
        return
    rescission = ids.public(ids.ENVELOPE, event.envelope_id)
    reason = f"双方协商一致解除合同（{rescission}）"
    facts = {"rescission": rescission}
    if ContractState.RESCINDED not in policy.CONTRACT_TRANSITIONS[ContractState(file.contract.state)]:
        # Told twice, or over already: what was done stays done, and the paper is remembered.
        write_history(uow, file, SYSTEM, change="rescission_without_effect", after=rescission, reason=reason)
        return
    evidence_id = notarise(uow, file, "contract.rescinded", SYSTEM, facts)
    change_contract(uow, file, ContractState.RESCINDED, SYSTEM, reason=reason, evidence_id=evidence_id)
    for obligation in file.obligations:
        if ObligationState(obligation.state) in policy.RUNNING_STATES:
            hand = ObligationInHand(file, obligation)
            closing_id = change_obligation(uow, hand, ObligationChange.CANCEL, SYSTEM, reason=reason, facts=facts)
            close_obligation(uow, hand, "cancelled", closing_id)


def cancel_ended_envelope(uow: UnitOfWork, event: EnvelopeEnded) -> None:
    """Never signed: the contract is cancelled, and its obligations with it."""
    file = repository.contract_by_envelope(uow.session, event.envelope_id)
    if file is None or file.contract.state != ContractState.SIGNING:
        return
    reason = f"信封未完成签署（{event.outcome}）{event.reason}"
    _cancel(
        uow,
        file,
        reason=reason,
        envelope_id=event.envelope_id,
        facts={"outcome": event.outcome, "reason": event.reason},
    )


def _cancel_test(uow: UnitOfWork, event: EnvelopeCompleted) -> None:
    """The envelope of a draft was made a test after the draft was attached: nothing comes of it."""
    file = repository.contract_by_envelope(uow.session, event.envelope_id)
    if file is None or file.contract.state != ContractState.SIGNING:
        return
    reason = "测试信封签署完成，不产生合同"
    _cancel(uow, file, reason=reason, envelope_id=event.envelope_id, facts={"outcome": "test", "reason": reason})


def _cancel(
    uow: UnitOfWork, file: ContractFile, *, reason: str, envelope_id: UUID, facts: Mapping[str, object]
) -> None:
    for obligation in file.obligations:
        hand = ObligationInHand(file, obligation)
        change_obligation(uow, hand, ObligationChange.CANCEL, SYSTEM, reason=reason, facts={})
    told = {"envelope": ids.public(ids.ENVELOPE, envelope_id), **facts}
    evidence_id = notarise(uow, file, "contract.cancelled", SYSTEM, told)
    change_contract(uow, file, ContractState.CANCELLED, SYSTEM, reason=reason, evidence_id=evidence_id)


def register(
    uow: UnitOfWork,
    file: ContractFile,
    author: Author,
    profiles: RegionProfiles,
    *,
    signed_on: date,
    reason: str,
    late_reason: str = "",
) -> None:
    contract = file.contract
    contract.signed_on, contract.registered_at = signed_on, uow.now
    for verdict in filing_verdicts(file, profiles, china_day(uow.now)):
        uow.session.add(filing_row(contract.id, verdict, late_reason))
    evidence_id = notarise(uow, file, "contract.registered", author, registration_facts(file))
    contract.evidence_id = contract.evidence_id or evidence_id
    change_contract(uow, file, ContractState.REGISTERED, author, reason=reason, evidence_id=evidence_id)
    uow.emit(
        ContractRegistered(
            contract_id=contract.id,
            number=contract.number,
            title=contract.title,
            parties=[party_fact(party) for party in file.parties],
            registered_at=uow.now,
        )
    )
    for obligation in file.obligations:
        hand = ObligationInHand(file, obligation)
        facts = {} if obligation.due_basis is None else {"due_basis": obligation.due_basis}
        change_obligation(uow, hand, ObligationChange.SCHEDULE, author, reason=reason, facts=facts)
        announce_schedule(uow, hand)
        if obligation.due_on is not None and obligation.due_on < signed_on:
            _note_late_signing(uow, hand, obligation.due_on, signed_on)


def filing_verdicts(file: ContractFile, profiles: RegionProfiles, filed_on: date) -> list[FilingVerdict]:
    """How the registration of a signed contract stands to the duties of its owner."""
    contract = file.contract
    owner = next((each.kind for each in file.parties if each.organisation_id == contract.owner_organisation_id), None)
    if contract.signed_on is None or owner is None:
        return []
    amount = None if contract.amount_minor is None else Money(contract.amount_minor, contract.currency)
    profile = profiles.version(contract.region, contract.profile_version)
    duties = duties_of(profile, contract.class_code, amount, owner)
    return [assess(duty, contract.signed_on, filed_on, profiles.calendar) for duty in duties]


def filing_row(contract_id: UUID, verdict: FilingVerdict, late_reason: str) -> ContractFiling:
    return ContractFiling(
        contract_id=contract_id,
        duty=verdict.duty.code,
        signed_on=verdict.signed_on,
        due_on=verdict.due_on,
        filed_on=verdict.filed_on,
        days_late=verdict.days_late,
        reason=late_reason if verdict.is_late else "",
    )


def _note_late_signing(uow: UnitOfWork, hand: ObligationInHand, due_on: date, signed_on: date) -> None:
    """Signed after a due date it had drafted: the date stays as the parties wrote it, the contradiction is kept."""
    write_history(
        uow,
        hand.file,
        SYSTEM,
        change="due_before_signing",
        before=due_on.isoformat(),
        after=signed_on.isoformat(),
        reason=f"到期日 {due_on} 早于签订日期 {signed_on}，请双方协商变更",
        obligation=hand.obligation,
    )


def registration_facts(file: ContractFile) -> dict[str, object]:
    contract = file.contract
    return {
        "title": contract.title,
        "class": contract.class_code,
        "region": contract.region,
        "intake": contract.intake,
        "amount_minor": None if contract.amount_minor is None else str(contract.amount_minor),
        "currency": contract.currency,
        "signed_on": contract.signed_on.isoformat() if contract.signed_on else None,
        "signed_sha256": contract.signed_sha256,
        "envelope": ids.public(ids.ENVELOPE, contract.envelope_id) if contract.envelope_id else None,
        "signing_evidence": ids.public(ids.EVIDENCE, contract.evidence_id) if contract.evidence_id else None,
        "parties": [{"role": each.role, "name": each.name, "uscc": each.uscc} for each in file.parties],
        "registered_at": rfc3339(contract.registered_at) if contract.registered_at else None,
    }
