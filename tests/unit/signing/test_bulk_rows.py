"""Reading sheets, and what is said of every kind of bad row."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.errors import DingyueError
from core.sandbox import Sandbox, SandboxLimits
from core.sheets import errors
from core.sheets.checking import Problem, match_head
from core.sheets.read_sheet import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS, read_sheet
from core.sheets.sandboxed import SandboxedSheetReader
from core.sheets.sheet import Flaw
from signing.bulk.policy import (
    BulkState,
    CheckedRow,
    RowState,
    bulk_state,
    check_rows,
    columns,
    filling,
    next_attempt,
)
from signing.templates.policy import Known, TemplateRole
from tests.support.sheets import csv_bytes, uscc, with_part, xlsx_bytes
from tests.unit.signing.test_templates import PLAN_OF_TWO

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HEAD = [
    "外部编号",
    "供应商.姓名*",
    "供应商.手机号*",
    "供应商.邮箱",
    "供应商.单位名称",
    "供应商.统一社会信用代码",
    "合同编号",
]
GOOD = ["", "李娜", "13900000002", "", "恒信科技", uscc(1), "A-1"]
SHEET_PART = "xl/worksheets/sheet1.xml"


def line(**changes: Any) -> list[Any]:
    """A good row, in which the cells of these columns are others: external, name, phone, mail, firm, code, number."""
    names = ("external", "name", "phone", "mail", "firm", "code", "number")
    return [changes.get(name, value) for name, value in zip(names, GOOD, strict=True)]


def checked(data: bytes) -> list[CheckedRow]:
    sheet = read_sheet(data)
    return check_rows(PLAN_OF_TWO, match_head(sheet.head, columns(PLAN_OF_TWO)), sheet.rows, NOW)


def codes(row: CheckedRow) -> list[tuple[str | None, str]]:
    return [(problem.column, problem.error.code) for problem in row.problems]


@pytest.mark.parametrize(
    "data",
    [
        csv_bytes([HEAD, GOOD]),
        csv_bytes([HEAD, GOOD], "utf-8-sig"),
        csv_bytes([HEAD, GOOD], "gbk"),
        csv_bytes([HEAD, GOOD], "gb18030"),
        csv_bytes([HEAD, GOOD], "utf-16", "\t"),
        csv_bytes([HEAD, GOOD], "gbk", ";"),
        csv_bytes([[], ["　", " "], HEAD, [], GOOD, ["", "  "]]),
        xlsx_bytes([HEAD, GOOD]),
        xlsx_bytes([HEAD, line(phone=13900000002)]),
        xlsx_bytes([HEAD, line(phone=13900000002.0)]),
        xlsx_bytes([[name.replace("供应商", "supplier") for name in HEAD], GOOD]),
        xlsx_bytes([["external_id", *(column.key for column in columns(PLAN_OF_TWO)[1:])], GOOD]),
        with_part(xlsx_bytes([HEAD, GOOD]), "xl/vbaProject.bin", b"macro"),
    ],
)
def test_one_row_however_it_is_written(data: bytes) -> None:
    (row,) = checked(data)
    assert row.state is RowState.VALID
    filled = filling(columns(PLAN_OF_TWO), row.cells, is_test=True)
    assert filled.recipients == {
        "supplier": Known(name="李娜", phone="13900000002", organisation_name="恒信科技", uscc=uscc(1))
    }
    assert (filled.values, filled.external_id, filled.is_test) == ({"合同编号": "A-1"}, None, True)


def test_rows_are_numbered_as_the_spreadsheet_does() -> None:
    data = csv_bytes([[], HEAD, GOOD, [], line(number="two\nlines", phone="13900000003"), line(phone="13900000004")])
    assert [row.number for row in checked(data)] == [3, 5, 6]
    assert [row.number for row in checked(xlsx_bytes([[], HEAD, [], GOOD]))] == [4]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (line(name=""), ("supplier.name", "bulk_cell_missing")),
        (line(name="长" * 101), ("supplier.name", "text_invalid")),
        (line(phone="12345"), ("supplier.phone", "invalid_phone")),
        (line(phone="138 0000 0000"), ("supplier.phone", "invalid_phone")),
        (line(mail="nobody"), ("supplier.email", "recipient_email_invalid")),
        (line(code=uscc(1)[:-1] + "2"), ("supplier.uscc", "invalid_uscc")),
        (line(code=916108001234567890), ("supplier.uscc", "bulk_cell_rounded")),
        (line(number="=1+1"), ("合同编号", "bulk_cell_formula")),
        (line(number='=HYPERLINK("http://evil.example","x")'), ("合同编号", "bulk_cell_formula")),
        (line(number="#N/A"), ("合同编号", "bulk_cell_error_value")),
        (line(number="长" * 1001), ("合同编号", "bulk_cell_too_long")),
        (line(number="长" * 201), ("合同编号", "text_invalid")),
        (line(number="长" * 199), (None, "text_invalid")),
        ([*GOOD, "stray"], (None, "bulk_columns_invalid")),
    ],
)
def test_what_is_wrong_with_a_row(bad: list[Any], expected: tuple[str | None, str]) -> None:
    """A good row beside it stays good."""
    good = line(phone="13900000009")
    rows = checked(xlsx_bytes([HEAD, bad, good]))
    assert codes(rows[0]) == [expected]
    assert [row.state for row in rows] == [RowState.INVALID, RowState.VALID]
    assert all(problem.error.message(language) for problem in rows[0].problems for language in ("zh", "en"))


def test_a_formula_in_a_csv_is_one() -> None:
    (row,) = checked(csv_bytes([HEAD, line(phone='="13900000002"')]))
    assert codes(row) == [("supplier.phone", "bulk_cell_formula")]


def test_dates_and_truths_become_text() -> None:
    values = [date(2026, 11, 23), datetime(2026, 11, 23, 8, 30), True, 12.5, -3]  # noqa: DTZ001 - sheets know no zones
    rows = checked(xlsx_bytes([HEAD, *(line(number=value) for value in values)]))
    texts = [row.cells["合同编号"] for row in rows]
    assert texts == ["2026-11-23", "2026-11-23T08:30:00", "True", "12.5", "-3"]


def test_merged_cells_are_not_guessed_at() -> None:
    data = xlsx_bytes([HEAD, GOOD, line(phone=None), line(phone="13900000003")], merged=["C2:C3"])
    first, second, third = checked(data)
    assert (first.state, third.state) == (RowState.VALID, RowState.VALID)
    assert codes(second) == [("supplier.phone", "bulk_cell_merged")]


def test_every_problem_of_a_row_is_told_at_once() -> None:
    (row,) = checked(csv_bytes([HEAD, line(name="", phone="1", mail="x", code="")]))
    assert [column for column, _ in codes(row)] == [
        "supplier.name",
        "supplier.phone",
        "supplier.email",
        "supplier.uscc",
    ]


def test_the_same_phones_twice_are_a_warning_and_the_same_external_id_is_an_error() -> None:
    rows = checked(csv_bytes([HEAD, line(external="1"), line(external="2"), line(external="1", phone="13900000003")]))
    assert codes(rows[1]) == [(None, "bulk_row_duplicate")]
    assert rows[1].problems[0].is_warning
    assert codes(rows[2]) == [("external_id", "bulk_external_id_repeated")]
    assert [row.state for row in rows] == [RowState.VALID, RowState.VALID, RowState.INVALID]


def test_a_problem_survives_being_kept() -> None:
    (row,) = checked(csv_bytes([HEAD, line(code="x")]))
    kept = [Problem.of_stored(problem.stored()) for problem in row.problems]
    assert [problem.error.message("zh") for problem in kept] == [p.error.message("zh") for p in row.problems]


@pytest.mark.parametrize(
    ("head", "facts"),
    [
        (HEAD[:-1], {"missing": "合同编号", "unknown": "—", "repeated": "—"}),
        ([*HEAD, "备注"], {"missing": "—", "unknown": "备注", "repeated": "—"}),
        ([*HEAD, "supplier.name"], {"missing": "—", "unknown": "—", "repeated": "supplier.name"}),
    ],
)
def test_a_head_that_does_not_fit(head: list[str], facts: dict[str, str]) -> None:
    with pytest.raises(errors.SheetHeadInvalid) as caught:
        match_head(head, columns(PLAN_OF_TWO))
    assert caught.value.facts == facts


def test_heads_are_read_with_patience() -> None:
    head = [
        " external_id ",
        "供应商．姓名",
        "supplier.phone *",
        "供应商.单位名称",
        "供应商.统一社会信用代码*",
        "合同编号",
    ]
    assert len(match_head(head, columns(PLAN_OF_TWO))) == 6


def test_a_template_without_anything_open_has_values_alone() -> None:
    fixed = Known(name="李娜", phone="13900000002", email="a@b.cn", organisation_name="恒信", uscc=uscc(1))
    plan = replace(PLAN_OF_TWO, roles=[PLAN_OF_TWO.roles[0], TemplateRole(key="supplier", fixed=fixed)])
    assert [column.key for column in columns(plan)] == ["external_id", "合同编号"]


def bomb() -> bytes:
    return with_part(xlsx_bytes([HEAD, GOOD]), "xl/media/zeros.bin", bytes(80 * 1024 * 1024))


def lying_bomb() -> bytes:
    """Its directory says that a part is small."""
    data = with_part(xlsx_bytes([HEAD, GOOD]), SHEET_PART, b" " * (70 * 1024 * 1024))
    return data.replace((70 * 1024 * 1024).to_bytes(4, "little"), (100).to_bytes(4, "little"))


def nothing_but_empty_parts() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for number in range(1001):
            archive.writestr(str(number), b"")
    return output.getvalue()


UNREADABLE: list[tuple[bytes, type[DingyueError]]] = [
    (b"", errors.SheetEmpty),
    (b" " * (10 * 1024 * 1024), errors.SheetTooLarge),
    (b" " * LARGEST_FILE, errors.SheetEmpty),
    (b"a" * LARGEST_FILE, errors.SheetTooComplex),
    (b"\n" * (LARGEST_FILE - 1) + b"a", errors.SheetTooManyRows),
    (csv_bytes([HEAD]), errors.SheetEmpty),
    (csv_bytes([HEAD, *[GOOD] * (MOST_ROWS + 1)]), errors.SheetTooManyRows),
    (xlsx_bytes([HEAD, *[GOOD] * (MOST_ROWS + 1)]), errors.SheetTooManyRows),
    (csv_bytes([["a"] * (MOST_COLUMNS + 1), GOOD]), errors.SheetTooManyColumns),
    (xlsx_bytes([["a"] * (MOST_COLUMNS + 1), GOOD]), errors.SheetTooManyColumns),
    (b"\xff\xff\xff\xff", errors.SheetUnreadable),
    (b"\xff\xfe\x00", errors.SheetUnreadable),
    (b"a,b\x00c\n1,2", errors.SheetUnreadable),
    (bytes.fromhex("d0cf11e0a1b11ae1") + b"an old .xls", errors.SheetUnreadable),
    (b"PK\x03\x04 and nothing more", errors.SheetUnreadable),
    (xlsx_bytes([HEAD, GOOD])[:-200], errors.SheetUnreadable),
    (nothing_but_empty_parts(), errors.SheetTooComplex),
    (with_part(xlsx_bytes([HEAD, GOOD]), SHEET_PART, b"<worksheet"), errors.SheetUnreadable),
    (with_part(xlsx_bytes([HEAD, GOOD]), "xl/workbook.xml", b"<workbook/>"), errors.SheetUnreadable),
    (with_part(xlsx_bytes([HEAD, GOOD]), "[Content_Types].xml", b"x"), errors.SheetUnreadable),
    (bomb(), errors.SheetTooComplex),
    (lying_bomb(), errors.SheetUnreadable),
    (xlsx_bytes([[" " * 30_000] * 20] * 60), errors.SheetEmpty),
]


@pytest.mark.parametrize(("data", "error"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_file_that_is_no_sheet_of_ours(data: bytes, error: type[DingyueError]) -> None:
    with pytest.raises(error):
        read_sheet(data)


def test_a_row_far_below_does_not_make_a_million() -> None:
    row = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    far = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{row}</sheetData></worksheet>'
    with pytest.raises(errors.SheetTooManyRows):
        read_sheet(with_part(xlsx_bytes([HEAD, GOOD]), SHEET_PART, far.encode()))


def test_merges_beyond_count_are_refused() -> None:
    merges = "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(1, 3000))
    part = f'<worksheet xmlns="{NAMESPACE}"><sheetData/><mergeCells>{merges}</mergeCells></worksheet>'
    with pytest.raises(errors.SheetTooComplex):
        read_sheet(with_part(xlsx_bytes([HEAD, GOOD]), SHEET_PART, part.encode()))


NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 50}">' for n in range(8))
    + f']><worksheet xmlns="{NAMESPACE}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&i;</t></is></c></row>'
    "</sheetData></worksheet>"
)


def test_in_the_sandbox_it_reads_the_same_and_refuses_the_same() -> None:
    """Entities that unpack without end included: whatever the parser makes of them, it is an error of ours."""
    sandbox = Sandbox(SandboxLimits(workers=1))
    try:
        read = SandboxedSheetReader(sandbox)
        good = xlsx_bytes([HEAD, GOOD, line(number="=1+1")])
        assert read(good) == read_sheet(good)
        assert read(good).rows[1].flaws == ((6, Flaw.FORMULA),)
        with pytest.raises(errors.SheetTooManyColumns):
            read(csv_bytes([["a"] * (MOST_COLUMNS + 1)]))
        laughing = with_part(good, SHEET_PART, LAUGHS.encode())
        with pytest.raises((errors.SheetUnreadable, errors.SheetTooComplex, errors.SheetEmpty)):
            read(laughing)
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    ("counts", "is_confirmed", "is_cancelled", "expected"),
    [
        ({RowState.VALID: 3}, False, False, BulkState.READY),
        ({RowState.VALID: 1, RowState.QUEUED: 2}, True, False, BulkState.SENDING),
        ({RowState.SENDING: 1, RowState.CANCELLED: 2}, True, True, BulkState.SENDING),
        ({RowState.SENT: 1, RowState.CANCELLED: 2}, True, True, BulkState.CANCELLED),
        ({RowState.SENT: 1, RowState.FAILED: 2, RowState.VALID: 1}, True, False, BulkState.DONE),
        ({RowState.INVALID: 2}, False, True, BulkState.CANCELLED),
    ],
)
def test_the_state_of_the_whole_follows_from_its_rows(
    counts: dict[RowState, int], *, is_confirmed: bool, is_cancelled: bool, expected: BulkState
) -> None:
    assert bulk_state(counts, is_confirmed=is_confirmed, is_cancelled=is_cancelled) is expected


def test_what_does_not_answer_is_asked_ever_later() -> None:
    assert [next_attempt(attempts, NOW) - NOW for attempts in (1, 2, 5)] == [
        timedelta(seconds=30),
        timedelta(seconds=60),
        timedelta(seconds=480),
    ]
