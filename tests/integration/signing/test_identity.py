"""Real-name checks in the ceremony, over a real database and a register on a real socket."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import text

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import repository as ledger
from ledger.record import parse_record
from signing.errors import CodeRequired
from signing.identity.errors import (
    IdentityCheckRequired,
    IdentityMismatched,
    IdentityNotChecked,
    IdentityNumberInvalid,
    IdentityNumberRequired,
    IdentityUnanswered,
    TooManyIdentityChecks,
)
from signing.identity.facts import NAME_OF, UNCHECKED
from signing.policy import RecipientRole
from signing.ports import IdentityOutcome
from tests.support.certificates import certify
from tests.support.clock import FixedClock
from tests.support.identity import METHOD, Register
from tests.support.signing import ORIGIN, Table, agreed

NUMBER, OTHER_NUMBER = "11010519491231002X", "440524188001010014"
BUYER = ("签署人 buyer", "13900000001")
MATCHED, MISMATCHED, UNKNOWN = IdentityOutcome.MATCHED, IdentityOutcome.MISMATCHED, IdentityOutcome.UNKNOWN


class Desk:
    """A table whose recipients are checked by a register."""

    def __init__(self, table: Table, register: Register) -> None:
        self.table, self.register = table, register
        self.rule(is_required=True)

    def rule(self, *, is_required: bool, needs_id_number: bool = False, **changes: Any) -> None:
        provider = self.register.provider(needs_id_number=needs_id_number, **changes)
        self.table.service = replace(self.table.service, identity=provider, is_identity_required=is_required)

    def identify(self, session: str, number: str | None = None) -> IdentityOutcome:
        return self.table.service.identify_recipient(session, number, ORIGIN)

    def facts(self, envelope_id: UUID, step: str) -> list[dict[str, Any]]:
        """Of every record of a step."""
        with self.table.unit_of_work() as uow:
            subject = f"env_{envelope_id.hex}"
            found = ledger.records_of_subject(uow.session, self.table.sender, subject, after=-1, limit=100)
            records = [parse_record(each.record) for each in found]
        return [dict(record.facts) for record in records if record.type == step]


@pytest.fixture
def register() -> Iterator[Register]:
    found = Register()
    yield found
    found.close()


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, register: Register) -> Desk:
    return Desk(Table.lay(unit_of_work, objects, secrets), register)


def test_without_a_provider_nobody_is_asked_and_evidence_says_so(desk: Desk) -> None:
    desk.table.service = replace(desk.table.service, identity=None, is_identity_required=False)
    envelope_id = desk.table.sent()
    session = desk.table.authenticated(envelope_id, "buyer")
    with pytest.raises(IdentityNotChecked):
        desk.identify(session)
    assert desk.table.service.identify_if_due(session, NUMBER, ORIGIN) is None
    assert desk.table.service.seat(session).identity is None
    desk.table.sign(session)
    (signed,) = desk.facts(envelope_id, "recipient.signed")
    assert signed["identified"]["name"] == UNCHECKED
    assert "register" not in signed["identified"]


def test_required_nobody_signs_without_a_match_and_the_evidence_names_it(desk: Desk) -> None:
    envelope_id = desk.table.sent()
    session = desk.table.open(envelope_id, "buyer")
    with pytest.raises(CodeRequired):
        desk.identify(session)
    session = desk.table.authenticated(envelope_id, "buyer")
    with pytest.raises(IdentityCheckRequired):
        desk.table.sign(session)
    assert desk.identify(session) is MISMATCHED
    with pytest.raises(IdentityMismatched) as refused:
        desk.table.sign(session)
    assert "identity number" not in refused.value.message("en")

    desk.register.know(*BUYER)
    assert desk.identify(session) is MATCHED
    # Whoever matched isn't asked about again, in this session or another.
    assert desk.identify(session) is MATCHED
    later = desk.table.open(envelope_id, "buyer")
    with pytest.raises(CodeRequired):
        desk.identify(later)
    assert len(desk.register.asked) == 2
    desk.table.sign(session)

    (signed,) = desk.facts(envelope_id, "recipient.signed")
    told = signed["identified"]
    assert told["name"] == NAME_OF[MATCHED]
    assert told["method"] == "one-time code to the recipient's phone"
    assert (told["register"]["method"], told["register"]["reference"]) == (METHOD, "REG-2")
    assert told["register"]["provider"] == desk.register.provider().name
    assert told["register"]["checked_at"] == "2026-11-21T20:00:00.000Z"
    assert told["register"]["identity_number"] == "not asked for"
    (identified,) = desk.facts(envelope_id, "recipient.identified")
    assert identified["register"] == told["register"]
    steps = [step for step in desk.table.steps(envelope_id) if "identi" in step]
    assert steps == [
        "recipient.identity_requested",
        "recipient.identity_refused",
        "recipient.identity_requested",
        "recipient.identified",
    ]
    progressed = [event["step"] for event in desk.table.events("envelope.progressed")]
    assert "recipient.identified" in progressed


def test_remote_signers_and_approvers_are_checked_as_well(desk: Desk) -> None:
    table = desk.table
    envelope_id = table.sent(table.recipient("buyer", 1, RecipientRole.APPROVER), table.recipient("supplier", 2))
    session = table.authenticated(envelope_id, "buyer")
    with pytest.raises(IdentityCheckRequired):
        table.sign(session)
    desk.register.know(*BUYER)
    desk.identify(session)
    table.sign(session)
    (approved,) = desk.facts(envelope_id, "recipient.approved")
    assert approved["identified"]["register"]["reference"] == "REG-1"
    supplier = table.authenticated(envelope_id, "supplier")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify("签署人 supplier", key.public_key(), None, key).public_bytes(Encoding.DER)
    with pytest.raises(IdentityCheckRequired):
        table.service.prepare_remote_signature(supplier, agreed(), certificate)


def test_not_required_the_evidence_tells_what_came_of_it(desk: Desk) -> None:
    desk.rule(is_required=False)
    envelope_id = desk.table.sent()
    session = desk.table.authenticated(envelope_id, "buyer")
    assert desk.table.service.identify_if_due(session, None, ORIGIN) is MISMATCHED
    # Nobody sheds a mismatch by opening the link again, and the register isn't asked the same again.
    session = desk.table.open(envelope_id, "buyer")
    assert desk.table.service.identify_if_due(session, None, ORIGIN) is MISMATCHED
    assert len(desk.register.asked) == 1
    seat = desk.table.service.seat(session)
    assert seat.identity is not None
    assert (seat.identity.outcome, seat.identity.is_required, seat.identity.is_due) == (MISMATCHED, False, True)


def test_an_unknown_outcome_goes_on_under_the_same_key(desk: Desk) -> None:
    envelope_id = desk.table.sent()
    session = desk.table.authenticated(envelope_id, "buyer")
    desk.register.know(*BUYER)
    desk.register.answers_with = 503, b""
    assert desk.identify(session) is UNKNOWN
    with pytest.raises(IdentityUnanswered):
        desk.table.sign(session)
    desk.register.answers_with = None
    assert desk.table.service.identify_if_due(session, None, ORIGIN) is MATCHED
    desk.table.sign(session)
    (first, second) = desk.register.asked
    assert first == second
    assert len(desk.register.billed) == 1
    assert len(desk.facts(envelope_id, "recipient.identity_unanswered")) == 1


def test_another_number_after_a_time_out_is_another_question(desk: Desk) -> None:
    desk.rule(is_required=True, needs_id_number=True)
    desk.register.know(*BUYER, NUMBER)
    session = desk.table.authenticated(desk.table.sent(), "buyer")
    # The register answers that the first number is wrong, and nobody hears it.
    desk.register.answers_with = 504, b""
    assert desk.identify(session, OTHER_NUMBER) is UNKNOWN
    desk.register.answers_with = None
    assert desk.identify(session, NUMBER) is MATCHED
    (first, _), (second, _) = desk.register.asked
    assert first != second
    assert first.rpartition("-")[0] == second.rpartition("-")[0]


def test_identity_numbers_are_checked_before_they_are_sent_and_stored_nowhere(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.rule(is_required=True, needs_id_number=True)
    desk.register.know(*BUYER, NUMBER)
    envelope_id = desk.table.sent()
    session = desk.table.authenticated(envelope_id, "buyer")
    assert desk.table.service.identify_if_due(session, " ", ORIGIN) is None
    with pytest.raises(IdentityNumberRequired):
        desk.identify(session)
    with pytest.raises(IdentityNumberInvalid):
        desk.identify(session, NUMBER[:-1] + "1")
    assert desk.register.asked == []
    assert desk.identify(session, OTHER_NUMBER) is MISMATCHED
    with pytest.raises(IdentityMismatched) as refused:
        desk.table.sign(session)
    assert "identity number" in refused.value.message("en")
    assert desk.identify(session, NUMBER.lower()) is MATCHED
    desk.table.sign(session)
    (signed,) = desk.facts(envelope_id, "recipient.signed")
    assert signed["identified"]["register"]["identity_number"] == "given and not kept"
    with desk.table.unit_of_work() as uow:
        tables = uow.session.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).all()
        for table in tables:
            for number in (NUMBER, OTHER_NUMBER):
                query = text(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE :number')  # noqa: S608
                assert uow.session.scalar(query, {"number": f"%{number[:-1]}%"}) == 0, table
    assert NUMBER[:-1] not in caplog.text


def test_guessing_is_slowed_down(desk: Desk, clock: FixedClock) -> None:
    session = desk.table.authenticated(desk.table.sent(), "buyer")
    for _ in range(5):
        assert desk.identify(session) is MISMATCHED
    with pytest.raises(TooManyIdentityChecks):
        desk.identify(session)
    assert len(desk.register.asked) == 5
    clock.advance(timedelta(minutes=10))
    with pytest.raises(TooManyIdentityChecks):
        desk.identify(session)


def test_of_two_answers_the_first_stands(desk: Desk) -> None:
    """Two requests at a time: both are the same question, and evidence has one answer."""
    envelope_id = desk.table.sent()
    session = desk.table.authenticated(envelope_id, "buyer")
    desk.register.know(*BUYER)
    inner: list[IdentityOutcome] = []
    desk.register.during = lambda: inner.append(desk.identify(session))
    assert desk.identify(session) is MATCHED
    assert inner == [MATCHED]
    assert len(desk.register.billed) == 1
    assert len(desk.facts(envelope_id, "recipient.identified")) == 1


def test_nobody_is_asked_about_a_test_envelope(desk: Desk) -> None:
    envelope_id = desk.table.sent(is_test=True)
    session = desk.table.authenticated(envelope_id, "buyer")
    with pytest.raises(IdentityNotChecked):
        desk.identify(session)
    desk.table.sign(session)
    assert desk.register.asked == []


def test_a_corrected_envelope_begins_anew(desk: Desk) -> None:
    """Correcting takes the recipients out, and their checks with them; the evidence stays."""
    envelope_id = desk.table.sent()
    session = desk.table.authenticated(envelope_id, "buyer")
    desk.identify(session)
    service, sender = desk.table.service, desk.table.sender
    service.correct_envelope(sender, envelope_id, "姓名有误")
    view = service.envelope(sender, envelope_id)
    service.update_envelope(sender, envelope_id, desk.table.plan(view.documents[0].uploaded.id), view.envelope.version)
    service.send_envelope(sender, envelope_id)
    session = desk.table.authenticated(envelope_id, "buyer")
    with pytest.raises(IdentityCheckRequired):
        service.sign_envelope(session, agreed())
    assert len(desk.facts(envelope_id, "recipient.identity_refused")) == 1
