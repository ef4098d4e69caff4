"""Reading templates, for their organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor, Scope
from signing.context import SigningContext
from signing.templates import repository
from signing.templates.errors import TemplateNotFound
from signing.templates.models import Template, TemplateVersion
from signing.templates.policy import PLAN, TemplatePlan


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template and one of its versions: what it says."""

    template: Template
    version: TemplateVersion

    @property
    def plan(self) -> TemplatePlan:
        return PLAN.validate_python(self.version.plan)


def template(context: SigningContext, actor: Actor, template_id: UUID, number: int | None = None) -> TemplateView:
    """In its current version, or in version `number`. Raises `TemplateNotFound`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        found = repository.template(uow.session, actor, template_id)
        version = repository.version(uow.session, found, number or found.version) if found is not None else None
    if found is None or version is None:
        raise TemplateNotFound
    return TemplateView(found, version)


def templates(
    context: SigningContext, actor: Actor, *, is_archived: bool, before: UUID | None, limit: int
) -> list[TemplateView]:
    """Newest first, older than `before`: either those in use or the archived ones."""
    actor.require(Scope.ENVELOPES_READ)
    with context.unit_of_work() as uow:
        found: Sequence[Template] = repository.templates(
            uow.session, actor, is_archived=is_archived, before=before, limit=limit
        )
        versions = repository.versions(uow.session, found)
    return [TemplateView(template, versions[template.id]) for template in found]
