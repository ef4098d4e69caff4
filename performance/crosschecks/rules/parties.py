"""X04 purchaser ↔ supplier: two reports of the same thing."""

from collections.abc import Iterator
from uuid import UUID

from core.money import Money
from performance.crosschecks.facts import ContractFacts, Report
from performance.crosschecks.policy import Contradiction, Favour, Measure, ReportKind, ReportSide, Value

_SUMMED = (ReportKind.PAYMENT, ReportKind.INVOICE)
_SINGLE = (ReportKind.ACCEPTANCE, ReportKind.COMPLETION)


def purchaser_and_supplier(facts: ContractFacts) -> Iterator[Contradiction]:
    """Fires where both sides reported and differ; the silence of one side contradicts nothing.

    Amounts of one milestone are added up, as one side may report in parts; of a month's volume, an acceptance or a
    completion the latest report of each side counts.
    """
    for month in sorted({each.period for each in facts.reports_of(ReportKind.DELIVERY_VOLUME) if each.period}):
        volumes = [each for each in facts.reports_of(ReportKind.DELIVERY_VOLUME) if each.period == month]
        yield from _latest(volumes, f"{month:%Y-%m}", None)
    for obligation in facts.obligations:
        for kind in _SUMMED:
            reports = [each for each in facts.reports_of(kind) if each.obligation_id == obligation.id]
            yield from _totals(kind, reports, obligation.reference, obligation.id)
        for kind in _SINGLE:
            reports = [each for each in facts.reports_of(kind) if each.obligation_id == obligation.id]
            yield from _latest(reports, obligation.reference, obligation.id)


def _totals(kind: ReportKind, reports: list[Report], subject: str, obligation_id: UUID) -> Iterator[Contradiction]:
    bought, sold = _of(reports, ReportSide.PURCHASER), _of(reports, ReportSide.SUPPLIER)
    first, second = _sum(bought), _sum(sold)
    if first is not None and second is not None and first != second:
        yield Contradiction(
            rule="X04",
            key=f"{subject}/{kind}",
            what=f"{kind}_total",
            measure=Measure.AMOUNT,
            favour=Favour.LOWER,
            first=bought[-1].says(first),
            second=sold[-1].says(second),
            obligation_id=obligation_id,
        )


def _latest(reports: list[Report], subject: str, obligation_id: UUID | None) -> Iterator[Contradiction]:
    bought, sold = _of(reports, ReportSide.PURCHASER), _of(reports, ReportSide.SUPPLIER)
    if not (bought and sold):
        return
    for what, measure, favour in (
        ("quantity", Measure.QUANTITY, Favour.LOWER),
        ("outcome", Measure.OUTCOME, Favour.WORSE),
        ("occurred_on", Measure.DAY, Favour.LATER),
    ):
        if what == "occurred_on" and bought[-1].kind is ReportKind.DELIVERY_VOLUME:
            continue  # It is about the month; the day on which a side counted doesn't matter.
        first: Value | None = getattr(bought[-1], what)
        second: Value | None = getattr(sold[-1], what)
        if first is not None and second is not None and first != second:
            yield Contradiction(
                rule="X04",
                key=f"{subject}/{bought[-1].kind}/{what}",
                what=f"{bought[-1].kind}_{what}",
                measure=measure,
                favour=favour,
                first=bought[-1].says(first),
                second=sold[-1].says(second),
                obligation_id=obligation_id,
            )


def _of(reports: list[Report], side: ReportSide) -> list[Report]:
    return [report for report in reports if report.side is side]


def _sum(reports: list[Report]) -> Money | None:
    """None without reports, or for amounts of several currencies, which have no sum."""
    amounts = [report.amount for report in reports if report.amount is not None]
    if len({amount.currency for amount in amounts}) != 1:
        return None
    return Money(sum(amount.minor for amount in amounts), amounts[0].currency)
