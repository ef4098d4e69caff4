"""Pure decisions about variations: nothing but a signed amendment changes what is owed, or by when (R14, ADR 0036).

    proposed ─▶ agreed ─▶ effective        (both sides settled the terms; the amendment bears both signatures)
        │         ├─────▶ withdrawn        (either side, before the amendment is signed)
        │         └─────▶ lapsed           (the obligation ended first)
        └─▶ refused | withdrawn | lapsed

The terms both sides settle here and the paper both sign belong together: neither alone moves anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.money import Money
from ledger.verifier.pades_verdict import PDFVerdict
from performance.variations.errors import AmendmentInvalid, AmendmentUnsigned, VariationEmpty, VariationStateForbids

ORGANISATION_IDENTIFIER = "NTRCN-"
"""ETSI EN 319 412-1 §5.1.4: national trade register, China; what follows is the unified social credit code."""


class VariationState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    EFFECTIVE = "effective"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class VariationChange(StrEnum):
    AGREE = "agree"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    TAKE_EFFECT = "take_effect"
    LAPSE = "lapse"


_S, _C = VariationState, VariationChange

VARIATION_TRANSITIONS: dict[tuple[VariationState, VariationChange], VariationState] = {
    (_S.PROPOSED, _C.AGREE): _S.AGREED,
    (_S.PROPOSED, _C.REFUSE): _S.REFUSED,
    **{(state, _C.WITHDRAW): _S.WITHDRAWN for state in (_S.PROPOSED, _S.AGREED)},
    **{(state, _C.LAPSE): _S.LAPSED for state in (_S.PROPOSED, _S.AGREED)},
    (_S.AGREED, _C.TAKE_EFFECT): _S.EFFECTIVE,
}
PENDING_STATES = frozenset({_S.PROPOSED, _S.AGREED})


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to change; None stays as it is. `quantity` has its unit (30 吨)."""

    due_on: date | None = None
    amount: Money | None = None
    quantity: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A valid signature of the amendment: the body it was made for, and by whom."""

    uscc: str
    name: str


def next_variation_state(state: VariationState, change: VariationChange) -> VariationState:
    """Raises `VariationStateForbids` unless the diagram has such a move."""
    after = VARIATION_TRANSITIONS.get((state, change))
    if after is None:
        raise VariationStateForbids(state=str(state), change=str(change))
    return after


def check_terms(terms: Terms, current: Terms) -> Terms:
    """What really changes. Raises `VariationEmpty`."""
    changed = Terms(
        due_on=terms.due_on if terms.due_on != current.due_on else None,
        amount=terms.amount if terms.amount != current.amount else None,
        quantity=terms.quantity if terms.quantity != current.quantity else None,
    )
    if changed == Terms():
        raise VariationEmpty
    return changed


def check_signed_by_all(parties: Iterable[tuple[str, str]], signed: Iterable[str]) -> None:
    """`parties` are (code, name), `signed` the codes that signed. Raises `AmendmentUnsigned`."""
    signatures = set(signed)
    absent = sorted(name for uscc, name in parties if uscc not in signatures)
    if absent:
        raise AmendmentUnsigned(absent="、".join(absent))


def signatures_of(verdict: PDFVerdict) -> list[Signature]:
    """Who signed an amendment, in an authentic PDF. Raises `AmendmentInvalid`.

    Every signature must hold: one that doesn't makes the whole file doubtful, whoever else signed it.
    """
    if verdict.outcome != "authentic":
        raise AmendmentInvalid(reason=verdict.reason, reason_zh=verdict.reason_zh)
    return [
        Signature(each.organisation_identifier.removeprefix(ORGANISATION_IDENTIFIER), each.signer)
        for each in verdict.signatures
        if not each.is_document_timestamp
        and each.organisation_identifier is not None
        and each.organisation_identifier.startswith(ORGANISATION_IDENTIFIER)
    ]
