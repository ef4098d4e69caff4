"""What the register does with envelopes that bind nobody, bind only one side for now, or undo a contract."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, select, text, update

from core.dispatch import Dispatcher
from core.outbox import OutboxEvent
from core.secrets import SecretBox
from ledger.models import EvidenceRecord
from notify.models import Reminder
from notify.service import NotifyService
from performance.errors import EnvelopeBindsNobody, EnvelopeNotOpen
from signing.models import Envelope
from tests.integration.notify.factories import console_service

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


@pytest.fixture
def notify(world: "World", secrets: SecretBox) -> NotifyService:
    return console_service(world.unit_of_work, secrets)


def deliver(world: "World", notify: NotifyService, engine: Engine) -> None:
    """As the worker does, until nothing is left to handle."""
    subscribers = [*world.service.subscriptions(), *notify.subscriptions()]
    dispatcher = Dispatcher(engine, world.unit_of_work, subscribers)
    query = select(OutboxEvent.id).where(OutboxEvent.handled_at.is_(None)).order_by(OutboxEvent.sequence)
    while True:
        with world.unit_of_work() as uow:
            waiting = list(uow.session.scalars(query))
        if not waiting:
            return
        for event_id in waiting:
            assert dispatcher.handle(event_id)


def reminders(world: "World") -> dict[str, int]:
    """How many there are in each state."""
    with world.unit_of_work() as uow:
        states = list(uow.session.scalars(select(Reminder.state)))
    return {state: states.count(state) for state in set(states)}


@pytest.mark.parametrize("is_described", [True, False])
def test_a_test_envelope_is_no_contract(world: "World", is_described: bool) -> None:
    """Whether or not somebody described what it would have been."""
    envelope_id = world.envelope(world.purchaser)
    drafts = []
    if is_described:
        drafts = [world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id)).file.contract]
    completion = world.completion(envelope_id, [world.purchaser, world.supplier])

    world.handle(completion.model_copy(update={"is_test": True}))

    assert [(found.id, found.state) for found in world.service.contracts(world.purchaser).items] == [
        (draft.id, "cancelled") for draft in drafts
    ]
    assert world.events("contract.registered") == world.events("obligation.scheduled") == []


def test_a_draft_cannot_wait_for_a_test_envelope(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)
    with world.unit_of_work() as uow:
        uow.session.execute(update(Envelope).where(Envelope.id == envelope_id).values(is_test=True))
    with pytest.raises(EnvelopeBindsNobody):
        world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))


def test_an_envelope_that_ends_while_a_draft_is_attached(world: "World") -> None:
    """Whoever attaches waits for it to have ended, and is told: its end has been told already."""
    envelope_id = world.envelope(world.purchaser)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
    with ThreadPoolExecutor(1) as beside:
        with world.unit_of_work() as ending:
            ending.session.execute(update(Envelope).where(Envelope.id == envelope_id).values(state="voided"))
            elements = world.elements(envelope_id=envelope_id)
            attached = beside.submit(world.service.enter_contract, world.purchaser, elements)
            while not attached.done() and not ending.session.scalar(waiting):
                pass
        with pytest.raises(EnvelopeNotOpen):
            attached.result()


def test_a_contract_rescinded_by_both_ends_what_was_still_to_come(
    world: "World", notify: NotifyService, engine: Engine
) -> None:
    envelope_id = world.envelope(world.purchaser)
    draft = world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id)).file
    both = [world.purchaser, world.supplier]
    world.handle(world.completion(envelope_id, both))
    delivered, *to_come = draft.obligations
    world.meet(delivered, world.supplier, world.purchaser)
    deliver(world, notify, engine)
    assert reminders(world)["planned"] > 0

    agreement = world.completion(world.envelope(world.purchaser), both, title="解除协议")
    rescission = agreement.model_copy(update={"rescinds_id": envelope_id})
    world.handle(rescission)
    deliver(world, notify, engine)

    (contract,) = world.service.contracts(world.supplier).items  # the agreement is no contract of its own
    assert (contract.id, contract.state) == (draft.contract.id, "rescinded")
    assert world.state_of(delivered) == "met"
    assert [world.state_of(each) for each in to_come] == ["cancelled"] * 2
    closed = [event for event in world.events("obligation.closed") if event["outcome"] == "cancelled"]
    assert {event["obligation_id"] for event in closed} == {str(each.id) for each in to_come}
    assert "planned" not in reminders(world)
    world.pass_days(60)
    assert world.service.sweep_due() == 0
    assert notify.send_due().sent == 0
    with world.unit_of_work() as uow:
        subject = EvidenceRecord.subject_id == f"ctr_{draft.contract.id.hex}"
        kinds = list(uow.session.scalars(select(EvidenceRecord.type).where(subject)))
    assert kinds.count("contract.rescinded") == 1
    assert kinds.count("obligation.cancel") == len(to_come)


def test_a_rescission_told_twice_undoes_once(world: "World") -> None:
    envelope_id = world.envelope(world.purchaser)
    draft = world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id)).file
    both = [world.purchaser, world.supplier]
    world.handle(world.completion(envelope_id, both))
    agreement = world.completion(world.envelope(world.purchaser), both)
    rescission = agreement.model_copy(update={"rescinds_id": envelope_id})
    for _ in range(2):
        world.handle(rescission)
    assert len([event for event in world.events("obligation.closed") if event["outcome"] == "cancelled"]) == 3
    changes = [row.after for row in world.service.history(world.purchaser, draft.contract.id).items]
    assert changes.count("rescinded") == 1


def test_a_rescission_of_what_was_never_registered_changes_nothing(world: "World") -> None:
    rescission = world.completion(world.envelope(world.purchaser), [world.purchaser, world.supplier])
    world.handle(rescission.model_copy(update={"rescinds_id": world.envelope(world.purchaser)}))
    assert world.service.contracts(world.purchaser).items == []


@pytest.mark.parametrize("is_described", [True, False])
def test_whoever_only_the_sender_says_may_sign_binds_nobody(world: "World", is_described: bool) -> None:
    """The supplier's phone belongs to none of its members: the contract stays signed, with the reason."""
    envelope_id = world.envelope(world.purchaser)
    if is_described:
        world.service.enter_contract(world.purchaser, world.elements(envelope_id=envelope_id))
    completion = world.completion(envelope_id, [world.purchaser, world.supplier])
    known, unknown = completion.signers
    doubtful = unknown.model_copy(update={"is_confirmed": False, "organisation_name": "榆林市示范科技有限公司"})

    world.handle(completion.model_copy(update={"signers": [known, doubtful]}))

    (contract,) = world.service.contracts(world.purchaser).items
    assert (contract.state, contract.registered_at) == ("signed", None)
    history = world.service.history(world.purchaser, contract.id).items
    assert history[-1].change == "signer_unconfirmed"
    assert "榆林市示范科技有限公司" in history[-1].reason
    assert world.events("contract.registered") == world.events("obligation.scheduled") == []
    found = world.service.contract(world.purchaser, contract.id).file
    assert "scheduled" not in {each.state for each in found.obligations}
