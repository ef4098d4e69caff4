"""Pure decisions: which facts count for credit at all.

| fact                                                        | credit event             |
|-------------------------------------------------------------|--------------------------|
| met on or before the due date                               | obligation met on time   |
| met late, before anyone had to step in                      | none                     |
| met after supervision                                       | none: never lowers (R12) |
| exempt, rescheduled, terminated                             | none (R14)               |
| breach found by settlement, award or judgment, with document | breach recorded (R13)   |
| breach conceded in mediation                                | none (R23)               |

Lateness alone never lowers a score: only a breach that was lawfully established does.
"""

from datetime import date
from enum import StrEnum

SUBJECT_KINDS = frozenset({"government", "enterprise"})
_MEDIATION = "mediation"
_MET = "met"


class CreditEventType(StrEnum):
    OBLIGATION_MET_ON_TIME = "obligation_met_on_time"
    BREACH_RECORDED = "breach_recorded"
    REVERSAL = "reversal"


LOWERING = frozenset({CreditEventType.BREACH_RECORDED})
"""The only events for which a rule set may take points away."""


def has_record(kind: str) -> bool:
    """Government bodies and enterprises have credit records; natural persons never do."""
    return kind in SUBJECT_KINDS


def event_of_closing(outcome: str, due_on: date | None, closed_on: date) -> CreditEventType | None:
    """What the end of an obligation means for its debtor. Without `due_on` it was met before its day was known."""
    if outcome == _MET and (due_on is None or closed_on <= due_on):
        return CreditEventType.OBLIGATION_MET_ON_TIME
    return None


def event_of_breach(outcome: str, source_document: str) -> CreditEventType | None:
    """What an established breach means for the party at fault; `outcome` is how the dispute was resolved."""
    if outcome == _MEDIATION or not source_document.strip():
        return None
    return CreditEventType.BREACH_RECORDED
