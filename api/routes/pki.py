"""What certificates point at (RFC 5280): authority certificates, revocation lists, the OCSP responder (RFC 6960); and
the built-in time-stamp authority (RFC 3161). Public, and outside `/v1`: the addresses stand in certificates."""

import base64
import binascii
from datetime import timedelta
from email.utils import format_datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api.deps import CurrentServices
from signing.pki.errors import CertificateNotFound
from signing.pki.ocsp import REQUEST_TYPE, RESPONSE_TYPE, Answer

public_router = APIRouter(tags=["pki"])

_PEM = "application/x-pem-file"
_CERTIFICATE = "application/pkix-cert"
_REVOCATION_LIST = "application/pkix-crl"
_TIMESTAMP_REPLY = "application/timestamp-reply"
_OCSP: dict[int | str, dict[str, object]] = {200: {"content": {RESPONSE_TYPE: {}}}}
_KEPT_BY_CACHES = timedelta(minutes=5)
"""How long a revocation may stay unknown to those who ask through a cache."""


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
    "/pki/{authority}/ocsp",
    response_class=Response,
    responses=_OCSP,
    openapi_extra={"requestBody": {"required": True, "content": {REQUEST_TYPE: {}}}},
)
def ask_status(authority: str, body: Annotated[bytes, Depends(request_body)], services: CurrentServices) -> Response:
    """Answers an OCSPRequest. A bad request is refused inside the response, as RFC 6960 wants it."""
    return Response(services.pki.answer_status_query(_identifier(authority), body).der, media_type=RESPONSE_TYPE)


@public_router.get("/pki/{authority}/ocsp/{query:path}", response_class=Response, responses=_OCSP)
def ask_status_by_address(authority: str, query: str, services: CurrentServices) -> Response:
    """The same for caches: `query` is the OCSPRequest in base64 (RFC 6960 appendix A.1)."""
    answer = services.pki.answer_status_query(_identifier(authority), _base64(query))
    return Response(answer.der, media_type=RESPONSE_TYPE, headers=_cache_headers(answer))


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


def _base64(text: str) -> bytes:
    """Nothing, which is no request either, for what isn't base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _cache_headers(answer: Answer) -> dict[str, str]:
    """RFC 5019 §6.2. A refusal and an answer to a nonce are for nobody else."""
    if not answer.is_lasting:
        return {"Cache-Control": "no-store"}
    return {
        "Cache-Control": f"max-age={int(_KEPT_BY_CACHES.total_seconds())}, public, no-transform, must-revalidate",
        "Last-Modified": format_datetime(answer.made_at, usegmt=True),
    }
