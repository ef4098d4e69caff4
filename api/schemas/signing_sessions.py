"""What a recipient sends and sees. No token of anybody else is ever among it."""

import base64
import binascii
from datetime import datetime
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field

from accounts.policy import masked_phone
from api.schemas.envelopes import DocumentOutput, document_output, field_facts
from core import ids
from core.errors import InvalidInput
from signing.evidence import Origin
from signing.plan import MOST_DOCUMENTS, FieldKind
from signing.policy import EnvelopeState, RecipientRole, RecipientState
from signing.ports import IdentityOutcome
from signing.read_envelopes import IdentityView, SeatView
from signing.remote_signature import Prepared
from signing.signature_attempt import Action

_LARGEST_PICTURE = 1_400_000
"""Characters of base64: a megabyte of PNG."""


class EncodingInvalid(InvalidInput):
    code = "encoding_invalid"
    zh = "{what} 无法解码：应为 {expected}。未作签署，请检查后重试。"
    en = "{what} can't be decoded: it should be {expected}. Nothing was signed; check it and try again."


class LinkInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=200, description="The token in the signing link")]


class IdentityInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id_number: Annotated[
        str | None,
        Field(
            max_length=40,
            repr=False,
            description="GB 11643; only where `identity.needs_id_number`. Sent on, and not kept",
        ),
    ] = None


class CodeInput(IdentityInput):
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["402817"])]


class PicturesInput(BaseModel):
    """What the signer drew or uploaded, each a PNG in base64 with a transparent background."""

    model_config = ConfigDict(extra="forbid")

    signature: Annotated[str | None, Field(max_length=_LARGEST_PICTURE)] = None
    initials: Annotated[str | None, Field(max_length=_LARGEST_PICTURE)] = None

    def decoded(self) -> dict[FieldKind, bytes]:
        """Raises `EncodingInvalid`."""
        given = {FieldKind.SIGNATURE: self.signature, FieldKind.INITIALS: self.initials}
        return {kind: _base64(f"pictures.{kind}", text) for kind, text in given.items() if text is not None}


class ConsentInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    consent: Annotated[bool, Field(description="True: I have read the consent text and agree")]
    consent_version: Annotated[str, Field(max_length=40, examples=["2026-11-25"])]
    values: Annotated[
        dict[str, Annotated[str, Field(max_length=1000)]],
        Field(max_length=500, description="Text and checkbox fields by name; a checkbox is `true` or `false`"),
    ] = {}
    pictures: PicturesInput = PicturesInput()


class SignInput(ConsentInput):
    seal_id: Annotated[
        str | None, Field(max_length=100, description="For the role seal, if there is more than one to choose from")
    ] = None

    def to_action(self, origin: Origin) -> Action:
        """Raises `InvalidId` or `EncodingInvalid`."""
        return Action(
            has_consented=self.consent,
            consent_version=self.consent_version,
            origin=origin,
            values=self.values,
            pictures=self.pictures.decoded(),
            seal_id=ids.parse(ids.SEAL, self.seal_id) if self.seal_id else None,
        )


class RemoteInput(ConsentInput):
    certificate: Annotated[str, Field(max_length=20_000, description="The signer's certificate, PEM")]

    def to_action(self, origin: Origin) -> Action:
        return Action(
            has_consented=self.consent,
            consent_version=self.consent_version,
            origin=origin,
            values=self.values,
            pictures=self.pictures.decoded(),
        )

    def certificate_der(self) -> bytes:
        """Raises `EncodingInvalid`."""
        try:
            return x509.load_pem_x509_certificate(self.certificate.encode()).public_bytes(Encoding.DER)
        except ValueError as error:
            raise EncodingInvalid(what="certificate", expected="PEM") from error


class RemoteSignatureInput(BaseModel):
    """`cms`: the DER CMS made over one document's digest, in base64."""

    model_config = ConfigDict(extra="forbid")

    position: Annotated[int, Field(ge=1, le=MOST_DOCUMENTS)]
    cms: Annotated[str, Field(max_length=200_000)]


class RemoteSignaturesInput(BaseModel):
    """One signature for each document."""

    model_config = ConfigDict(extra="forbid")

    signatures: Annotated[list[RemoteSignatureInput], Field(min_length=1, max_length=MOST_DOCUMENTS)]

    def by_position(self) -> dict[int, bytes]:
        """Raises `EncodingInvalid`."""
        return {each.position: _base64(f"signatures.{each.position}", each.cms) for each in self.signatures}


class OwnField(BaseModel):
    name: str
    kind: FieldKind
    document: int
    page: int
    x: float
    y: float
    width: float
    height: float
    required: bool
    value: str | None


class ConsentOutput(BaseModel):
    """The text to show before acting, word for word. `sha256` is what the evidence will hold."""

    version: str
    zh: str
    en: str
    sha256: str


