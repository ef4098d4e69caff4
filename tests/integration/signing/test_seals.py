"""Seals over a real database: who may do what, what it leaves behind, and what can't be raced."""

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from accounts.errors import ScopeMissing
from accounts.policy import Role
from core import ids
from core.errors import DingyueError
from core.objects import Objects
from core.outbox import OutboxEvent
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pdf.errors import PictureRefused
from signing.pki import repository as certificates
from signing.pki.policy import RevocationReason
from signing.pki.service import PKIService
from signing.seals.apply_for_seal import NewSeal
from signing.seals.authorise_user import NewAuthorisation
from signing.seals.errors import (
    SealAdministratorRole,
    SealApplicantRole,
    SealAuthorisationEnded,
    SealAuthorisationExhausted,
    SealAuthorisationExpired,
    SealAuthorisationMissing,
    SealAuthorisationNotFound,
    SealAuthorisationRevoked,
    SealCertificateUnusable,
    SealContractClassNotAuthorised,
    SealDocumentNotFound,
    SealDocumentsInvalid,
    SealDutiesConflict,
    SealNameTaken,
    SealNotApplicant,
    SealNotFound,
    SealNotUsable,
    SealPersonRequired,
    SealSelfApproval,
    SealStateConflict,
    SealSuspended,
    SealUserNotFound,
)
from signing.seals.policy import AuthorisationState, SealKind, SealState
from signing.seals.use_seal import UsableSeal, take_for_use
from tests.support.clock import FixedClock
from tests.support.seals import CountingAuthority, SealHouse, seal_png


@pytest.fixture
def authority() -> CountingAuthority:
    return CountingAuthority()


@pytest.fixture
def house(
    unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock, authority: CountingAuthority
) -> SealHouse:
    return SealHouse.open(unit_of_work, objects, clock, certificates=authority)


@pytest.fixture
def pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    service = PKIService(unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url="http://dingyue.test")
    service.ensure_authority()
    return service


@pytest.fixture
def real_house(unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock, pki: PKIService) -> SealHouse:
    """Its certificates are those of the built-in authority."""
    return SealHouse.open(unit_of_work, objects, clock, certificates=pki)


def events(house: SealHouse, event_type: str) -> list[dict[str, Any]]:
    query = select(OutboxEvent.payload).where(OutboxEvent.type == event_type).order_by(OutboxEvent.sequence)
    with house.unit_of_work() as uow:
        return list(uow.session.scalars(query))


# Application and approval


def test_a_seal_is_applied_for_by_one_person_and_approved_by_another(
    house: SealHouse, authority: CountingAuthority
) -> None:
    document = house.document()
    seal_id = house.apply(document_ids=[document], picture=seal_png())
    assert house.state(seal_id) == SealState.APPLIED
    assert not authority.issued
    house.service.approve_seal(house.actor("administrator"), seal_id)
    seal = house.service.seal(house.actor("auditor"), seal_id)
    assert (seal.state, seal.decided_by) == (SealState.ACTIVE, house.people["administrator"].id)
    assert seal.certificate_id is not None
    identity = authority.issued[0]
    assert (identity.name, identity.organisation_name) == ("合同专用章", house.organisation.name)
    assert identity.uscc == house.organisation.uscc
    assert house.service.picture(house.actor("auditor"), seal_id) == seal_png()


def test_without_a_picture_a_trial_one_is_drawn(house: SealHouse) -> None:
    seal_id = house.apply()
    assert house.service.picture(house.actor("auditor"), seal_id).startswith(b"\x89PNG")
    assert house.service.seal(house.actor("auditor"), seal_id).is_picture_generated


@pytest.mark.parametrize("picture", [b"", b"GIF89a", seal_png()[:40]])
def test_what_is_no_picture_is_refused(house: SealHouse, picture: bytes) -> None:
    with pytest.raises(PictureRefused):
        house.apply(picture=picture)


