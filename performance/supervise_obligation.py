"""An overdue obligation is put under supervision by the region's regulator (R11); its steps are in `supervision/`."""

from uuid import UUID

from accounts.policy import Actor, OrganisationKind, Scope
from core import ids
from core.unit_of_work import UnitOfWork
from performance import repository
from performance.errors import RegulatorRequired
from performance.models import SupervisionCase
from performance.policy import ObligationChange
from performance.recording import Author, change_obligation, party_fact
from performance.supervision.events import SupervisionOpened
from performance.supervision.ladders import current_ladder


def open_supervision(uow: UnitOfWork, actor: Actor, obligation_id: UUID, *, reason: str) -> SupervisionCase:
    """Puts an overdue obligation under supervision.

    Raises `RegulatorRequired`, `ObligationNotFound` or `ObligationStateForbids`.
    """
    require_regulator(actor)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    case = SupervisionCase(
        id=uow.new_id(),
        contract_id=hand.obligation.contract_id,
        obligation_id=obligation_id,
        regulator_organisation_id=actor.organisation_id,
        ladder_version=current_ladder(hand.file.contract.region).version,
        reason=reason,
        opened_at=uow.now,
    )
    facts = {"supervision": ids.public(ids.SUPERVISION, case.id)}
    author = Author.of(actor)
    evidence_id = change_obligation(uow, hand, ObligationChange.SUPERVISE, author, reason=reason, facts=facts)
    uow.session.add(case)
    uow.emit(
        SupervisionOpened(
            supervision_id=case.id,
            contract_id=case.contract_id,
            obligation_id=obligation_id,
            debtor=party_fact(hand.debtor),
            evidence_id=evidence_id,
        )
    )
    return case


def require_regulator(actor: Actor) -> None:
    """Raises `ScopeMissing`, or `RegulatorRequired` for anybody but a regulator."""
    actor.require(Scope.SUPERVISION_WRITE)
    if actor.organisation_kind is not OrganisationKind.REGULATOR:
        raise RegulatorRequired
