"""What evaluation tells the packages above it."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from core.events import Event
from performance.events import PartyFact


class EvaluationOpenForComment(Event):
    """The evaluated party may comment until the end of `comment_until`."""

    type: ClassVar[str] = "evaluation.open_for_comment"

    evaluation_id: UUID
    contract_id: UUID
    contract_title: str
    party: PartyFact
    version: int
    comment_until: date
    evidence_id: UUID


class EvaluationStepTaken(Event):
    """Any other step: `change` is comment, request_review, return or withdraw."""

    type: ClassVar[str] = "evaluation.step"

    evaluation_id: UUID
    contract_id: UUID
    contract_title: str
    party: PartyFact
    version: int
    change: str
    state: str
    evidence_id: UUID


class EvaluationFinal(Event):
    """Reviewed one level up and confirmed. `score_hundredths` is 0–10000; an earlier version no longer counts."""

    type: ClassVar[str] = "evaluation.final"

    evaluation_id: UUID
    contract_id: UUID
    contract_title: str
    class_code: str | None
    party: PartyFact
    version: int
    grade: str
    score_hundredths: int
    scheme: str
    confirmed_on: date
    evidence_id: UUID


class VolumeReportPrompted(Event):
    """Both parties were prompted to report a month's volume by the end of `respond_by`."""

    type: ClassVar[str] = "volume.prompted"

    contract_id: UUID
    contract_title: str
    month: date
    respond_by: date
    parties: list[PartyFact]
    evidence_id: UUID
