"""The use cases of bulk sends in one place: `BulkService` is its context plus everything that can be done with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor
from core.errors import Language
from signing.bulk import read_bulk_sends as reads
from signing.bulk.column_template import column_template
from signing.bulk.context import BulkContext
from signing.bulk.decide_bulk_send import cancel_bulk_send, confirm_bulk_send, retry_failed_rows
from signing.bulk.policy import RowState
from signing.bulk.read_bulk_sends import BulkView, RowView
from signing.bulk.send_rows import send_due_rows
from signing.bulk.upload_sheet import upload_sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkService(BulkContext):
    """Every method is one use case; the errors it raises are told where it is written."""

    def upload_sheet(self, actor: Actor, template_id: UUID, *, name: str, data: bytes, is_test: bool = False) -> UUID:
        return upload_sheet(self, actor, template_id, name=name, data=data, is_test=is_test)

    def confirm(self, actor: Actor, bulk_send_id: UUID, numbers: Sequence[int] | None = None) -> int:
        return confirm_bulk_send(self, actor, bulk_send_id, numbers)

    def retry(self, actor: Actor, bulk_send_id: UUID) -> int:
        return retry_failed_rows(self, actor, bulk_send_id)

    def cancel(self, actor: Actor, bulk_send_id: UUID) -> None:
        cancel_bulk_send(self, actor, bulk_send_id)

    def send_due_rows(self) -> int:
        return send_due_rows(self)

    def bulk_send(self, actor: Actor, bulk_send_id: UUID) -> BulkView:
        return reads.bulk_send(self, actor, bulk_send_id)

    def bulk_sends(self, actor: Actor, *, before: UUID | None = None, limit: int = 50) -> list[BulkView]:
        return reads.bulk_sends(self, actor, before=before, limit=limit)

    def rows(
        self, actor: Actor, bulk_send_id: UUID, *, state: RowState | None = None, after: int = 0, limit: int = 50
    ) -> list[RowView]:
        return reads.rows(self, actor, bulk_send_id, state=state, after=after, limit=limit)

    def export_rows(
        self, actor: Actor, bulk_send_id: UUID, *, state: RowState | None = None, language: Language = "zh"
    ) -> Iterator[bytes]:
        return reads.export_rows(self, actor, bulk_send_id, state=state, language=language)

    def export_problems(self, actor: Actor, bulk_send_id: UUID, *, language: Language = "zh") -> Iterator[bytes]:
        return reads.export_problems(self, actor, bulk_send_id, language=language)

    def column_template(
        self, actor: Actor, template_id: UUID, *, is_workbook: bool = True, language: Language = "zh"
    ) -> bytes:
        return column_template(self, actor, template_id, is_workbook=is_workbook, language=language)
