"""The register's pure decisions: cells, filing, whose entry it is, what an uploaded row becomes."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from core.errors import DingyueError
from core.money import Money
from core.sheets.checking import match_head
from core.sheets.read_sheet import read_sheet
from core.sheets.write_sheet import BYTE_ORDER_MARK
from ledger.verifier.pades_verdict import PDFVerdict, SignatureVerdict
from performance.errors import NotAParty
from performance.models import ContractParty
from performance.regions import RegionProfiles
from performance.register import cells
from performance.register.add_signed_file import notes
from performance.register.columns import columns
from performance.register.errors import LateReasonMissing, UnitAmbiguous, UnitNotSubordinate
from performance.register.filing import assess, check_reason, duties_of
from performance.register.owning import reporting_unit
from performance.register.repository import Unit
from performance.register.sheet_template import sheet_template
from performance.register.upload_policy import CheckedRow, RowChecker, RowState, check_rows
from tests.support.contract_sheets import BAD, HEAD, good_row, sheet, supplier_uscc
from tests.support.sheets import csv_bytes, uscc, xlsx_bytes

PROFILES = RegionProfiles()
OWN = Unit(uuid4(), uscc(1), "榆林市示范区财政局", "government")
BELOW = Unit(uuid4(), uscc(2), "榆林市示范区第一小学", "government")
TODAY = date(2026, 11, 23)
DAYS = {"signed_on": "2026-11-20", "due_on": "2026-12-20"}


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01", "2026/3/1", "2026.3.1", "2026年3月1日", "2026 年 3 月 1 日", "2026-03-01T00:00:00",
        "２０２６年３月１日", "20260301", "46082", "二〇二六年三月一日", "二零二六年三月一日",
    ],
)  # fmt: skip
def test_a_day_however_it_is_written(text: str) -> None:
    assert cells.day(text) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text", ["2026年2月30日", "三月一日", "3/1/26", "123", "20000", "明天", "2026-03-01 2026-03-02"]
)
def test_what_is_no_day_is_not_guessed_at(text: str) -> None:
    with pytest.raises(DingyueError) as caught:
        cells.day(text)
    assert caught.value.code == "cell_not_a_date"


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1,234.56", 123456), ("1234.5", 123450), ("１，２３４．５６", 123456), ("¥1,234.56", 123456),
        ("人民币1234.56元", 123456), ("30万元", 30_000_000), ("30万", 30_000_000), ("0.5亿元", 5_000_000_000),
        ("叁拾万元整", 30_000_000), ("人民币叁拾万元整", 30_000_000), ("-5", -500), ("300000 元", 30_000_000),
    ],
)  # fmt: skip
def test_an_amount_however_it_is_written(text: str, minor: int) -> None:
    assert cells.amount(text) == Money(minor)


@pytest.mark.parametrize("text", ["约三十万", "1,23", "1.234,56", "10 20", "1e5", "三十万至四十万元", "1.001"])
def test_what_is_no_amount_is_not_guessed_at(text: str) -> None:
    with pytest.raises(DingyueError) as caught:
        cells.amount(text)
    assert caught.value.code == "cell_not_an_amount"


def test_both_regions_say_who_must_file_what_and_when() -> None:
    for region in ("yulin", "baoji"):
        profile = PROFILES.current(region)
        by_code = {duty.code: duty for duty in profile.duties}
        assert (by_code["publish"].days, by_code["file"].days) == (2, 7)
        assert {duty.unit for duty in profile.duties} == {"working_days"}
        assert all(duty.basis and duty.verify and duty.who_zh and duty.who_en for duty in profile.duties)
        enough = Money.parse("300000.00")
        assert [duty.code for duty in duties_of(profile, "government_procurement", enough, "government")] == ["file"]
        assert duties_of(profile, "government_procurement", enough, "enterprise") == []
    yulin = PROFILES.current("yulin")
    assert duties_of(yulin, "government_procurement", Money.parse("299999.99"), "government") == []
    assert duties_of(yulin, "bulk_supply", Money.parse("9999999.00"), "government") == []


@pytest.mark.parametrize(
    ("signed_on", "filed_on", "due_on", "late"),
    [
        (date(2026, 11, 2), date(2026, 11, 11), date(2026, 11, 11), 0),
        (date(2026, 11, 2), date(2026, 11, 12), date(2026, 11, 11), 1),
        (date(2026, 11, 2), date(2026, 11, 16), date(2026, 11, 11), 3),
        # The National Day holiday doesn't count: 30 September, then 9 October.
        (date(2026, 9, 22), date(2026, 10, 9), date(2026, 10, 9), 0),
    ],
)
def test_how_late_a_filing_is(signed_on: date, filed_on: date, due_on: date, late: int) -> None:
    (duty,) = duties_of(PROFILES.current("yulin"), "government_procurement", None, "government")
    verdict = assess(duty, signed_on, filed_on, PROFILES.calendar)
    assert verdict.days_late == late
    assert verdict.due_on is not None
    if signed_on.month == 11:
        assert verdict.due_on == due_on
    assert "政府采购法第四十七条" in verdict.explanation("zh")
    assert str(filed_on) in verdict.explanation("en")
    if late:
        with pytest.raises(LateReasonMissing):
            check_reason([verdict], " ")
    check_reason([verdict], "疫情期间无法办理")


def test_a_year_without_a_calendar_calls_nobody_late() -> None:
    (duty,) = duties_of(PROFILES.current("yulin"), "government_procurement", None, "government")
    verdict = assess(duty, date(2019, 5, 1), date(2026, 11, 1), PROFILES.calendar)
    assert (verdict.due_on, verdict.is_late) == (None, False)
    assert "无法判断" in verdict.explanation("zh")


def test_whose_entry_it_is() -> None:
    units = {OWN.uscc: OWN, BELOW.uscc: BELOW}
    other = supplier_uscc(1)
    assert reporting_unit(units, OWN.uscc, [OWN.uscc, other], None) is OWN
    assert reporting_unit(units, OWN.uscc, [BELOW.uscc, other], None) is BELOW
    assert reporting_unit(units, OWN.uscc, [OWN.uscc, BELOW.uscc], BELOW.uscc) is BELOW
    for parties, named, error in (
        ([other, supplier_uscc(2)], None, NotAParty),
        ([BELOW.uscc, other], OWN.uscc, NotAParty),
        ([OWN.uscc, other], supplier_uscc(3), UnitNotSubordinate),
    ):
        with pytest.raises(error):
            reporting_unit(units, OWN.uscc, parties, named)
    third = {**units, supplier_uscc(4): BELOW}
    with pytest.raises(UnitAmbiguous):
        reporting_unit(third, OWN.uscc, [BELOW.uscc, supplier_uscc(4)], None)


def checked(data: bytes) -> list[CheckedRow]:
    read = read_sheet(data, 10_000)
    checker = RowChecker(PROFILES, "yulin", 1, [OWN, BELOW], TODAY)
    return check_rows(checker, match_head(read.head, columns()), read.rows)


def row(place: int = 1, /, **changes: object) -> list[object]:
    return good_row(place, **{"purchaser_uscc": OWN.uscc, **DAYS, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "xlsx"])
def test_a_good_row_becomes_a_contract_however_the_file_is_written(encoding: str) -> None:
    lines = [HEAD, row(amount="１，２３４，５６７．００", signed_on="2026年11月20日")]
    data = xlsx_bytes(lines) if encoding == "xlsx" else csv_bytes(lines, encoding)  # type: ignore[arg-type]
    (found,) = checked(data)
    assert (found.problems, found.state) == ((), RowState.READY)
    assert found.unit == OWN
    elements = found.elements
    assert elements is not None
    assert (elements.amount, elements.signed_on) == (Money(123_456_700), date(2026, 11, 20))
    assert [(each.title, each.due_on) for each in elements.obligations] == [("交付设备", date(2026, 12, 20))]


@pytest.mark.parametrize(("changes", "column", "code"), BAD, ids=[f"{each[1]}-{each[2]}" for each in BAD])
def test_every_kind_of_bad_row_is_explained_where_it_is_wrong(
    changes: dict[str, object], column: str, code: str
) -> None:
    first, second = checked(sheet([row(1, **changes), row(2)]))
    assert [(problem.column, problem.error.code) for problem in first.problems] == [(column, code)]
    assert all(problem.error.message(language) for problem in first.problems for language in ("zh", "en"))
    assert (first.state, second.state) == (RowState.BAD, RowState.READY)


def test_rows_are_compared_with_each_other() -> None:
    same_number = row(1, supplier_uscc=supplier_uscc(9), amount="1")
    looks_same = row(1, number="另一编号")
    rows = checked(sheet([row(1), same_number, looks_same]))
    assert [(each.state, [problem.error.code for problem in each.problems]) for each in rows] == [
        (RowState.READY, []),
        (RowState.BAD, ["row_number_repeated"]),
        (RowState.WARNED, ["row_looks_duplicate"]),
    ]


def test_a_late_row_needs_its_reason() -> None:
    bare, reasoned = checked(
        sheet([row(1, signed_on="2026-06-01"), row(2, signed_on="2026-06-01", late_reason="补录")])
    )
    assert [(problem.column, problem.error.code) for problem in bare.problems] == [
        ("late_reason", "late_reason_missing")
    ]
    assert reasoned.state is RowState.READY


def test_a_milestone_is_whole_or_absent() -> None:
    head = [column.zh for column in columns(2)]
    rows = [[*row(1), "付款", "尾款", "采购方", "2027-01-31", "30万元"], [*row(2), "付款", "", "", "", ""], [*row(3)]]
    whole, half, one = checked(sheet(rows, head))
    assert whole.elements is not None
    assert [each.amount for each in whole.elements.obligations] == [None, Money(30_000_000)]
    assert [(each.column, each.error.code) for each in half.problems] == [("milestone_2_title", "milestone_incomplete")]
    assert one.state is RowState.READY


@pytest.mark.parametrize("region", ["yulin", "baoji"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_is_read_back_by_the_reader(region: str, language: str) -> None:
    profile = PROFILES.current(region)
    head = sheet_template(profile, is_workbook=False, language=language)  # type: ignore[arg-type]
    assert head.startswith(BYTE_ORDER_MARK.encode())
    assert len(match_head(head.decode("utf-8-sig").strip().split(","), columns())) == 18 + 15
    book = sheet_template(profile, is_workbook=True, language=language)  # type: ignore[arg-type]
    with pytest.raises(DingyueError) as caught:
        read_sheet(book)
    assert caught.value.code == "bulk_file_empty"


def party(name: str, code: str) -> ContractParty:
    return ContractParty(role="supplier", name=name, uscc=code, kind="enterprise")


def test_what_is_noted_of_a_signed_file() -> None:
    parties = [party("甲公司", uscc(1)), party("乙公司", uscc(2))]
    signed = SignatureVerdict("a", False, organisation="甲公司")
    by_code = SignatureVerdict("b", False, organisation="乙公司（盖章）", organisation_identifier=f"NTRCN-{uscc(2)}")
    good = PDFVerdict("authentic", "", (signed, by_code))
    assert notes(good, parties, "aa", None) == []
    assert [each["code"] for each in notes(good, parties, "aa", "bb")] == ["other_file"]
    assert [each["code"] for each in notes(PDFVerdict("unsigned", ""), parties, "aa", None)] == ["unsigned"]
    partly = notes(replace(good, outcome="altered", signatures=(signed,)), parties, "aa", None)
    assert [each["code"] for each in partly] == ["not_authentic", "party_not_among_signers"]
    assert partly[1]["facts"] == {"parties": "乙公司"}