def test_an_administrator_may_apply_and_another_one_approves(house: SealHouse) -> None:
    seal_id = house.apply("deputy")
    with pytest.raises(SealSelfApproval):
        house.service.approve_seal(house.actor("deputy"), seal_id)
    with pytest.raises(SealSelfApproval):
        house.service.refuse_seal(house.actor("deputy"), seal_id, "不需要")
    house.service.approve_seal(house.actor("administrator"), seal_id)
    assert house.state(seal_id) == SealState.ACTIVE


@pytest.mark.parametrize("who", ["user", "auditor"])
def test_others_do_not_apply(house: SealHouse, who: str) -> None:
    with pytest.raises(ScopeMissing):
        house.apply(who)


def test_an_auditor_who_also_manages_contracts_does_not_apply(house: SealHouse) -> None:
    house.give_roles("auditor", Role.AUDITOR, Role.CONTRACT_MANAGER)
    with pytest.raises(SealDutiesConflict):
        house.apply("auditor")


def test_roles_are_those_of_the_moment_not_of_the_session(house: SealHouse) -> None:
    manager, administrator = house.actor("manager"), house.actor("administrator")
    seal_id = house.apply()
    house.give_roles("manager", Role.SIGNER)
    house.give_roles("administrator", Role.SIGNER)
    with pytest.raises(SealAdministratorRole):
        house.service.approve_seal(administrator, seal_id)
    assert manager.person_id is not None
    house.give_roles("manager", Role.REPORTING_OFFICER)
    house.service.withdraw_application(manager, seal_id)  # One's own application stays one's own.
    with pytest.raises(SealApplicantRole):
        house.service.apply_for_seal(manager, _new_seal())


def _new_seal() -> NewSeal:
    return NewSeal(name="公章", kind=SealKind.OFFICIAL, reason="用于公文")


def test_programs_may_neither_apply_nor_decide_nor_authorise(house: SealHouse) -> None:
    seal_id, active, program = house.apply(), house.active_seal(name="公章"), house.program()
    service = house.service
    granted = house.authorise(active)
    new = NewAuthorisation(house.people["colleague"].id, "签合同", house.clock.now() + timedelta(days=1))
    for attempt in (
        lambda: service.apply_for_seal(program, _new_seal()),
        lambda: service.withdraw_application(program, seal_id),
        lambda: service.approve_seal(program, seal_id),
        lambda: service.refuse_seal(program, seal_id, "不需要"),
        lambda: service.authorise_user(program, active, new),
        lambda: service.revoke_authorisation(program, active, granted, "不再需要"),
        lambda: service.suspend_seal(program, active, "盘点"),
        lambda: service.resume_seal(program, active, "盘点完毕"),
        lambda: service.revoke_seal(program, active, "更名", RevocationReason.SUPERSEDED),
    ):
        with pytest.raises(SealPersonRequired):
            attempt()
    assert (house.state(seal_id), house.state(active)) == (SealState.APPLIED, SealState.ACTIVE)


def test_refused_and_withdrawn_applications_are_over_and_free_the_name(
    house: SealHouse, authority: CountingAuthority
) -> None:
    refused = house.apply()
    house.service.refuse_seal(house.actor("administrator"), refused, "已有同类印章")
    withdrawn = house.apply()
    with pytest.raises(SealNotApplicant):
        house.service.withdraw_application(house.actor("administrator"), withdrawn)
    house.service.withdraw_application(house.actor("manager"), withdrawn)
    for over in (refused, withdrawn):
        with pytest.raises(SealStateConflict):
            house.service.approve_seal(house.actor("administrator"), over)
    assert [house.state(each) for each in (refused, withdrawn)] == [SealState.REFUSED, SealState.WITHDRAWN]
    assert not authority.issued
    house.active_seal()


def test_a_name_stands_for_one_seal(house: SealHouse) -> None:
    house.active_seal()
    with pytest.raises(SealNameTaken):
        house.apply()


