"""What the fault tests of anchoring share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import EmbeddedChain
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors.service import AnchorService
from ledger.service import LedgerService
from tests.support.anchors import (
    MASTER_KEY,
    ORIGIN,
    AnchoredLedger,
    chain_settings,
)
from tests.support.clock import FixedClock
from tests.support.ledger import register_organisation


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedChain]:
    """A chain that makes a block when a test says so, and practically never by itself."""
    chain = EmbeddedChain(tmp_path / "chain", block_seconds=3600)
    chain.start()
    yield chain
    chain.stop()


@pytest.fixture
def anchored(
    unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock, node: EmbeddedChain
) -> AnchoredLedger:
    secrets = SecretBox(MASTER_KEY)
    ledger = LedgerService(unit_of_work, objects, secrets, ORIGIN)
    ledger.ensure_log_key()
    service = AnchorService(unit_of_work, [chain_settings(node)], secrets, ledger)
    return AnchoredLedger(ledger, service, node, clock, register_organisation(unit_of_work))
