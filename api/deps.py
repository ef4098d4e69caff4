"""What routes ask for: the services, and who is asking."""

from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from accounts.errors import TokenInvalid
from accounts.policy import Actor
from api.problems import IfMatchMissing
from api.services import Services

_bearer = HTTPBearer(auto_error=False, description="A session or API token: `Authorization: Bearer …`")


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


CurrentServices = Annotated[Services, Depends(services_of)]


def bearer_token(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """The raw bearer token. Raises `TokenInvalid` if there is none."""
    if credentials is None:
        raise TokenInvalid
    return credentials.credentials


BearerToken = Annotated[str, Depends(bearer_token)]


def current_actor(token: BearerToken, services: CurrentServices) -> Actor:
    """Raises `TokenInvalid`."""
    return services.accounts.authenticate(token)


CurrentActor = Annotated[Actor, Depends(current_actor)]


def version_seen(
    if_match: Annotated[str | None, Header(description="The ETag of what you read and now replace")] = None,
) -> int:
    """The version that a client says it saw. Raises `IfMatchMissing` for none, or one that is no ETag of ours."""
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise IfMatchMissing
    return int(text)


VersionSeen = Annotated[int, Depends(version_seen)]

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the previous page")]
