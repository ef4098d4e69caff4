"""Every external step of signing: lost, or done and then lost, and what happens next. Nothing is ever signed twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from core.errors import DingyueError
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from signing.errors import EnvelopeBusy, EnvelopeStateConflict
from tests.support.certificates import certify
from tests.support.clock import FixedClock
from tests.support.signing import ORIGIN, NotThePDF, Table, agreed


class Killed(BaseException):
    """The process dies here: no handler runs, not even the one that gives a lease back."""


class LosingObjects(Objects):
    """Stores, or doesn't, and then fails, once."""

    def __init__(self, real: Objects) -> None:
        super().__init__(real._store)
        self.fails: str | None = None
        self.error: BaseException = OSError("the store is gone")

    def put(self, data: bytes) -> str:
        fails, self.fails = self.fails, None
        if fails == "before":
            raise self.error
        key = super().put(data)
        if fails == "after":
            raise self.error
        return key


@pytest.fixture
def losing(objects: Objects) -> LosingObjects:
    return LosingObjects(objects)


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, losing: LosingObjects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, losing, secrets)


def signatures(table: Table, envelope_id: UUID) -> int:
    """In the document, in the evidence and in the revisions: always the same number."""
    in_document = table.content(envelope_id).count("signed by")
    in_evidence = table.steps(envelope_id).count("recipient.signed")
    assert in_document == in_evidence
    return in_document


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_store_fails_while_signing(table: Table, losing: LosingObjects, when: str) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    losing.fails = when
    with pytest.raises(OSError, match="gone"):
        table.sign(session)
    assert signatures(table, envelope_id) == 0
    table.sign(session)
    assert signatures(table, envelope_id) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_signing(table: Table, losing: LosingObjects, clock: FixedClock, when: str) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    losing.fails, losing.error = when, Killed()
    with pytest.raises(Killed):
        table.sign(session)
    with pytest.raises(EnvelopeBusy):
        table.sign(session)
    clock.advance(table.service.work_lifetime)
    table.sign(session)
    assert signatures(table, envelope_id) == 1


def test_the_timestamp_authority_fails_while_signing(table: Table) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    table.paper.fail_next = TimestampUnavailable()
    with pytest.raises(TimestampUnavailable):
        table.sign(session)
    assert table.service.envelope(table.sender, envelope_id).envelope.last_error
    table.sign(session)
    assert signatures(table, envelope_id) == 1
    assert table.service.envelope(table.sender, envelope_id).envelope.last_error is None


def test_a_double_click_waits(table: Table) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")

    def again() -> None:
        with pytest.raises(EnvelopeBusy):
            table.sign(session)

    table.paper.during = again
    table.sign(session)
    assert signatures(table, envelope_id) == 1


def test_a_slow_attempt_is_overtaken(table: Table, clock: FixedClock) -> None:
    """The first attempt comes back after its lease lapsed and the second has signed: its result is thrown away."""
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")

    def overtake() -> None:
        clock.advance(table.service.work_lifetime)
        table.sign(session)

    table.paper.during = overtake
    table.sign(session)
    assert table.paper.calls.count("signed by 签署人 buyer") == 2
    assert signatures(table, envelope_id) == 1
    assert table.service.envelope(table.sender, envelope_id).envelope.revision == 2


