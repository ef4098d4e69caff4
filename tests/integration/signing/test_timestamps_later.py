"""Time-stamps that come later: for signatures made while no authority answered, and before the last one's certificate
ends. The sweeps that see to it go on past whatever fails for one envelope alone.
"""

from datetime import timedelta
from uuid import UUID

import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from signing.pdf.errors import SealingNotReady
from signing.renew_timestamps import PAUSE, RENEW_BEFORE
from tests.support.clock import FixedClock
from tests.support.signing import Table

LIFETIME = timedelta(days=3650)
"""Of what the stand-in stamps with."""


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


def completed(table: Table) -> UUID:
    envelope_id = table.sent()
    for key in ("buyer", "supplier"):
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)
    return envelope_id


def pending(table: Table) -> UUID:
    """Signed by one of two while no authority answered."""
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    table.paper.has_timestamps = False
    table.sign(session)
    table.paper.has_timestamps = True
    return envelope_id


def is_timestamped(table: Table, envelope_id: UUID) -> bool:
    (document,) = table.service.envelope(table.sender, envelope_id).documents
    return document.current.is_timestamped


def stamps(table: Table, envelope_id: UUID) -> int:
    return table.content(envelope_id).count("%% timestamped")


def test_a_signature_without_an_authority_waits_for_its_timestamp(table: Table, clock: FixedClock) -> None:
    envelope_id = table.sent()
    table.paper.has_timestamps = False
    table.sign(table.authenticated(envelope_id, "buyer"))
    (document,) = table.service.envelope(table.sender, envelope_id).documents
    assert not document.current.is_timestamped
    assert table.service.upgrade_timestamps(clock.now()) == 0
    assert "timestamped" not in table.content(envelope_id)

    table.paper.has_timestamps = True
    assert table.service.upgrade_timestamps(clock.now()) == 1
    assert table.service.upgrade_timestamps(clock.now()) == 0
    (document,) = table.service.envelope(table.sender, envelope_id).documents
    assert document.current.is_timestamped
    table.sign(table.authenticated(envelope_id, "supplier"))
    table.service.seal_envelope(envelope_id)
    assert table.content(envelope_id).splitlines()[-4:] == [
        "%% signed by 签署人 buyer",
        "%% timestamped",
        "%% signed by 签署人 supplier",
        "%% sealed",
    ]


def test_nothing_is_sent_that_could_not_be_sealed(table: Table) -> None:
    envelope_id = table.service.create_envelope(table.sender, table.plan(table.upload()))
    table.paper.has_timestamps = False
    with pytest.raises(SealingNotReady):
        table.service.send_envelope(table.sender, envelope_id)
    assert table.state(envelope_id) == "draft"
    table.paper.has_timestamps = True
    table.service.send_envelope(table.sender, envelope_id)


def test_sealing_waits_visibly_for_the_authority(table: Table) -> None:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    table.paper.has_timestamps = False
    with pytest.raises(TimestampUnavailable):
        table.service.seal_envelope(envelope_id)
    view = table.service.envelope(table.sender, envelope_id).envelope
    assert view.state == "sealing"
    assert view.last_error
    table.paper.has_timestamps = True
    table.service.seal_envelope(envelope_id)
    assert table.state(envelope_id) == "completed"


def test_a_timestamp_is_renewed_before_its_certificate_ends(table: Table, clock: FixedClock) -> None:
    envelope_id = completed(table)
    assert table.service.renew_timestamps(clock.now()) == 0
    clock.advance(timedelta(days=3650) - RENEW_BEFORE)
    assert table.service.renew_timestamps(clock.now()) == 1
    assert table.content(envelope_id).endswith("timestamped\n")
    assert table.service.renew_timestamps(clock.now()) == 0
    assert table.state(envelope_id) == "completed"


