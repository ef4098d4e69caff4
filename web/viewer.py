"""Who looks at a page: somebody with a session, or anybody."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from accounts.errors import TokenInvalid
from accounts.policy import Actor, Scope
from api.deps import CurrentServices
from web.security import SESSION_COOKIE


@dataclass(frozen=True, slots=True)
class Viewer:
    """The actor and the names that the page's head shows."""

    actor: Actor
    person_name: str
    organisation_name: str
    uscc: str

    def may(self, scope: Scope) -> bool:
        return scope in self.actor.scopes


def maybe_viewer(request: Request, services: CurrentServices) -> Viewer | None:
    """The person with a session, or None. Kept in the request, so that error pages show the same head."""
    secret = request.cookies.get(SESSION_COOKIE)
    viewer = None
    if secret:
        try:
            viewer = _viewer(services, secret)
        except TokenInvalid:
            viewer = None
    request.state.viewer = viewer
    return viewer


def _viewer(services: CurrentServices, secret: str) -> Viewer:
    actor = services.accounts.authenticate(secret)
    organisation = services.accounts.organisation(actor.organisation_id)
    person = services.accounts.person(actor.person_id) if actor.person_id else None
    return Viewer(
        actor=actor,
        person_name=person.name if person else organisation.name,
        organisation_name=organisation.name,
        uscc=organisation.uscc,
    )


MaybeViewer = Annotated[Viewer | None, Depends(maybe_viewer)]


def current_viewer(viewer: MaybeViewer) -> Viewer:
    """Raises `TokenInvalid`, which pages answer by asking the person to sign in."""
    if viewer is None:
        raise TokenInvalid
    return viewer


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]
