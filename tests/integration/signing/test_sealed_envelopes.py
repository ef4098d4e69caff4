"""Envelopes sealed by an organisation's seal: only an authorised person, only while the seal may be used."""

from dataclasses import replace
from uuid import UUID

import pytest

from accounts.policy import Role
from core import ids
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.plan import FieldKind, NewRecipient
from signing.policy import RecipientRole
from signing.seals.errors import (
    SealAuthorisationExhausted,
    SealAuthorisationMissing,
    SealContractClassNotAuthorised,
    SealDutiesConflict,
    SealNotFound,
    SealSuspended,
)
from tests.support.clock import FixedClock
from tests.support.seals import CountingAuthority, SealHouse
from tests.support.signing import Table, agreed, signature_field


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


@pytest.fixture
def house(unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock) -> SealHouse:
    return SealHouse.open(unit_of_work, objects, clock, certificates=CountingAuthority())


@pytest.fixture
def seal_id(house: SealHouse) -> UUID:
    seal_id = house.active_seal()
    house.authorise(seal_id, max_uses=1, contract_classes=["government_procurement"])
    return seal_id


def sent(table: Table, house: SealHouse, contract_class: str | None = "government_procurement") -> UUID:
    """An envelope in progress, to be sealed by the house's user."""
    recipient = NewRecipient(
        key="seal",
        name=house.people["user"].name,
        phone=house.people["user"].phone,
        organisation_name=house.organisation.name,
        uscc=house.organisation.uscc,
        role=RecipientRole.SEAL,
    )
    fields = [signature_field("seal", kind=FieldKind.SEAL)]
    return table.sent(recipient, fields=fields, contract_class=contract_class)


def apply_seal(table: Table, session: str, seal_id: UUID) -> None:
    table.service.sign_envelope(session, replace(agreed(), seal_id=seal_id))


def uses(house: SealHouse, seal_id: UUID) -> list[UUID]:
    return [view.use.envelope_id for view in house.service.uses(house.actor("auditor"), seal_id, before=None, limit=9)]


def test_a_seal_is_applied_and_its_use_is_on_the_log(table: Table, house: SealHouse, seal_id: UUID) -> None:
    envelope_id = sent(table, house)
    apply_seal(table, table.authenticated(envelope_id, "seal"), seal_id)
    assert table.state(envelope_id) == "sealing"
    assert "signed by 合同专用章" in table.content(envelope_id)
    assert uses(house, seal_id) == [envelope_id]
    record = house.records(seal_id)[-1]
    assert record["type"] == "seal.used"
    assert record["facts"]["envelope"] == ids.public(ids.ENVELOPE, envelope_id)
    assert record["files"] == ["合同.pdf"]


def test_applying_it_again_is_the_same_use(table: Table, house: SealHouse, seal_id: UUID) -> None:
    envelope_id = sent(table, house)
    session = table.authenticated(envelope_id, "seal")
    for _ in range(2):
        apply_seal(table, session, seal_id)
    assert uses(house, seal_id) == [envelope_id]


def test_a_seal_suspended_while_the_signature_is_made_does_not_count(
    table: Table, house: SealHouse, seal_id: UUID
) -> None:
    envelope_id = sent(table, house)
    session = table.authenticated(envelope_id, "seal")
    administrator = house.actor("administrator")
    table.paper.during = lambda: house.service.suspend_seal(administrator, seal_id, "盘点")
    with pytest.raises(SealSuspended):
        apply_seal(table, session, seal_id)
    assert table.state(envelope_id) == "in_progress"
    assert "signed by" not in table.content(envelope_id)
    assert uses(house, seal_id) == []
    assert house.records(seal_id)[-1]["type"] == "seal.suspended"


def test_two_envelopes_with_one_use_left_are_not_both_sealed(table: Table, house: SealHouse, seal_id: UUID) -> None:
    first, second = sent(table, house), sent(table, house)
    sessions = [table.authenticated(each, "seal") for each in (first, second)]
    table.paper.during = lambda: apply_seal(table, sessions[1], seal_id)
    with pytest.raises(SealAuthorisationExhausted):
        apply_seal(table, sessions[0], seal_id)
    assert uses(house, seal_id) == [second]
    assert (table.state(first), table.state(second)) == ("in_progress", "sealing")


def test_a_user_who_became_auditor_while_the_signature_was_made_did_not_seal(
    table: Table, house: SealHouse, seal_id: UUID
) -> None:
    envelope_id = sent(table, house)
    session = table.authenticated(envelope_id, "seal")
    table.paper.during = lambda: house.give_roles("user", Role.SIGNER, Role.AUDITOR)
    with pytest.raises(SealDutiesConflict):
        apply_seal(table, session, seal_id)
    assert uses(house, seal_id) == []


@pytest.mark.parametrize("contract_class", ["works", None])
def test_a_contract_of_another_class_is_not_sealed(
    table: Table, house: SealHouse, seal_id: UUID, contract_class: str | None
) -> None:
    session = table.authenticated(sent(table, house, contract_class), "seal")
    with pytest.raises(SealContractClassNotAuthorised):
        apply_seal(table, session, seal_id)


def test_a_seal_nobody_authorised_them_for_is_not_theirs(table: Table, house: SealHouse, seal_id: UUID) -> None:
    other = house.active_seal(name="公章")
    house.authorise(other, "colleague")
    session = table.authenticated(sent(table, house), "seal")
    with pytest.raises(SealAuthorisationMissing):
        apply_seal(table, session, other)
    apply_seal(table, session, seal_id)


def test_whoever_may_use_a_seal_sees_its_picture(table: Table, house: SealHouse, seal_id: UUID) -> None:
    """And nobody sees another one: not of a seal they weren't authorised for, nor any from another's seat."""
    other = house.active_seal(name="公章")
    house.authorise(other, "colleague")
    session = table.open(sent(table, house), "seal")
    assert table.service.seat_seal_picture(session, seal_id).startswith(b"\x89PNG")
    somebody = table.open(table.sent(), "buyer")
    for seat, seal in ((session, other), (session, UUID(int=0)), (somebody, seal_id)):
        with pytest.raises(SealNotFound):
            table.service.seat_seal_picture(seat, seal)
    house.service.suspend_seal(house.actor("administrator"), seal_id, "盘点")
    with pytest.raises(SealNotFound):
        table.service.seat_seal_picture(session, seal_id)
