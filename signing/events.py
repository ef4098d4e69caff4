"""What signing tells the packages above it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from core.events import Event


class SignerFact(BaseModel):
    """One party as it signed. `uscc` names the organisation the person signed for."""

    model_config = ConfigDict(frozen=True)

    recipient_id: UUID
    name: str
    phone: str
    email: str | None
    organisation_name: str
    uscc: str
    signed_at: datetime


class RecipientReleased(Event):
    """It is this recipient's turn. `sealed_token` is the link's token, sealed for purpose `recipient-token`."""

    type: ClassVar[str] = "recipient.released"

    envelope_id: UUID
    recipient_id: UUID
    envelope_title: str
    sender_name: str
    recipient_name: str
    phone: str
    email: str | None
    language: str
    sealed_token: str
    expires_at: datetime


class SigningCodeRequested(Event):
    """A one-time code must reach the recipient's phone; sealed for purpose `signing-code`."""

    type: ClassVar[str] = "signing_code.requested"

    envelope_id: UUID
    recipient_id: UUID
    code_id: UUID
    phone: str
    language: str
    sealed_code: str
    valid_minutes: int


class SealingRequested(Event):
    """Every signer has signed; the platform seal is due (outside any transaction)."""

    type: ClassVar[str] = "envelope.sealing_requested"

    envelope_id: UUID


class EnvelopeCompleted(Event):
    """Signed by all and sealed. `object_key` is the final PDF in the object store."""

    type: ClassVar[str] = "envelope.completed"

    envelope_id: UUID
    organisation_id: UUID
    title: str
    completed_at: datetime
    object_key: str
    sha256: str
    file_name: str
    evidence_id: UUID
    signers: list[SignerFact]


class EnvelopeEnded(Event):
    """The envelope ended without being completed: `outcome` is declined, voided, expired or failed."""

    type: ClassVar[str] = "envelope.ended"

    envelope_id: UUID
    organisation_id: UUID
    title: str
    outcome: str
    reason: str
