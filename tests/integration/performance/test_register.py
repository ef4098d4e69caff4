"""Ways into the register (R1–R4): envelopes, drafts, self-entry; and who may see what."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from accounts.errors import InvalidUSCC, ScopeMissing
from accounts.policy import OrganisationKind, Scope
from core.money import Money
from ledger.models import EvidenceRecord
from performance import errors
from performance.policy import PartyRole
from signing.errors import EnvelopeNotFound
from signing.events import EnvelopeEnded

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


def test_a_completed_envelope_registers_its_draft(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)
    draft = world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))
    assert draft.file.contract.state == "signing"
    assert draft.duty is not None
    assert draft.duty.is_required
    event = world.completion(envelope_id, [world.purchaser, world.supplier])

    world.handle(event)

    found = world.service.contract(world.supplier, draft.file.contract.id).file
    assert found.contract.state == "registered"
    assert found.contract.signed_on == world.today
    assert found.contract.signed_sha256 == event.documents[0].sha256
    assert found.contract.evidence_id == event.evidence_id
    assert [each.state for each in found.obligations] == ["scheduled"] * 3
    scheduled = world.events("obligation.scheduled")
    assert [each["title"] for each in scheduled] == ["交付设备", "首付款", "尾款"]
    assert {contact["phone"] for contact in scheduled[0]["contacts"]} == {"13900000001", "13900000002"}
    (registered,) = world.events("contract.registered")
    assert [party["kind"] for party in registered["parties"]] == ["government", "enterprise"]
    changes = [(row.change, row.after) for row in world.service.history(world.purchaser, found.contract.id).items]
    assert changes[:4] == [
        ("enter", "draft"),
        ("contract_state", "signing"),
        ("contract_state", "signed"),
        ("contract_state", "registered"),
    ]


def test_a_completion_delivered_twice_registers_once(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)
    world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))
    event = world.completion(envelope_id, [world.purchaser, world.supplier])

    world.handle(event)
    world.handle(event)

    assert len(world.events("contract.registered")) == 1
    assert len(world.events("obligation.scheduled")) == 3


def test_an_envelope_nobody_described_registers_itself(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)

    world.handle(world.completion(envelope_id, [world.supplier, world.purchaser], title="供货协议"))

    (contract,) = world.service.contracts(world.supplier).items
    found = world.service.contract(world.supplier, contract.id).file
    assert (contract.title, contract.state, contract.envelope_id) == ("供货协议", "registered", envelope_id)
    assert {party.role for party in found.parties} == {"signatory"}
    assert {party.uscc for party in found.parties} == {
        world.usccs[world.purchaser.organisation_id],
        world.usccs[world.supplier.organisation_id],
    }
    with pytest.raises(errors.EnvelopeTaken):
        world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))


def test_a_draft_that_names_somebody_who_did_not_sign_binds_nobody(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)
    draft = world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))

    world.handle(world.completion(envelope_id, [world.purchaser, world.outsider]))

    assert world.service.contract(world.purchaser, draft.file.contract.id).file.contract.state == "signed"
    assert world.events("contract.registered") == []
    history = world.service.history(world.purchaser, draft.file.contract.id).items
    assert history[-1].change == "parties_contradict_signatures"


def test_an_ended_envelope_cancels_the_contract(world: "World") -> None:
    draft = world.service.enter_contract(world.purchaser, world.elements())
    envelope_id = world.envelope(world.purchaser)
    world.service.attach_envelope(world.purchaser, draft.file.contract.id, envelope_id)

    world.handle(
        EnvelopeEnded(
            envelope_id=envelope_id,
            organisation_id=world.purchaser.organisation_id,
            title="政府采购合同",
            outcome="declined",
            reason="价格有误",
        )
    )

    found = world.service.contract(world.purchaser, draft.file.contract.id).file
    assert found.contract.state == "cancelled"
    assert {each.state for each in found.obligations} == {"cancelled"}


def test_another_organisations_envelope_cannot_be_attached(world: "World") -> None:
    envelope_id = world.envelope(world.outsider)
    with pytest.raises(EnvelopeNotFound):
        world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))
    ended = world.envelope(world.purchaser, state="voided")
    with pytest.raises(errors.EnvelopeNotOpen):
        world.service.enter_contract(world.purchaser, world.elements(envelope_id=ended))
    assert world.service.contracts(world.purchaser).items == []


def test_self_entry_registers_at_once_with_evidence_and_history(world: "World") -> None:
    dossier = world.registered(number="YL-2026-001")

    contract = dossier.file.contract
    assert (contract.state, contract.intake) == ("registered", "self_entry")
    with world.unit_of_work() as uow:
        records = uow.session.scalars(
            select(EvidenceRecord.type)
            .where(EvidenceRecord.subject_id == f"ctr_{contract.id.hex}")
            .order_by(EvidenceRecord.position)
        ).all()
    assert list(records) == ["contract.registered", *["obligation.schedule"] * 3]
    with pytest.raises(errors.ContractNumberTaken):
        world.registered(number="YL-2026-001")


def test_what_is_wrong_with_an_entry_is_said_and_nothing_is_kept(world: "World") -> None:
    late = world.elements().obligations
    early = (replace(late[0], due_on=world.today - timedelta(days=1)),)
    bad_party = replace(world.elements().parties[1], uscc="91610802MA70000010")
    mute = replace(world.elements().parties[1], contacts=())
    one_sided = replace(world.elements().parties[1], role=PartyRole.PURCHASER)
    purchaser = world.elements().parties[0]
    wrong = [
        (errors.DueBeforeSigning, {"obligations": early}),
        (errors.DueBeforeSigning, {"performance_due_on": world.today - timedelta(days=1)}),
        (errors.SignedInFuture, {"signed_on": world.today + timedelta(days=1)}),
        (errors.ObligationMissing, {"obligations": ()}),
        (InvalidUSCC, {"parties": (purchaser, bad_party)}),
        (errors.ContactMissing, {"parties": (purchaser, mute)}),
        (errors.PartiesIncomplete, {"parties": (purchaser, one_sided)}),
        (errors.PartiesIncomplete, {"parties": (purchaser,)}),
        (errors.ClassUnknown, {"class_code": "lottery"}),
        (errors.FormUnknown, {"form": "handshake"}),
        (errors.RegionUnknown, {"region": "atlantis"}),
        (errors.AmountNegative, {"amount": Money(-1)}),
        (errors.SignedOnWithEnvelope, {"signed_on": world.today, "envelope_id": world.envelope(world.purchaser)}),
    ]
    for error, changes in wrong:
        with pytest.raises(error):
            world.service.enter_contract(world.purchaser, world.elements(**changes))
    with pytest.raises(errors.NotAParty):
        world.service.enter_contract(world.outsider, world.elements())
    with pytest.raises(ScopeMissing):
        world.service.enter_contract(replace(world.purchaser, scopes=frozenset()), world.elements())
    assert world.service.contracts(world.purchaser).items == []


def test_who_sees_a_contract(world: "World") -> None:
    draft = world.service.enter_contract(world.purchaser, world.elements()).file.contract
    registered = world.registered().file.contract
    far_regulator = replace(world.regulator, region="baoji")
    credit_office = replace(world.regulator, organisation_kind=OrganisationKind.CREDIT_OFFICE)

    assert world.service.contract(world.purchaser, draft.id).file.contract.id == draft.id
    for stranger in (world.supplier, world.regulator, world.outsider):
        with pytest.raises(errors.ContractNotFound):
            world.service.contract(stranger, draft.id)
    for reader in (world.purchaser, world.supplier, world.regulator, credit_office):
        assert world.service.contract(reader, registered.id).file.contract.id == registered.id
    for stranger in (world.outsider, far_regulator):
        with pytest.raises(errors.ContractNotFound):
            world.service.contract(stranger, registered.id)
        with pytest.raises(errors.ContractNotFound):
            world.service.history(stranger, registered.id)
        assert world.service.obligations(stranger).items == []
    with pytest.raises(ScopeMissing):
        world.service.contracts(replace(world.purchaser, scopes=frozenset({Scope.CONTRACTS_WRITE})))


def test_lists_come_in_pages_without_gaps_or_repeats(world: "World") -> None:
    for _ in range(3):
        world.registered()
    seen = []
    cursor = None
    while True:
        page = world.service.obligations(world.supplier, cursor=cursor, limit=4)
        seen += [(item.obligation.due_on, item.obligation.id) for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert len(seen) == 9
    first = world.service.contracts(world.supplier, limit=2)
    second = world.service.contracts(world.supplier, limit=2, cursor=first.next_cursor)
    assert len({contract.id for contract in [*first.items, *second.items]}) == 3
    soon = world.service.obligations(world.supplier, due_before=world.today + timedelta(days=11))
    assert {item.obligation.title for item in soon.items} == {"交付设备"}
    for nonsense in ("x", "2026-13-01_00", "9" * 400):
        with pytest.raises(errors.ListCursorInvalid):
            world.service.obligations(world.supplier, cursor=nonsense)
        with pytest.raises(errors.ListCursorInvalid):
            world.service.contracts(world.supplier, cursor=nonsense)


def test_the_same_number_entered_twice_at_once_is_kept_once(world: "World") -> None:
    def enter(_: int) -> bool:
        try:
            world.registered(number="YL-2026-777")
        except errors.ContractNumberTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(enter, range(4)))
    assert kept.count(True) == 1
    assert len(world.service.contracts(world.purchaser).items) == 1


def test_signed_after_a_due_date_keeps_the_date_and_the_contradiction(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)
    draft = world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id)).file
    world.pass_days(12)

    world.handle(world.completion(envelope_id, [world.purchaser, world.supplier]))

    history = world.service.history(world.purchaser, draft.contract.id).items
    (noted,) = [row for row in history if row.change == "due_before_signing"]
    assert noted.obligation_id == draft.obligations[0].id
    found = world.service.contract(world.purchaser, draft.contract.id).file
    assert found.obligations[0].due_on == draft.obligations[0].due_on
