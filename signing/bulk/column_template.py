"""An empty sheet with the head that fits a template, to be filled in."""

from uuid import UUID

from accounts.policy import Actor
from core.errors import Language
from core.sheets.write_sheet import BYTE_ORDER_MARK, to_csv, to_workbook
from signing.bulk import policy
from signing.bulk.context import BulkContext
from signing.templates import read_templates

_SHEET = {"zh": "批量发送", "en": "Bulk send"}


def column_template(
    context: BulkContext, actor: Actor, template_id: UUID, *, is_workbook: bool, language: Language
) -> bytes:
    """XLSX or CSV; required columns end in `*`. Raises `TemplateNotFound`."""
    view = read_templates.template(context.signing, actor, template_id)
    columns = policy.columns(view.plan)
    head = [column.head(language) + ("*" if column.is_required else "") for column in columns]
    return to_workbook(_SHEET[language], head) if is_workbook else BYTE_ORDER_MARK.encode() + to_csv([head])