def test_supporting_documents_are_the_organisations_own(house: SealHouse) -> None:
    own, foreign = house.document(), house.document(house.stranger)
    for wrong in ([foreign], [own, uuid4()]):
        with pytest.raises(SealDocumentNotFound):
            house.apply(document_ids=wrong)
    with pytest.raises(SealDocumentsInvalid):
        house.apply(document_ids=[own, own])


def test_two_who_approve_at_once_make_one_certificate(house: SealHouse, authority: CountingAuthority) -> None:
    seal_id = house.apply()
    actors = [house.actor("administrator"), house.actor("deputy")]
    outcomes = at_once(*(lambda actor=actor: house.service.approve_seal(actor, seal_id) for actor in actors))
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "SealStateConflict"]
    assert len(authority.issued) == 1


# Custody


def test_a_suspended_seal_is_resumed_and_a_revoked_one_never(house: SealHouse, authority: CountingAuthority) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    administrator = house.actor("administrator")
    house.service.suspend_seal(administrator, seal_id, "印章保管人休假")
    assert not house.usable()
    with pytest.raises(SealSuspended):
        house.take(seal_id)
    with pytest.raises(SealStateConflict):
        house.authorise(seal_id, "colleague")
    house.service.resume_seal(administrator, seal_id, "保管人回岗")
    assert house.usable() == [seal_id]
    house.service.revoke_seal(administrator, seal_id, "单位更名", RevocationReason.SUPERSEDED)
    for step in (house.service.suspend_seal, house.service.resume_seal):
        with pytest.raises(SealStateConflict):
            step(administrator, seal_id, "再试")
    with pytest.raises(SealStateConflict):
        house.service.revoke_seal(administrator, seal_id, "再试", RevocationReason.SUPERSEDED)
    assert not house.usable()
    with pytest.raises(SealNotUsable):
        house.take(seal_id)
    assert not authority.revoked, "an authority elsewhere isn't told from within a transaction"


