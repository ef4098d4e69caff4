"""X03 acceptance ↔ claim of completion."""

from collections.abc import Iterator

from performance.crosschecks.facts import Claim, ContractFacts, ObligationFacts, Report
from performance.crosschecks.policy import AcceptanceOutcome, Contradiction, Favour, Measure, ReportKind, Stated, Value


def acceptance_and_claim(facts: ContractFacts) -> Iterator[Contradiction]:
    """Fires if what was claimed as done was not fully accepted, or was accepted before the day it was done.

    The latest acceptance counts: a second one after repairs takes the place of the first. An acceptance later than
    the claim is how it should be.
    """
    for obligation in facts.obligations:
        claim = obligation.claim
        accepted = [each for each in facts.reports_of(ReportKind.ACCEPTANCE) if each.obligation_id == obligation.id]
        if claim is None or not accepted:
            continue
        latest = accepted[-1]
        if latest.outcome is not None and latest.outcome is not AcceptanceOutcome.PASSED:
            yield _outcomes(obligation, claim, latest, latest.outcome)
        elif latest.occurred_on < claim.fulfilled_on:
            yield _days(obligation, claim, latest)


def _outcomes(
    obligation: ObligationFacts, claim: Claim, acceptance: Report, outcome: AcceptanceOutcome
) -> Contradiction:
    return Contradiction(
        rule="X03",
        key=f"{obligation.reference}/outcome",
        what="acceptance_outcome",
        measure=Measure.OUTCOME,
        favour=Favour.WORSE,
        first=acceptance.says(outcome),
        second=_claims(claim, AcceptanceOutcome.PASSED),
        obligation_id=obligation.id,
    )


def _days(obligation: ObligationFacts, claim: Claim, acceptance: Report) -> Contradiction:
    return Contradiction(
        rule="X03",
        key=f"{obligation.reference}/day",
        what="completed_on",
        measure=Measure.DAY,
        favour=Favour.LATER,
        first=acceptance.says(acceptance.occurred_on),
        second=_claims(claim, claim.fulfilled_on),
        obligation_id=obligation.id,
    )


def _claims(claim: Claim, value: Value) -> Stated:
    return Stated(value, "claim", claim.reference, claim.claimed_on, claim.organisation_id, claim.person_id)