def test_a_slow_attempt_never_overwrites_the_other_partys_signature(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(table.recipient("buyer", 1), table.recipient("supplier", 1))
    slow, fast = table.authenticated(envelope_id, "buyer"), table.authenticated(envelope_id, "supplier")

    def overtake() -> None:
        clock.advance(table.service.work_lifetime)
        table.sign(fast)

    table.paper.during = overtake
    with pytest.raises(EnvelopeBusy):
        table.sign(slow)
    assert table.recipient_states(envelope_id) == {"buyer": "authenticated", "supplier": "completed"}
    table.sign(slow)
    assert signatures(table, envelope_id) == 2
    assert table.state(envelope_id) == "sealing"


@pytest.mark.parametrize("how", ["void", "decline", "expire"])
def test_an_envelope_ends_while_somebody_signs(table: Table, clock: FixedClock, how: str) -> None:
    parties = table.recipient("buyer", 1), table.recipient("supplier", 1)
    envelope_id = table.sent(*parties, expires_at=clock.now() + timedelta(hours=1))
    signing, other = table.authenticated(envelope_id, "buyer"), table.open(envelope_id, "supplier")

    def expire() -> None:
        table.service.expire_envelopes(clock.advance(timedelta(hours=1)))

    ends: dict[str, Callable[[], None]] = {
        "void": lambda: table.service.void_envelope(table.sender, envelope_id, "撤回"),
        "decline": lambda: table.service.decline_envelope(other, "拒绝", ORIGIN),
        "expire": expire,
    }
    table.paper.during = ends[how]
    with pytest.raises(EnvelopeStateConflict):
        table.sign(signing)
    assert signatures(table, envelope_id) == 0
    assert table.service.envelope(table.sender, envelope_id).envelope.revision == 1


@pytest.mark.parametrize(
    ("failure", "told"),
    [(TimestampUnavailable(), TimestampUnavailable.en), (OSError("/var/secret is full"), "OSError")],
)
def test_sealing_fails_and_is_tried_again(table: Table, failure: Exception, told: str) -> None:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    table.paper.fail_next = failure
    with pytest.raises(type(failure)):
        table.service.seal_envelope(envelope_id)
    stuck = table.service.envelope(table.sender, envelope_id).envelope
    assert (stuck.state, stuck.last_error) == ("sealing", told)
    table.service.seal_envelope(envelope_id)
    assert table.state(envelope_id) == "completed"
    assert len(table.events("envelope.completed")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_sealing(table: Table, losing: LosingObjects, clock: FixedClock, when: str) -> None:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    losing.fails, losing.error = when, Killed()
    with pytest.raises(Killed):
        table.service.seal_envelope(envelope_id)
    with pytest.raises(EnvelopeBusy):
        table.service.seal_envelope(envelope_id)
    clock.advance(table.service.work_lifetime)
    table.service.seal_envelope(envelope_id)
    assert table.state(envelope_id) == "completed"
    assert len(table.events("envelope.completed")) == 1


def test_two_workers_seal_at_once(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))

    def overtake() -> None:
        clock.advance(table.service.work_lifetime)
        table.service.seal_envelope(envelope_id)

    table.paper.during = overtake
    table.service.seal_envelope(envelope_id)
    assert len(table.events("envelope.completed")) == 1
    assert table.content(envelope_id).count("sealed") == 1


def test_preparing_fails_for_now(table: Table) -> None:
    envelope_id = table.service.create_envelope(table.sender, table.plan(table.upload()))
    table.paper.fail_next = OSError("the store is gone")
    with pytest.raises(OSError, match="gone"):
        table.service.send_envelope(table.sender, envelope_id)
    assert table.state(envelope_id) == "draft"
    table.service.send_envelope(table.sender, envelope_id)
    assert table.state(envelope_id) == "in_progress"


def test_preparing_fails_for_good(table: Table) -> None:
    envelope_id = table.service.create_envelope(table.sender, table.plan(table.upload()))
    table.paper.fail_next = NotThePDF()
    with pytest.raises(NotThePDF):
        table.service.send_envelope(table.sender, envelope_id)
    assert table.state(envelope_id) == "failed"
    assert [event["outcome"] for event in table.events("envelope.ended")] == ["failed"]
    with pytest.raises(EnvelopeStateConflict):
        table.service.send_envelope(table.sender, envelope_id)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_preparing(table: Table, losing: LosingObjects, clock: FixedClock, when: str) -> None:
    envelope_id = table.service.create_envelope(table.sender, table.plan(table.upload()))
    losing.fails, losing.error = when, Killed()
    with pytest.raises(Killed):
        table.service.send_envelope(table.sender, envelope_id)
    assert table.state(envelope_id) == "processing"
    with pytest.raises(EnvelopeBusy):
        table.service.send_envelope(table.sender, envelope_id)
    clock.advance(table.service.work_lifetime)
    table.service.send_envelope(table.sender, envelope_id)
    assert table.state(envelope_id) == "in_progress"
    assert len(table.events("recipient.released")) == 1


def test_many_clicks_at_the_same_moment(table: Table) -> None:
    """Real threads, real transactions: one signature, and every answer is either done or wait."""
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")

    def click() -> bool:
        try:
            table.sign(session)
        except EnvelopeBusy:
            return False
        return True

    with ThreadPoolExecutor(8) as clicks:
        answers = [click.result() for click in [clicks.submit(click) for _ in range(16)]]
    assert any(answers)
    assert table.paper.calls.count("signed by 签署人 buyer") == 1
    assert signatures(table, envelope_id) == 1
    assert len(table.events("recipient.released")) == 2


def test_both_parties_of_a_group_at_the_same_moment(table: Table) -> None:
    envelope_id = table.sent(table.recipient("buyer", 1), table.recipient("supplier", 1))
    sessions = [table.authenticated(envelope_id, key) for key in ("buyer", "supplier")]

    def sign_patiently(session: str) -> None:
        while True:
            try:
                return table.sign(session)
            except EnvelopeBusy:
                continue

    with ThreadPoolExecutor(2) as both:
        list(both.map(sign_patiently, sessions))
    assert signatures(table, envelope_id) == 2
    assert len(table.events("envelope.sealing_requested")) == 1


def test_wrong_codes_are_counted_one_by_one(table: Table) -> None:
    envelope_id = table.sent()
    session = table.open(envelope_id, "buyer")
    table.service.request_code(session, ORIGIN)
    wrong = "000000" if table.latest_code() != "000000" else "000001"

    def guess(_: int) -> str:
        try:
            table.service.verify_code(session, wrong, ORIGIN)
        except DingyueError as refused:
            return refused.code
        return "accepted"

    with ThreadPoolExecutor(8) as guesses:
        answers = sorted(guesses.map(guess, range(12)))
    assert answers == ["signing_code_not_usable"] * 7 + ["signing_code_wrong"] * 5


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_completing_a_remote_signature(
    table: Table, losing: LosingObjects, clock: FixedClock, when: str
) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify("签署人 buyer", key.public_key(), None, key).public_bytes(Encoding.DER)
    remote_id = table.service.prepare_remote_signature(session, agreed(), certificate).remote_id
    losing.fails, losing.error = when, Killed()
    with pytest.raises(Killed):
        table.service.complete_remote_signature(session, remote_id, {1: b"cms"})
    assert table.steps(envelope_id).count("recipient.signed") == 0
    clock.advance(table.service.work_lifetime)
    table.service.complete_remote_signature(session, remote_id, {1: b"cms"})
    assert table.content(envelope_id).count("signed elsewhere with") == 1
    assert table.steps(envelope_id).count("recipient.signed") == 1
