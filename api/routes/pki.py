"""What certificates point at (RFC 5280): authority certificates and revocation lists; and the built-in time-stamp
authority (RFC 3161). Public, and outside `/v1`, because the addresses stand in certificates."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api.deps import CurrentServices
from signing.pki.errors import CertificateNotFound

public_router = APIRouter(tags=["pki"])

_PEM = "application/x-pem-file"
_CERTIFICATE = "application/pkix-cert"
_REVOCATION_LIST = "application/pkix-crl"
_TIMESTAMP_REPLY = "application/timestamp-reply"


async def request_body(request: Request) -> bytes:
    return await request.body()


@public_router.get("/pki/roots.pem", response_class=Response, responses={200: {"content": {_PEM: {}}}})
def roots(services: CurrentServices) -> Response:
    """The root certificates of the built-in trial authority, newest first."""
    return Response(services.pki.roots_pem(), media_type=_PEM)


@public_router.get("/pki/{authority}.cer", response_class=Response, responses={200: {"content": {_CERTIFICATE: {}}}})
def authority_certificate(authority: str, services: CurrentServices) -> Response:
    """An authority's certificate, DER."""
    return Response(services.pki.authority_certificate(_identifier(authority)), media_type=_CERTIFICATE)


@public_router.get(
    "/pki/{authority}.crl", response_class=Response, responses={200: {"content": {_REVOCATION_LIST: {}}}}
)
def revocation_list(authority: str, services: CurrentServices) -> Response:
    """An authority's current revocation list, DER."""
    return Response(services.pki.revocation_list(_identifier(authority)), media_type=_REVOCATION_LIST)


@public_router.post(
    "/tsa",
    response_class=Response,
    responses={200: {"content": {_TIMESTAMP_REPLY: {}}}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/timestamp-query": {}}}},
)
def timestamp(body: Annotated[bytes, Depends(request_body)], services: CurrentServices) -> Response:
    """Answers a TimeStampReq. A bad request is refused inside the response, as RFC 3161 wants it."""
    return Response(services.pki.answer_timestamp_query(body), media_type=_TIMESTAMP_REPLY)


def _identifier(text: str) -> UUID:
    """Raises `CertificateNotFound` for anything that isn't 32 hex digits."""
    try:
        return UUID(hex=text)
    except ValueError as error:
        raise CertificateNotFound from error
