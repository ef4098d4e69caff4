"""The use cases of signing in one place: `SigningService` is its context plus everything that can be done with it.

Senders act as an `Actor` of their organisation. Recipients have no account: they show a token, first their link's and
then their session's. The platform itself seals (`subscriptions`) and expires (`expire_envelopes`, from a schedule).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core.events import Reaction, Subscription
from signing import read_envelopes as reads
from signing.change_sent_envelope import correct_envelope, extend_envelope
from signing.context import SigningContext
from signing.create_envelope import create_envelope, update_envelope
from signing.end_envelope import decline_envelope, expire_envelopes, void_envelope
from signing.evidence import Origin
from signing.identity.identify_recipient import identify_if_due, identify_recipient
from signing.models import Document
from signing.plan import NewEnvelope
from signing.policy import EnvelopeState
from signing.ports import IdentityOutcome
from signing.read_envelopes import EnvelopeEvent, EnvelopeView, SeatView, StoredPDF
from signing.remind_recipients import remind_by_schedule, remind_recipients
from signing.remote_signature import Prepared, complete_remote_signature, prepare_remote_signature
from signing.renew_timestamps import renew_timestamps, upgrade_timestamps
from signing.replace_recipient import Replacement, delegate, replace_recipient
from signing.rescind_envelope import rescind_envelope
from signing.seal_envelope import seal_envelope
from signing.send_envelope import send_envelope
from signing.sign_envelope import sign_envelope
from signing.signature_attempt import Action
from signing.signing_session import CodeSent, open_link, request_code, verify_code
from signing.subscriptions import subscriptions
from signing.upload_document import upload_document


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningService(SigningContext):
    """Every method is one use case; the errors it raises are told where it is written."""

    def upload_document(self, actor: Actor, *, name: str, data: bytes) -> Document:
        return upload_document(self, actor, name=name, data=data)

    def document(self, actor: Actor, document_id: UUID) -> Document:
        return reads.document(self, actor, document_id)

    def documents(self, actor: Actor, *, before: UUID | None, limit: int) -> Sequence[Document]:
        return reads.documents(self, actor, before=before, limit=limit)

    def document_content(self, actor: Actor, document_id: UUID) -> StoredPDF:
        return reads.document_content(self, actor, document_id)

    def create_envelope(self, actor: Actor, new: NewEnvelope) -> UUID:
        return create_envelope(self, actor, new)

    def update_envelope(self, actor: Actor, envelope_id: UUID, new: NewEnvelope, version: int) -> None:
        update_envelope(self, actor, envelope_id, new, version)

    def require_ready(self) -> None:
        self.signer.require_ready()

    def send_envelope(self, actor: Actor, envelope_id: UUID) -> None:
        send_envelope(self, actor, envelope_id)

    def void_envelope(self, actor: Actor, envelope_id: UUID, reason: str) -> None:
        void_envelope(self, actor, envelope_id, reason)

    def correct_envelope(self, actor: Actor, envelope_id: UUID, reason: str) -> None:
        correct_envelope(self, actor, envelope_id, reason)

    def extend_envelope(self, actor: Actor, envelope_id: UUID, expires_at: datetime) -> None:
        extend_envelope(self, actor, envelope_id, expires_at)

    def replace_recipient(self, actor: Actor, envelope_id: UUID, recipient_id: UUID, new: Replacement) -> UUID:
        return replace_recipient(self, actor, envelope_id, recipient_id, new)

    def rescind_envelope(self, actor: Actor, envelope_id: UUID, reason: str) -> UUID:
        return rescind_envelope(self, actor, envelope_id, reason)

    def remind_recipients(self, actor: Actor, envelope_id: UUID) -> int:
        return remind_recipients(self, actor, envelope_id)

    def envelope(self, actor: Actor, envelope_id: UUID) -> EnvelopeView:
        return reads.envelope(self, actor, envelope_id)

    def envelopes(
        self, actor: Actor, *, state: EnvelopeState | None = None, before: UUID | None = None, limit: int = 50
    ) -> Sequence[EnvelopeView]:
        return reads.envelopes(self, actor, state=state, before=before, limit=limit)

    def envelope_content(self, actor: Actor, envelope_id: UUID, position: int = 1) -> StoredPDF:
        return reads.envelope_content(self, actor, envelope_id, position)

    def completion_report(self, actor: Actor, envelope_id: UUID) -> StoredPDF:
        return reads.completion_report(self, actor, envelope_id)

    def envelope_events(
        self, actor: Actor, envelope_id: UUID, *, after: int = -1, limit: int = 200
    ) -> Sequence[EnvelopeEvent]:
        return reads.envelope_events(self, actor, envelope_id, after=after, limit=limit)

    def open_link(self, link_token: str, origin: Origin) -> str:
        return open_link(self, link_token, origin)

    def seat(self, session_token: str) -> SeatView:
        return reads.seat(self, session_token)

    def seat_content(self, session_token: str, position: int = 1) -> StoredPDF:
        return reads.seat_content(self, session_token, position)

    def seat_report(self, session_token: str) -> StoredPDF:
        return reads.seat_report(self, session_token)

    def seat_seal_picture(self, session_token: str, seal_id: UUID) -> bytes:
        return reads.seat_seal_picture(self, session_token, seal_id)

    def request_code(self, session_token: str, origin: Origin) -> CodeSent:
        return request_code(self, session_token, origin)

    def verify_code(self, session_token: str, code: str, origin: Origin) -> datetime:
        return verify_code(self, session_token, code, origin)

    def identify_recipient(self, session_token: str, id_number: str | None, origin: Origin) -> IdentityOutcome:
        return identify_recipient(self, session_token, id_number, origin)

    def identify_if_due(self, session_token: str, id_number: str | None, origin: Origin) -> IdentityOutcome | None:
        return identify_if_due(self, session_token, id_number, origin)

    def sign_envelope(self, session_token: str, action: Action) -> None:
        sign_envelope(self, session_token, action)

    def prepare_remote_signature(self, session_token: str, action: Action, certificate: bytes) -> Prepared:
        return prepare_remote_signature(self, session_token, action, certificate)

    def complete_remote_signature(self, session_token: str, remote_id: UUID, signatures: Mapping[int, bytes]) -> None:
        complete_remote_signature(self, session_token, remote_id, signatures)

    def delegate(self, session_token: str, new: Replacement, origin: Origin) -> UUID:
        return delegate(self, session_token, new, origin)

    def decline_envelope(self, session_token: str, reason: str, origin: Origin) -> None:
        decline_envelope(self, session_token, reason, origin)

    def seal_envelope(self, envelope_id: UUID) -> None:
        seal_envelope(self, envelope_id)

    def expire_envelopes(self, now: datetime) -> int:
        return expire_envelopes(self, now)

    def remind_by_schedule(self, now: datetime) -> int:
        return remind_by_schedule(self, now)

    def upgrade_timestamps(self, now: datetime) -> int:
        return upgrade_timestamps(self, now)

    def renew_timestamps(self, now: datetime) -> int:
        return renew_timestamps(self, now)

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return subscriptions(self)
