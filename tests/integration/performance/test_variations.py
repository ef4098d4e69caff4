"""Nothing but a signed amendment changes what is owed or by when; a suspension stops the clocks (R14)."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from accounts.policy import Actor
from core.errors import NotAllowed
from core.money import Money
from performance import errors
from performance.fulfil_obligation import Part
from performance.models import Obligation
from performance.suspensions.errors import SuspensionPaperMissing, SuspensionStateForbids
from performance.suspensions.models import Suspension
from performance.suspensions.policy import SuspensionGround
from performance.variations.errors import (
    AmendmentInvalid,
    AmendmentTaken,
    AmendmentUnsigned,
    VariationEmpty,
    VariationStateForbids,
)
from performance.variations.policy import Terms
from signing.events import EnvelopeEnded
from signing.pdf.embed import Embedder
from signing.pdf.sign_file import Box, FileOrder, sign_file
from signing.pdf.validation_material import Material
from signing.pki.trial_folder import TrialFolder
from tests.support.pdf import contract_pdf

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


@pytest.fixture
def delivery(world: "World") -> Obligation:
    """The supplier's delivery, due in ten days, of a registered contract."""
    return world.registered().file.obligations[0]


def current(world: "World", obligation: Obligation) -> Obligation:
    return world.service.obligation(world.supplier, obligation.id).obligation


def test_a_due_date_moves_only_by_a_signed_amendment(world: "World", delivery: Obligation) -> None:
    world.pass_days(11)
    world.service.sweep_due()
    day = world.today + timedelta(days=7)
    variation = world.variations.propose(world.supplier, delivery.id, Terms(due_on=day), reason="物流延误")
    assert world.contract_state(delivery.contract_id) == "varying"
    with pytest.raises(errors.NotAParty):
        world.variations.agree(world.supplier, variation.id)
    envelope_id = world.envelope(world.purchaser)
    with pytest.raises(VariationStateForbids):  # not before the terms are agreed
        world.variations.attach_envelope(world.purchaser, variation.id, envelope_id)
    world.variations.agree(world.purchaser, variation.id)
    assert (current(world, delivery).state, current(world, delivery).due_version) == ("overdue", 1)

    world.variations.attach_envelope(world.purchaser, variation.id, envelope_id)
    completion = world.completion(envelope_id, [world.purchaser, world.supplier])
    world.handle(completion)
    world.handle(completion)  # told twice, it takes effect once

    moved = world.service.obligation(world.supplier, delivery.id)
    assert (moved.obligation.state, moved.obligation.due_on, moved.obligation.due_version) == ("scheduled", day, 2)
    assert moved.overdue_entries[0].outcome == "rescheduled"
    assert moved.variations[0].state == "effective"
    assert world.contract_state(delivery.contract_id) == "performing"
    assert [event["state"] for event in world.events("variation.moved")] == ["proposed", "agreed", "effective"]
    assert world.events("obligation.scheduled")[-1]["due_version"] == 2
    assert len(world.service.contracts(world.purchaser).items) == 1  # the amendment makes no contract of its own
    assert world.service.explain(world.purchaser, delivery.id).due.kind == "amended"


def test_an_amendment_that_one_side_signed_changes_nothing(world: "World", delivery: Obligation) -> None:
    variation = world.agreed(delivery, Terms(due_on=world.today + timedelta(days=60)))
    envelope_id = world.envelope(world.purchaser)
    world.variations.attach_envelope(world.purchaser, variation.id, envelope_id)
    world.handle(world.completion(envelope_id, [world.purchaser]))
    assert current(world, delivery).due_version == 1
    rows = [row for row in world.history(delivery.contract_id) if row.change == "amendment_unsigned"]
    assert "榆林市示范科技有限公司" in rows[0].reason
    again = world.envelope(world.purchaser)
    world.variations.attach_envelope(world.purchaser, variation.id, again)
    world.handle(
        EnvelopeEnded(
            envelope_id=again,
            organisation_id=world.purchaser.organisation_id,
            title="变更协议",
            outcome="declined",
            reason="",
        )
    )
    about = world.service.obligation(world.purchaser, delivery.id)
    assert (about.variations[0].state, about.variations[0].amendment_envelope_id) == ("agreed", None)
    world.variations.drop(world.purchaser, variation.id, answer="不再变更")
    assert world.contract_state(delivery.contract_id) == "performing"


