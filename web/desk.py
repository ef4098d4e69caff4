"""Where somebody works on one obligation: shows it, and does what its forms ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response, UploadFile
from pydantic import BaseModel

from accounts.policy import Actor
from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.clock import china_day
from core.errors import DingyueError, NotAuthenticated, NotFound
from performance.policy import DisputeOutcome, ExemptionGround
from performance.service import PerformanceService
from performance.supervision.policy import RungStanding
from web.actions import Action, Pending, allowed, own_role, pending
from web.pages import see
from web.rendering import language_of, render
from web.uploads import store_documents
from web.viewer import CurrentViewer, Viewer


@dataclass(frozen=True, slots=True)
class Desk:
    request: Request
    services: Services
    viewer: Viewer
    obligation_id: UUID

    @property
    def actor(self) -> Actor:
        return self.viewer.actor

    @property
    def performance(self) -> PerformanceService:
        return self.services.performance

    def store(self, upload: UploadFile | None) -> list[UUID]:
        """The ids of what was uploaded with a form."""
        return store_documents(self.services, self.actor, upload)

    def act(self, form: BaseModel, action: Callable[[], object]) -> Response:
        """Does it and shows the obligation; when it is refused, the page says why, with the form as it was typed."""
        try:
            action()
        except (NotFound, NotAuthenticated):
            raise
        except DingyueError as error:
            return self.show(form, error)
        return see(f"/obligations/{ids.public(ids.OBLIGATION, self.obligation_id)}")

    def show(self, form: BaseModel | None = None, refusal: DingyueError | None = None) -> Response:
        about = self.performance.obligation(self.actor, self.obligation_id)
        file = self.performance.contract(self.actor, about.contract.id).file
        waiting = pending(about)
        return render(
            self.request,
            "obligation.html",
            status=refusal.status if refusal else 200,
            refusal=refusal.message(language_of(self.request)) if refusal else None,
            typed=form.model_dump(exclude={"document"}) if form else {},
            typed_in=type(form).__name__ if form else "",
            about=about,
            obligation=about.obligation,
            contract=about.contract,
            parties={party.role: party for party in file.parties},
            waiting=waiting,
            actions=allowed(self.actor, own_role(self.viewer.uscc, file), about, waiting),
            Action=Action,
            explanation=self.performance.explain(self.actor, self.obligation_id),
            today=china_day(self.services.clock.now()),
            grounds=list(ExemptionGround),
            rungs=self._rungs(waiting),
            outcomes=list(DisputeOutcome),
        )

    def _rungs(self, waiting: Pending) -> Sequence[RungStanding]:
        """Which steps of a running supervision are open today, and why; none without one."""
        if waiting.supervision is None:
            return ()
        return self.services.supervision.supervision(self.actor, waiting.supervision.id).rungs


def current_desk(request: Request, services: CurrentServices, viewer: CurrentViewer, obligation_id: str) -> Desk:
    """Raises `InvalidId`."""
    return Desk(request, services, viewer, ids.parse(ids.OBLIGATION, obligation_id))


CurrentDesk = Annotated[Desk, Depends(current_desk)]
