"""Cross-checks (R6): each rule with cases that must fire and cases that must not; what stands meanwhile."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from core.money import Money
from performance.crosschecks import errors, policy
from performance.crosschecks.facts import Claim, ContractFacts, FileFacts, ObligationFacts, PartyFacts, Report
from performance.crosschecks.policy import (
    AcceptanceOutcome,
    Choice,
    Contradiction,
    Favour,
    FindingState,
    Measure,
    ReportKind,
    ReportSide,
)
from performance.crosschecks.rules import RULES, contradictions
from performance.crosschecks.text import stated_amounts, stated_days, stated_usccs

SIGNED = date(2026, 11, 23)
BUYER, SELLER, PLATFORM = uuid4(), uuid4(), uuid4()
MILESTONE = UUID(int=7)
CODES = ("91610802MA7000001P", "11610800016037001M")
OF_SIDE = {ReportSide.PURCHASER: BUYER, ReportSide.SUPPLIER: SELLER, ReportSide.THIRD_PARTY: PLATFORM}


def yuan(text: str) -> Money:
    return Money.parse(text)


def milestone(*, is_said_done: bool = False, claimed_for: date | None = None) -> ObligationFacts:
    claim = Claim("ful_1", claimed_for, claimed_for, SELLER, uuid4()) if claimed_for else None
    done = is_said_done or claim is not None
    return ObligationFacts(MILESTONE, "obl_7", "首付款", "payment", yuan("144000.00"), done, claim)


def facts(*reports: Report, obligation: ObligationFacts | None = None, file: FileFacts | None = None) -> ContractFacts:
    return ContractFacts(
        reference="ctr_1",
        number="CG-1",
        owner_id=BUYER,
        entered_on=SIGNED,
        amount=yuan("480000.00"),
        signed_on=SIGNED,
        parties=(PartyFacts("purchaser", "财政局", CODES[1]), PartyFacts("supplier", "科技公司", CODES[0])),
        obligations=(obligation or milestone(),),
        reports=reports,
        file=file,
    )


def report(
    kind: ReportKind, side: ReportSide = ReportSide.THIRD_PARTY, *, reference: str = "rep_1", **what: object
) -> Report:
    plain = Report(reference, kind, side, "交易平台", SIGNED, SIGNED, OF_SIDE[side], None)
    return replace(plain, **what)  # type: ignore[arg-type] # what each test gives fits the field it names


def award(amount: str) -> Report:
    return report(ReportKind.AWARD, amount=yuan(amount))


def payment(amount: str, side: ReportSide = ReportSide.THIRD_PARTY, reference: str = "rep_1") -> Report:
    return report(ReportKind.PAYMENT, side, reference=reference, amount=yuan(amount), obligation_id=MILESTONE)


def accepted(outcome: AcceptanceOutcome, on: date, side: ReportSide = ReportSide.PURCHASER) -> Report:
    return report(ReportKind.ACCEPTANCE, side, outcome=outcome, occurred_on=on, obligation_id=MILESTONE)


def only(about: ContractFacts) -> Contradiction:
    (found,) = contradictions(about)
    return found


def standing(about: ContractFacts) -> str | None:
    value = only(about).standing
    return None if value is None else policy.spelt(value)


def test_facts_that_agree_contradict_nothing() -> None:
    claimed = milestone(claimed_for=SIGNED)
    agreeing = facts(
        award("480000.00"),
        payment("144000.00"),
        accepted(AcceptanceOutcome.PASSED, SIGNED),
        report(ReportKind.FILING, signed_on=SIGNED, occurred_on=date(2026, 11, 30)),
        obligation=claimed,
        file=FileFacts("ab", "ab", f"合同总价：480,000.00元 签订日期：2026年11月23日 {CODES[0]} {CODES[1]}"),
    )
    assert contradictions(agreeing) == []
    assert contradictions(facts()) == []


@pytest.mark.parametrize(("amount", "stands"), [("480000.01", "480000.00 CNY"), ("300000.00", "300000.00 CNY")])
def test_x01_an_award_of_another_amount(amount: str, stands: str) -> None:
    found = only(facts(award(amount)))
    assert (found.rule, found.first.reference, found.second.source) == ("X01", "rep_1", "register")
    assert standing(facts(award(amount))) == stands


def test_x01_is_silent_about_a_contract_without_an_amount() -> None:
    assert contradictions(replace(facts(award("1.00")), amount=None)) == []


def test_x02_part_payments_are_no_contradiction_until_the_milestone_is_said_to_be_done() -> None:
    part = payment("44000.00")
    assert contradictions(facts(part)) == []
    assert contradictions(facts(obligation=milestone(is_said_done=True))) == []  # nobody reported a payment
    done = facts(part, obligation=milestone(is_said_done=True))
    assert (only(done).rule, standing(done)) == ("X02", "44000.00 CNY")


def test_x02_parts_are_added_up() -> None:
    parts = (payment("44000.00"), payment("100000.00", reference="rep_2"))
    assert contradictions(facts(*parts, obligation=milestone(is_said_done=True))) == []
    over = facts(*parts, payment("0.01", reference="rep_3"))
    assert (only(over).rule, standing(over)) == ("X02", "144000.00 CNY")
    assert "×3" in only(over).first.source


def test_x02_counts_invoices_by_themselves() -> None:
    invoice = report(ReportKind.INVOICE, amount=yuan("150000.00"), obligation_id=MILESTONE)
    assert only(facts(invoice)).what == "invoice_total"
    assert contradictions(facts(replace(invoice, obligation_id=UUID(int=8)))) == []


@pytest.mark.parametrize("outcome", [AcceptanceOutcome.FAILED, AcceptanceOutcome.PARTIAL])
def test_x03_claimed_as_done_and_not_accepted(outcome: AcceptanceOutcome) -> None:
    about = facts(accepted(outcome, SIGNED), obligation=milestone(claimed_for=SIGNED))
    assert (only(about).rule, standing(about)) == ("X03", outcome)


def test_x03_accepted_before_it_was_done() -> None:
    early = accepted(AcceptanceOutcome.PASSED, date(2026, 11, 22))
    about = facts(early, obligation=milestone(claimed_for=SIGNED))
    assert (only(about).what, standing(about)) == ("completed_on", "2026-11-23")


def test_x03_accepted_later_or_after_repairs_or_without_a_claim_is_no_contradiction() -> None:
    claimed = milestone(claimed_for=SIGNED)
    failed = accepted(AcceptanceOutcome.FAILED, SIGNED)
    repaired = replace(accepted(AcceptanceOutcome.PASSED, date(2026, 12, 1)), reference="rep_2")
    assert contradictions(facts(repaired, obligation=claimed)) == []
    assert contradictions(facts(failed, repaired, obligation=claimed)) == []
    assert contradictions(facts(failed)) == []


def test_x04_two_sides_of_one_volume_the_lower_stands() -> None:
    def volume(side: ReportSide, quantity: str, month: int = 10) -> Report:
        period = date(2026, month, 1)
        return report(ReportKind.DELIVERY_VOLUME, side, quantity=Decimal(quantity), period=period)

    bought, sold = volume(ReportSide.PURCHASER, "28000"), volume(ReportSide.SUPPLIER, "30000")
    about = facts(bought, sold)
    assert (only(about).rule, only(about).key, standing(about)) == ("X04", "2026-10/delivery_volume/quantity", "28000")
    assert contradictions(facts(bought)) == []
    assert contradictions(facts(bought, volume(ReportSide.SUPPLIER, "28000.000"))) == []
    assert contradictions(facts(bought, volume(ReportSide.SUPPLIER, "30000", month=11))) == []


def test_x04_two_sides_of_one_payment_and_of_one_completion() -> None:
    about = facts(payment("144000.00", ReportSide.PURCHASER), payment("100000.00", ReportSide.SUPPLIER, "rep_2"))
    assert (only(about).rule, standing(about)) == ("X04", "100000.00 CNY")

    def completion(side: ReportSide, day: int) -> Report:
        return report(ReportKind.COMPLETION, side, occurred_on=date(2026, 12, day), obligation_id=MILESTONE)

    days = facts(completion(ReportSide.PURCHASER, 9), completion(ReportSide.SUPPLIER, 2))
    assert (only(days).what, standing(days)) == ("completion_occurred_on", "2026-12-09")


def test_x04_leaves_third_parties_out_and_adds_up_what_one_side_reported_in_parts() -> None:
    parts = (payment("44000.00", ReportSide.SUPPLIER), payment("100000.00", ReportSide.SUPPLIER, "rep_2"))
    assert contradictions(facts(*parts, payment("144000.00", ReportSide.PURCHASER, "rep_3"))) == []
    assert contradictions(facts(*parts, payment("1.00", ReportSide.THIRD_PARTY, "rep_3"))) == []


def test_x05_filed_before_it_was_signed_or_with_another_day_of_signature() -> None:
    early = facts(report(ReportKind.FILING, occurred_on=date(2026, 11, 20)))
    assert (only(early).what, standing(early)) == ("filed_on", "2026-11-23")
    other = facts(report(ReportKind.FILING, signed_on=date(2026, 11, 20), occurred_on=date(2026, 11, 24)))
    assert (only(other).what, standing(other)) == ("signed_on", "2026-11-20")
    assert contradictions(facts(report(ReportKind.FILING))) == []


def test_x06_the_signed_text_names_another_price_day_or_party() -> None:
    def read(text: str) -> ContractFacts:
        return facts(file=FileFacts("ab", "ab", text))

    price = read("合同总价：人民币 48 万元整。首付款 144,000 元。")
    assert contradictions(price) == []
    assert standing(read("合同金额：￥408,000.00 元")) == "408000.00 CNY"
    assert standing(read("签订日期：2026年11月20日")) == "2026-11-20"
    other = only(read("甲方 91610302MA70000021 乙方 91610802MA7000001P"))
    assert (other.what, other.second.value) == ("party_uscc", CODES[1])


def test_x06_is_silent_about_a_text_that_names_nothing() -> None:
    assert contradictions(facts(file=FileFacts("ab", "ab", "扫描件"))) == []
    assert contradictions(facts(file=FileFacts("ab", "ab", None))) == []


def test_x07_the_file_is_not_the_one_on_record_or_is_gone() -> None:
    for stored, shown in (("cd", "cd"), (None, "missing")):
        found = only(facts(file=FileFacts("ab", stored)))
        assert (found.rule, found.first.value, found.second.value, found.standing) == ("X07", "ab", shown, None)


def test_x07_a_source_gives_the_digest_of_another_file() -> None:
    stated = replace(award("480000.00"), sha256="a" * 64, document_sha256=("b" * 64,))
    assert only(facts(stated)).rule == "X07"
    assert contradictions(facts(replace(stated, document_sha256=("b" * 64, "a" * 64)))) == []
    assert contradictions(facts(replace(stated, document_sha256=()))) == []  # no file to compare with


def test_every_rule_says_what_it_rests_on_in_two_languages() -> None:
    assert [rule.code for rule in RULES] == [f"X{number:02d}" for number in range(1, 8)]
    for rule in RULES:
        assert all((rule.zh, rule.en, rule.basis, rule.stands_zh, rule.stands_en))


def test_the_text_is_read_only_where_it_is_labelled() -> None:
    assert stated_amounts("合同总金额为人民币480,000.00元；合同价款（大写）叁拾万元整 ¥300000") == [
        yuan("480000.00"),
        yuan("300000.00"),
    ]
    assert stated_amounts("合同价格自 30 日内有效，保证金 10 元") == []
    assert stated_amounts("合同价 0.001 元") == []
    assert stated_days("签订日期：2026-11-23；签署时间 2026年2月30日；交货日期：2026年1月1日") == [SIGNED]
    assert stated_usccs(f"{CODES[0]}、{CODES[0]}，{CODES[0][:-1]}9") == [CODES[0]]


@pytest.mark.parametrize(
    ("choice", "other", "value"),
    [(Choice.FIRST, None, "1.00 CNY"), (Choice.SECOND, None, "2.00 CNY"), (Choice.OTHER, "1.5 CNY", "1.50 CNY")],
)
def test_a_resolution_names_one_of_the_values_or_a_third(choice: Choice, other: str | None, value: str) -> None:
    found = policy.resolved_value(choice, other, first="1.00 CNY", second="2.00 CNY", measure=Measure.AMOUNT)
    assert found == value


@pytest.mark.parametrize(
    ("other", "measure"),
    [
        (None, Measure.AMOUNT),
        ("a lot", Measure.AMOUNT),
        ("2026-02-30", Measure.DAY),
        ("0001-01-01", Measure.DAY),
        ("1e9", Measure.QUANTITY),
        (".", Measure.QUANTITY),
        ("perfect", Measure.OUTCOME),
        (" ", Measure.TEXT),
    ],
)
def test_a_third_value_must_be_one(other: str | None, measure: Measure) -> None:
    with pytest.raises(errors.ResolutionInvalid):
        policy.resolved_value(Choice.OTHER, other, first="1", second="2", measure=measure)
    with pytest.raises(errors.ResolutionInvalid):
        policy.resolved_value(Choice.FIRST, "3", first="1", second="2", measure=measure)


def test_nobody_closes_a_finding_about_what_they_reported() -> None:
    reporter, official = uuid4(), uuid4()
    policy.check_resolver(official, reporters={reporter}, is_official=True, concedes=False)
    policy.check_resolver(official, reporters={reporter}, is_official=False, concedes=True)
    for person, is_official in ((reporter, True), (None, True), (official, False)):
        with pytest.raises(errors.ResolverRequired):
            policy.check_resolver(person, reporters={reporter}, is_official=is_official, concedes=False)
    with pytest.raises(errors.FindingResolved):
        policy.check_open(FindingState.RESOLVED)


@pytest.mark.parametrize("kind", ReportKind)
def test_a_report_without_its_value_is_refused(kind: ReportKind) -> None:
    whole = ["amount", "obligation", "outcome", "quantity", "period"]
    policy.check_fact(kind, whole, occurred_on=SIGNED, today=SIGNED)
    with pytest.raises(errors.FactInFuture):
        policy.check_fact(kind, whole, occurred_on=date(2026, 11, 24), today=SIGNED)
    if kind is not ReportKind.FILING:
        with pytest.raises(errors.FactIncomplete):
            policy.check_fact(kind, [], occurred_on=SIGNED, today=SIGNED)


def test_values_that_cannot_be_compared_leave_nothing_standing() -> None:
    amounts = (Money(1), replace(Money(2), currency="USD"))
    assert policy.less_favourable(*amounts, Favour.LOWER) is None
    assert policy.less_favourable(Money(1), Decimal(1), Favour.LOWER) is None
    assert policy.less_favourable("a", "b", Favour.LOWER) is None
