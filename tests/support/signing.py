"""A signing table for tests: organisations, a stand-in for PDF work that can be made to fail, and a patient signer."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from accounts.service import AccountService
from core.errors import InvalidInput
from core.objects import Objects
from core.outbox import OutboxEvent
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from signing.consent import CURRENT_VERSION
from signing.evidence import Origin
from signing.papers.report_facts import Imprint
from signing.pdf.errors import SealingNotReady
from signing.plan import FieldKind, NewEnvelope, NewField, NewRecipient
from signing.policy import RecipientRole
from signing.ports import (
    PageSize,
    PlacedField,
    RemotePreparation,
    ScreenedDocument,
    ScreeningLimits,
    SignedPDF,
    SignerIdentity,
    SigningOrder,
    TextBox,
)
from signing.service import SigningService
from signing.signature_attempt import Action
from tests.support.clock import FixedClock

IMPRINT = Imprint(
    base_url="http://dingyue.test",
    timestamp_authority="鼎约内置时间戳（试用） Dingyue built-in TSA (trial)",
    is_trial_authority=True,
    is_built_in_timestamp=True,
)
ORIGIN = Origin(address="203.0.113.7", user_agent="pytest")
PDF = b"%PDF-1.7\nstand-in for a contract of two pages\n"


class NotThePDF(InvalidInput):
    code = "test_not_a_pdf"
    zh = "不是 PDF"
    en = "Not a PDF"


class PaperWork:
    """Implements the screening, preparing and signing ports over plain bytes: one line for each thing done.

    `fail_next` raises once where the real thing could; `during` runs in the middle of a call, when no transaction is
    open: what happens there happens between claim and finish.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fail_next: Exception | None = None
        self.during: Callable[[], None] | None = None
        self.has_timestamps = True

    def screen(self, data: bytes, limits: ScreeningLimits | None = None) -> ScreenedDocument:
        if not data.startswith(b"%PDF-"):
            raise NotThePDF
        return ScreenedDocument(pages=(PageSize(595, 842), PageSize(595, 842)), has_form=False)

    def locate(self, data: bytes, texts: Sequence[str]) -> dict[str, Sequence[TextBox]]:
        """The text `乙方` stands twice on page 2; nothing else is found."""
        places = [TextBox(2, 0.1, 0.2, 0.1, 0.02), TextBox(2, 0.1, 0.6, 0.1, 0.02)]
        return {text: places if text == "乙方" else [] for text in texts}

    def prepare(
        self,
        data: bytes,
        fields: Sequence[PlacedField],
        *,
        prepared_at: datetime,
        page_note: str | None = None,
        watermark: str | None = None,
    ) -> bytes:
        names = ",".join(field.name for field in fields)
        return self._do(data, f"prepared {names}{' as a test' if watermark else ''}")

    def sign(self, data: bytes, order: SigningOrder) -> SignedPDF:
        return SignedPDF(self._do(data, f"signed by {order.identity.name}"), is_timestamped=self.has_timestamps)

    def require_ready(self) -> None:
        if not self.has_timestamps:
            raise SealingNotReady(why_zh="没有时间戳", why_en="no time-stamps")

    def seal(self, data: bytes, *, sealed_at: datetime, reason: str) -> SignedPDF:
        return SignedPDF(self._stamped(data, "sealed"), renew_before=sealed_at + timedelta(days=3650))

    def add_timestamp(self, data: bytes) -> SignedPDF:
        return SignedPDF(self._stamped(data, "timestamped"), renew_before=FixedClock().now() + timedelta(days=7300))

    def prepare_remote(self, data: bytes, order: SigningOrder, certificate: bytes) -> RemotePreparation:
        prepared = self._do(data, f"to be signed elsewhere by {order.identity.name}")
        return RemotePreparation(prepared, hashlib.sha256(prepared).digest())

    def complete_remote(self, prepared: bytes, cms: bytes) -> SignedPDF:
        return SignedPDF(self._do(prepared, f"signed elsewhere with {cms.decode()}"))

    def seal_report(self, pdf: bytes, reason: str) -> bytes:
        return self._stamped(pdf, "sealed as a report")

    def _stamped(self, data: bytes, line: str) -> bytes:
        if not self.has_timestamps:
            raise TimestampUnavailable
        return self._do(data, line)

    def _do(self, data: bytes, line: str) -> bytes:
        self.calls.append(line)
        during, self.during = self.during, None
        if during is not None:
            during()
        failure, self.fail_next = self.fail_next, None
        if failure is not None:
            raise failure
        return data + f"%% {line}\n".encode()


class CountingIssuer:
    """Implements `CertificateIssuer`; remembers for whom."""

    def __init__(self) -> None:
        self.issued: list[SignerIdentity] = []

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        self.issued.append(identity)
        return uow.new_id()

    def issue_seal_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        return self.issue_signer_certificate(uow, identity)


def uscc(number: int) -> str:
    """A valid code: government-like prefix, the division of Yulin, and a number."""
    first = f"91610800MA7{number:06d}"
    return first + uscc_check_character(first)


