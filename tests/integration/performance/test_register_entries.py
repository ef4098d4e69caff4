"""Entries of the register: for units below, duplicates, late filings, corrections, signed files, search."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from core.errors import DingyueError
from core.money import Money
from core.sheets.read_sheet import read_sheet
from performance.errors import ContractNotFound
from performance.policy import Intake, PartyRole
from performance.register.correct_contract import Correction
from performance.register.errors import (
    ContractLooksDuplicate,
    CorrectionNotYours,
    FieldNotCorrectable,
    LateReasonMissing,
    UnitRelationCircular,
    UnitRelationEnded,
    UnitRelationNotYours,
    UnitRelationTaken,
)
from performance.register.search import ContractFilter
from performance.register.service import RegisterService
from tests.support.upload_victims import judge

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


@pytest.fixture
def register(world: "World") -> RegisterService:
    return RegisterService(unit_of_work=world.unit_of_work, objects=world.objects, read=read_sheet, validate=judge)


@pytest.fixture
def bureau(world: "World") -> Actor:
    """The reporting officer of a bureau of Yulin that nobody has put above anybody yet."""
    first = "11610800016037009"
    with world.unit_of_work() as uow:
        row = Organisation(
            id=uow.new_id(),
            name="榆林市示范局",
            uscc=first + uscc_check_character(first),
            kind=OrganisationKind.GOVERNMENT,
            region="yulin",
            created_at=uow.now,
        )
        uow.session.add(row)
    world.usccs[row.id] = row.uscc
    return replace(world.purchaser, organisation_id=row.id)


def begin(world: "World", register: RegisterService, who: Actor, superior: Actor, subordinate: Actor) -> Any:
    return register.begin_relation(
        who,
        superior_uscc=world.usccs[superior.organisation_id],
        subordinate_uscc=world.usccs[subordinate.organisation_id],
        from_on=world.today,
        reason="机构隶属",
    )


def test_an_officer_enters_for_a_unit_below_and_sees_it_while_it_is_below(
    world: "World", register: RegisterService, bureau: Actor
) -> None:
    elements = world.elements(signed_on=world.today, number="A-1")
    with pytest.raises(DingyueError) as caught:
        world.service.enter_contract(bureau, elements)
    assert caught.value.code == "not_a_party"
    relation = begin(world, register, world.regulator, bureau, world.purchaser)
    contract = world.service.enter_contract(bureau, elements).file.contract
    assert contract.owner_organisation_id == world.purchaser.organisation_id
    assert contract.intake == Intake.OFFICER_ENTRY
    assert world.service.contract(bureau, contract.id).file.contract.id == contract.id
    assert [each.id for each in world.service.contracts(bureau).items] == [contract.id]
    assert world.service.contract(world.purchaser, contract.id).file.contract.id == contract.id
    (first, *_) = world.service.history(bureau, contract.id).items
    assert first.organisation_id == bureau.organisation_id

    register.end_relation(world.regulator, relation.id, reason="机构改革")
    with pytest.raises(ContractNotFound):
        world.service.contract(bureau, contract.id)
    assert world.service.contracts(bureau).items == []
    with pytest.raises(UnitRelationEnded):
        register.end_relation(world.regulator, relation.id, reason="再次")


def test_nobody_puts_another_unit_below_their_own(world: "World", register: RegisterService, bureau: Actor) -> None:
    """It would open that unit's contracts."""
    administrator = replace(bureau, scopes=bureau.scopes | {Scope.ACCOUNTS_WRITE})
    with pytest.raises(UnitRelationNotYours):
        begin(world, register, administrator, administrator, world.purchaser)
    foreign = replace(world.regulator, region="baoji")
    with pytest.raises(UnitRelationNotYours):
        begin(world, register, foreign, bureau, world.purchaser)
    own = replace(world.purchaser, scopes=world.purchaser.scopes | {Scope.ACCOUNTS_WRITE})
    begin(world, register, own, bureau, own)
    with pytest.raises(UnitRelationTaken):
        begin(world, register, own, bureau, own)
    with pytest.raises(UnitRelationCircular):
        begin(world, register, world.regulator, world.purchaser, bureau)
    assert [each[0].superior_organisation_id for each in register.relations(bureau)] == [bureau.organisation_id]
    assert register.relations(world.outsider) == []


