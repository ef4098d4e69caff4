"""kill −9 of the process that signs, with everything real: nothing is lost, nothing counts twice, no signature breaks.

made        the PDF is signed (sealed, time-stamped) and not yet stored
stored      it is stored and its transaction not committed
committed   it counts, and whoever asked didn't hear of it
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import verify_pdf
from signing.renew_timestamps import RENEW_BEFORE
from tests.support.clock import FixedClock
from tests.support.pdf import contract_pdf
from tests.support.real_signing import real_pki, real_service
from tests.support.signing import Table, signature_field
from tests.support.victims import kill, step_of_signing


class Bench:
    """A table with everything real, whose next step a victim takes and dies."""

    def __init__(
        self, table: Table, engine: Engine, clock: FixedClock, *, folder: Path, roots: Sequence[bytes]
    ) -> None:
        self.table, self.engine, self.clock = table, engine, clock
        self.folder, self.roots = folder, roots

    def sent(self) -> UUID:
        document = self.table.service.upload_document(self.table.sender, name="合同.pdf", data=contract_pdf(2))
        fields = [signature_field("buyer"), signature_field("supplier", 2)]
        envelope_id = self.table.service.create_envelope(self.table.sender, self.table.plan(document.id, fields=fields))
        self.table.service.send_envelope(self.table.sender, envelope_id)
        return envelope_id

    def kill(self, step: str, argument: str, point: str) -> None:
        kill(
            step_of_signing,
            is_forked=False,
            url=self.engine.url,
            folder=self.folder,
            now=self.clock.now(),
            step=step,
            argument=argument,
            point=point,
        )
        self.clock.advance(self.table.service.work_lifetime)

    def outcome(self, envelope_id: UUID) -> tuple[str, int, int]:
        """The verdict, the number of signatures (the seal's among them) and of document timestamps."""
        data = self.table.service.envelope_content(self.table.sender, envelope_id).data
        verdict = verify_pdf(data, signing_roots=self.roots, timestamp_roots=self.roots)
        stamps = sum(found.is_document_timestamp for found in verdict.signatures)
        return verdict.outcome, len(verdict.signatures) - stamps, stamps


@pytest.fixture
def real_table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock) -> Table:
    table = Table.lay(unit_of_work, objects, secrets)
    table.service = real_service(unit_of_work, objects, secrets, clock, pki=real_pki(unit_of_work, secrets, clock))
    return table


@pytest.fixture
def bench(real_table: Table, engine: Engine, clock: FixedClock, tmp_path: Path) -> Bench:
    roots = real_pki(real_table.unit_of_work, real_table.secrets, clock).roots()
    return Bench(real_table, engine, clock, folder=tmp_path, roots=roots)


@pytest.mark.parametrize("point", ["made", "stored", "committed"])
def test_killed_while_a_recipient_signs(bench: Bench, point: str) -> None:
    envelope_id = bench.sent()
    session = bench.table.authenticated(envelope_id, "buyer")
    bench.kill("sign", session, point)
    assert bench.table.steps(envelope_id).count("recipient.signed") == (1 if point == "committed" else 0)
    bench.table.sign(session)
    assert bench.outcome(envelope_id) == ("authentic", 1, 0)
    assert bench.table.steps(envelope_id).count("recipient.signed") == 1
    bench.table.sign(bench.table.authenticated(envelope_id, "supplier"))
    bench.table.service.seal_envelope(envelope_id)
    assert bench.outcome(envelope_id) == ("authentic", 3, 1)


@pytest.mark.parametrize("point", ["made", "committed"])
def test_killed_while_the_platform_seals(bench: Bench, point: str) -> None:
    envelope_id = bench.sent()
    for key in ("buyer", "supplier"):
        bench.table.sign(bench.table.authenticated(envelope_id, key))
    bench.kill("seal", envelope_id.hex, point)
    bench.table.service.seal_envelope(envelope_id)
    assert bench.table.state(envelope_id) == "completed"
    assert bench.outcome(envelope_id) == ("authentic", 3, 1)
    assert bench.table.steps(envelope_id).count("envelope.completed") == 1
    assert len(bench.table.events("envelope.completed")) == 1


def test_killed_while_a_timestamp_is_renewed(bench: Bench) -> None:
    envelope_id = bench.sent()
    for key in ("buyer", "supplier"):
        bench.table.sign(bench.table.authenticated(envelope_id, key))
    bench.table.service.seal_envelope(envelope_id)
    (document,) = bench.table.service.envelope(bench.table.sender, envelope_id).documents
    assert document.current.renew_before is not None
    bench.clock.advance(document.current.renew_before - RENEW_BEFORE - bench.clock.now() + timedelta(days=1))
    bench.kill("renew", "", "stored")
    bench.table.service.renew_timestamps(bench.clock.now())
    assert bench.outcome(envelope_id) == ("authentic", 3, 2)
    assert bench.table.steps(envelope_id).count("envelope.timestamped") == 1
