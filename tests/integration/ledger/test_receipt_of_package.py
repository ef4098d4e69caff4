"""A real evidence package as a receipt: held against the same log after it has grown, and after it was rewritten."""

import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from core.secrets import SecretBox
from ledger.compare_receipt import compare_receipt
from ledger.errors import ReceiptUnreadable
from ledger.keys import log_keys
from ledger.merkle import nodes_of
from ledger.note import VerifierKey
from ledger.proof import decode_proof, verify_proof
from ledger.receipt_check import check_receipt
from ledger.receipt_file import read_receipt
from ledger.service import LedgerService
from ledger.verifier.container import decode
from ledger.verifier.verdict import ExitCode
from tests.support.anchors import AnchoredLedger
from tests.support.clock import FixedClock
from tests.support.ledger import read_log, record_many
from tests.support.packages import (
    CONTRACT,
    package_service,
    record_contract,
    settle,
    stamped_ledger,
    trial_authority,
)
from tests.support.paper_log import PaperLog


@pytest.fixture
def anchored(
    ledger: LedgerService, secrets: SecretBox, actor: Actor, chain: EmbeddedChain, clock: FixedClock
) -> AnchoredLedger:
    return stamped_ledger(ledger, trial_authority(ledger.unit_of_work, secrets, clock), actor, chain, clock)


@pytest.fixture
def package(anchored: AnchoredLedger, secrets: SecretBox) -> bytes:
    """Of a contract; the log has grown since."""
    packages = package_service(anchored, trial_authority(anchored.ledger.unit_of_work, secrets, anchored.clock))
    record_contract(anchored, packages)
    settle(anchored)
    made = packages.build(anchored.actor, CONTRACT).data
    record_many(anchored.ledger.unit_of_work, anchored.actor, 300)
    anchored.ledger.sequence_pending()
    return made


def test_it_holds_and_each_record_gets_a_new_proof(package: bytes, anchored: AnchoredLedger) -> None:
    verdict = compare_receipt(anchored.ledger, package)
    assert verdict.exit_code is ExitCode.HOLDS
    members = decode(package)
    keys = [VerifierKey.parse(vkey) for vkey in anchored.ledger.vkeys()]
    assert [entry.name for entry in verdict.entries] == [f"evidence/{number:03d}" for number in range(1, 5)]
    for entry in verdict.entries:
        proof = decode_proof(entry.current_proof)
        assert (
            verify_proof(proof, members[f"{entry.name}/entry.json"], keys).size == verdict.to_json()["current"]["size"]
        )


def test_a_log_rewritten_by_whoever_holds_its_key_contradicts_it(package: bytes, anchored: AnchoredLedger) -> None:
    ledger = anchored.ledger
    _, entries = read_log(ledger)
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    forged = PaperLog(entries, key, ledger.origin).forged(0)
    keys = [*log_keys(ledger.unit_of_work, ledger.origin).verifiers, forged.vkey]
    verdict = check_receipt(
        read_receipt(package), forged.checkpoint(), lambda _size: nodes_of(forged.leaves), keys, ledger.origin
    )
    assert verdict.exit_code is ExitCode.CONTRADICTED
    assert "rewritten" in verdict.checks[2].reason.en


def test_a_damaged_package_is_refused_in_words(package: bytes, anchored: AnchoredLedger) -> None:
    with pytest.raises(ReceiptUnreadable, match="damaged"):
        compare_receipt(anchored.ledger, package[:-1])


def test_the_monitor_knows_no_database() -> None:
    """Whoever runs one installs the package and nothing more; what it imports shows it."""
    code = (
        "import json, sys, app.cli_monitor, ledger.monitor.watching, ledger.monitor.http_log, ledger.monitor.webhook\n"
        "import ledger.monitor.misbehaviour, ledger.receipt_check\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(json.loads(shown.stdout))
    assert not modules & {"sqlalchemy", "psycopg", "celery", "fastapi", "pydantic_settings", "app.settings"}
    assert not {name for name in modules if name.startswith(("accounts", "signing", "core.database", "ledger.models"))}
