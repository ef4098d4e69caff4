"""Reading templates, always of one organisation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from signing.templates.models import Template, TemplateUse, TemplateVersion


def template(session: Session, actor: Actor, template_id: UUID) -> Template | None:
    return session.scalar(
        select(Template).where(Template.id == template_id, Template.organisation_id == actor.organisation_id)
    )


def template_for_update(session: Session, actor: Actor, template_id: UUID) -> Template | None:
    """As it is now, locked: two changes of one template follow each other."""
    return session.scalar(
        select(Template)
        .where(Template.id == template_id, Template.organisation_id == actor.organisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def templates(
    session: Session, actor: Actor, *, is_archived: bool, before: UUID | None, limit: int
) -> Sequence[Template]:
    """Newest first, older than `before`."""
    query = select(Template).where(
        Template.organisation_id == actor.organisation_id,
        Template.archived_at.is_not(None) if is_archived else Template.archived_at.is_(None),
    )
    if before is not None:
        query = query.where(Template.id < before)
    return session.scalars(query.order_by(Template.id.desc()).limit(limit)).all()


def version(session: Session, template: Template, number: int) -> TemplateVersion | None:
    """A version of a template that was found for its organisation."""
    return session.get(TemplateVersion, (template.id, number))


def versions(session: Session, templates: Sequence[Template]) -> dict[UUID, TemplateVersion]:
    """The current version of each, by the template's id."""
    query = (
        select(TemplateVersion)
        .join(Template, (Template.id == TemplateVersion.template_id) & (Template.version == TemplateVersion.number))
        .where(Template.id.in_([template.id for template in templates]))
    )
    return {version.template_id: version for version in session.scalars(query)}


def use(session: Session, envelope_id: UUID) -> TemplateUse | None:
    """From which template an envelope was made, of whom the caller knows that they may read it."""
    return session.get(TemplateUse, envelope_id)
