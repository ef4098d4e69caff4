"""Evidence is provisional until it is anchored and cosigned, and whoever reads it is told."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from core.rpc import json_rpc
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.grading import Grading
from ledger.note import as_logged
from ledger.package.service import PackageService
from ledger.package.trust import WitnessPolicy
from ledger.service import LedgerService
from ledger.verifier.container import decode
from ledger.verifier.layout import CHECKPOINT
from ledger.verifier.verdict import ExitCode, Standing, Status
from ledger.verifier.verify import verify_package
from tests.support.anchors import AnchoredLedger
from tests.support.clock import FixedClock
from tests.support.packages import (
    CONTRACT,
    package_service,
    record_contract,
    settle,
    stamped_ledger,
    trial_authority,
)
from tests.support.witnesses import TestWitness, make_witness


class Witnessed:
    """A log with two witnesses, both asked for, and the packages of its evidence."""

    def __init__(self, anchored: AnchoredLedger, packages: PackageService, witnesses: list[TestWitness]) -> None:
        policy = WitnessPolicy(quorum=2, vkeys=tuple(str(each.asked.key) for each in witnesses))
        self.ledger = replace(anchored.ledger, witnesses=tuple(each.asked for each in witnesses))
        self.anchored = replace(anchored, ledger=self.ledger)
        # To those who read, the development chain stands for a real one: the settings say which of the two it is.
        self.anchors = replace(
            anchored.anchors, chains=[replace(each, development=False) for each in anchored.anchors.chains]
        )
        self.grading = Grading(self.ledger, self.anchors, policy)
        self.packages = replace(packages, ledger=self.ledger, anchors=self.anchors, witnesses=policy)


@pytest.fixture
def witnessed(  # noqa: PLR0917 - fixtures
    ledger: LedgerService,
    unit_of_work: UnitOfWorkFactory,
    secrets: SecretBox,
    chain: EmbeddedChain,
    clock: FixedClock,
    actor: Actor,
    tmp_path: Path,
) -> Iterator[Witnessed]:
    # Where a chain isn't a development chain, its blocks' times count.
    clock.set(
        datetime.fromtimestamp(int(json_rpc(chain.url, "eth_getBlockByNumber", "latest", False)["timestamp"], 16), UTC)
    )
    pki = trial_authority(unit_of_work, secrets, clock)
    anchored = stamped_ledger(ledger, pki, actor, chain, clock)
    with ExitStack() as stack:
        witnesses = []
        for name in ("notary", "court"):
            made = make_witness(
                tmp_path / name, f"{name}.test/witness", anchored.ledger, lambda: int(clock.now().timestamp())
            )
            stack.callback(made.running.memory.close)
            witnesses.append(made)
        yield Witnessed(anchored, package_service(anchored, pki), witnesses)


def test_a_package_becomes_court_grade(witnessed: Witnessed, actor: Actor) -> None:
    record_contract(witnessed.anchored, witnessed.packages)
    assert witnessed.grading.of(None).standing is Standing.PROVISIONAL
    settle(witnessed.anchored)

    early = witnessed.packages.build(actor, CONTRACT)
    told = verify_package(early.data, witnessed.packages.trust())
    checks = {check.number: check.status for check in told.checks}
    assert told.exit_code is ExitCode.UNDECIDED
    assert {number for number, status in checks.items() if status is not Status.PASS} == {"6", "8b", "10"}
    assert witnessed.grading.of(0).standing is Standing.PROVISIONAL

    assert witnessed.ledger.cosign_latest() == 2
    late = witnessed.packages.build(actor, CONTRACT)
    anchor = witnessed.anchors.finalized_covering(1)
    assert anchor is not None
    assert anchor.block_hash is not None
    block_hash = "0x" + anchor.block_hash.hex()
    verdict = verify_package(late.data, witnessed.packages.trust(), block_hash=block_hash)

    assert verdict.exit_code is ExitCode.HOLDS
    assert verdict.grade is not None
    assert verdict.grade.standing is Standing.COURT_GRADE
    assert witnessed.grading.of(0).standing is Standing.COURT_GRADE
    assert as_logged(decode(late.data)[CHECKPOINT]) == decode(early.data)[CHECKPOINT]
    uncompared = verify_package(late.data, witnessed.packages.trust())
    assert uncompared.grade is not None
    assert uncompared.grade.standing is Standing.PROVISIONAL


def test_a_later_anchor_with_the_quorum_comes_before_an_earlier_without(witnessed: Witnessed, actor: Actor) -> None:
    record_contract(witnessed.anchored, witnessed.packages)
    settle(witnessed.anchored)
    first = witnessed.anchors.finalized_covering(1)
    witnessed.anchored.settle(witnessed.anchored.grow())
    witnessed.ledger.cosign_latest()
    policy = witnessed.packages.witnesses

    cosigned = witnessed.anchors.finalized_covering(1, cosigned_by=policy.vkeys, quorum=policy.quorum)

    assert first is not None
    assert cosigned is not None
    assert cosigned.size > first.size
    assert witnessed.grading.of(0).standing is Standing.COURT_GRADE


def test_a_development_chain_is_never_court_grade(witnessed: Witnessed) -> None:
    record_contract(witnessed.anchored, witnessed.packages)
    settle(witnessed.anchored)
    witnessed.ledger.cosign_latest()

    judged = replace(witnessed.grading, anchors=witnessed.anchored.anchors).of(0)

    assert judged.standing is Standing.PROVISIONAL
    assert [reason.en for reason in judged.reasons] == ["it is anchored on a development chain alone"]