class PartyOutput(BaseModel):
    name: str
    organisation_name: str
    role: RecipientRole
    order: int
    state: RecipientState
    signed_at: datetime | None


class SealChoice(BaseModel):
    """A seal of the recipient's organisation that they are authorised to use here."""

    id: Annotated[str, Field(examples=["sea_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    name: str


class IdentityOutput(BaseModel):
    """The real-name check. `outcome` is null until the provider was asked; `unknown`: it gave no answer yet."""

    provider: str
    required: Annotated[bool, Field(description="Nobody acts without `matched`")]
    needs_id_number: bool
    outcome: IdentityOutcome | None


class SeatOutput(BaseModel):
    """`is_on_turn`: you may act or decline now. `authenticated_until`: till when your code lets you act."""

    envelope_id: str
    title: str
    state: EnvelopeState
    test: bool
    sender_name: str
    documents: list[DocumentOutput]
    expires_at: datetime
    end_reason: str | None
    recipient_id: str
    name: str
    role: RecipientRole
    recipient_state: RecipientState
    phone_hint: str
    parties: list[PartyOutput]
    fields: list[OwnField]
    seals: list[SealChoice]
    consent: ConsentOutput
    may_delegate: bool
    is_on_turn: bool
    authenticated_until: datetime | None
    identity: Annotated[IdentityOutput | None, Field(description="Null where nobody's name is checked")]


class OpenedSession(BaseModel):
    session_token: Annotated[str, Field(description="Show it as `Authorization: Bearer …`; good for two hours")]
    session: SeatOutput


class CodeOutput(BaseModel):
    phone_hint: Annotated[str, Field(description="The last four digits of the phone it went to")]
    valid_minutes: int


class AuthenticatedOutput(BaseModel):
    """`identity`: what came of the real-name check, if there is one and it was asked."""

    authenticated_until: datetime
    identity: IdentityOutcome | None


class IdentifiedOutput(BaseModel):
    outcome: IdentityOutcome


class DelegatedOutput(BaseModel):
    recipient_id: str


class PreparedDocument(BaseModel):
    """`digest`: SHA-256 in hex; the message digest your CAdES signature must have (`signing-certificate-v2` in it)."""

    position: int
    digest: str


class PreparedOutput(BaseModel):
    id: Annotated[str, Field(examples=["rsg_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    documents: list[PreparedDocument]
    expires_at: datetime


def prepared_output(prepared: Prepared) -> PreparedOutput:
    return PreparedOutput(
        id=ids.public(ids.REMOTE_SIGNATURE, prepared.remote_id),
        documents=[
            PreparedDocument(position=position, digest=digest.hex())
            for position, digest in sorted(prepared.digests.items())
        ],
        expires_at=prepared.expires_at,
    )


def seat_output(seat: SeatView) -> SeatOutput:
    return SeatOutput(
        envelope_id=ids.public(ids.ENVELOPE, seat.envelope.id),
        title=seat.envelope.title,
        state=EnvelopeState(seat.envelope.state),
        test=seat.envelope.is_test,
        sender_name=seat.sender.name,
        documents=[document_output(file) for file in seat.documents],
        expires_at=seat.envelope.expires_at,
        end_reason=seat.envelope.end_reason,
        recipient_id=ids.public(ids.RECIPIENT, seat.recipient.id),
        name=seat.recipient.name,
        role=RecipientRole(seat.recipient.role),
        recipient_state=RecipientState(seat.recipient.state),
        phone_hint=masked_phone(seat.recipient.phone),
        parties=[
            PartyOutput(
                name=party.name,
                organisation_name=party.organisation_name,
                role=RecipientRole(party.role),
                order=party.order,
                state=RecipientState(party.state),
                signed_at=party.signed_at,
            )
            for party in seat.recipients
        ],
        fields=[OwnField(**field_facts(field)) for field in seat.fields],
        seals=[SealChoice(id=ids.public(ids.SEAL, seal.seal_id), name=seal.name) for seal in seat.seals],
        consent=ConsentOutput(
            version=seat.consent.version,
            zh=seat.consent.zh,
            en=seat.consent.en,
            sha256=seat.consent.sha256,
        ),
        may_delegate=seat.envelope.may_delegate,
        is_on_turn=seat.is_on_turn,
        authenticated_until=seat.authenticated_until,
        identity=_identity_output(seat.identity),
    )


def _identity_output(identity: IdentityView | None) -> IdentityOutput | None:
    if identity is None:
        return None
    return IdentityOutput(
        provider=identity.provider,
        required=identity.is_required,
        needs_id_number=identity.needs_id_number,
        outcome=identity.outcome,
    )


def _base64(what: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EncodingInvalid(what=what, expected="base64") from error