def test_somebody_who_may_use_the_seal_does_not_administer_it_even_with_the_role(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    house.give_roles("user", Role.SEAL_ADMINISTRATOR)
    actor = house.actor("user")
    with pytest.raises(SealDutiesConflict):
        house.service.suspend_seal(actor, seal_id, "试试")
    house.clock.advance(timedelta(days=31))  # The authorisation has ended: they are no user any more.
    house.service.suspend_seal(actor, seal_id, "盘点")


@pytest.mark.parametrize("who", ["administrator", "deputy", "auditor"])
def test_administrators_and_auditors_are_never_authorised(house: SealHouse, who: str) -> None:
    seal_id = house.active_seal()
    with pytest.raises(SealDutiesConflict):
        house.authorise(seal_id, who)


def test_who_approved_the_seal_is_not_authorised_after_giving_up_the_role(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.give_roles("administrator", Role.SIGNER)
    with pytest.raises(SealDutiesConflict):
        house.authorise(seal_id, "administrator", by="deputy")


def test_only_members_are_authorised(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.hire("outsider", (Role.SIGNER,), phone="13900000590", organisation=house.stranger)
    with pytest.raises(SealUserNotFound):
        house.authorise(seal_id, "outsider")
    with pytest.raises(SealUserNotFound):
        house.authorise(seal_id, person_id=uuid4())


@pytest.mark.parametrize("who", ["manager", "user", "auditor"])
def test_only_administrators_administer(house: SealHouse, who: str) -> None:
    seal_id = house.active_seal()
    with pytest.raises(ScopeMissing):
        house.service.suspend_seal(house.actor(who), seal_id, "试试")
    with pytest.raises(ScopeMissing):
        house.authorise(seal_id, "colleague", by=who)


def test_the_auditor_reads_everything_and_changes_nothing(house: SealHouse) -> None:
    seal_id = house.active_seal()
    granted = house.authorise(seal_id)
    house.use(seal_id)
    auditor, service = house.actor("auditor"), house.service
    assert [seal.id for seal in service.seals(auditor, state=None, before=None, limit=10)] == [seal_id]
    views = service.authorisations(auditor, seal_id, before=None, limit=10)
    assert [(view.authorisation.id, view.uses, view.state) for view in views] == [
        (granted, 1, AuthorisationState.ACTIVE)
    ]
    assert [view.person_name for view in service.uses(auditor, seal_id, before=None, limit=10)] == ["员工 user"]
    for attempt in (
        lambda: service.approve_seal(auditor, seal_id),
        lambda: service.refuse_seal(auditor, seal_id, "不"),
        lambda: service.suspend_seal(auditor, seal_id, "不"),
        lambda: service.resume_seal(auditor, seal_id, "不"),
        lambda: service.revoke_seal(auditor, seal_id, "不", RevocationReason.SUPERSEDED),
        lambda: service.revoke_authorisation(auditor, seal_id, granted, "不"),
    ):
        with pytest.raises(ScopeMissing):
            attempt()


def test_an_auditor_with_the_administrators_role_does_not_administer(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.give_roles("auditor", Role.AUDITOR, Role.SEAL_ADMINISTRATOR)
    with pytest.raises(SealDutiesConflict):
        house.service.suspend_seal(house.actor("auditor"), seal_id, "试试")


def test_an_applicant_reads_their_own_application_and_no_more(house: SealHouse) -> None:
    own, other = house.apply(), house.apply("deputy", name="公章")
    manager = house.actor("manager")
    assert house.service.seal(manager, own).state == SealState.APPLIED
    with pytest.raises(ScopeMissing):
        house.service.seal(manager, other)
    with pytest.raises(ScopeMissing):
        house.service.uses(manager, own, before=None, limit=1)


def test_other_organisations_neither_see_nor_administer_nor_use(house: SealHouse) -> None:
    seal_id = house.active_seal()
    granted = house.authorise(seal_id)
    house.hire("foreigner", (Role.SEAL_ADMINISTRATOR,), phone=house.people["user"].phone, organisation=house.stranger)
    foreigner, service = house.actor("foreigner", house.stranger), house.service
    assert not service.seals(foreigner, state=None, before=None, limit=10)
    for attempt in (
        lambda: service.seal(foreigner, seal_id),
        lambda: service.picture(foreigner, seal_id),
        lambda: service.authorisations(foreigner, seal_id, before=None, limit=1),
        lambda: service.authorisation(foreigner, seal_id, granted),
        lambda: service.uses(foreigner, seal_id, before=None, limit=1),
        lambda: service.export_uses(foreigner, seal_id),
        lambda: service.approve_seal(foreigner, seal_id),
        lambda: service.suspend_seal(foreigner, seal_id, "试试"),
        lambda: service.revoke_authorisation(foreigner, seal_id, granted, "试试"),
    ):
        with pytest.raises(SealNotFound):
            attempt()
    with house.unit_of_work() as uow, pytest.raises(SealNotFound):
        take_for_use(
            uow,
            seal_id=seal_id,
            organisation_id=house.stranger.id,
            phone=house.people["user"].phone,
            contract_class=None,
        )


# Use


def test_a_use_leaves_a_row_and_evidence_and_an_event(house: SealHouse) -> None:
    seal_id = house.active_seal()
    granted = house.authorise(seal_id, contract_classes=["procurement"], max_uses=3)
    recipient = house.recipient()
    use_id = house.note(house.take(seal_id, contract_class="procurement"), recipient)
    (view,) = house.service.uses(house.actor("auditor"), seal_id, before=None, limit=10)
    assert (view.use.id, view.use.authorisation_id, view.use.person_id) == (use_id, granted, house.people["user"].id)
    assert (view.use.envelope_id, view.use.recipient_id) == recipient
    assert view.use.contract_class == "procurement"
    record = house.records(seal_id)[-1]
    assert (record["type"], record["files"]) == ("seal.used", ["合同.pdf"])
    assert record["facts"]["use"] == ids.public(ids.SEAL_USE, use_id)
    assert record["facts"]["authorised_purpose"] == "签订办公设备采购合同"
    assert record["facts"]["address"] == "203.0.113.7"
    (told,) = events(house, "seal.used")
    assert (told["use_id"], told["event_id"]) == (str(use_id), str(view.use.evidence_id))


def test_every_step_leaves_evidence_and_an_event(house: SealHouse) -> None:
    seal_id = house.active_seal(document_ids=[house.document()])
    granted = house.authorise(seal_id)
    house.use(seal_id)
    administrator = house.actor("administrator")
    house.service.revoke_authorisation(administrator, seal_id, granted, "任务完成")
    house.service.suspend_seal(administrator, seal_id, "盘点")
    house.service.resume_seal(administrator, seal_id, "盘点完毕")
    house.service.revoke_seal(administrator, seal_id, "单位更名", RevocationReason.SUPERSEDED)
    records = house.records(seal_id)
    steps = [
        "seal.applied",
        "seal.approved",
        "seal.authorised",
        "seal.used",
        "seal.authorisation_revoked",
        "seal.suspended",
        "seal.resumed",
        "seal.revoked",
    ]
    assert [record["type"] for record in records] == steps
    assert records[0]["files"] == ["seal.png", "决议.pdf"]
    assert records[-1]["facts"]["cause"] == "superseded"
    people = [record["facts"]["by"]["person"] for record in records]
    expected = ["manager", "administrator", "administrator", "user", *["administrator"] * 4]
    assert people == [ids.public(ids.PERSON, house.people[who].id) for who in expected]
    assert [event["step"] for event in events(house, "seal.changed")] == [step for step in steps if step != "seal.used"]


def test_a_seal_is_offered_to_those_authorised_only(house: SealHouse) -> None:
    seal_id, other = house.active_seal(), house.active_seal(name="公章")
    house.authorise(seal_id)
    house.authorise(other, "colleague")
    assert (house.usable("user"), house.usable("colleague")) == ([seal_id], [other])
    assert not house.usable("administrator")
    with pytest.raises(SealAuthorisationMissing):
        house.take(other, "user")
    with pytest.raises(SealAuthorisationMissing):
        house.take(seal_id, "administrator")


def test_an_authorisation_holds_in_its_time_and_for_its_classes(house: SealHouse) -> None:
    seal_id, now = house.active_seal(), house.clock.now()
    house.authorise(
        seal_id,
        contract_classes=["procurement"],
        valid_from=now + timedelta(days=1),
        valid_until=now + timedelta(days=2),
    )
    assert not house.usable(contract_class="procurement")
    house.clock.advance(timedelta(days=1))
    assert house.usable(contract_class="procurement") == [seal_id]
    for other in ("works", None):
        assert not house.usable(contract_class=other)
        with pytest.raises(SealContractClassNotAuthorised):
            house.take(seal_id, contract_class=other)
    house.clock.advance(timedelta(days=1))
    assert not house.usable(contract_class="procurement")
    with pytest.raises(SealAuthorisationExpired):
        house.take(seal_id, contract_class="procurement")


def test_a_second_authorisation_takes_over_where_the_first_has_ended(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id, max_uses=1)
    house.use(seal_id)
    with pytest.raises(SealAuthorisationExhausted):
        house.take(seal_id)
    second = house.authorise(seal_id, max_uses=1)
    assert house.take(seal_id).authorisation_id == second


@pytest.mark.parametrize("role", [Role.SEAL_ADMINISTRATOR, Role.AUDITOR])
def test_a_user_who_got_another_duty_does_not_use(house: SealHouse, role: Role) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    usable = house.take(seal_id)
    house.give_roles("user", Role.SIGNER, role)
    assert not house.usable()
    with pytest.raises(SealDutiesConflict):
        house.take(seal_id)
    with pytest.raises(SealDutiesConflict):
        house.note(usable)


def test_a_user_who_left_does_not_use(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    house.give_roles("user")
    assert not house.usable()
    with pytest.raises(SealAuthorisationMissing):
        house.take(seal_id)


def test_what_changed_between_claim_and_finish_stops_the_finish(house: SealHouse) -> None:
    seal_id = house.active_seal()
    granted = house.authorise(seal_id)
    administrator, usable = house.actor("administrator"), house.take(seal_id)
    house.service.suspend_seal(administrator, seal_id, "盘点")
    with pytest.raises(SealSuspended):
        house.note(usable)
    house.service.resume_seal(administrator, seal_id, "盘点完毕")
    house.service.revoke_authorisation(administrator, seal_id, granted, "不再需要")
    with pytest.raises(SealAuthorisationRevoked):
        house.note(usable)
    with pytest.raises(SealAuthorisationEnded):
        house.service.revoke_authorisation(administrator, seal_id, granted, "再试")
    with pytest.raises(SealAuthorisationNotFound):
        house.service.revoke_authorisation(administrator, seal_id, uuid4(), "再试")
    assert not house.service.uses(house.actor("auditor"), seal_id, before=None, limit=1)


def at_once(*attempts: Any) -> list[DingyueError | None]:
    """Runs all of them at the same moment; what each of them raised."""
    barrier = threading.Barrier(len(attempts))

    def run(attempt: Any) -> DingyueError | None:
        barrier.wait(timeout=30)
        try:
            attempt()
        except DingyueError as error:
            return error
        return None

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


@pytest.mark.parametrize("attempt", range(5))
def test_the_last_use_is_taken_once_however_many_hold_a_claim(house: SealHouse, attempt: int) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id, max_uses=1)
    held: list[UsableSeal] = [house.take(seal_id) for _ in range(4)]
    recipients = [house.recipient() for _ in held]
    outcomes = at_once(
        *(
            lambda usable=usable, recipient=recipient: house.note(usable, recipient)
            for usable, recipient in zip(held, recipients, strict=True)
        )
    )
    names = sorted(type(each).__name__ for each in outcomes)
    assert names == ["NoneType", *["SealAuthorisationExhausted"] * 3], f"attempt {attempt}"
    assert len(house.service.uses(house.actor("auditor"), seal_id, before=None, limit=10)) == 1


def test_a_suspension_and_a_use_at_once_follow_each_other(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    usable, recipient, administrator = house.take(seal_id), house.recipient(), house.actor("administrator")
    used, suspended = at_once(
        lambda: house.note(usable, recipient), lambda: house.service.suspend_seal(administrator, seal_id, "盘点")
    )
    assert suspended is None
    steps = [record["type"] for record in house.records(seal_id)][-2:]
    if used is None:
        assert steps == ["seal.used", "seal.suspended"]
    else:
        assert isinstance(used, SealSuspended)
        assert steps == ["seal.authorised", "seal.suspended"]


def test_a_recipient_uses_a_seal_once(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    recipient = house.recipient()
    house.note(house.take(seal_id), recipient)
    with pytest.raises(IntegrityError):
        house.note(house.take(seal_id), recipient)


# The log


def test_the_use_log_can_only_grow(house: SealHouse, engine: Engine) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    house.use(seal_id)
    for statement in ("UPDATE seal_use SET purpose = 'x'", "DELETE FROM seal_use", "TRUNCATE seal_use"):
        with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement))


def test_the_use_log_is_read_in_pages(house: SealHouse) -> None:
    seal_id, auditor = house.active_seal(), house.actor("auditor")
    house.authorise(seal_id)
    used = []
    for _ in range(5):
        house.clock.advance(timedelta(minutes=1))
        used.append(house.use(seal_id))
    seen: list[UUID] = []
    while page := house.service.uses(auditor, seal_id, before=seen[-1] if seen else None, limit=2):
        seen += [view.use.id for view in page]
    assert seen == used[::-1]


def test_the_whole_use_log_is_exported(house: SealHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signing.seals.read_seals.EXPORT_BATCH", 2)
    seal_id = house.active_seal()
    house.authorise(seal_id)
    used = []
    for _ in range(5):
        house.clock.advance(timedelta(minutes=1))
        used.append(ids.public(ids.SEAL_USE, house.use(seal_id)))
    exported = b"".join(house.service.export_uses(house.actor("auditor"), seal_id)).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(exported))
    assert [row[0] for row in rows] == used
    assert {len(row) for row in rows} == {len(head)}
    assert rows[0][2] == "员工 user"


def test_no_cell_of_the_export_is_a_formula(house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    house.note(house.take(seal_id), purpose="=HYPERLINK(1)")
    exported = b"".join(house.service.export_uses(house.actor("auditor"), seal_id)).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in list(csv.reader(io.StringIO(exported)))[1]


# With the real authority


def test_a_real_certificate_is_issued_and_revoked_with_the_seal(real_house: SealHouse) -> None:
    seal_id = real_house.active_seal()
    real_house.authorise(seal_id)
    usable = real_house.take(seal_id)
    with real_house.unit_of_work() as uow:
        row = certificates.certificate(uow.session, usable.certificate_id)
    assert row is not None
    assert "合同专用章" in row.subject
    facts = real_house.records(seal_id)[1]["facts"]["certificate"]
    assert facts["serial"] == row.serial_number
    real_house.service.revoke_seal(
        real_house.actor("administrator"), seal_id, "私钥可能泄露", RevocationReason.KEY_COMPROMISE
    )
    with real_house.unit_of_work() as uow:
        revocation = certificates.revocation(uow.session, usable.certificate_id)
    assert revocation is not None
    assert revocation.reason == RevocationReason.KEY_COMPROMISE
    with pytest.raises(SealNotUsable):
        real_house.note(usable)


def test_a_certificate_revoked_by_itself_makes_the_seal_unusable(real_house: SealHouse, pki: PKIService) -> None:
    first, second = real_house.active_seal(), real_house.active_seal(name="公章")
    for seal_id in (first, second):
        real_house.authorise(seal_id)
    pki.revoke(real_house.take(first).certificate_id, RevocationReason.AFFILIATION_CHANGED)
    with pytest.raises(SealCertificateUnusable):
        real_house.take(first)
    assert real_house.usable() == [second]


def test_a_certificate_is_renewed_before_it_ends_and_the_claims_on_the_old_one_still_count(
    real_house: SealHouse, pki: PKIService
) -> None:
    seal_id, revoked = real_house.active_seal(), real_house.active_seal(name="公章")
    renew, clock = real_house.service.renew_certificates, real_house.clock
    with real_house.unit_of_work() as uow:
        certificate_id = real_house.service.seal(real_house.actor("auditor"), revoked).certificate_id
        assert certificate_id is not None
        row = certificates.certificate(uow.session, certificate_id)
        assert row is not None
    pki.revoke(certificate_id, RevocationReason.AFFILIATION_CHANGED)
    assert renew(clock.now()) == 0
    clock.set(row.not_after - timedelta(days=29))
    real_house.authorise(seal_id)
    held = real_house.take(seal_id)
    assert renew(clock.now()) == 1, "the one that was revoked isn't healed"
    assert renew(clock.now()) == 0
    assert real_house.take(seal_id).certificate_id != held.certificate_id
    assert [record["type"] for record in real_house.records(seal_id)][-1] == "seal.certificate_renewed"
    real_house.note(held)
    pki.revoke(held.certificate_id, RevocationReason.KEY_COMPROMISE)
    with pytest.raises(SealCertificateUnusable):
        real_house.note(held)


def test_however_many_seals_somebody_may_use_they_are_offered_by_as_many_queries(
    house: SealHouse, service_engine: Engine
) -> None:
    """It is asked at every look at the page of signing, under the envelope's lock."""
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    def asked() -> int:
        statements.clear()
        event.listen(service_engine, "before_cursor_execute", count)
        try:
            house.usable()
        finally:
            event.remove(service_engine, "before_cursor_execute", count)
        return len(statements)

    house.authorise(house.active_seal())
    of_one = asked()
    for number in range(3):
        house.authorise(house.active_seal(name=f"合同专用章 {number}"))
    assert (len(house.usable()), asked()) == (4, of_one)
