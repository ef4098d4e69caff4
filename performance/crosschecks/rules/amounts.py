"""X01 award ↔ contract amount, X02 invoices and payments ↔ milestone."""

from collections.abc import Iterator
from dataclasses import replace

from core.money import Money
from performance.crosschecks.facts import ContractFacts, ObligationFacts, Report
from performance.crosschecks.policy import Contradiction, Favour, Measure, ReportKind, ReportSide


def award_and_contract(facts: ContractFacts) -> Iterator[Contradiction]:
    """Fires for each award of another amount. A contract without an amount says nothing to contradict."""
    if facts.amount is None:
        return
    for award in facts.reports_of(ReportKind.AWARD):
        if award.amount is not None and award.amount != facts.amount:
            yield Contradiction(
                rule="X01",
                key=award.reference,
                what="contract_amount",
                measure=Measure.AMOUNT,
                favour=Favour.LOWER,
                first=award.says(award.amount),
                second=facts.registers(facts.amount),
            )


def money_and_milestone(facts: ContractFacts) -> Iterator[Contradiction]:
    """Adds up what each side reports of one kind. More than the milestone always fires; less fires once the milestone
    is said to be done: until then it is a part of it."""
    for obligation in facts.obligations:
        if obligation.amount is None:
            continue
        for kind in (ReportKind.INVOICE, ReportKind.PAYMENT):
            for side in ReportSide:
                reports = [
                    report
                    for report in facts.reports_of(kind)
                    if report.obligation_id == obligation.id and report.side is side
                ]
                if reports:
                    yield from _compare(facts, obligation, kind, side, reports)


def _compare(
    facts: ContractFacts, obligation: ObligationFacts, kind: ReportKind, side: ReportSide, reports: list[Report]
) -> Iterator[Contradiction]:
    owed = obligation.amount
    amounts = [report.amount for report in reports if report.amount is not None]
    if owed is None or not amounts:
        return
    foreign = next((amount for amount in amounts if amount.currency != owed.currency), None)
    total = foreign or Money(sum(amount.minor for amount in amounts), owed.currency)
    is_less = foreign is None and total.minor < owed.minor
    if total == owed or (is_less and not obligation.is_said_done):
        return
    said = replace(reports[-1].says(total), source=f"{kind} {reports[-1].source_system} ×{len(reports)}")
    yield Contradiction(
        rule="X02",
        key=f"{obligation.reference}/{kind}/{side}",
        what=f"{kind}_total",
        measure=Measure.AMOUNT,
        favour=Favour.LOWER,
        first=said,
        second=replace(facts.registers(owed), reference=obligation.reference),
        obligation_id=obligation.id,
    )
