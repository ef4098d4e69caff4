"""What the register tells the packages above it, beside `performance.events`."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from core.events import Event


class FieldChange(BaseModel):
    """A field of the register's entry, before and after, as texts."""

    model_config = ConfigDict(frozen=True)

    field: str
    before: str | None
    after: str | None


class ContractCorrected(Event):
    """The entry of a registered contract was corrected; the contract itself is what it was."""

    type: ClassVar[str] = "contract.corrected"

    contract_id: UUID
    number: str
    changes: list[FieldChange]
    reason: str
    corrected_at: datetime
    evidence_id: UUID


class SignedFileChecked(Event):
    """A signed PDF was added to a contract and validated; `verdict` is what the validation came to."""

    type: ClassVar[str] = "contract.signed_file_checked"

    contract_id: UUID
    document_id: UUID
    sha256: str
    verdict: str
    notes: list[str]
    evidence_id: UUID
