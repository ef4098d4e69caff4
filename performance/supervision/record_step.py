"""A step of supervision with its minutes, participants, files and outcome; it is never changed afterwards.

A public demand 催告公示 is published with its step, in the same unit of work.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from accounts.models import Organisation
from accounts.policy import Actor
from core import ids
from core.clock import china_day
from core.money import Money
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.models import SupervisionCase, SupervisionStep
from performance.policy import ObligationKind, StepKind
from performance.recording import Author, document_entries, notarise, obligation_facts, party_fact, write_history
from performance.repository import ObligationInHand
from performance.supervise_obligation import require_regulator
from performance.supervision import policy, publication, repository
from performance.supervision.errors import DemandRunning, PublicationMisplaced, PublicationTooLong
from performance.supervision.events import PublicDemandPublished, SupervisionStepTaken
from performance.supervision.ladders import Ladder, ladder_of
from performance.supervision.models import PublicDemand
from performance.supervision.policy import PUBLIC_DEMAND
from performance.supervision.publication import DemandFacts, Publication, ShownField

_KINDS = {
    ObligationKind.DELIVERY: ("交付", "delivery"),
    ObligationKind.PAYMENT: ("付款", "payment"),
    ObligationKind.ACCEPTANCE: ("验收", "acceptance"),
    ObligationKind.REPORT: ("报告", "report"),
    ObligationKind.BOND: ("担保", "bond"),
}


@dataclass(frozen=True, slots=True)
class NewStep:
    """`publication` only for a public demand; without one, no more than the least is shown."""

    kind: StepKind
    held_on: date
    minutes: str
    outcome: str
    participants: tuple[str, ...] = ()
    document_ids: tuple[UUID, ...] = ()
    publication: Publication | None = field(default=None)


def record_step(uow: UnitOfWork, actor: Actor, case_id: UUID, new: NewStep) -> SupervisionStep:
    """Raises `RegulatorRequired`, `SupervisionNotFound`, `EvidenceDocumentNotFound`, `PublicationMisplaced`,
    `PublicationTooLong`, `DemandRunning`, and what `policy.check_step` raises."""
    require_regulator(actor)
    hand, case = contracts.locked_with(uow.session, actor, SupervisionCase, case_id)
    if new.publication is not None and new.kind is not StepKind.PUBLIC_DEMAND:
        raise PublicationMisplaced
    ladder = ladder_of(hand.file.contract.region, case.ladder_version)
    standing = repository.standing(uow.session, hand, case, ladder, uow.now)
    policy.check_step(
        ladder,
        standing,
        new.kind,
        held_on=new.held_on,
        opened_on=china_day(case.opened_at),
        today=china_day(uow.now),
        outcome=case.outcome,
    )
    step = _write_step(uow, actor, hand, case, new, position=len(standing.steps) + 1)
    if new.kind is StepKind.PUBLIC_DEMAND:
        _publish(uow, actor, hand, step, wanted=new.publication or Publication(), ladder=ladder)
    refresh_next_step(uow, hand, case, ladder)
    return step


def refresh_next_step(uow: UnitOfWork, hand: ObligationInHand, case: SupervisionCase, ladder: Ladder) -> None:
    """Keeps in the register which step comes next and when, so that it can be listed by it."""
    entry = contracts.overdue_entry(uow.session, hand.obligation)
    if entry is None:
        return
    uow.session.flush()
    standing = repository.standing(uow.session, hand, case, ladder, uow.now)
    found = policy.next_step(ladder, standing, china_day(uow.now))
    entry.next_step, entry.next_step_on = (None, None) if found is None else (found.step, found.opens_on)


def _write_step(
    uow: UnitOfWork, actor: Actor, hand: ObligationInHand, case: SupervisionCase, new: NewStep, *, position: int
) -> SupervisionStep:
    documents = contracts.documents_of(uow.session, actor, new.document_ids)
    author = Author.of(actor)
    step = SupervisionStep(
        id=uow.new_id(),
        case_id=case.id,
        position=position,
        kind=new.kind,
        held_on=new.held_on,
        participants=list(new.participants),
        minutes=new.minutes,
        outcome=new.outcome,
        documents=document_entries(documents),
        recorded_at=uow.now,
        recorded_by_organisation_id=actor.organisation_id,
        recorded_by_person_id=actor.person_id,
    )
    uow.session.add(step)
    facts = {
        **obligation_facts(hand.obligation),
        "supervision": ids.public(ids.SUPERVISION, case.id),
        "step": new.kind,
        "held_on": new.held_on.isoformat(),
        "participants": list(new.participants),
        "minutes": new.minutes,
        "outcome": new.outcome,
    }
    evidence_id = notarise(uow, hand.file, "supervision.step", author, facts, documents=documents)
    write_history(
        uow,
        hand.file,
        author,
        change="supervision_step",
        after=new.kind,
        reason=new.outcome,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    uow.emit(
        SupervisionStepTaken(
            supervision_id=case.id,
            contract_id=case.contract_id,
            obligation_id=case.obligation_id,
            kind=new.kind,
            held_on=new.held_on,
            debtor=party_fact(hand.debtor),
            evidence_id=evidence_id,
        )
    )
    return step


def _publish(
    uow: UnitOfWork,
    actor: Actor,
    hand: ObligationInHand,
    step: SupervisionStep,
    *,
    wanted: Publication,
    ladder: Ladder,
) -> None:
    days = wanted.days or ladder.publication_days
    if days > ladder.publication_days:
        raise PublicationTooLong(days=days, most=ladder.publication_days)
    if any(demand.ended_at is None for demand in repository.demands_of(uow.session, step.case_id)):
        raise DemandRunning
    today = china_day(uow.now)
    facts = _demand_facts(uow, actor, hand, today)
    demand_id, ends_on = uow.new_id(), today + timedelta(days=days - 1)
    published = publication.published_content(facts, wanted)
    withheld = publication.withheld_fields(facts, wanted)
    told = {
        **obligation_facts(hand.obligation),
        "public_demand": ids.public(PUBLIC_DEMAND, demand_id),
        "published": published,
        "withheld": withheld,
        "starts_on": today.isoformat(),
        "ends_on": ends_on.isoformat(),
    }
    author = Author.of(actor)
    evidence_id = notarise(uow, hand.file, "public_demand.publish", author, told)
    uow.session.flush()  # The step that it refers to comes first.
    uow.session.add(
        PublicDemand(
            id=demand_id,
            case_id=step.case_id,
            step_id=step.id,
            contract_id=hand.obligation.contract_id,
            obligation_id=hand.obligation.id,
            region=hand.file.contract.region,
            published=published,
            withheld=withheld,
            starts_on=today,
            ends_on=ends_on,
            published_at=uow.now,
            evidence_id=evidence_id,
        )
    )
    write_history(
        uow,
        hand.file,
        author,
        change="public_demand_publish",
        after=ends_on.isoformat(),
        reason=wanted.remark or step.outcome,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    uow.emit(
        PublicDemandPublished(
            demand_id=demand_id,
            contract_id=hand.obligation.contract_id,
            obligation_id=hand.obligation.id,
            starts_on=today,
            ends_on=ends_on,
            evidence_id=evidence_id,
        )
    )


def _demand_facts(uow: UnitOfWork, actor: Actor, hand: ObligationInHand, today: date) -> DemandFacts:
    obligation, contract = hand.obligation, hand.file.contract
    zh, en = _KINDS.get(ObligationKind(obligation.kind), ("合同", "contract"))
    optional = {
        ShownField.CONTRACT_TITLE: contract.title,
        ShownField.CONTRACT_NUMBER: contract.number,
        ShownField.OBLIGATION_TITLE: obligation.title,
        ShownField.COUNTERPARTY: hand.creditor.name,
    }
    if obligation.amount_minor is not None:
        optional[ShownField.AMOUNT] = f"{Money(obligation.amount_minor, obligation.currency)} {obligation.currency}"
    return DemandFacts(
        debtor_name=hand.debtor.name,
        debtor_uscc=hand.debtor.uscc,
        kind_zh=zh,
        kind_en=en,
        due_on=hand.past_due_on,
        days_late=(today - hand.past_due_on).days,
        authority=uow.session.get_one(Organisation, actor.organisation_id).name,
        optional=optional,
    )