def test_what_looks_like_a_registered_contract_has_to_be_acknowledged(world: "World") -> None:
    first = world.registered(number="A-1").file.contract
    twin = world.elements(signed_on=world.today, number="A-2")
    with pytest.raises(ContractLooksDuplicate) as caught:
        world.service.enter_contract(world.purchaser, twin)
    assert caught.value.facts == {"numbers": "A-1"}
    entered = world.service.enter_contract(world.purchaser, replace(twin, acknowledges_duplicate=True))
    lines = world.service.history(world.purchaser, entered.file.contract.id).items
    assert [line.after for line in lines if line.change == "duplicate_acknowledged"] == ["A-1"]
    with pytest.raises(DingyueError) as taken:
        world.service.enter_contract(world.purchaser, replace(twin, number=first.number, acknowledges_duplicate=True))
    assert taken.value.code == "contract_number_taken"
    world.service.enter_contract(world.purchaser, replace(twin, number="A-3", amount=Money.parse("480000.01")))


def test_a_contract_filed_late_keeps_the_reason(world: "World") -> None:
    signed_on = world.today - timedelta(days=40)
    late = world.elements(signed_on=signed_on)
    with pytest.raises(LateReasonMissing):
        world.service.enter_contract(world.purchaser, late)
    entered = world.service.enter_contract(world.purchaser, replace(late, late_reason="经办人更换，补录"))
    (filing,) = entered.filings
    assert (filing.duty, filing.signed_on, filing.filed_on) == ("file", signed_on, world.today)
    assert filing.days_late > 0
    assert filing.reason == "经办人更换，补录"
    (in_time,) = world.registered().filings
    assert (in_time.days_late, in_time.reason) == (0, "")
    # A supplier enters it of its own accord: no duty, no delay (R3d).
    own = world.service.enter_contract(world.supplier, replace(late, acknowledges_duplicate=True))
    assert own.filings == []


def test_a_correction_keeps_every_field_with_who_when_from_to_and_why(
    world: "World", register: RegisterService
) -> None:
    contract = world.registered(number="A-1").file.contract
    before = world.service.history(world.purchaser, contract.id).items
    wanted = Correction(number="A-7", amount=Money.parse("490000.00"), supplier_name="榆林市示范科技股份公司")
    corrected = register.correct(world.purchaser, contract.id, wanted, reason="录入错误").file
    assert (corrected.contract.number, corrected.contract.amount_minor) == ("A-7", 49_000_000)
    assert corrected.party(PartyRole.SUPPLIER).name == "榆林市示范科技股份公司"
    lines = world.service.history(world.purchaser, contract.id).items
    assert [line.sequence for line in lines[: len(before)]] == [line.sequence for line in before]
    new = lines[len(before) :]
    assert [(line.change, line.before, line.after) for line in new] == [
        ("correct.number", "A-1", "A-7"),
        ("correct.amount", "480000.00", "490000.00"),
        ("correct.supplier_name", "榆林市示范科技有限公司", "榆林市示范科技股份公司"),
    ]
    assert {(line.reason, line.person_id) for line in new} == {("录入错误", world.purchaser.person_id)}
    assert len({line.evidence_id for line in new}) == 1
    (event,) = world.events("contract.corrected")
    assert [change["field"] for change in event["changes"]] == ["number", "amount", "supplier_name"]


def test_what_a_correction_may_not_do(world: "World", register: RegisterService) -> None:
    contract = world.registered(number="A-1").file.contract
    world.registered(number="A-2")
    refusals: list[tuple[Actor, Correction, str]] = [
        (world.purchaser, Correction(title=contract.title), "correction_empty"),
        (world.purchaser, Correction(number="A-2"), "contract_number_taken"),
        (world.purchaser, Correction(class_code="lottery"), "contract_class_unknown"),
        (world.purchaser, Correction(amount=Money(-1)), "amount_negative"),
        (world.purchaser, Correction(signed_on=world.today + timedelta(days=1)), "signed_in_future"),
        (world.purchaser, Correction(performance_due_on=date(2001, 1, 1)), "due_before_signing"),
        (world.supplier, Correction(title="另一名称"), "correction_not_yours"),
        (world.outsider, Correction(title="另一名称"), "contract_not_found"),
    ]
    for who, correction, code in refusals:
        with pytest.raises(DingyueError) as caught:
            register.correct(who, contract.id, correction, reason="试")
        assert caught.value.code == code
    draft = world.service.enter_contract(world.purchaser, world.elements()).file.contract
    with pytest.raises(DingyueError) as unregistered:
        register.correct(world.purchaser, draft.id, Correction(title="另一名称"), reason="试")
    assert unregistered.value.code == "contract_not_registered"


