"""What evidence says of a real-name check. Never an identity number; whether one was given is told."""

from collections.abc import Sequence
from typing import Any

from core import ids
from core.clock import rfc3339
from signing.identity.models import IdentityCheck
from signing.ports import IdentityOutcome

UNCHECKED = "as the sender wrote it; not checked against an identity register"

NAME_OF = {
    IdentityOutcome.MATCHED: "checked with its phone against an identity register: they belong together",
    IdentityOutcome.MISMATCHED: "as the sender wrote it; an identity register doesn't know it with its phone",
    IdentityOutcome.UNKNOWN: "as the sender wrote it; an identity register was asked and gave no answer",
}


def standing(checks: Sequence[IdentityCheck]) -> IdentityCheck | None:
    """Of a recipient's checks, newest first, the one that evidence goes by: a match, else a mismatch, else the newest.

    A mismatch isn't hidden behind a later question that got no answer.
    """
    for outcome in (IdentityOutcome.MATCHED, IdentityOutcome.MISMATCHED):
        for check in checks:
            if check.outcome == outcome:
                return check
    return checks[0] if checks else None


def outcome_of(check: IdentityCheck | None) -> IdentityOutcome | None:
    """None while nothing was asked; a question without a recorded answer is `UNKNOWN`."""
    if check is None:
        return None
    return IdentityOutcome(check.outcome) if check.outcome else IdentityOutcome.UNKNOWN


def name_facts(check: IdentityCheck | None) -> dict[str, Any]:
    """For `identified` in the evidence of a signature: what is known of the name, and by which check."""
    outcome = outcome_of(check)
    if check is None or outcome is None:
        return {"name": UNCHECKED}
    return {"name": NAME_OF[outcome], "register": check_facts(check)}


def check_facts(check: IdentityCheck) -> dict[str, Any]:
    """`method` and `reference` are the provider's words; `checked_at` its clock."""
    return {
        "check": ids.public(ids.IDENTITY_CHECK, check.id),
        "provider": check.provider,
        "method": check.method,
        "reference": check.reference,
        "outcome": check.outcome,
        "checked_at": rfc3339(check.checked_at) if check.checked_at else None,
        "answered_at": rfc3339(check.answered_at) if check.answered_at else None,
        "identity_number": "given and not kept" if check.has_number else "not asked for",
    }