def test_an_envelope_of_a_contract_or_a_strangers_is_no_amendment(world: "World", delivery: Obligation) -> None:
    variation = world.agreed(delivery, Terms(due_on=world.today + timedelta(days=60)))
    taken = world.envelope(world.purchaser)
    world.service.enter_contract(world.purchaser, world.elements(envelope_id=taken, number="OTHER-1"))
    with pytest.raises(AmendmentTaken):
        world.variations.attach_envelope(world.purchaser, variation.id, taken)
    amendment = world.envelope(world.purchaser)
    world.variations.attach_envelope(world.purchaser, variation.id, amendment)
    with pytest.raises(errors.EnvelopeTaken):
        world.service.enter_contract(world.purchaser, world.elements(envelope_id=amendment, number="OTHER-2"))
    done = world.envelope(world.purchaser, "completed")
    with pytest.raises(errors.EnvelopeNotOpen):
        world.variations.attach_envelope(world.purchaser, variation.id, done)
    with pytest.raises(errors.VariationNotFound):
        world.variations.drop(world.outsider, variation.id, answer="局外人")
    with pytest.raises(VariationEmpty):
        world.variations.propose(world.supplier, delivery.id, Terms(), reason="无")


def test_a_pdf_that_both_signed_elsewhere_takes_effect_at_once(
    world: "World", delivery: Obligation, tmp_path: Path
) -> None:
    authority = TrialFolder(tmp_path / "keys", world.clock)
    day = world.today + timedelta(days=60)
    variation = world.agreed(delivery, Terms(due_on=day))
    one = _signed(world, authority, contract_pdf(1), world.usccs[world.purchaser.organisation_id], "张三")
    both = _signed(world, authority, one, world.usccs[world.supplier.organisation_id], "李四")

    def hand_in(data: bytes) -> None:
        document_id = world.document(world.supplier, "变更协议.pdf", data)
        world.variations.sign_with_document(world.supplier, variation.id, document_id)

    with pytest.raises(AmendmentInvalid):  # nobody trusts its roots yet
        hand_in(both)
    world.roots.extend(authority.roots())
    with pytest.raises(AmendmentUnsigned):
        hand_in(one)
    with pytest.raises(AmendmentInvalid):
        hand_in(contract_pdf(1))
    assert current(world, delivery).due_version == 1
    hand_in(both)
    about = world.service.obligation(world.supplier, delivery.id)
    assert (about.obligation.due_on, about.obligation.due_version) == (day, 2)
    amendment = about.variations[0].amendment
    assert amendment is not None
    assert [each["name"] for each in amendment["signed_by"]] == ["张三", "李四"]


def test_an_amendment_changes_how_much_is_owed_and_may_settle_it(world: "World") -> None:
    (_, payment, _) = world.registered().file.obligations
    part = Part(amount=Money.parse("100000.00"))
    claim = world.service.claim_fulfilment(
        world.purchaser, payment.id, fulfilled_on=world.today, statement="先付", part=part
    )
    world.service.confirm_fulfilment(world.supplier, claim.id)
    with pytest.raises(errors.AmendedBelowMet):
        world.variations.propose(world.supplier, payment.id, Terms(amount=Money.parse("99999.99")), reason="减价")
    world.amend(payment, Terms(amount=Money.parse("100000.00")))
    assert current(world, payment).state == "met"
    assert [event["change"] for event in world.events("obligation.moved")][-2:] == ["amend", "meet"]


def test_parts_stay_when_what_is_late_gets_another_day(world: "World") -> None:
    (_, payment, _) = world.registered().file.obligations
    part = Part(amount=Money.parse("100000.00"))
    world.pass_days(25)
    world.service.sweep_due()
    claim = world.service.claim_fulfilment(
        world.purchaser, payment.id, fulfilled_on=world.today, statement="先付", part=part
    )
    world.service.confirm_fulfilment(world.supplier, claim.id)
    world.amend(payment, Terms(due_on=world.today + timedelta(days=9)))
    assert current(world, payment).state == "partially_met"


