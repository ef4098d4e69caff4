"""Reading uploads, their rows and what is wrong with them, for the organisation that uploaded them alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from core.errors import Language
from core.sheets.checking import Problem
from core.sheets.write_sheet import BYTE_ORDER_MARK, to_csv, to_workbook
from performance.register.columns import UploadColumn, columns
from performance.register.context import RegisterContext
from performance.register.errors import UploadNotFound
from performance.register.models import ContractUpload, ContractUploadRow
from performance.register.upload_policy import RowState

EXPORT_BATCH = 1000
_REPORT = {"zh": ("问题行", "行号", "原因"), "en": ("Rows with problems", "Row", "Reasons")}
_WITH_PROBLEMS = (str(RowState.BAD), str(RowState.WARNED))


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload, its columns in the sheet's order, and how many rows are in each state."""

    upload: ContractUpload
    columns: Sequence[UploadColumn]
    counts: Mapping[RowState, int]


@dataclass(frozen=True, slots=True)
class RowView:
    row: ContractUploadRow

    @property
    def problems(self) -> list[Problem]:
        return [Problem.of_stored(stored) for stored in self.row.problems]


def own_upload(session: Session, actor: Actor, upload_id: UUID, *, is_locked: bool = False) -> ContractUpload:
    """Raises `UploadNotFound`."""
    statement = select(ContractUpload).where(
        ContractUpload.id == upload_id, ContractUpload.organisation_id == actor.organisation_id
    )
    found = session.scalar(statement.with_for_update() if is_locked else statement)
    if found is None:
        raise UploadNotFound
    return found


def upload(context: RegisterContext, actor: Actor, upload_id: UUID) -> UploadView:
    """Raises `UploadNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    with context.unit_of_work() as uow:
        return _views(uow.session, [own_upload(uow.session, actor, upload_id)])[0]


def uploads(context: RegisterContext, actor: Actor, *, before: UUID | None, limit: int) -> list[UploadView]:
    """Newest first, older than `before`."""
    actor.require(Scope.CONTRACTS_READ)
    statement = select(ContractUpload).where(ContractUpload.organisation_id == actor.organisation_id)
    if before is not None:
        statement = statement.where(ContractUpload.id < before)
    with context.unit_of_work() as uow:
        found = uow.session.scalars(statement.order_by(ContractUpload.id.desc()).limit(limit)).all()
        return _views(uow.session, found)


def rows(
    context: RegisterContext, actor: Actor, upload_id: UUID, *, state: RowState | None, after: int, limit: int
) -> list[RowView]:
    """By number, behind row `after`. Raises `UploadNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    with context.unit_of_work() as uow:
        found = own_upload(uow.session, actor, upload_id)
        return _rows(uow.session, found, [str(state)] if state else [], after=after, limit=limit)


def report(context: RegisterContext, actor: Actor, upload_id: UUID, *, is_workbook: bool, language: Language) -> bytes:
    """The rows with problems as they were uploaded, and why, to be mended and sent anew. Raises `UploadNotFound`."""
    view = upload(context, actor, upload_id)
    title, number, reasons = _REPORT[language]
    head = [number, reasons, *(column.head(language) for column in view.columns)]
    lines = list(_report_lines(context, view, language))
    if is_workbook:
        return to_workbook(title, head, lines)
    return BYTE_ORDER_MARK.encode() + to_csv([head, *lines])


def _report_lines(context: RegisterContext, view: UploadView, language: Language) -> Iterator[list[str]]:
    """Page by page, so that no transaction stays open for long."""
    after = 0
    while True:
        with context.unit_of_work() as uow:
            found = _rows(uow.session, view.upload, _WITH_PROBLEMS, after=after, limit=EXPORT_BATCH)
        if not found:
            return
        for each in found:
            told = "; ".join(tell(problem, view.columns, language) for problem in each.problems)
            yield [str(each.row.number), told, *(each.row.cells.get(column.key, "") for column in view.columns)]
        after = found[-1].row.number


def tell(problem: Problem, of_sheet: Sequence[UploadColumn], language: Language) -> str:
    """The column's head and what is wrong, why, and what to do."""
    head = head_of(problem, of_sheet, language)
    message = problem.error.message(language)
    return f"{head}: {message}" if head else message


def head_of(problem: Problem, of_sheet: Sequence[UploadColumn], language: Language) -> str | None:
    return next((column.head(language) for column in of_sheet if column.key == problem.column), None)


def _views(session: Session, found: Sequence[ContractUpload]) -> list[UploadView]:
    known = {column.key: column for column in columns()}
    counted = session.execute(
        select(ContractUploadRow.upload_id, ContractUploadRow.state, func.count())
        .where(ContractUploadRow.upload_id.in_([each.id for each in found]))
        .group_by(ContractUploadRow.upload_id, ContractUploadRow.state)
    ).all()
    return [
        UploadView(
            each,
            [known[key] for key in each.columns],
            {RowState(state): count for upload_id, state, count in counted if upload_id == each.id},
        )
        for each in found
    ]


def _rows(session: Session, found: ContractUpload, states: Sequence[str], *, after: int, limit: int) -> list[RowView]:
    statement = select(ContractUploadRow).where(
        ContractUploadRow.upload_id == found.id, ContractUploadRow.number > after
    )
    if states:
        statement = statement.where(ContractUploadRow.state.in_(states))
    return [RowView(row) for row in session.scalars(statement.order_by(ContractUploadRow.number).limit(limit))]
