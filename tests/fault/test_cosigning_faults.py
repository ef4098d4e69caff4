"""A log that dies while it gathers cosignatures, or before it anchors, loses none that it has kept (63 and 64)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ledger.note import cosignature_times, parse_note
from ledger.service import LedgerService
from tests.support.anchors import AnchoredLedger
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.ledger import record_many
from tests.support.witnesses import TestWitness, make_witness


@pytest.fixture
def witnesses(anchored: AnchoredLedger, tmp_path: Path) -> Iterator[list[TestWitness]]:
    def seconds() -> int:
        return int(anchored.clock.now().timestamp())

    made = [
        make_witness(tmp_path / name, f"{name}.test/witness", anchored.ledger, seconds) for name in ("notary", "court")
    ]
    yield made
    for witness in made:
        witness.running.memory.close()


@pytest.fixture
def witnessed(anchored: AnchoredLedger, witnesses: list[TestWitness]) -> LedgerService:
    record_many(anchored.ledger.unit_of_work, anchored.actor, 3)
    anchored.ledger.sequence_pending()
    return replace(anchored.ledger, witnesses=tuple(each.asked for each in witnesses))


def cosigners(ledger: LedgerService, witnesses: list[TestWitness]) -> int:
    return len(cosignature_times(parse_note(ledger.checkpoint()), [each.asked.key for each in witnesses]))


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_crash_around_a_commit_is_made_good_by_the_next_pass(  # noqa: PLR0917 - fixtures and parameters
    witnessed: LedgerService,
    witnesses: list[TestWitness],
    engine: Engine,
    clock: FixedClock,
    fault: Fault,
    at: int,
) -> None:
    """Commit 0 reads what is missing; commit 1 keeps what the witnesses answered."""
    plan = CrashPlan(at, fault)
    dying = replace(witnessed, unit_of_work=lambda: CrashingUnitOfWork(engine, clock, plan))
    with pytest.raises(Crash):
        dying.cosign_latest()
    is_kept = (at, fault) == (1, "applied")
    assert cosigners(witnessed, witnesses) == (2 if is_kept else 0)

    assert witnessed.cosign_latest() == (0 if is_kept else 2)

    assert cosigners(witnessed, witnesses) == 2


def test_cosigned_and_not_anchored(
    anchored: AnchoredLedger, witnessed: LedgerService, witnesses: list[TestWitness]
) -> None:
    """The next pass anchors what is cosigned; asking again asks nobody."""
    assert witnessed.cosign_latest() == 2

    assert witnessed.cosign_latest() == 0
    anchored.settle(3)
    anchor = anchored.anchors.finalized_covering(1, cosigned_by=[str(each.asked.key) for each in witnesses], quorum=2)
    assert anchor is not None
    assert anchor.size == 3
