"""The recipient's side: no account, only the link they were sent.

The link's token opens a session; the session's token is the bearer of everything below `current`.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import BearerToken, CurrentServices
from api.responses import pdf_response
from api.schemas.envelopes import ReasonInput, masked
from core import ids
from signing.evidence import Origin
from signing.plan import FieldKind
from signing.policy import EnvelopeState, RecipientRole, RecipientState
from signing.read_envelopes import SeatView

router = APIRouter(prefix="/signing-sessions", tags=["signing"])


def origin_of(request: Request) -> Origin:
    address = request.client.host if request.client else ""
    return Origin(address=address, user_agent=request.headers.get("user-agent", ""))


CurrentOrigin = Annotated[Origin, Depends(origin_of)]


class LinkInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=200, description="The token in the signing link")]


class CodeInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["402817"])]


class SignInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    consent: Annotated[bool, Field(description="True: I have read the consent text and agree")]
    consent_version: Annotated[str, Field(max_length=40, examples=["2026-11"])]
    values: Annotated[
        dict[str, Annotated[str, Field(max_length=1000)]],
        Field(max_length=500, description="Text and checkbox fields by name; a checkbox is `true` or `false`"),
    ] = {}


class OwnField(BaseModel):
    name: str
    kind: FieldKind
    page: int
    x: float
    y: float
    width: float
    height: float
    required: bool
    value: str | None


class ConsentOutput(BaseModel):
    """The text to show before signing, word for word. `sha256` is what the evidence will hold."""

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


class SeatOutput(BaseModel):
    """`is_on_turn`: you may sign or decline now. `authenticated_until`: till when your code lets you sign."""

    envelope_id: str
    title: str
    state: EnvelopeState
    sender_name: str
    document_name: str
    document_sha256: str
    pages: int
    expires_at: datetime
    end_reason: str | None
    recipient_id: str
    name: str
    role: RecipientRole
    recipient_state: RecipientState
    phone_hint: str
    parties: list[PartyOutput]
    fields: list[OwnField]
    consent: ConsentOutput
    is_on_turn: bool
    authenticated_until: datetime | None


class OpenedSession(BaseModel):
    session_token: Annotated[str, Field(description="Show it as `Authorization: Bearer …`; good for two hours")]
    session: SeatOutput


class CodeOutput(BaseModel):
    phone_hint: Annotated[str, Field(description="The last four digits of the phone it went to")]
    valid_minutes: int


class AuthenticatedOutput(BaseModel):
    authenticated_until: datetime


@router.post("", status_code=201)
def open_link(services: CurrentServices, origin: CurrentOrigin, body: LinkInput) -> OpenedSession:
    """Opens a session with the token of a signing link."""
    token = services.signing.open_link(body.token, origin)
    return OpenedSession(session_token=token, session=_view(services.signing.seat(token)))


@router.get("/current")
def read_session(services: CurrentServices, token: BearerToken) -> SeatOutput:
    """The envelope as this recipient sees it, their fields, and the consent text."""
    return _view(services.signing.seat(token))


@router.get("/current/document", response_class=Response)
def read_session_document(services: CurrentServices, token: BearerToken) -> Response:
    """The PDF as it stands."""
    return pdf_response(services.signing.seat_content(token))


@router.post("/current/code", status_code=202)
def request_code(services: CurrentServices, token: BearerToken) -> CodeOutput:
    """Sends a one-time code to the recipient's own phone, at most one a minute."""
    sent = services.signing.request_code(token)
    return CodeOutput(phone_hint=sent.phone_hint, valid_minutes=sent.valid_minutes)


@router.post("/current/verify")
def verify_code(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: CodeInput
) -> AuthenticatedOutput:
    """Checks the code; five wrong tries use it up."""
    return AuthenticatedOutput(authenticated_until=services.signing.verify_code(token, body.code, origin))


@router.post("/current/sign")
def sign_envelope(services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: SignInput) -> SeatOutput:
    """Signs with the recipient's own certificate. Repeating it is safe: nobody signs twice."""
    services.signing.sign_envelope(
        token,
        has_consented=body.consent,
        consent_version=body.consent_version,
        values=body.values,
        origin=origin,
    )
    return _view(services.signing.seat(token))


@router.post("/current/decline")
def decline_envelope(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: ReasonInput
) -> SeatOutput:
    """Refuses to sign, which ends the envelope for everybody."""
    services.signing.decline_envelope(token, body.reason, origin)
    return _view(services.signing.seat(token))


def _view(seat: SeatView) -> SeatOutput:
    return SeatOutput(
        envelope_id=ids.public(ids.ENVELOPE, seat.envelope.id),
        title=seat.envelope.title,
        state=EnvelopeState(seat.envelope.state),
        sender_name=seat.sender.name,
        document_name=seat.document.name,
        document_sha256=seat.document.sha256,
        pages=seat.document.pages,
        expires_at=seat.envelope.expires_at,
        end_reason=seat.envelope.end_reason,
        recipient_id=ids.public(ids.RECIPIENT, seat.recipient.id),
        name=seat.recipient.name,
        role=RecipientRole(seat.recipient.role),
        recipient_state=RecipientState(seat.recipient.state),
        phone_hint=masked(seat.recipient.phone),
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
        fields=[
            OwnField(
                name=field.name,
                kind=FieldKind(field.kind),
                page=field.page,
                x=field.x,
                y=field.y,
                width=field.width,
                height=field.height,
                required=field.is_required,
                value=field.value,
            )
            for field in seat.fields
        ],
        consent=ConsentOutput(
            version=seat.consent.version,
            zh=seat.consent.zh,
            en=seat.consent.en,
            sha256=seat.consent.sha256,
        ),
        is_on_turn=seat.is_on_turn,
        authenticated_until=seat.authenticated_until,
    )
