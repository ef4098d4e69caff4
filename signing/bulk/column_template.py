"""An empty sheet with the head that fits a template, to be filled in."""

import io
from collections.abc import Sequence
from uuid import UUID

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from accounts.policy import Actor
from core.errors import Language
from signing.bulk import policy
from signing.bulk.context import BulkContext
from signing.bulk.read_bulk_sends import BYTE_ORDER_MARK, to_csv
from signing.templates import read_templates

_WIDTH = 22
_SHEET = {"zh": "批量发送", "en": "Bulk send"}


def column_template(
    context: BulkContext, actor: Actor, template_id: UUID, *, is_workbook: bool, language: Language
) -> bytes:
    """XLSX or CSV; required columns end in `*`. Raises `TemplateNotFound`."""
    view = read_templates.template(context.signing, actor, template_id)
    columns = policy.columns(view.plan)
    head = [column.head(language) + ("*" if column.is_required else "") for column in columns]
    return _workbook(head, _SHEET[language]) if is_workbook else BYTE_ORDER_MARK.encode() + to_csv([head])


def _workbook(head: Sequence[str], title: str) -> bytes:
    """All columns are text: a spreadsheet would round an 18-digit code and drop the + of a phone."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title, sheet.freeze_panes = title, "A2"
    for number, text in enumerate(head, start=1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.number_format, dimension.width = "@", _WIDTH
        cell = sheet.cell(row=1, column=number, value=text)
        cell.font, cell.number_format = Font(bold=True), "@"
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()
