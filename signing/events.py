"""What signing tells the packages above it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from core.events import Event


class SignerFact(BaseModel):
    """One party as it signed. `uscc` names the organisation the person signed for.

    `is_confirmed`: the organisation has no account here, or the phone that got the code is one of its members'. Else
    only the sender says that this person may sign for it.
    """

    model_config = ConfigDict(frozen=True)

    recipient_id: UUID
    name: str
    phone: str
    email: str | None
    organisation_name: str
    uscc: str
    signed_at: datetime
    is_confirmed: bool = True


class RecipientReleased(Event):
    """It is this recipient's turn. `sealed_token` is the link's token, sealed for purpose `recipient-token`.

    `event_id` names this link for good; `organisation_id` is the sender's, and so are the names `recipient_key` and
    `external_id`.
    """

    type: ClassVar[str] = "recipient.released"

    event_id: UUID
    envelope_id: UUID
    organisation_id: UUID
    external_id: str | None
    recipient_id: UUID
    recipient_key: str
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


class EnvelopeProgressed(Event):
    """A step in an envelope's life, told to whoever follows along (webhooks). `step` is the evidence step's name.

    `event_id` names the step for good: whoever hears of it twice knows it by that. `recipient_*` are set for the
    steps of one recipient. Nothing personal is in it, and no token: who wants more asks the API.
    `party_organisation_ids` may read the envelope by now: there are none before it was sent.
    """

    type: ClassVar[str] = "envelope.progressed"

    event_id: UUID
    envelope_id: UUID
    organisation_id: UUID
    party_organisation_ids: list[UUID]
    step: str
    envelope_state: str
    recipient_id: UUID | None
    recipient_key: str | None
    recipient_state: str | None
    title: str
    external_id: str | None
    is_test: bool
    at: datetime


class SignedDocument(BaseModel):
    """One of the final PDFs: its name, where it lies in the object store, and its digest in lower-case hex."""

    model_config = ConfigDict(frozen=True)

    name: str
    object_key: str
    sha256: str


class EnvelopeCompleted(Event):
    """Signed by all and sealed. `documents` are the final PDFs in the envelope's order.

    `rescinds_id` is the envelope whose contract this one undoes. Nothing of a test (`is_test`) binds anybody.
    """

    type: ClassVar[str] = "envelope.completed"

    envelope_id: UUID
    organisation_id: UUID
    title: str
    completed_at: datetime
    documents: list[SignedDocument]
    evidence_id: UUID
    signers: list[SignerFact]
    contract_class: str | None = None
    is_test: bool = False
    rescinds_id: UUID | None = None


class EnvelopeEnded(Event):
    """The envelope ended without being completed: `outcome` is declined, voided, expired or failed."""

    type: ClassVar[str] = "envelope.ended"

    envelope_id: UUID
    organisation_id: UUID
    title: str
    outcome: str
    reason: str
