"""Shapes of the register's own work: profiles, units, corrections, signed files, uploads."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from accounts.models import Organisation
from api.schemas.contracts import AmountShape, Name, RequiredText, Text
from api.schemas.request import Request
from core import ids
from core.errors import Language
from core.sheets.checking import Problem
from core.sheets.read_sheet import MOST_LINES
from performance.regions import RegionProfile
from performance.register.columns import UploadColumn
from performance.register.correct_contract import Correction
from performance.register.models import SignedFileCheck, UnitRelation
from performance.register.read_uploads import RowView, UploadView, head_of
from performance.register.register_rows import CONTRACT_UPLOAD
from performance.register.relate_units import UNIT_RELATION
from performance.register.upload_policy import MOST_ROWS, RowState

PREVIEW = 10
"""So many rows are shown with the upload itself."""


class ClassView(BaseModel):
    """`threshold` in CNY counts as reached at its own figure (以上); null: every contract of the class."""

    code: str
    zh: str
    en: str
    threshold: str | None
    clause: str


class FormView(BaseModel):
    code: str
    zh: str
    en: str


class DutyRule(BaseModel):
    """Who must do what within how many days of signing; `verify` is what a lawyer still has to look at."""

    code: str
    zh: str
    en: str
    days: int
    unit: str
    met_by: str
    classes: list[str]
    reporters: list[str]
    who_zh: str
    who_en: str
    basis: str
    verify: str


class RegionView(BaseModel):
    """The rules in force in a region; `source` is the policy they were taken from."""

    region: str
    version: int
    zh: str
    en: str
    source: str
    effective_from: str
    classes: list[ClassView]
    forms: list[FormView]
    duties: list[DutyRule]


class NewUnitRelation(Request):
    """From `from_on` (today at the latest) on the one unit is above the other, reads its contracts and may report for
    it. Only the lower unit's administrator, or the regulator of both's region, may say so."""

    superior_uscc: Annotated[str, Field(max_length=40)]
    subordinate_uscc: Annotated[str, Field(max_length=40)]
    from_on: date
    reason: RequiredText


class EndOfRelation(Request):
    reason: RequiredText


class UnitView(BaseModel):
    id: str
    name: str
    uscc: str


class UnitRelationView(BaseModel):
    """`until_on` is set once it has ended. Who said so is in `entered_by` and `ended_by`."""

    id: str
    superior: UnitView
    subordinate: UnitView
    from_on: date
    until_on: date | None
    reason: str
    entered_at: datetime
    entered_by: str
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None


class UnitRelationList(BaseModel):
    items: list[UnitRelationView]


class NewCorrection(Request):
    """What the entry should say; a field that is left out stays. `reason` goes on record with every field."""

    reason: RequiredText
    number: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    title: Name | None = None
    class_code: Annotated[str | None, Field(max_length=50)] = None
    form: Annotated[str | None, Field(max_length=50)] = None
    summary: Text | None = None
    amount: AmountShape | None = None
    signed_on: date | None = None
    performance_due_on: date | None = None
    purchaser_name: Name | None = None
    supplier_name: Name | None = None

    def correction(self) -> Correction:
        """Raises `InvalidAmount`."""
        given = self.model_dump(exclude={"reason", "amount"})
        return Correction(**given, amount=self.amount.money() if self.amount else None)


class AddSignedFile(Request):
    document_id: Annotated[str, Field(max_length=40, examples=["doc_…"])]


class ContractUploadRowProblem(BaseModel):
    """What is wrong with a row, or odd (`level: warning`). `column` is its key, `head` what stands above it."""

    column: str | None
    head: str | None
    level: Annotated[str, Field(examples=["error", "warning"])]
    code: str
    detail: str


class ContractUploadRowView(BaseModel):
    """`row` is its number in the sheet, as a spreadsheet counts; `cells` are its texts by column."""

    row: int
    state: RowState
    cells: dict[str, str]
    problems: list[ContractUploadRowProblem]
    contract_id: Annotated[str | None, Field(examples=["ctr_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]


class ContractUploadRowPage(BaseModel):
    items: list[ContractUploadRowView]
    next_cursor: str | None


class UploadColumnView(BaseModel):
    key: str
    head: str
    required: bool


class UploadCounts(BaseModel):
    """How many rows are in each state, `rows` in all."""

    rows: int
    bad: int
    warned: int
    ready: int
    chosen: int
    registered: int


class ContractUploadItem(BaseModel):
    id: Annotated[str, Field(examples=["cup_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    region: str
    profile_version: int
    file_name: str
    file_sha256: str
    counts: UploadCounts
    uploaded_at: datetime
    chosen_at: datetime | None


class ContractUploadView(ContractUploadItem):
    """With the sheet's columns and its first rows."""

    columns: list[UploadColumnView]
    first_rows: list[ContractUploadRowView]


