"""Bulk sends as the API takes and shows them: to their own organisation, which wrote what is in them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core import ids
from core.errors import Language
from core.sheets.checking import Problem
from core.sheets.read_sheet import MOST_LINES, MOST_ROWS
from signing.bulk.policy import BulkState, Column, RowState
from signing.bulk.read_bulk_sends import BulkView, RowView
from signing.policy import EnvelopeState

PREVIEW = 10
"""So many rows are shown with the bulk send itself."""


class ConfirmationInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rows: Annotated[
        list[Annotated[int, Field(ge=1, le=MOST_LINES)]] | None,
        Field(min_length=1, max_length=MOST_ROWS, description="Numbers of valid rows; all of them if left out"),
    ] = None


class ProblemOutput(BaseModel):
    """What is wrong with a row, or odd (`level: warning`). `column` is its key, `head` what stands above it."""

    column: str | None
    head: str | None
    level: Annotated[str, Field(examples=["error", "warning"])]
    code: str
    detail: str


class RowOutput(BaseModel):
    """`row` is its number in the sheet, as a spreadsheet counts; `cells` are its texts by column."""

    row: int
    state: RowState
    cells: dict[str, str]
    problems: list[ProblemOutput]
    envelope_id: Annotated[str | None, Field(examples=["env_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    envelope_state: EnvelopeState | None
    next_attempt_at: datetime | None
    sent_at: datetime | None


class RowList(BaseModel):
    items: list[RowOutput]
    next_cursor: str | None


class ColumnOutput(BaseModel):
    key: Annotated[str, Field(examples=["supplier.phone"])]
    head: Annotated[str, Field(examples=["供应商.手机号"])]
    required: bool


class Counts(BaseModel):
    """How many rows are in each state, `rows` in all. `warnings` are valid ones that are odd."""

    rows: int
    valid: int
    invalid: int
    queued: int
    sending: int
    sent: int
    failed: int
    cancelled: int
    warnings: int


class BulkSendSummary(BaseModel):
    """`ready`: nothing is sent before it is confirmed; `done`: nothing waits any more."""

    id: Annotated[str, Field(examples=["blk_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    state: BulkState
    template_id: str
    template_version: int
    file_name: str
    file_sha256: str
    test: bool
    counts: Counts
    created_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None


class BulkSendOutput(BulkSendSummary):
    """With the sheet's columns and its first rows."""

    columns: list[ColumnOutput]
    first_rows: list[RowOutput]


class BulkSendList(BaseModel):
    items: list[BulkSendSummary]
    next_cursor: str | None


def bulk_summary(view: BulkView) -> BulkSendSummary:
    bulk = view.bulk
    by_state = {str(state): view.counts.get(state, 0) for state in RowState}
    return BulkSendSummary(
        id=ids.public(ids.BULK_SEND, bulk.id),
        state=view.state,
        template_id=ids.public(ids.TEMPLATE, bulk.template_id),
        template_version=bulk.template_version,
        file_name=bulk.file_name,
        file_sha256=bulk.file_sha256,
        test=bulk.is_test,
        counts=Counts(rows=sum(by_state.values()), warnings=view.warnings, **by_state),
        created_at=bulk.created_at,
        confirmed_at=bulk.confirmed_at,
        cancelled_at=bulk.cancelled_at,
    )


def bulk_output(view: BulkView, first: list[RowView], language: Language) -> BulkSendOutput:
    columns = [
        ColumnOutput(key=column.key, head=column.head(language), required=column.is_required) for column in view.columns
    ]
    rows = [row_output(row, view, language) for row in first]
    return BulkSendOutput(**bulk_summary(view).model_dump(), columns=columns, first_rows=rows)


def row_output(view: RowView, bulk: BulkView, language: Language) -> RowOutput:
    row = view.row
    columns = {column.key: column for column in bulk.columns}
    return RowOutput(
        row=row.number,
        state=RowState(row.state),
        cells=row.cells,
        problems=[_problem(problem, columns, language) for problem in view.problems],
        envelope_id=ids.public(ids.ENVELOPE, row.envelope_id) if row.envelope_id else None,
        envelope_state=EnvelopeState(view.envelope_state) if view.envelope_state else None,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
    )


def _problem(problem: Problem, columns: dict[str, Column], language: Language) -> ProblemOutput:
    column = columns.get(problem.column) if problem.column else None
    return ProblemOutput(
        column=problem.column,
        head=column.head(language) if column else None,
        level="warning" if problem.is_warning else "error",
        code=problem.error.code,
        detail=problem.error.message(language),
    )
