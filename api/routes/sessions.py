"""Signing in and out, API tokens, and who I am."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from accounts.policy import Scope
from accounts.service import IssuedToken
from api.deps import BearerToken, CurrentActor, CurrentServices
from core import ids

router = APIRouter(tags=["accounts"])


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=200, examples=["purchaser@demo.dingyue.test"])]
    password: Annotated[str, Field(max_length=200)]


class TokenView(BaseModel):
    """A fresh token; `token` is shown this once."""

    id: str
    token: str
    name: str
    expires_at: datetime


class NewToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["ERP of the finance bureau"])]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]


class Me(BaseModel):
    organisation_id: str
    organisation_name: str
    organisation_kind: str
    uscc: str
    region: str
    person_id: str | None
    person_name: str | None
    scopes: list[str]


def _view(issued: IssuedToken) -> TokenView:
    return TokenView(
        id=ids.public(ids.API_TOKEN, issued.token.id),
        token=issued.secret,
        name=issued.token.name,
        expires_at=issued.token.expires_at,
    )


@router.post("/sessions", status_code=201)
def sign_in(request: Request, services: CurrentServices, body: Credentials) -> TokenView:
    """Starts a session of twelve hours; show its token as `Authorization: Bearer …`."""
    address = request.client.host if request.client else ""
    return _view(services.accounts.sign_in(email=body.email, password=body.password, address=address))


@router.delete("/sessions/current", status_code=204)
def sign_out(_: CurrentActor, services: CurrentServices, token: BearerToken) -> None:
    """Ends the session whose token is shown."""
    services.accounts.sign_out(token)


@router.get("/me")
def me(actor: CurrentActor, services: CurrentServices) -> Me:
    """Who the token speaks for, and what it may do."""
    organisation = services.accounts.organisation(actor.organisation_id)
    person = services.accounts.person(actor.person_id) if actor.person_id else None
    return Me(
        organisation_id=ids.public(ids.ORGANISATION, organisation.id),
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        uscc=organisation.uscc,
        region=organisation.region,
        person_id=ids.public(ids.PERSON, person.id) if person else None,
        person_name=person.name if person else None,
        scopes=sorted(actor.scopes),
    )


@router.post("/tokens", status_code=201)
def issue_token(actor: CurrentActor, services: CurrentServices, body: NewToken) -> TokenView:
    """An API token for a program, with at most the caller's own scopes."""
    return _view(services.accounts.issue_api_token(actor, name=body.name, scopes=body.scopes))


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(actor: CurrentActor, services: CurrentServices, token_id: str) -> None:
    """Revokes a token at once."""
    services.accounts.revoke_token(actor, ids.parse(ids.API_TOKEN, token_id))
