"""An envelope from upload to seal, over a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.consent import CURRENT_VERSION
from signing.errors import (
    AlreadySigned,
    CodeLocked,
    CodeNotUsable,
    CodeRequired,
    CodeWrong,
    ConsentMissing,
    ConsentVersionUnknown,
    DocumentNotFound,
    DocumentUnavailable,
    EnvelopeExpired,
    EnvelopeNotFound,
    EnvelopeStateConflict,
    ExternalIdTaken,
    FieldValueMissing,
    LinkInvalid,
    NotASigner,
    SigningSessionInvalid,
    TooManyCodes,
    TooManyReminders,
)
from signing.plan import FieldKind
from signing.policy import RecipientRole
from tests.support.clock import FixedClock
from tests.support.signing import ORIGIN, Table, agreed, signature_field


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


def test_two_parties_sign_in_order_and_the_platform_seals(table: Table) -> None:
    envelope_id = table.sent()
    assert table.recipient_states(envelope_id) == {"buyer": "released", "supplier": "awaiting"}

    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.recipient_states(envelope_id) == {"buyer": "completed", "supplier": "released"}
    assert table.events("envelope.sealing_requested") == []

    table.sign(table.authenticated(envelope_id, "supplier"))
    assert table.state(envelope_id) == "sealing"
    table.service.seal_envelope(envelope_id)

    assert table.state(envelope_id) == "completed"
    assert table.paper.calls == [
        "prepared buyer_signature,supplier_signature",
        "signed by 签署人 buyer",
        "signed by 签署人 supplier",
        "sealed",
    ]
    assert table.content(envelope_id).splitlines()[-4:] == [f"%% {call}" for call in table.paper.calls]
    assert table.steps(envelope_id) == [
        "envelope.sent",
        "recipient.viewed",
        "recipient.code_requested",
        "recipient.authenticated",
        "recipient.signed",
        "recipient.viewed",
        "recipient.code_requested",
        "recipient.authenticated",
        "recipient.signed",
        "envelope.completed",
    ]


def test_completion_tells_who_signed(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    for key in ("buyer", "supplier"):
        clock.advance(timedelta(minutes=5))
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)

    (event,) = table.events("envelope.completed")
    view = table.service.envelope(table.sender, envelope_id)
    assert [signer["name"] for signer in event["signers"]] == ["签署人 buyer", "签署人 supplier"]
    assert event["signers"][0]["signed_at"] < event["signers"][1]["signed_at"]
    assert event["signers"][0]["uscc"] == table.purchaser.uscc
    (signed,) = event["documents"]
    assert signed["name"] == "合同.pdf"
    assert signed["sha256"] == view.documents[0].current.sha256
    assert signed["object_key"] == view.documents[0].current.object_key
    assert event["evidence_id"] == str(view.envelope.completion_evidence_id)


def test_parallel_signers_may_sign_in_any_order(table: Table) -> None:
    envelope_id = table.sent(table.recipient("buyer", 1), table.recipient("supplier", 1))
    table.sign(table.authenticated(envelope_id, "supplier"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.state(envelope_id) == "sealing"


def test_viewer_and_copy_read_but_never_sign(table: Table) -> None:
    viewer = table.recipient("viewer", 1, RecipientRole.VIEWER)
    copy = table.recipient("copy", 1, RecipientRole.CC)
    envelope_id = table.sent(table.recipient("buyer", 1), viewer, copy)
    session = table.open(envelope_id, "viewer")
    assert table.service.seat_content(session).data.startswith(b"%PDF")
    with pytest.raises(NotASigner):
        table.service.request_code(session, ORIGIN)

    table.sign(table.authenticated(envelope_id, "buyer"))
    table.service.seal_envelope(envelope_id)
    assert table.recipient_states(envelope_id)["copy"] == "released"
    assert b"sealed" in table.service.seat_content(table.open(envelope_id, "copy")).data


def test_signing_twice_signs_once(table: Table) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    table.sign(session)
    table.sign(session)
    assert table.content(envelope_id).count("signed by") == 1
    assert table.steps(envelope_id).count("recipient.signed") == 1
    with pytest.raises(AlreadySigned):
        table.service.request_code(session, ORIGIN)
    with pytest.raises(AlreadySigned):
        table.service.decline_envelope(session, "改主意了", ORIGIN)


def test_sealing_twice_seals_once(table: Table) -> None:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    table.service.seal_envelope(envelope_id)
    table.service.seal_envelope(envelope_id)
    assert table.paper.calls.count("sealed") == 1
    assert len(table.events("envelope.completed")) == 1


def test_signing_needs_a_fresh_code_and_consent_to_the_current_text(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    session = table.open(envelope_id, "buyer")
    with pytest.raises(CodeRequired):
        table.sign(session)
    table.service.request_code(session, ORIGIN)
    table.service.verify_code(session, table.latest_code(), ORIGIN)
    for consented, version, error in (
        (False, CURRENT_VERSION, ConsentMissing),
        (True, "1999-01", ConsentVersionUnknown),
    ):
        action = replace(agreed(), has_consented=consented, consent_version=version)
        with pytest.raises(error):
            table.service.sign_envelope(session, action)
    clock.advance(table.service.authentication_lifetime)
    with pytest.raises(CodeRequired):
        table.sign(session)
    assert table.paper.calls == ["prepared buyer_signature,supplier_signature"]


def test_another_session_of_the_same_link_is_not_authenticated(table: Table) -> None:
    envelope_id = table.sent()
    table.authenticated(envelope_id, "buyer")
    with pytest.raises(CodeRequired):
        table.sign(table.open(envelope_id, "buyer"))


def test_five_wrong_codes_use_a_code_up(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    session = table.open(envelope_id, "buyer")
    with pytest.raises(CodeNotUsable):
        table.service.verify_code(session, "000000", ORIGIN)
    table.service.request_code(session, ORIGIN)
    right = table.latest_code()
    wrong = "000000" if right != "000000" else "000001"
    for attempts_left in (4, 3, 2, 1, 0):
        with pytest.raises(CodeWrong) as refused:
            table.service.verify_code(session, wrong, ORIGIN)
        assert refused.value.facts["attempts_left"] == attempts_left
    with pytest.raises(CodeNotUsable):
        table.service.verify_code(session, right, ORIGIN)


def guess(table: Table, session: str, times: int) -> None:
    """Enters the wrong code for the latest one."""
    wrong = "000000" if table.latest_code() != "000000" else "000001"
    for _ in range(times):
        with pytest.raises(CodeWrong):
            table.service.verify_code(session, wrong, ORIGIN)


def test_fifteen_wrong_codes_in_a_day_lock_the_recipient_and_nobody_else(table: Table, clock: FixedClock) -> None:
    """Not even the right code of another session helps; a day after the first wrong ones it goes on."""
    envelope_id = table.sent(table.recipient("buyer"), table.recipient("supplier"))
    for _ in range(2):
        session = table.open(envelope_id, "buyer")
        table.service.request_code(session, ORIGIN)
        guess(table, session, 5)
        clock.advance(timedelta(hours=1))
    session = table.open(envelope_id, "buyer")
    table.service.request_code(session, ORIGIN)
    guess(table, session, 4)
    right = table.latest_code()
    guess(table, session, 1)

    another = table.open(envelope_id, "buyer")
    for attempt in (session, another):
        with pytest.raises(CodeLocked) as locked:
            table.service.verify_code(attempt, right, ORIGIN)
        assert locked.value.facts["retry_after_seconds"] == 22 * 3600
    clock.advance(timedelta(minutes=2))
    with pytest.raises(CodeLocked):
        table.service.request_code(another, ORIGIN)
    table.sign(table.authenticated(envelope_id, "supplier"))
    clock.advance(timedelta(hours=22))
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.steps(envelope_id).count("recipient.code_refused") == 15


def test_codes_expire_work_once_and_only_the_newest(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    session = table.open(envelope_id, "buyer")
    table.service.request_code(session, ORIGIN)
    first = table.latest_code()
    with pytest.raises(TooManyCodes):
        table.service.request_code(session, ORIGIN)
    clock.advance(timedelta(minutes=1))
    table.service.request_code(session, ORIGIN)
    second = table.latest_code()
    if first != second:
        with pytest.raises(CodeWrong):
            table.service.verify_code(session, first, ORIGIN)
    table.service.verify_code(session, second, ORIGIN)
    with pytest.raises(CodeNotUsable):
        table.service.verify_code(session, second, ORIGIN)
    clock.advance(timedelta(minutes=1))
    table.service.request_code(session, ORIGIN)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(CodeNotUsable):
        table.service.verify_code(session, table.latest_code(), ORIGIN)


def test_a_reminder_kills_the_old_link_and_its_sessions(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    with pytest.raises(TooManyReminders):
        table.service.remind_recipients(table.sender, envelope_id)
    clock.advance(timedelta(minutes=1))
    old_link, old_session = table.link(envelope_id, "buyer"), table.authenticated(envelope_id, "buyer")
    assert table.service.remind_recipients(table.sender, envelope_id) == 1
    with pytest.raises(LinkInvalid):
        table.service.open_link(old_link, ORIGIN)
    with pytest.raises(SigningSessionInvalid):
        table.sign(old_session)
    clock.advance(timedelta(minutes=1))
    table.sign(table.authenticated(envelope_id, "buyer"))
    assert table.recipient_states(envelope_id)["buyer"] == "completed"


def test_sessions_and_links_end(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    session = table.open(envelope_id, "buyer")
    clock.advance(table.service.session_lifetime)
    with pytest.raises(SigningSessionInvalid):
        table.service.seat(session)
    with pytest.raises(LinkInvalid):
        table.service.open_link("no such link", ORIGIN)
    link = table.link(envelope_id, "buyer")
    clock.advance(timedelta(days=61))
    with pytest.raises(LinkInvalid):
        table.service.open_link(link, ORIGIN)


def test_declining_ends_it_for_all(table: Table) -> None:
    envelope_id = table.sent()
    table.sign(table.authenticated(envelope_id, "buyer"))
    session = table.open(envelope_id, "supplier")
    table.service.decline_envelope(session, "价格不符", ORIGIN)
    assert table.state(envelope_id) == "declined"
    assert table.recipient_states(envelope_id) == {"buyer": "completed", "supplier": "declined"}
    (event,) = table.events("envelope.ended")
    assert (event["outcome"], event["reason"]) == ("declined", "价格不符")
    with pytest.raises(EnvelopeStateConflict):
        table.service.decline_envelope(session, "又改主意", ORIGIN)
    with pytest.raises(DocumentUnavailable):
        table.service.seat_content(session)


def test_voiding_stops_signing(table: Table) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    table.service.void_envelope(table.sender, envelope_id, "起草有误")
    with pytest.raises(EnvelopeStateConflict):
        table.sign(session)
    with pytest.raises(EnvelopeStateConflict):
        table.service.void_envelope(table.sender, envelope_id, "再来一次")
    assert table.steps(envelope_id)[-1] == "envelope.voided"


def test_an_envelope_expires_at_once_and_is_swept_once(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(expires_at=clock.now() + timedelta(hours=1))
    session = table.authenticated(envelope_id, "buyer")
    clock.advance(timedelta(hours=1))
    with pytest.raises(EnvelopeExpired):
        table.sign(session)
    assert table.service.expire_envelopes(clock.now()) == 1
    assert table.service.expire_envelopes(clock.now()) == 0
    assert table.state(envelope_id) == "expired"


def test_an_envelope_all_have_signed_doesnt_expire(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(table.recipient("buyer"), expires_at=clock.now() + timedelta(hours=1))
    table.sign(table.authenticated(envelope_id, "buyer"))
    clock.advance(timedelta(days=1))
    assert table.service.expire_envelopes(clock.now()) == 0
    with pytest.raises(EnvelopeStateConflict):
        table.service.void_envelope(table.sender, envelope_id, "太晚了")
    table.service.seal_envelope(envelope_id)
    assert table.state(envelope_id) == "completed"


def test_values_are_filled_in_by_their_owner_and_dates_by_the_platform(table: Table) -> None:
    fields = [
        signature_field("buyer", 0),
        signature_field("buyer", 1, FieldKind.TEXT),
        signature_field("buyer", 2, FieldKind.DATE),
        signature_field("buyer", 3, FieldKind.CHECKBOX),
    ]
    envelope_id = table.sent(table.recipient("buyer"), fields=fields)
    session = table.authenticated(envelope_id, "buyer")
    with pytest.raises(FieldValueMissing):
        table.sign(session, buyer_text="财政局办公室")
    table.sign(session, buyer_text="财政局办公室", buyer_checkbox="true")
    values = {field.name: field.value for field in table.service.seat(session).fields}
    assert values == {
        "buyer_signature": None,
        "buyer_text": "财政局办公室",
        "buyer_date": "2026-11-23",
        "buyer_checkbox": "true",
    }


def test_organisations_see_only_their_own(table: Table) -> None:
    document_id = table.upload()
    draft_id = table.service.create_envelope(table.sender, table.plan(document_id))
    supplier, stranger = table.actor(table.supplier), table.actor(table.stranger)
    with pytest.raises(EnvelopeNotFound):
        table.service.envelope(supplier, draft_id)
    table.service.send_envelope(table.sender, draft_id)

    assert table.service.envelope(supplier, draft_id).envelope.title == "采购合同"
    assert [view.envelope.id for view in table.service.envelopes(supplier)] == [draft_id]
    assert table.service.envelopes(stranger) == []
    for read in (table.service.envelope, table.service.envelope_content, table.service.envelope_events):
        with pytest.raises(EnvelopeNotFound):
            read(stranger, draft_id)
    with pytest.raises(DocumentNotFound):
        table.service.document(supplier, document_id)
    with pytest.raises(DocumentNotFound):
        table.service.create_envelope(stranger, table.plan(document_id))
    for other in (supplier, stranger):
        with pytest.raises(EnvelopeNotFound):
            table.service.void_envelope(other, draft_id, "不是我的")
        with pytest.raises(EnvelopeNotFound):
            table.service.remind_recipients(other, draft_id)


def test_envelopes_are_listed_newest_first_in_pages(table: Table, clock: FixedClock) -> None:
    document_id = table.upload()
    made = []
    for _ in range(5):
        clock.advance(timedelta(seconds=1))
        made.append(table.service.create_envelope(table.sender, table.plan(document_id)))
    first = table.service.envelopes(table.sender, limit=3)
    rest = table.service.envelopes(table.sender, before=first[-1].envelope.id, limit=3)
    assert [view.envelope.id for view in [*first, *rest]] == made[::-1]


def test_external_ids_are_unique_within_an_organisation(table: Table) -> None:
    document_id = table.upload()
    table.service.create_envelope(table.sender, table.plan(document_id, external_id="ERP-1"))
    with pytest.raises(ExternalIdTaken):
        table.service.create_envelope(table.sender, table.plan(document_id, external_id="ERP-1"))


def test_the_sender_never_learns_a_token(table: Table) -> None:
    envelope_id = table.sent()
    token = table.link(envelope_id, "buyer")
    shown = repr(vars(table.service.envelope(table.sender, envelope_id).envelope))
    events = repr(table.events("recipient.released"))
    assert token not in shown
    assert token not in events
