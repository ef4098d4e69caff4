"""Reading bulk sends, their rows and what is wrong with them, for their organisation alone: sheets are full of
phones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import rfc3339
from core.errors import Language
from core.sheets.checking import Problem, error_of
from core.sheets.write_sheet import BYTE_ORDER_MARK, to_csv
from core.unit_of_work import UnitOfWork
from signing.bulk import policy, repository
from signing.bulk.context import BulkContext
from signing.bulk.errors import BulkSendNotFound
from signing.bulk.models import BulkSend, BulkSendRow
from signing.bulk.policy import BulkState, Column, RowState
from signing.templates.policy import PLAN

EXPORT_BATCH = 500

_RESULT_HEAD = {
    "zh": ("行号", "状态", "签署流程", "签署流程状态", "发送时间 (UTC)", "问题"),
    "en": ("row", "state", "envelope", "envelope state", "sent at (UTC)", "problems"),
}
_ERROR_HEAD = {"zh": ("行号", "列", "级别", "内容", "问题"), "en": ("row", "column", "level", "content", "problem")}
_LEVEL = {"zh": ("错误", "提示"), "en": ("error", "warning")}


@dataclass(frozen=True, slots=True)
class BulkView:
    """A bulk send, its columns in the sheet's order, how many rows are in each state, and how many have warnings."""

    bulk: BulkSend
    columns: Sequence[Column]
    counts: Mapping[RowState, int]
    warnings: int

    @property
    def state(self) -> BulkState:
        is_confirmed, is_cancelled = self.bulk.confirmed_at is not None, self.bulk.cancelled_at is not None
        return policy.bulk_state(self.counts, is_confirmed=is_confirmed, is_cancelled=is_cancelled)


@dataclass(frozen=True, slots=True)
class RowView:
    """A row with what is wrong with it, the failure to send it included; `envelope_state` is as of now."""

    row: BulkSendRow
    envelope_state: str | None

    @property
    def problems(self) -> list[Problem]:
        found = [Problem.of_stored(stored) for stored in self.row.problems]
        return [*found, Problem(None, error_of(self.row.failure))] if self.row.failure else found


def bulk_send(context: BulkContext, actor: Actor, bulk_send_id: UUID) -> BulkView:
    """Raises `BulkSendNotFound`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.signing.unit_of_work() as uow:
        return _views(uow, [_own(uow, actor, bulk_send_id)])[0]


def bulk_sends(context: BulkContext, actor: Actor, *, before: UUID | None, limit: int) -> list[BulkView]:
    """Newest first, older than `before`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.signing.unit_of_work() as uow:
        return _views(uow, repository.bulk_sends(uow.session, actor, before=before, limit=limit))


def rows(
    context: BulkContext,
    actor: Actor,
    bulk_send_id: UUID,
    *,
    state: RowState | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[RowView]:
    """By number, behind row `after`. Raises `BulkSendNotFound`."""
    actor.require(Scope.ENVELOPES_READ)
    with context.signing.unit_of_work() as uow:
        bulk = _own(uow, actor, bulk_send_id)
        return _rows(uow, bulk, state=state, after=after, limit=limit)


def export_rows(
    context: BulkContext, actor: Actor, bulk_send_id: UUID, *, state: RowState | None, language: Language
) -> Iterator[bytes]:
    """Every row as CSV: its result, then the sheet's own columns. Raises `BulkSendNotFound` before the first byte."""
    view = bulk_send(context, actor, bulk_send_id)
    head = [*_RESULT_HEAD[language], *(column.head(language) for column in view.columns)]

    def line(found: RowView) -> list[list[str]]:
        row = found.row
        problems = "; ".join(_told(problem, view.columns, language) for problem in found.problems)
        return [
            [
                str(row.number),
                row.state,
                ids.public(ids.ENVELOPE, row.envelope_id) if row.envelope_id else "",
                found.envelope_state or "",
                rfc3339(row.sent_at) if row.sent_at else "",
                problems,
                *(row.cells.get(column.key, "") for column in view.columns),
            ]
        ]

    return _export(context, view.bulk, head, line, state=state)


def export_problems(context: BulkContext, actor: Actor, bulk_send_id: UUID, *, language: Language) -> Iterator[bytes]:
    """A line for everything that is wrong or odd, as CSV. Raises `BulkSendNotFound` before the first byte."""
    view = bulk_send(context, actor, bulk_send_id)

    def lines(found: RowView) -> list[list[str]]:
        return [
            [
                str(found.row.number),
                _head_of(problem, view.columns, language),
                _LEVEL[language][problem.is_warning],
                found.row.cells.get(problem.column, "") if problem.column else "",
                problem.error.message(language),
            ]
            for problem in found.problems
        ]

    return _export(context, view.bulk, _ERROR_HEAD[language], lines, state=None, with_problems=True)


def _export(
    context: BulkContext,
    bulk: BulkSend,
    head: Sequence[str],
    lines: Callable[[RowView], list[list[str]]],
    *,
    state: RowState | None,
    with_problems: bool = False,
) -> Iterator[bytes]:
    """Page by page, so that no transaction stays open while somebody downloads slowly."""
    yield BYTE_ORDER_MARK.encode() + to_csv([head])
    after = 0
    while True:
        with context.signing.unit_of_work() as uow:
            found = _rows(uow, bulk, state=state, after=after, limit=EXPORT_BATCH, with_problems=with_problems)
        if not found:
            return
        yield to_csv([line for view in found for line in lines(view)])
        after = found[-1].row.number


def _told(problem: Problem, columns: Sequence[Column], language: Language) -> str:
    head = _head_of(problem, columns, language)
    return f"{head}: {problem.error.message(language)}" if head else problem.error.message(language)


def _head_of(problem: Problem, columns: Sequence[Column], language: Language) -> str:
    return next((column.head(language) for column in columns if column.key == problem.column), "")


def _own(uow: UnitOfWork, actor: Actor, bulk_send_id: UUID) -> BulkSend:
    bulk = repository.bulk_send(uow.session, actor, bulk_send_id)
    if bulk is None:
        raise BulkSendNotFound
    return bulk


def _views(uow: UnitOfWork, bulk_sends: Sequence[BulkSend]) -> list[BulkView]:
    counts = repository.counts(uow.session, bulk_sends)
    warnings = repository.warnings(uow.session, bulk_sends)
    versions = repository.template_versions(uow.session, bulk_sends)
    views = []
    for bulk in bulk_sends:
        known = {column.key: column for column in policy.columns(PLAN.validate_python(versions[bulk.id].plan))}
        columns = [known[key] for key in bulk.columns]
        views.append(BulkView(bulk, columns, counts[bulk.id], warnings.get(bulk.id, 0)))
    return views


def _rows(
    uow: UnitOfWork, bulk: BulkSend, *, state: RowState | None, after: int, limit: int, with_problems: bool = False
) -> list[RowView]:
    found = repository.rows(uow.session, bulk, state=state, after=after, limit=limit, with_problems=with_problems)
    states = repository.envelope_states(uow.session, bulk, found)
    return [RowView(row, states.get(row.envelope_id) if row.envelope_id else None) for row in found]