@dataclass
class Table:
    """Two organisations, a service over stand-ins, and the shortest way through each step."""

    service: SigningService
    paper: PaperWork
    issuer: CountingIssuer
    unit_of_work: UnitOfWorkFactory
    secrets: SecretBox
    purchaser: Organisation
    supplier: Organisation
    stranger: Organisation
    sessions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def lay(cls, unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> "Table":
        accounts = AccountService(unit_of_work)
        purchaser, supplier, stranger = (
            accounts.register_organisation(
                name=name, uscc=uscc(number), kind=OrganisationKind.ENTERPRISE, region="610800"
            )
            for number, name in enumerate(("榆林市财政局", "恒信科技有限公司", "无关公司"))
        )
        paper, issuer = PaperWork(), CountingIssuer()
        service = SigningService(
            unit_of_work=unit_of_work,
            objects=objects,
            secrets=secrets,
            screener=paper,
            locator=paper,
            preparer=paper,
            signer=paper,
            issuer=issuer,
            sealer=paper,
            imprint=IMPRINT,
            software="dingyue tests",
            clock_source="a clock that stands still",
        )
        return cls(service, paper, issuer, unit_of_work, secrets, purchaser, supplier, stranger)

    def actor(self, organisation: Organisation) -> Actor:
        return Actor(
            organisation_id=organisation.id,
            organisation_kind=OrganisationKind.ENTERPRISE,
            region="610800",
            person_id=None,
            scopes=frozenset(Scope),
        )

    @property
    def sender(self) -> Actor:
        return self.actor(self.purchaser)

    def plan(self, document_id: UUID, *recipients: NewRecipient, **changes: Any) -> NewEnvelope:
        """One signature field for each signer, one below the other; two signers in order unless told otherwise."""
        signers = recipients or (self.recipient("buyer", 1), self.recipient("supplier", 2))
        fields = [
            signature_field(recipient.key, row)
            for row, recipient in enumerate(signers)
            if recipient.role is RecipientRole.SIGNER
        ]
        given = {"title": "采购合同", "recipients": signers, "fields": fields, **changes}
        return NewEnvelope(document_ids=[document_id], **given)

    def recipient(self, key: str, order: int = 1, role: RecipientRole = RecipientRole.SIGNER) -> NewRecipient:
        organisation = self.purchaser if key == "buyer" else self.supplier
        return NewRecipient(
            key=key,
            name=f"签署人 {key}",
            phone="13900000001" if key == "buyer" else "13900000002",
            organisation_name=organisation.name,
            uscc=organisation.uscc,
            role=role,
            order=order,
        )

    def upload(self) -> UUID:
        return self.service.upload_document(self.sender, name="合同.pdf", data=PDF).id

    def sent(self, *recipients: NewRecipient, **changes: Any) -> UUID:
        """An envelope in progress."""
        plan = self.plan(self.upload(), *recipients, **changes)
        envelope_id = self.service.create_envelope(self.sender, plan)
        self.service.send_envelope(self.sender, envelope_id)
        return envelope_id

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """The payloads of all events of a type so far."""
        with self.unit_of_work() as uow:
            query = select(OutboxEvent.payload).where(OutboxEvent.type == event_type).order_by(OutboxEvent.sequence)
            return list(uow.session.scalars(query))

    def recipient_id(self, envelope_id: UUID, key: str) -> UUID:
        view = self.service.envelope(self.sender, envelope_id)
        return next(recipient.id for recipient in view.recipients if recipient.key == key)

    def link(self, envelope_id: UUID, key: str) -> str:
        """The token of the recipient's latest link, as the message to them would hold it."""
        return self.link_of(self.recipient_id(envelope_id, key))

    def link_of(self, recipient_id: UUID) -> str:
        mine = [event for event in self.events("recipient.released") if event["recipient_id"] == str(recipient_id)]
        return self.secrets.open(bytes.fromhex(mine[-1]["sealed_token"]), "recipient-token").decode()

    def open(self, envelope_id: UUID, key: str) -> str:
        """A new session of the recipient."""
        return self.service.open_link(self.link(envelope_id, key), ORIGIN)

    def latest_code(self) -> str:
        sealed = self.events("signing_code.requested")[-1]["sealed_code"]
        return self.secrets.open(bytes.fromhex(sealed), "signing-code").decode()

    def authenticated(self, envelope_id: UUID, key: str) -> str:
        """A session that may sign."""
        return self.authenticated_as(self.recipient_id(envelope_id, key))

    def authenticated_as(self, recipient_id: UUID) -> str:
        session = self.service.open_link(self.link_of(recipient_id), ORIGIN)
        self.service.request_code(session, ORIGIN)
        self.service.verify_code(session, self.latest_code(), ORIGIN)
        return session

    def sign(self, session: str, **values: str) -> None:
        self.service.sign_envelope(session, agreed(**values))

    def state(self, envelope_id: UUID) -> str:
        return self.service.envelope(self.sender, envelope_id).envelope.state

    def recipient_states(self, envelope_id: UUID) -> dict[str, str]:
        view = self.service.envelope(self.sender, envelope_id)
        return {recipient.key: recipient.state for recipient in view.recipients}

    def content(self, envelope_id: UUID) -> str:
        return self.service.envelope_content(self.sender, envelope_id).data.decode()

    def steps(self, envelope_id: UUID) -> list[str]:
        return [event.type for event in self.service.envelope_events(self.sender, envelope_id)]


def agreed(**values: str) -> Action:
    """What a recipient sends who has read and agrees."""
    return Action(has_consented=True, consent_version=CURRENT_VERSION, origin=ORIGIN, values=values)


def signature_field(key: str, row: int = 0, kind: FieldKind = FieldKind.SIGNATURE) -> NewField:
    return NewField(
        name=f"{key}_{kind}",
        recipient_key=key,
        kind=kind,
        page=1,
        x=0.1,
        y=0.05 + 0.1 * row,
        width=0.3,
        height=0.08,
    )
