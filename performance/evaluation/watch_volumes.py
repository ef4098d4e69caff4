"""Monthly volumes of a contract: what was contracted, what both sides reported, and prompting for what is missing.

The contracted volume of a month is the sum of the delivery obligations due in it; reports are `delivery_volume` facts
(`performance.crosschecks`), of which the latest of each side counts.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.crosschecks import repository as reported
from performance.crosschecks.policy import ReportKind
from performance.crosschecks.quantities import contracted_volumes, parse_quantity
from performance.evaluation import kpi, repository
from performance.evaluation.errors import PeriodInvalid, PromptTooEarly
from performance.evaluation.events import VolumeReportPrompted
from performance.evaluation.kpi import MonthlyVolume, PeriodResult
from performance.evaluation.models import VolumePrompt
from performance.evaluation.schemes import Rates, Schemes
from performance.policy import PartyRole
from performance.recording import Author, notarise, party_fact, write_history
from performance.repository import ContractFile
from performance.supervise_obligation import require_regulator


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A contract's rates on a day: what was asked for (`rates`), under which scheme, and every period judged."""

    scheme: str
    rates: Rates
    unit: str
    judged_on: date
    results: list[PeriodResult]


def fulfilment(session: Session, actor: Actor, contract_id: UUID, schemes: Schemes, today: date) -> Fulfilment:
    """Raises `ContractNotFound`, `RegionUnknown`, `KPIUnknown` or `QuantityUnreadable`."""
    actor.require(Scope.CONTRACTS_READ)
    contract = contracts.contract_of(session, actor, contract_id)
    scheme = schemes.current(contract.region)
    rates = scheme.rates_for(contract.class_code)
    file = contracts.files_of(session, [contract])[contract.id]
    contracted, unit = contracted_volumes(file.obligations)
    respond_by = {prompt.month: prompt.respond_by for prompt in repository.prompts_of(session, contract_id)}
    volumes = _volumes(session, contract_id, contracted, unit, respond_by)
    return Fulfilment(scheme.name, rates, unit, today, kpi.judge(volumes, rates, today))


def prompt_report(uow: UnitOfWork, actor: Actor, contract_id: UUID, schemes: Schemes, *, month: date) -> VolumePrompt:
    """The regulator asks both parties for a month's volume; a month is prompted for once, again changes nothing.

    Raises `RegulatorRequired`, `ContractNotFound`, `KPIUnknown`, `PeriodInvalid` or `PromptTooEarly`.
    """
    require_regulator(actor)
    file = contracts.locked_contract(uow.session, actor, contract_id)
    rates = schemes.current(file.contract.region).rates_for(file.contract.class_code)
    first, today = month.replace(day=1), china_day(uow.now)
    if first not in contracted_volumes(file.obligations)[0]:
        raise PeriodInvalid(month=f"{first:%Y-%m}")
    if today < kpi.next_month(first):
        raise PromptTooEarly(month=f"{first:%Y-%m}", today=today.isoformat())
    existing = uow.session.get(VolumePrompt, (contract_id, first))
    return existing or _prompt(uow, actor, file, first, today + timedelta(days=rates.prompt_days))


def _volumes(
    session: Session, contract_id: UUID, contracted: dict[date, Decimal], unit: str, respond_by: dict[date, date]
) -> list[MonthlyVolume]:
    said: dict[tuple[date, str], Decimal] = {}
    for fact in reported.standing_facts(session, contract_id):
        if fact.kind == ReportKind.DELIVERY_VOLUME and fact.period and fact.side and fact.quantity:
            said[fact.period, fact.side] = parse_quantity(fact.quantity, unit)[0]
    return [
        MonthlyVolume(
            month,
            quantity,
            said.get((month, PartyRole.PURCHASER)),
            said.get((month, PartyRole.SUPPLIER)),
            respond_by.get(month),
        )
        for month, quantity in contracted.items()
    ]


def _prompt(uow: UnitOfWork, actor: Actor, file: ContractFile, month: date, respond_by: date) -> VolumePrompt:
    reason = f"催报 {month:%Y-%m} 供货量，{respond_by} 前报送，逾期视为未履约"
    facts = {"month": f"{month:%Y-%m}", "respond_by": respond_by.isoformat()}
    evidence_id = notarise(uow, file, "volume.prompted", Author.of(actor), facts)
    prompt = VolumePrompt(
        contract_id=file.contract.id,
        month=month,
        respond_by=respond_by,
        prompted_at=uow.now,
        organisation_id=actor.organisation_id,
        person_id=actor.person_id,
        evidence_id=evidence_id,
    )
    uow.session.add(prompt)
    write_history(
        uow,
        file,
        Author.of(actor),
        change="volume_prompt",
        after=f"{month:%Y-%m}",
        reason=reason,
        evidence_id=evidence_id,
    )
    uow.emit(
        VolumeReportPrompted(
            contract_id=file.contract.id,
            contract_title=file.contract.title,
            month=month,
            respond_by=respond_by,
            parties=[party_fact(party) for party in file.parties],
            evidence_id=evidence_id,
        )
    )
    return prompt
