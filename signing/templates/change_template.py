"""Makes a template, gives it a new version, and archives it."""

from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing import repository as documents
from signing.context import SigningContext
from signing.create_envelope import locate_anchors
from signing.errors import DocumentNotFound
from signing.plan import NewEnvelope, check_envelope
from signing.templates import policy, repository
from signing.templates.errors import TemplateArchived, TemplateChanged, TemplateNotFound
from signing.templates.models import Template, TemplateVersion
from signing.templates.policy import FIELDS, PLAN, TemplatePlan


def create_template(context: SigningContext, actor: Actor, plan: TemplatePlan) -> UUID:
    """Raises `DocumentNotFound`, and what `policy.check_plan` or an envelope of this kind would raise."""
    actor.require(Scope.ENVELOPES_WRITE)
    example = _checked_example(context, actor, plan)
    with context.unit_of_work() as uow:
        _check_with_documents(uow, actor, example)
        template = Template(
            id=uow.new_id(),
            organisation_id=actor.organisation_id,
            name=plan.name,
            version=1,
            created_at=uow.now,
            changed_at=uow.now,
        )
        uow.session.add(template)
        uow.session.flush()
        _add_version(uow, actor, template, plan, example)
    return template.id


def update_template(context: SigningContext, actor: Actor, template_id: UUID, plan: TemplatePlan, version: int) -> None:
    """The next version. `version` is the one its author saw (the ETag).

    Raises `TemplateNotFound`, `TemplateChanged`, `TemplateArchived`, and what `create_template` raises.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.unit_of_work() as uow:
        if repository.template(uow.session, actor, template_id) is None:
            raise TemplateNotFound
    example = _checked_example(context, actor, plan)
    with context.unit_of_work() as uow:
        template = _live(uow, actor, template_id)
        if template.version != version:
            raise TemplateChanged(version=template.version)
        _check_with_documents(uow, actor, example)
        template.name, template.version, template.changed_at = plan.name, version + 1, uow.now
        _add_version(uow, actor, template, plan, example)


def archive_template(context: SigningContext, actor: Actor, template_id: UUID) -> None:
    """Takes it out of use; what was made from it stays. Doing it twice is harmless. Raises `TemplateNotFound`."""
    actor.require(Scope.ENVELOPES_WRITE)
    with context.unit_of_work() as uow:
        template = repository.template_for_update(uow.session, actor, template_id)
        if template is None:
            raise TemplateNotFound
        template.archived_at = template.archived_at or uow.now


def _live(uow: UnitOfWork, actor: Actor, template_id: UUID) -> Template:
    template = repository.template_for_update(uow.session, actor, template_id)
    if template is None:
        raise TemplateNotFound
    if template.archived_at is not None:
        raise TemplateArchived(name=template.name)
    return template


def _checked_example(context: SigningContext, actor: Actor, plan: TemplatePlan) -> NewEnvelope:
    """An envelope such as the template would make, every field at its place. Reads documents: no unit of work."""
    policy.check_plan(plan)
    with context.unit_of_work() as uow:
        now = uow.now
    return locate_anchors(context, actor, policy.example(plan, now))


def _check_with_documents(uow: UnitOfWork, actor: Actor, example: NewEnvelope) -> None:
    found = documents.own_documents(uow.session, actor, example.document_ids)
    if len(found) != len(example.document_ids):
        raise DocumentNotFound
    check_envelope(example, pages=[document.pages for document in found])


def _add_version(uow: UnitOfWork, actor: Actor, template: Template, plan: TemplatePlan, example: NewEnvelope) -> None:
    uow.session.add(
        TemplateVersion(
            template_id=template.id,
            number=template.version,
            plan=PLAN.dump_python(plan, mode="json"),
            placed=FIELDS.dump_python(list(example.fields), mode="json"),
            created_by=actor.person_id,
            created_at=uow.now,
        )
    )
