"""What is owed in money and what was paid of it, from the rows of an obligation (pure)."""

from collections.abc import Sequence
from datetime import date

from core.money import Money
from performance.late_interest.policy import AgreedRate, Debt
from performance.models import Contract, Fulfilment, Obligation
from performance.policy import ClaimState, ObligationKind, ObligationState
from performance.suspensions.models import Suspension

_ENDED_OTHERWISE = frozenset({ObligationState.EXEMPT, ObligationState.CANCELLED, ObligationState.TERMINATED})
"""Nothing is owed any more, so no interest runs on it."""


def debt_of(
    obligation: Obligation,
    contract: Contract,
    claims: Sequence[Fulfilment],
    suspensions: Sequence[Suspension],
    *,
    is_public_debtor: bool,
    today: date,
) -> Debt | None:
    """None for what is no payment, has no amount or no day, or isn't owed any more. Only confirmed payments count; a
    claim to the whole rest pays what was left of it."""
    is_payment = obligation.kind == ObligationKind.PAYMENT and obligation.amount_minor is not None
    if not is_payment or obligation.due_on is None or ObligationState(obligation.state) in _ENDED_OTHERWISE:
        return None
    owed = Money(obligation.amount_minor or 0, obligation.currency)
    paid: list[tuple[date, int]] = []
    for claim in sorted(claims, key=lambda each: each.fulfilled_on):
        if claim.state == ClaimState.CONFIRMED:
            rest = max(0, owed.minor - sum(minor for _, minor in paid))
            paid.append((claim.fulfilled_on, rest if claim.amount_minor is None else claim.amount_minor))
    pauses = [(each.suspended_on, each.resumed_on or today) for each in suspensions if each.suspended_on is not None]
    return Debt(
        owed=owed,
        due_on=obligation.due_on,
        paid=paid,
        until=obligation.closed_on or today,
        contracted_on=contract.signed_on or obligation.due_on,
        is_public_debtor=is_public_debtor,
        agreed=AgreedRate.read(contract.late_interest) if contract.late_interest else None,
        pauses=pauses,
    )
