"""Makes the draft of an envelope from a template."""

from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing.context import SigningContext
from signing.create_envelope import add_draft
from signing.models import Envelope
from signing.send_envelope import send_envelope
from signing.templates import policy, repository
from signing.templates.errors import TemplateArchived, TemplateNotFound
from signing.templates.models import Template, TemplateUse, TemplateVersion
from signing.templates.policy import FIELDS, PLAN, Filling, TemplatePlan


def use_template(
    context: SigningContext, actor: Actor, template_id: UUID, filling: Filling, *, is_sent: bool = False
) -> UUID:
    """The id of the draft, which is sent at once if `is_sent`: if that fails, the draft is there and can be sent again.

    Raises `TemplateNotFound`, `TemplateArchived`, and what `policy.fill`, `create_envelope` and `send_envelope` raise.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.unit_of_work() as uow:
        template = usable_template(uow, actor, template_id)
        version = repository.version(uow.session, template, template.version)
        if version is None:
            raise TemplateNotFound
        envelope = add_draft_from(uow, actor, version, filling)
    if is_sent:
        send_envelope(context, actor, envelope.id)
    return envelope.id


def usable_template(uow: UnitOfWork, actor: Actor, template_id: UUID) -> Template:
    """Raises `TemplateNotFound` or `TemplateArchived`."""
    template = repository.template(uow.session, actor, template_id)
    if template is None:
        raise TemplateNotFound
    if template.archived_at is not None:
        raise TemplateArchived(name=template.name)
    return template


def placed_plan(version: TemplateVersion) -> TemplatePlan:
    """What the version says, every field at its place."""
    return policy.placed(PLAN.validate_python(version.plan), FIELDS.validate_python(version.placed))


def add_draft_from(uow: UnitOfWork, actor: Actor, version: TemplateVersion, filling: Filling) -> Envelope:
    """The draft, in the caller's unit of work; it remembers what it was made from."""
    envelope = add_draft(uow, actor, policy.fill(placed_plan(version), filling, uow.now))
    uow.session.add(
        TemplateUse(envelope_id=envelope.id, template_id=version.template_id, template_version=version.number)
    )
    return envelope