class ContractUploadPage(BaseModel):
    items: list[ContractUploadItem]
    next_cursor: str | None


class UploadChoice(Request):
    """Which rows are to be registered: all good ones if `rows` is left out. Rows with a warning are only taken with
    `acknowledge_warnings`."""

    rows: Annotated[
        list[Annotated[int, Field(ge=1, le=MOST_LINES)]] | None, Field(min_length=1, max_length=MOST_ROWS)
    ] = None
    acknowledge_warnings: bool = False


class SignedFileFinding(BaseModel):
    """About the whole file if `field` is null."""

    field: str | None
    finding: str
    zh: str
    en: str


class SignedFileSigner(BaseModel):
    name: str
    organisation: str | None
    organisation_identifier: str | None
    signed_at: datetime | None
    proven_at: datetime | None
    is_intact: bool
    is_trusted: bool
    level: str | None


class SignedFileNote(BaseModel):
    """What doesn't fit the entry: `unsigned`, `not_authentic`, `other_file` or `party_not_among_signers`."""

    code: str
    facts: dict[str, str]


class SignedFileView(BaseModel):
    """A signed PDF that was added to the entry, and what its validation came to. Notes stop nothing."""

    document_id: str
    sha256: str
    verdict: str
    findings: list[SignedFileFinding]
    signers: list[SignedFileSigner]
    notes: list[SignedFileNote]
    checked_at: datetime
    evidence_id: str


def region_view(profile: RegionProfile) -> RegionView:
    return RegionView(**profile.model_dump(exclude={"rules"}))


def relation_view(relation: UnitRelation, superior: Organisation, subordinate: Organisation) -> UnitRelationView:
    ended_by = relation.ended_by_organisation_id
    return UnitRelationView(
        id=ids.public(UNIT_RELATION, relation.id),
        superior=_unit(superior),
        subordinate=_unit(subordinate),
        from_on=relation.from_on,
        until_on=relation.until_on,
        reason=relation.reason,
        entered_at=relation.entered_at,
        entered_by=ids.public(ids.ORGANISATION, relation.entered_by_organisation_id),
        ended_at=relation.ended_at,
        ended_by=ids.public(ids.ORGANISATION, ended_by) if ended_by else None,
        end_reason=relation.end_reason,
    )


def _unit(organisation: Organisation) -> UnitView:
    identifier = ids.public(ids.ORGANISATION, organisation.id)
    return UnitView(id=identifier, name=organisation.name, uscc=organisation.uscc)


def signed_file_view(check: SignedFileCheck) -> SignedFileView:
    return SignedFileView(
        document_id=ids.public(ids.DOCUMENT, check.document_id),
        sha256=check.sha256,
        verdict=check.verdict,
        findings=[SignedFileFinding(**each) for each in check.findings],
        signers=[SignedFileSigner(**each) for each in check.signers],
        notes=[SignedFileNote(**each) for each in check.notes],
        checked_at=check.checked_at,
        evidence_id=ids.public(ids.EVIDENCE, check.evidence_id),
    )


def upload_item(view: UploadView) -> ContractUploadItem:
    return ContractUploadItem(**_upload_fields(view))


def upload_view(view: UploadView, first: list[RowView], language: Language) -> ContractUploadView:
    columns = [
        UploadColumnView(key=each.key, head=each.head(language), required=each.is_required) for each in view.columns
    ]
    rows = [row_view(row, view.columns, language) for row in first]
    return ContractUploadView(**_upload_fields(view), columns=columns, first_rows=rows)


def _upload_fields(view: UploadView) -> dict[str, Any]:
    upload = view.upload
    by_state = {str(state): view.counts.get(state, 0) for state in RowState}
    return {
        "id": ids.public(CONTRACT_UPLOAD, upload.id),
        "region": upload.region,
        "profile_version": upload.profile_version,
        "file_name": upload.file_name,
        "file_sha256": upload.file_sha256,
        "counts": UploadCounts(rows=sum(by_state.values()), **by_state),
        "uploaded_at": upload.uploaded_at,
        "chosen_at": upload.chosen_at,
    }


def row_view(view: RowView, columns: Sequence[UploadColumn], language: Language) -> ContractUploadRowView:
    row = view.row
    return ContractUploadRowView(
        row=row.number,
        state=RowState(row.state),
        cells=row.cells,
        problems=[_problem(problem, columns, language) for problem in view.problems],
        contract_id=ids.public(ids.CONTRACT, row.contract_id) if row.contract_id else None,
    )


def _problem(problem: Problem, columns: Sequence[UploadColumn], language: Language) -> ContractUploadRowProblem:
    return ContractUploadRowProblem(
        column=problem.column,
        head=head_of(problem, columns, language),
        level="warning" if problem.is_warning else "error",
        code=problem.error.code,
        detail=problem.error.message(language),
    )
