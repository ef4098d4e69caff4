"""What can happen to an envelope beside being signed: several documents, approval, mending, other signers, more time,
reminders, signatures made elsewhere, and undoing the contract."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from core.clock import rfc3339
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing import errors
from signing.note_delivery import note_delivery
from signing.plan import Anchor, FieldKind, NewEnvelope
from signing.policy import RecipientRole
from signing.replace_recipient import Replacement
from tests.support.certificates import certify
from tests.support.clock import FixedClock
from tests.support.signing import ORIGIN, Table, agreed, signature_field

SUCCESSOR = Replacement(name="赵接任", phone="13900000009", reason="原签署人出差")


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


def two_documents(table: Table) -> NewEnvelope:
    """A contract both sign, and an annex that only the supplier signs."""
    first, second = table.upload(), table.upload()
    plan = table.plan(first)
    annex = replace(signature_field("supplier", 1), name="supplier_annex", document=2)
    return replace(plan, document_ids=[first, second], fields=[*plan.fields, annex])


def text(table: Table, envelope_id: UUID, position: int) -> str:
    return table.service.envelope_content(table.sender, envelope_id, position).data.decode()


def completed(table: Table) -> UUID:
    envelope_id = table.sent()
    for key in ("buyer", "supplier"):
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)
    return envelope_id


# Several documents


def test_each_signer_signs_the_documents_that_have_their_boxes(table: Table) -> None:
    envelope_id = table.service.create_envelope(table.sender, two_documents(table))
    table.service.send_envelope(table.sender, envelope_id)
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert "signed by 签署人 buyer" in text(table, envelope_id, 1)
    assert "signed" not in text(table, envelope_id, 2)
    table.sign(table.authenticated(envelope_id, "supplier"))
    table.service.seal_envelope(envelope_id)
    for position in (1, 2):
        assert "signed by 签署人 supplier" in text(table, envelope_id, position)
        assert text(table, envelope_id, position).endswith("sealed\n")
    assert len(table.issuer.issued) == 2, "one key for all the documents a signer signs"
    (event,) = table.events("envelope.completed")
    assert len(event["documents"]) == 2
    with pytest.raises(errors.DocumentNotFound):
        table.service.envelope_content(table.sender, envelope_id, 3)


def test_a_recipient_reads_every_document_and_consents_to_each_by_digest(table: Table) -> None:
    envelope_id = table.service.create_envelope(table.sender, two_documents(table))
    table.service.send_envelope(table.sender, envelope_id)
    session = table.open(envelope_id, "buyer")
    seat = table.service.seat(session)
    for file in seat.documents:
        assert table.service.seat_content(session, file.position).data.startswith(b"%PDF")
        assert file.uploaded.sha256 in seat.consent.zh


def test_a_document_of_somebody_else_is_not_found(table: Table) -> None:
    foreign = table.service.upload_document(table.actor(table.stranger), name="别人.pdf", data=b"%PDF-1.7\n").id
    with pytest.raises(errors.DocumentNotFound):
        table.service.create_envelope(table.sender, replace(two_documents(table), document_ids=[foreign]))


def test_fields_are_placed_by_the_text_they_belong_to(table: Table) -> None:
    plan = table.plan(table.upload(), table.recipient("buyer"))
    anchored = replace(plan.fields[0], page=1, anchor=Anchor("乙方", occurrence=2, dy=0.05))
    envelope_id = table.service.create_envelope(table.sender, replace(plan, fields=[anchored]))
    (placed,) = table.service.envelope(table.sender, envelope_id).fields
    assert (placed.page, placed.x, placed.y) == (2, 0.1, pytest.approx(0.65))
    missing = replace(plan.fields[0], anchor=Anchor("丙方"))
    with pytest.raises(errors.AnchorNotFound):
        table.service.create_envelope(table.sender, replace(plan, fields=[missing]))


# Approval and test mode


def test_an_approver_lets_the_signers_in_without_leaving_a_signature(table: Table) -> None:
    approver = table.recipient("boss", 1, RecipientRole.APPROVER)
    envelope_id = table.sent(approver, table.recipient("buyer", 2))
    assert table.recipient_states(envelope_id) == {"boss": "released", "buyer": "awaiting"}
    session = table.open(envelope_id, "boss")
    with pytest.raises(errors.CodeRequired):
        table.sign(session)
    session = table.authenticated(envelope_id, "boss")
    table.sign(session)
    table.sign(session)
    assert table.steps(envelope_id).count("recipient.approved") == 1
    assert table.issuer.issued == []
    assert table.recipient_states(envelope_id) == {"boss": "completed", "buyer": "released"}
    assert table.service.envelope(table.sender, envelope_id).envelope.revision == 1


def test_a_test_envelope_says_so_everywhere(table: Table) -> None:
    envelope_id = table.sent(table.recipient("buyer"), is_test=True)
    assert table.paper.calls == ["prepared buyer_signature as a test"]
    table.sign(table.authenticated(envelope_id, "buyer"))
    table.service.seal_envelope(envelope_id)
    (event,) = table.events("envelope.completed")
    assert event["is_test"] is True


# Changing a draft, and taking an envelope back


def test_a_draft_is_replaced_only_by_who_saw_it(table: Table) -> None:
    envelope_id = table.service.create_envelope(table.sender, two_documents(table))
    changed = table.plan(table.upload(), table.recipient("buyer"), title="改名的合同")
    table.service.update_envelope(table.sender, envelope_id, changed, version=1)
    view = table.service.envelope(table.sender, envelope_id)
    assert (view.envelope.title, view.envelope.version, len(view.documents)) == ("改名的合同", 2, 1)
    assert [recipient.key for recipient in view.recipients] == ["buyer"]
    with pytest.raises(errors.EnvelopeChanged):
        table.service.update_envelope(table.sender, envelope_id, changed, version=1)
    with pytest.raises(errors.EnvelopeNotFound):
        table.service.update_envelope(table.actor(table.stranger), envelope_id, changed, version=2)
    table.service.send_envelope(table.sender, envelope_id)
    with pytest.raises(errors.EnvelopeStateConflict):
        table.service.update_envelope(table.sender, envelope_id, changed, version=2)


def test_an_envelope_nobody_signed_can_be_mended_and_sent_again(table: Table) -> None:
    envelope_id = table.sent()
    old_link = table.link(envelope_id, "buyer")
    old_session = table.authenticated(envelope_id, "buyer")
    table.service.correct_envelope(table.sender, envelope_id, "金额写错")
    assert table.state(envelope_id) == "draft"
    with pytest.raises(errors.LinkInvalid):
        table.service.open_link(old_link, ORIGIN)
    with pytest.raises(errors.SigningSessionInvalid):
        table.sign(old_session)
    mended = table.plan(table.upload(), table.recipient("supplier", 1), table.recipient("buyer", 2))
    version = table.service.envelope(table.sender, envelope_id).envelope.version
    table.service.update_envelope(table.sender, envelope_id, mended, version=version)
    table.service.send_envelope(table.sender, envelope_id)
    for key in ("supplier", "buyer"):
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)
    assert text(table, envelope_id, 1).count("prepared") == 1, "prepared from the upload, not from the mended one"
    assert table.steps(envelope_id).count("envelope.corrected") == 1


def test_a_draft_that_was_taken_back_is_the_senders_again(table: Table) -> None:
    envelope_id = table.sent()
    supplier = table.actor(table.supplier)
    assert table.service.envelope(supplier, envelope_id)
    assert [view.envelope.id for view in table.service.envelopes(supplier)] == [envelope_id]
    table.service.correct_envelope(table.sender, envelope_id, "金额写错")
    with pytest.raises(errors.EnvelopeNotFound):
        table.service.envelope(supplier, envelope_id)
    assert table.service.envelopes(supplier) == []
    assert [view.envelope.id for view in table.service.envelopes(table.sender)] == [envelope_id]


def test_nothing_is_mended_under_a_signature(table: Table) -> None:
    envelope_id = table.sent()
    table.sign(table.authenticated(envelope_id, "buyer"))
    with pytest.raises(errors.AlreadySignedBySomebody):
        table.service.correct_envelope(table.sender, envelope_id, "金额写错")


def test_nothing_is_mended_while_somebody_signs(table: Table) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    refused: list[Exception] = []

    def take_back() -> None:
        try:
            table.service.correct_envelope(table.sender, envelope_id, "金额写错")
        except errors.EnvelopeBusy as error:
            refused.append(error)

    table.paper.during = take_back
    table.sign(session)
    assert len(refused) == 1
    assert table.recipient_states(envelope_id)["buyer"] == "completed"


def test_more_time_moves_the_expiry_and_the_links(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    view = table.service.envelope(table.sender, envelope_id).envelope
    later = view.expires_at + timedelta(days=10)
    table.service.extend_envelope(table.sender, envelope_id, later)
    clock.advance(timedelta(days=35))
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.service.expire_envelopes(clock.now()) == 0
    with pytest.raises(errors.ExtensionInvalid) as refused:
        table.service.extend_envelope(table.sender, envelope_id, later - timedelta(days=1))
    assert rfc3339(later) in str(refused.value)
    clock.advance(timedelta(days=10))
    with pytest.raises(errors.EnvelopeExpired):
        table.service.extend_envelope(table.sender, envelope_id, clock.now() + timedelta(days=1))


# Other people in somebody's place


def test_nobody_acts_for_two_sides(table: Table) -> None:
    same = replace(table.recipient("supplier", 2), phone=table.recipient("buyer").phone)
    with pytest.raises(errors.PhoneShared):
        table.sent(table.recipient("buyer", 1), same)
    envelope_id = table.sent(may_delegate=True)
    with pytest.raises(errors.PhoneShared):
        table.service.replace_recipient(
            table.sender,
            envelope_id,
            table.recipient_id(envelope_id, "supplier"),
            replace(SUCCESSOR, phone="13900000001"),
        )
    session = table.authenticated(envelope_id, "buyer")
    with pytest.raises(errors.PhoneShared):
        table.service.delegate(session, replace(SUCCESSOR, phone="13900000002"), ORIGIN)


def test_a_place_is_handed_on_only_so_often(table: Table) -> None:
    envelope_id = table.sent()
    for number in range(5):
        new = replace(SUCCESSOR, phone=f"1390000010{number}")
        table.service.replace_recipient(table.sender, envelope_id, table.recipient_id(envelope_id, "buyer"), new)
    with pytest.raises(errors.TooManyReplacements):
        table.service.replace_recipient(table.sender, envelope_id, table.recipient_id(envelope_id, "buyer"), SUCCESSOR)


def test_an_organisation_with_an_account_is_called_as_its_account(table: Table) -> None:
    posing = replace(table.recipient("supplier"), organisation_name="别的大公司")
    envelope_id = table.sent(posing)
    (recipient,) = table.service.envelope(table.sender, envelope_id).recipients
    assert recipient.organisation_name == table.supplier.name


def test_the_event_says_whose_signer_nobody_but_the_sender_knows(table: Table) -> None:
    envelope_id = completed(table)
    (event,) = [each for each in table.events("envelope.completed") if each["envelope_id"] == str(envelope_id)]
    assert [signer["is_confirmed"] for signer in event["signers"]] == [False, False]


def test_a_successor_signs_in_the_same_boxes_for_the_same_organisation(table: Table) -> None:
    envelope_id = table.sent()
    old_session = table.authenticated(envelope_id, "buyer")
    table.service.replace_recipient(table.sender, envelope_id, table.recipient_id(envelope_id, "buyer"), SUCCESSOR)
    with pytest.raises(errors.SigningSessionInvalid):
        table.sign(old_session)
    assert table.recipient_states(envelope_id) == {"buyer": "released", "buyer~1": "replaced", "supplier": "awaiting"}
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.issuer.issued[-1].name == "赵接任"
    assert table.issuer.issued[-1].uscc == table.purchaser.uscc
    table.sign(table.authenticated(envelope_id, "supplier"))
    assert table.state(envelope_id) == "sealing"
    assert "recipient.replaced" in table.steps(envelope_id)


def test_only_somebody_who_has_not_acted_is_replaced_and_by_somebody_else(table: Table) -> None:
    envelope_id = table.sent()
    buyer = table.recipient_id(envelope_id, "buyer")
    with pytest.raises(errors.ReplacementSamePerson):
        table.service.replace_recipient(table.sender, envelope_id, buyer, replace(SUCCESSOR, phone="13900000001"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    with pytest.raises(errors.AlreadySigned):
        table.service.replace_recipient(table.sender, envelope_id, buyer, SUCCESSOR)
    with pytest.raises(errors.RecipientNotFound):
        table.service.replace_recipient(table.sender, envelope_id, envelope_id, SUCCESSOR)
    with pytest.raises(errors.EnvelopeNotFound):
        table.service.replace_recipient(table.actor(table.supplier), envelope_id, buyer, SUCCESSOR)


def test_a_recipient_delegates_only_where_the_sender_lets_them_and_with_a_code(table: Table) -> None:
    closed = table.sent(table.recipient("buyer"))
    with pytest.raises(errors.DelegationNotAllowed):
        table.service.delegate(table.authenticated(closed, "buyer"), SUCCESSOR, ORIGIN)
    envelope_id = table.sent(table.recipient("buyer"), may_delegate=True)
    with pytest.raises(errors.CodeRequired):
        table.service.delegate(table.open(envelope_id, "buyer"), SUCCESSOR, ORIGIN)
    session = table.authenticated(envelope_id, "buyer")
    table.service.delegate(session, SUCCESSOR, ORIGIN)
    with pytest.raises(errors.SigningSessionInvalid):
        table.sign(session)
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.state(envelope_id) == "sealing"


# Reminders and delivery


def test_those_everybody_waits_for_are_reminded_every_few_days(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(remind_every_days=3)
    links = [table.link(envelope_id, "buyer")]
    for _ in range(2):
        clock.advance(timedelta(days=2, hours=23))
        assert table.service.remind_by_schedule(clock.now()) == 0
        clock.advance(timedelta(hours=1))
        assert table.service.remind_by_schedule(clock.now()) == 1
        assert table.service.remind_by_schedule(clock.now()) == 0
        links.append(table.link(envelope_id, "buyer"))
    assert len(set(links)) == 3
    assert table.steps(envelope_id).count("envelope.reminded") == 2


def test_somebody_about_to_sign_keeps_their_link(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(remind_every_days=1)
    clock.advance(timedelta(days=1))
    session = table.authenticated(envelope_id, "buyer")
    assert table.service.remind_by_schedule(clock.now()) == 0
    table.sign(session)
    clock.advance(timedelta(days=31))
    assert table.service.remind_by_schedule(clock.now()) == 0, "expired envelopes remind nobody"


def test_what_became_of_the_message_shows_until_the_link_is_opened(
    table: Table, unit_of_work: UnitOfWorkFactory, clock: FixedClock
) -> None:
    envelope_id = table.sent()
    buyer = table.recipient_id(envelope_id, "buyer")

    def report(problem: str | None, at: timedelta = timedelta()) -> str:
        with unit_of_work() as uow:
            note_delivery(uow, envelope_id, buyer, problem=problem, link_issued_at=clock.now() + at)
        return table.recipient_states(envelope_id)["buyer"]

    assert report("30003 unreachable", timedelta(days=-1)) == "released", "about an older link"
    assert report("30003 unreachable") == "bounced"
    assert report(None) == "sent"
    table.open(envelope_id, "buyer")
    assert report("30003 unreachable") == "viewed"
    assert table.steps(envelope_id).count("recipient.bounced") == 1


# Signatures made elsewhere


def certificate_of(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return certify(name, key.public_key(), None, key).public_bytes(Encoding.DER)


def test_a_signer_signs_elsewhere_with_a_certificate_of_their_own(table: Table) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    for name in ("别人", "签署人 buyer2", "大签署人 buyer"):
        with pytest.raises(errors.CertificateOfSomebodyElse):
            table.service.prepare_remote_signature(session, agreed(), certificate_of(name))
    table.service.prepare_remote_signature(session, agreed(), certificate_of("签署人 buyer@0123"))


def test_a_signature_made_elsewhere_counts_once(table: Table, clock: FixedClock) -> None:
    envelope_id = table.service.create_envelope(table.sender, two_documents(table))
    table.service.send_envelope(table.sender, envelope_id)
    table.sign(table.authenticated(envelope_id, "buyer"))
    session = table.authenticated(envelope_id, "supplier")
    certificate = certificate_of("签署人 supplier")
    prepared = table.service.prepare_remote_signature(session, agreed(), certificate)
    assert set(prepared.digests) == {1, 2}
    with pytest.raises(errors.RemoteIncomplete):
        table.service.complete_remote_signature(session, prepared.remote_id, {1: b"cms"})
    both = {1: b"one", 2: b"two"}
    table.service.complete_remote_signature(session, prepared.remote_id, both)
    table.service.complete_remote_signature(session, prepared.remote_id, both)
    assert "signed elsewhere with two" in text(table, envelope_id, 2)
    assert table.state(envelope_id) == "sealing"
    assert table.steps(envelope_id).count("recipient.signed") == 2
    assert len(table.issuer.issued) == 1, "no certificate of ours for a key that isn't here"


def test_a_remote_signature_is_in_time_and_over_the_present_document(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(table.recipient("buyer", 1), table.recipient("supplier", 1))
    session = table.authenticated(envelope_id, "buyer")
    certificate = certificate_of("签署人 buyer")
    late = table.service.prepare_remote_signature(session, agreed(), certificate)
    clock.advance(table.service.remote_lifetime)
    with pytest.raises(errors.RemoteOver):
        table.service.complete_remote_signature(session, late.remote_id, {1: b"cms"})
    outdated = table.service.prepare_remote_signature(session, agreed(), certificate)
    other = table.authenticated(envelope_id, "supplier")
    with pytest.raises(errors.RemoteNotFound):
        table.service.complete_remote_signature(other, outdated.remote_id, {1: b"cms"})
    table.sign(other)
    with pytest.raises(errors.RemoteOutdated):
        table.service.complete_remote_signature(session, outdated.remote_id, {1: b"cms"})
    fresh = table.service.prepare_remote_signature(session, agreed(), certificate)
    with pytest.raises(errors.RemoteNotFound):  # another session of the same link never showed a code
        table.service.complete_remote_signature(table.open(envelope_id, "buyer"), fresh.remote_id, {1: b"cms"})
    table.service.complete_remote_signature(session, fresh.remote_id, {1: b"cms"})
    assert table.state(envelope_id) == "sealing"


# Rescission


def test_all_who_signed_undo_the_contract_by_signing(table: Table) -> None:
    envelope_id = completed(table)
    supplier = table.actor(table.supplier)
    rescission_id = table.service.rescind_envelope(supplier, envelope_id, "项目取消，双方协商一致")
    view = table.service.envelope(supplier, rescission_id)
    assert view.envelope.rescinds_id == envelope_id
    assert {recipient.key for recipient in view.recipients} == {"buyer", "supplier"}
    assert {field.kind for field in view.fields} == {FieldKind.SIGNATURE, FieldKind.DATE}
    other_id = table.service.rescind_envelope(table.sender, envelope_id, "也想解除")
    table.service.send_envelope(supplier, rescission_id)
    with pytest.raises(errors.NotRescindable):  # of two drafts one goes out
        table.service.send_envelope(table.sender, other_id)
    with pytest.raises(errors.NotRescindable):
        table.service.rescind_envelope(table.sender, envelope_id, "再来一次")
    for key in ("buyer", "supplier"):
        recipient = next(each for each in view.recipients if each.key == key)
        table.sign(table.authenticated_as(recipient.id))
    table.service.seal_envelope(rescission_id)
    undone = table.service.envelope(table.sender, envelope_id).envelope
    assert undone.state == "completed"
    assert undone.rescinded_at is not None
    assert table.steps(envelope_id)[-2:] == ["envelope.rescission_begun", "envelope.rescinded"]
    with pytest.raises(errors.NotRescindable):
        table.service.rescind_envelope(table.sender, envelope_id, "再来一次")
    with pytest.raises(errors.NotRescindable):
        table.service.rescind_envelope(supplier, rescission_id, "解除解除协议")


def test_nobody_undoes_a_contract_alone(table: Table) -> None:
    envelope_id = completed(table)
    supplier = table.actor(table.supplier)
    rescission_id = table.service.rescind_envelope(supplier, envelope_id, "单方解除")
    alone = table.plan(table.upload(), table.recipient("supplier"))
    with pytest.raises(errors.RescissionFixed):
        table.service.update_envelope(supplier, rescission_id, alone, version=1)
    table.service.send_envelope(supplier, rescission_id)
    view = table.service.envelope(supplier, rescission_id)
    buyer = next(each.id for each in view.recipients if each.key == "buyer")
    with pytest.raises(errors.RescissionFixed):
        table.service.replace_recipient(supplier, rescission_id, buyer, SUCCESSOR)
    own = next(each.id for each in view.recipients if each.key == "supplier")
    table.service.replace_recipient(supplier, rescission_id, own, SUCCESSOR)


def test_a_copy_does_not_undo_a_contract(table: Table) -> None:
    outsider = replace(
        table.recipient("copy", 1, RecipientRole.CC),
        organisation_name=table.stranger.name,
        uscc=table.stranger.uscc,
    )
    envelope_id = table.sent(table.recipient("buyer"), outsider)
    table.sign(table.authenticated(envelope_id, "buyer"))
    table.service.seal_envelope(envelope_id)
    with pytest.raises(errors.NotRescindable):
        table.service.rescind_envelope(table.actor(table.stranger), envelope_id, "与我无关")


def test_a_rescission_that_came_to_nothing_can_be_begun_again(table: Table) -> None:
    envelope_id = completed(table)
    rescission_id = table.service.rescind_envelope(table.sender, envelope_id, "项目取消")
    table.service.void_envelope(table.sender, rescission_id, "先不解除")
    assert table.service.rescind_envelope(table.sender, envelope_id, "还是解除") != rescission_id


def test_only_parties_undo_and_only_what_is_complete(table: Table) -> None:
    envelope_id = table.sent()
    with pytest.raises(errors.NotRescindable):
        table.service.rescind_envelope(table.sender, envelope_id, "太早")
    with pytest.raises(errors.EnvelopeNotFound):
        table.service.rescind_envelope(table.actor(table.stranger), envelope_id, "无关")