def test_pending_lasts_until_a_document_timestamp_covers_it(table: Table, clock: FixedClock) -> None:
    """A later signature brings a time-stamp of its own, which says nothing of when the earlier one was made."""
    signers = [table.recipient("buyer", 1), table.recipient("supplier", 2), table.recipient("witness", 3)]
    envelope_id = table.sent(*signers)
    session = table.authenticated(envelope_id, "buyer")
    table.paper.has_timestamps = False
    table.sign(session)
    table.paper.has_timestamps = True
    table.sign(table.authenticated(envelope_id, "supplier"))
    assert not is_timestamped(table, envelope_id)

    assert table.service.upgrade_timestamps(clock.now()) == 1
    assert is_timestamped(table, envelope_id)
    table.sign(table.authenticated(envelope_id, "witness"))
    assert is_timestamped(table, envelope_id)


def test_the_seal_ends_pending_too(table: Table) -> None:
    envelope_id = pending(table)
    table.sign(table.authenticated(envelope_id, "supplier"))
    assert not is_timestamped(table, envelope_id)
    table.service.seal_envelope(envelope_id)
    assert is_timestamped(table, envelope_id)


def test_an_upgrade_that_fails_for_one_envelope_holds_up_no_other(table: Table, clock: FixedClock) -> None:
    failing = pending(table)
    clock.advance(timedelta(seconds=1))  # the oldest comes first
    others = [pending(table) for _ in range(2)]
    table.paper.fail_next = ValueError("a file that no tool can stamp")
    assert table.service.upgrade_timestamps(clock.now()) == 2
    assert [is_timestamped(table, each) for each in (failing, *others)] == [False, True, True]
    assert table.service.envelope(table.sender, failing).envelope.last_error
    # It isn't held meanwhile: the next to sign may sign, and the next sweep tries again.
    assert table.service.upgrade_timestamps(clock.now()) == 1
    assert is_timestamped(table, failing)
    assert [stamps(table, each) for each in (failing, *others)] == [1, 1, 1]


def test_an_upgrade_passes_over_an_envelope_that_somebody_signs(table: Table, clock: FixedClock) -> None:
    busy, other = pending(table), pending(table)
    upgraded = []
    session = table.authenticated(busy, "supplier")
    table.paper.during = lambda: upgraded.append(table.service.upgrade_timestamps(clock.now()))
    table.sign(session)
    assert upgraded == [1]
    assert [stamps(table, each) for each in (busy, other)] == [0, 1]


def test_a_sweep_ends_where_the_authority_does(table: Table, clock: FixedClock) -> None:
    """The others would wait for the same answer; the next sweep asks for all of them."""
    envelopes = [pending(table) for _ in range(3)]
    table.paper.fail_next = TimestampUnavailable()
    asked = len(table.paper.calls)
    assert table.service.upgrade_timestamps(clock.now()) == 0
    assert len(table.paper.calls) == asked + 1
    assert table.service.upgrade_timestamps(clock.now()) == 3
    assert all(is_timestamped(table, each) for each in envelopes)


def test_a_renewal_that_fails_for_one_envelope_holds_up_no_other(table: Table, clock: FixedClock) -> None:
    failing = completed(table)
    clock.advance(timedelta(hours=1))  # the oldest is renewed first
    others = [completed(table) for _ in range(2)]
    clock.advance(LIFETIME - RENEW_BEFORE)
    table.paper.fail_next = ValueError("a file that no tool can stamp")
    assert table.service.renew_timestamps(clock.now()) == 2
    assert [stamps(table, each) for each in (failing, *others)] == [0, 1, 1]
    view = table.service.envelope(table.sender, failing).envelope
    assert (view.state, bool(view.last_error)) == ("completed", True)

    # Left alone for a day, or a whole page of such would be all that any sweep sees.
    assert table.service.renew_timestamps(clock.now()) == 0
    clock.advance(PAUSE)
    assert table.service.renew_timestamps(clock.now()) == 1
    assert [stamps(table, each) for each in (failing, *others)] == [1, 1, 1]


def test_a_renewal_without_an_authority_is_tried_again_at_once(table: Table, clock: FixedClock) -> None:
    envelope_id = completed(table)
    clock.advance(LIFETIME - RENEW_BEFORE)
    table.paper.fail_next = TimestampUnavailable()
    assert table.service.renew_timestamps(clock.now()) == 0
    assert table.service.renew_timestamps(clock.now()) == 1
    assert stamps(table, envelope_id) == 1
