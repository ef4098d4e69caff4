"""The wall between mediation and credit (R23): what is conceded in mediation never reaches a credit record.

Papers of a mediation are refused (`terminate_obligation`). That it took place, before whom and under which number is
kept for the parties and their regulator alone: of such a case the credit office reads that nobody was at fault.
"""

from sqlalchemy.orm import Session

from accounts.policy import Actor, OrganisationKind
from performance.models import TerminationCase
from performance.policy import DisputeOutcome


def walled_off(session: Session, actor: Actor, case: TerminationCase) -> TerminationCase:
    """The case as the actor may read it."""
    if actor.organisation_kind is not OrganisationKind.CREDIT_OFFICE or case.outcome != DisputeOutcome.MEDIATION:
        return case
    session.expunge(case)  # What is taken out here must never be written.
    case.outcome = case.body = case.case_number = None
    case.documents = []
    return case
