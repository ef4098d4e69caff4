"""The use cases of templates in one place."""

from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor
from signing.context import SigningContext
from signing.templates import read_templates as reads
from signing.templates.change_template import archive_template, create_template, update_template
from signing.templates.policy import Filling, TemplatePlan
from signing.templates.read_templates import TemplateView
from signing.templates.use_template import use_template


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateService:
    """Every method is one use case; the errors it raises are told where it is written."""

    context: SigningContext

    def create_template(self, actor: Actor, plan: TemplatePlan) -> UUID:
        return create_template(self.context, actor, plan)

    def update_template(self, actor: Actor, template_id: UUID, plan: TemplatePlan, version: int) -> None:
        update_template(self.context, actor, template_id, plan, version)

    def archive_template(self, actor: Actor, template_id: UUID) -> None:
        archive_template(self.context, actor, template_id)

    def use_template(self, actor: Actor, template_id: UUID, filling: Filling, *, is_sent: bool = False) -> UUID:
        return use_template(self.context, actor, template_id, filling, is_sent=is_sent)

    def template(self, actor: Actor, template_id: UUID, number: int | None = None) -> TemplateView:
        return reads.template(self.context, actor, template_id, number)

    def templates(
        self, actor: Actor, *, is_archived: bool = False, before: UUID | None = None, limit: int = 50
    ) -> list[TemplateView]:
        return reads.templates(self.context, actor, is_archived=is_archived, before=before, limit=limit)
