"""X05 filing ↔ time of signature, X06 signed text ↔ entered fields."""

from collections.abc import Iterator
from dataclasses import replace

from performance.crosschecks.facts import ContractFacts
from performance.crosschecks.policy import Contradiction, Favour, Measure, ReportKind, Stated
from performance.crosschecks.text import stated_amounts, stated_days, stated_usccs


def filing_and_signature(facts: ContractFacts) -> Iterator[Contradiction]:
    """Fires if a contract was filed before it was signed, or if the filing names another day of signature.

    Terms run from signature, so the earlier day is the less favourable one; a filing can't be earlier than the
    contract, so there the later day is.
    """
    if facts.signed_on is None:
        return
    signed = facts.registers(facts.signed_on)
    for filing in facts.reports_of(ReportKind.FILING):
        if filing.signed_on is not None and filing.signed_on != facts.signed_on:
            yield Contradiction(
                rule="X05",
                key=f"{filing.reference}/signed_on",
                what="signed_on",
                measure=Measure.DAY,
                favour=Favour.EARLIER,
                first=filing.says(filing.signed_on),
                second=signed,
            )
        if filing.occurred_on < facts.signed_on:
            yield Contradiction(
                rule="X05",
                key=f"{filing.reference}/filed_on",
                what="filed_on",
                measure=Measure.DAY,
                favour=Favour.LATER,
                first=filing.says(filing.occurred_on),
                second=signed,
            )


def text_and_entry(facts: ContractFacts) -> Iterator[Contradiction]:
    """Fires if the signed text names a contract price, a day of signature or credit codes, and not the entered ones.

    A text that names none of a kind (a scan, a framework agreement) contradicts nothing.
    """
    if facts.file is None or facts.file.text is None:
        return
    text = facts.file.text
    in_text = Stated("", "signed_text", facts.reference, facts.signed_on)
    amounts = stated_amounts(text)
    if facts.amount is not None and amounts and facts.amount not in amounts:
        yield Contradiction(
            rule="X06",
            key="amount",
            what="contract_amount",
            measure=Measure.AMOUNT,
            favour=Favour.LOWER,
            first=replace(in_text, value=min(amounts, key=lambda amount: amount.minor)),
            second=facts.registers(facts.amount),
        )
    days = stated_days(text)
    if facts.signed_on is not None and days and facts.signed_on not in days:
        yield Contradiction(
            rule="X06",
            key="signed_on",
            what="signed_on",
            measure=Measure.DAY,
            favour=Favour.EARLIER,
            first=replace(in_text, value=min(days)),
            second=facts.registers(facts.signed_on),
        )
    codes = stated_usccs(text)
    for party in facts.parties:
        if codes and party.uscc not in codes:
            yield Contradiction(
                rule="X06",
                key=f"uscc/{party.role}",
                what="party_uscc",
                measure=Measure.TEXT,
                favour=Favour.NEITHER,
                first=replace(in_text, value=", ".join(codes)),
                second=facts.registers(party.uscc),
            )