def test_what_was_signed_here_is_corrected_by_an_amendment_alone(world: "World", register: RegisterService) -> None:
    envelope_id = world.envelope(world.purchaser)
    world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))
    world.handle(world.completion(envelope_id, [world.purchaser, world.supplier]))
    (contract,) = world.service.contracts(world.purchaser).items
    with pytest.raises(FieldNotCorrectable):
        register.correct(world.purchaser, contract.id, Correction(amount=Money(1)), reason="录入错误")
    register.correct(world.purchaser, contract.id, Correction(summary="台式计算机 81 台"), reason="录入错误")


def test_a_signed_file_is_validated_and_its_verdict_kept(world: "World", register: RegisterService) -> None:
    contract = world.registered().file.contract
    document_id = world.document(world.purchaser, "扫描件.pdf")
    first = register.add_signed_file(world.purchaser, contract.id, document_id)
    assert first.verdict != "authentic"
    (event,) = world.events("contract.signed_file_checked")
    assert event["verdict"] == first.verdict
    other = world.document(world.purchaser, "另一份.pdf")
    world.clock.advance(timedelta(seconds=1))
    second = register.add_signed_file(world.purchaser, contract.id, other)
    assert "other_file" in [note["code"] for note in second.notes]
    shown = world.service.contract(world.purchaser, contract.id)
    assert [check.sha256 for check in shown.file_checks] == [second.sha256, first.sha256]
    assert shown.file.contract.signed_sha256 == first.sha256
    lines = world.service.history(world.purchaser, contract.id).items
    assert [line.after for line in lines if line.change == "signed_file_checked"] == [first.sha256, second.sha256]
    with pytest.raises(CorrectionNotYours):
        register.add_signed_file(world.supplier, contract.id, world.document(world.supplier))


SEARCHES: list[tuple[Callable[["World"], ContractFilter], list[str]]] = [
    (lambda _: ContractFilter(), ["C-3", "B-2", "A-1"]),
    (lambda _: ContractFilter(number="A-"), ["A-1"]),
    (lambda _: ContractFilter(number="%"), []),
    (lambda _: ContractFilter(party="榆林市示范科"), ["C-3", "B-2", "A-1"]),
    (lambda _: ContractFilter(party="示范科"), []),
    (lambda world: ContractFilter(party=world.usccs[world.supplier.organisation_id]), ["C-3", "B-2", "A-1"]),
    (lambda _: ContractFilter(class_code="bulk_supply"), ["B-2"]),
    (lambda world: ContractFilter(unit_id=world.supplier.organisation_id), ["C-3"]),
    (lambda _: ContractFilter(amount_from=48_000_000, amount_to=48_000_000), ["A-1"]),
    (lambda world: ContractFilter(signed_to=world.today - timedelta(days=1)), ["B-2"]),
    (lambda _: ContractFilter(state="completed"), []),
    (lambda _: ContractFilter(region="baoji"), []),
]


@pytest.mark.parametrize(("make", "expected"), SEARCHES, ids=range(len(SEARCHES)))
def test_a_search_finds_what_was_asked_for(
    world: "World", make: Callable[["World"], ContractFilter], expected: list[str]
) -> None:
    world.registered(number="A-1")
    yesterday = world.today - timedelta(days=1)
    world.clock.advance(timedelta(seconds=1))  # Two ids of one millisecond have no order.
    world.registered(number="B-2", class_code="bulk_supply", amount=Money.parse("100"), signed_on=yesterday)
    world.clock.advance(timedelta(seconds=1))
    world.service.enter_contract(
        world.supplier, world.elements(number="C-3", signed_on=world.today, amount=Money.parse("500000"))
    )
    for who in (world.purchaser, world.regulator):
        assert [each.number for each in world.service.contracts(who, make(world)).items] == expected
    assert world.service.contracts(world.outsider, make(world)).items == []


def test_pages_follow_each_other_without_gaps(world: "World") -> None:
    for number in range(5):
        world.registered(number=f"A-{number}")
    seen, cursor = [], None
    while True:
        page = world.service.contracts(world.regulator, ContractFilter(number="A-"), cursor=cursor, limit=2)
        seen += [each.number for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == [f"A-{number}" for number in range(5)]
    with pytest.raises(DingyueError) as caught:
        world.service.contracts(world.regulator, ContractFilter(amount_from=2, amount_to=1))
    assert caught.value.code == "search_range_invalid"


def test_a_filing_and_a_check_can_only_be_added(world: "World", register: RegisterService) -> None:
    contract = world.registered().file.contract
    register.add_signed_file(world.purchaser, contract.id, world.document(world.purchaser))
    for table in ("contract_filing", "signed_file_check", "contract_history"):
        with pytest.raises(Exception, match="permission denied"), world.unit_of_work() as uow:
            uow.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
