"""The recipient's side: no account, only the link they were sent.

The link's token opens a session; the session's token is the bearer of everything below `current`.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.deps import BearerToken, CurrentServices
from api.responses import pdf_response
from api.schemas.envelope_plans import ReasonInput, ReplacementInput
from api.schemas.signing_sessions import (
    AuthenticatedOutput,
    CodeInput,
    CodeOutput,
    DelegatedOutput,
    IdentifiedOutput,
    IdentityInput,
    LinkInput,
    OpenedSession,
    PreparedOutput,
    RemoteInput,
    RemoteSignaturesInput,
    SeatOutput,
    SignInput,
    prepared_output,
    seat_output,
)
from core import ids
from signing.evidence import Origin
from signing.plan import MOST_DOCUMENTS

router = APIRouter(prefix="/signing-sessions", tags=["signing"])


def origin_of(request: Request) -> Origin:
    address = request.client.host if request.client else ""
    return Origin(address=address, user_agent=request.headers.get("user-agent", ""))


CurrentOrigin = Annotated[Origin, Depends(origin_of)]


@router.post("", status_code=201)
def open_link(services: CurrentServices, origin: CurrentOrigin, body: LinkInput) -> OpenedSession:
    """Opens a session with the token of a signing link."""
    token = services.signing.open_link(body.token, origin)
    return OpenedSession(session_token=token, session=seat_output(services.signing.seat(token)))


@router.get("/current")
def read_session(services: CurrentServices, token: BearerToken) -> SeatOutput:
    """The envelope as this recipient sees it, their fields, and the consent text."""
    return seat_output(services.signing.seat(token))


@router.get("/current/document", response_class=Response)
def read_session_document(
    services: CurrentServices,
    token: BearerToken,
    position: Annotated[int, Query(ge=1, le=MOST_DOCUMENTS, description="Which document, counted from 1")] = 1,
) -> Response:
    """A PDF as it stands."""
    return pdf_response(services.signing.seat_content(token, position))


@router.post("/current/code", status_code=202)
def request_code(services: CurrentServices, origin: CurrentOrigin, token: BearerToken) -> CodeOutput:
    """Sends a one-time code to the recipient's own phone, at most one a minute."""
    sent = services.signing.request_code(token, origin)
    return CodeOutput(phone_hint=sent.phone_hint, valid_minutes=sent.valid_minutes)


@router.post("/current/verify")
def verify_code(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: CodeInput
) -> AuthenticatedOutput:
    """Checks the code; five wrong tries use it up. Then asks about the recipient's real name, where that is done here
    and what it takes is given; an error of that leaves the code as verified: go on with `identify`."""
    until = services.signing.verify_code(token, body.code, origin)
    return AuthenticatedOutput(
        authenticated_until=until, identity=services.signing.identify_if_due(token, body.id_number, origin)
    )


@router.post("/current/identify")
def identify_recipient(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: IdentityInput
) -> IdentifiedOutput:
    """The real-name check, once the code was right: again after a mismatch or a time-out, or with an identity number.

    Repeating it is safe: a check without an answer goes on, and whoever matched isn't asked about again.
    """
    return IdentifiedOutput(outcome=services.signing.identify_recipient(token, body.id_number, origin))


@router.post("/current/sign")
def sign_envelope(services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: SignInput) -> SeatOutput:
    """Signs with the recipient's own certificate, applies their organisation's seal, or approves: what their role is.

    Repeating it is safe: nobody signs twice.
    """
    services.signing.sign_envelope(token, body.to_action(origin))
    return seat_output(services.signing.seat(token))


@router.post("/current/remote-signatures", status_code=201)
def prepare_remote_signature(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: RemoteInput
) -> PreparedOutput:
    """For a signer whose key is elsewhere: answers with the digest of each document to sign, good for ten minutes."""
    prepared = services.signing.prepare_remote_signature(token, body.to_action(origin), body.certificate_der())
    return prepared_output(prepared)


@router.post("/current/remote-signatures/{remote_id}/complete")
def complete_remote_signature(
    services: CurrentServices, token: BearerToken, remote_id: str, body: RemoteSignaturesInput
) -> SeatOutput:
    """Embeds the CMS made over the digests. Once, in time, and only if nobody else signed in between."""
    identifier = ids.parse(ids.REMOTE_SIGNATURE, remote_id)
    services.signing.complete_remote_signature(token, identifier, body.by_position())
    return seat_output(services.signing.seat(token))


@router.post("/current/delegate")
def delegate(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: ReplacementInput
) -> DelegatedOutput:
    """Names somebody else of the same organisation to act instead, where the sender allows it. Ends this session."""
    successor_id = services.signing.delegate(token, body.to_plan(), origin)
    return DelegatedOutput(recipient_id=ids.public(ids.RECIPIENT, successor_id))


@router.post("/current/decline")
def decline_envelope(
    services: CurrentServices, origin: CurrentOrigin, token: BearerToken, body: ReasonInput
) -> SeatOutput:
    """Refuses to sign, which ends the envelope for everybody."""
    services.signing.decline_envelope(token, body.reason, origin)
    return seat_output(services.signing.seat(token))