def test_while_a_contract_is_suspended_nothing_falls_due_and_days_move_when_it_goes_on(world: "World") -> None:
    (delivery, payment, last) = world.registered().file.obligations
    world.pass_days(11)
    world.service.sweep_due()  # the delivery was late before
    assert payment.due_on is not None
    suspension_id = world.suspend(delivery.contract_id)
    assert world.contract_state(delivery.contract_id) == "suspended"
    with pytest.raises(errors.ContractStateForbids):
        world.suspensions.propose(world.supplier, delivery.contract_id, ground=SuspensionGround.AGREED, reason="再次")
    world.pass_days(100)
    assert world.service.sweep_due() == 0
    assert world.service.explain(world.purchaser, payment.id).facts["is_suspended"] is True
    world.suspensions.resume(world.supplier, suspension_id, reason="道路恢复")
    assert world.contract_state(delivery.contract_id) == "suspended"  # one side alone doesn't end it
    world.suspensions.resume(world.purchaser, suspension_id, reason="同意")
    assert world.contract_state(delivery.contract_id) == "performing"
    moved = [current(world, each) for each in (delivery, payment, last)]
    assert [each.due_version for each in moved] == [1, 2, 2]
    assert moved[1].due_on == payment.due_on + timedelta(days=100)
    assert moved[0].state == "overdue"
    assert "suspended for 100 days" in world.service.explain(world.purchaser, payment.id).due.en
    (paused,) = world.events("contract.suspended")
    assert {each["due_version"] for each in paused["obligations"]} == {1}
    assert world.events("contract.resumed")[0]["days"] == 100
    with pytest.raises(SuspensionStateForbids):
        world.suspensions.resume(world.purchaser, suspension_id, reason="再次")


def test_an_authoritys_paper_suspends_without_the_parties_and_only_the_regulator_ends_it(world: "World") -> None:
    contract_id = world.registered().file.contract.id

    def order(actor: Actor, document_ids: list[UUID]) -> Suspension:
        return world.suspensions.order(
            actor,
            contract_id,
            ground=SuspensionGround.ORDER,
            reason="保全裁定",
            authority="榆林市中级人民法院",
            case_number="（2026）陕08民初12号",
            document_ids=document_ids,
        )

    with pytest.raises(SuspensionPaperMissing):
        order(world.regulator, [])
    paper = [world.document(world.regulator, "裁定书.pdf")]
    with pytest.raises(NotAllowed):
        order(world.purchaser, paper)
    row = order(world.regulator, paper)
    assert world.contract_state(contract_id) == "suspended"
    world.resume(row.id)
    assert world.contract_state(contract_id) == "suspended"
    world.suspensions.resume(world.regulator, row.id, reason="裁定解除")
    assert world.contract_state(contract_id) == "performing"


def test_a_contract_is_published_and_archived_only_where_the_diagram_says(world: "World") -> None:
    contract_id = world.registered().file.contract.id
    with pytest.raises(errors.PublishedInFuture):
        world.service.publish_contract(
            world.purchaser, contract_id, published_on=world.today + timedelta(days=1), where="政府采购网"
        )
    world.service.publish_contract(world.purchaser, contract_id, published_on=world.today, where="政府采购网")
    assert world.contract_state(contract_id) == "published"
    with pytest.raises(errors.PublishedAlready):
        world.service.publish_contract(world.purchaser, contract_id, published_on=world.today, where="再次")
    with pytest.raises(errors.ContractStateForbids):
        world.service.archive_contract(world.purchaser, contract_id, reason="归档")
    assert [(each["before"], each["after"]) for each in world.events("contract.moved")] == [
        ("draft", "signed"),
        ("signed", "registered"),
        ("registered", "published"),
    ]


def _signed(world: "World", authority: TrialFolder, data: bytes, uscc: str, name: str) -> bytes:
    with TemporaryFile() as source, TemporaryFile() as target:
        source.write(data)
        source.flush()
        box = Box(1, 0.05 if name == "张三" else 0.55, 0.85, 0.38, 0.1)
        sign_file(
            source,
            target,
            FileOrder(name, "某某公司", "同意变更", world.clock.now(), "B-LT", box),
            credential=authority.signer(name, "某某公司", uscc),
            embedder=Embedder(authority.timestamps),
            material=lambda _carried: Material(authority.authorities(), authority.revocation_lists()),
        )
        target.seek(0)
        return target.read()
