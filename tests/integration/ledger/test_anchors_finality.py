"""When an anchor is final on a consortium chain: enough of the named validators sealed its block."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from eth_keys.datatypes import PrivateKey

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from ledger.anchors.policy import AnchorState, ChainSettings
from ledger.anchors.service import AnchorService, evm_facts
from ledger.note import Checkpoint
from ledger.package.trust import RootCertificates, WitnessPolicy, trust_document
from ledger.service import LedgerService
from ledger.verifier.chain import check_anchor, check_block_hash
from ledger.verifier.package import Package
from ledger.verifier.receipts import anchored_logs, parse_header, prove_receipt
from ledger.verifier.seals import parse_sealed_header, require_quorum
from ledger.verifier.trust import Trust, parse_trust
from ledger.verifier.verdict import Contradiction, Undecided
from tests.support.anchors import AnchoredLedger, chain_settings, mine
from tests.support.bft import KEYS, Consensus, Dressing, SealedChain, address
from tests.support.clock import FixedClock

VALIDATORS = tuple("0x" + address(key).hex() for key in KEYS[:4])


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedChain]:
    chain = EmbeddedChain(tmp_path / "sealed", block_seconds=3600)
    chain.start()
    yield chain
    chain.stop()


@pytest.fixture
def anchored(ledger: LedgerService, actor: Actor, node: EmbeddedChain, clock: FixedClock) -> AnchoredLedger:
    settings = replace(chain_settings(node), name="consortium", finality="seals", validators=VALIDATORS)
    service = AnchorService(ledger.unit_of_work, [settings], ledger.secrets, ledger)
    return AnchoredLedger(ledger, service, node, clock, actor)


def sealed_by(anchored: AnchoredLedger, dressing: Dressing) -> AnchoredLedger:
    def connect(settings: ChainSettings) -> SealedChain:
        return SealedChain(settings, dressing)

    return replace(anchored, anchors=replace(anchored.anchors, connect=connect))


@pytest.mark.parametrize("consensus", ["qbft", "ibft2"])
def test_a_sealed_block_is_final_at_once_and_its_proof_holds_offline(
    anchored: AnchoredLedger, consensus: Consensus
) -> None:
    """The header in the evidence hashes to the block's name, which leaves the seals out; they are kept beside it."""
    anchored = sealed_by(anchored, Dressing(consensus, round=1))
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.step()
    mine(anchored.chain)
    anchored.step()
    anchor = anchored.all_anchors()[-1]
    assert (anchor.size, anchor.state, anchor.finality) == (size, "finalized", "quorum seals 3 of 4")
    facts = evm_facts(anchor)
    header = parse_header(bytes.fromhex(facts["header_rlp"][2:]))
    assert "0x" + header.hash.hex() == facts["block_hash"]
    nodes = [bytes.fromhex(node[2:]) for node in facts["receipt_proof"]]
    (event,) = anchored_logs(prove_receipt(header.receipts_root, facts["receipt_index"], nodes))
    assert (event.size, event.root) == (size, anchor.root)
    sealed = parse_sealed_header(anchor.sealed_header or b"")
    assert sealed.hash == anchor.block_hash
    assert require_quorum(sealed, [address(key) for key in KEYS[:4]]) == 3


@pytest.mark.parametrize(
    "dressing", [Dressing(sealers=KEYS[:2]), Dressing(sealers=KEYS[2:7])], ids=["too-few", "strangers"]
)
def test_without_a_quorum_nothing_is_final_and_the_alarm_says_so(anchored: AnchoredLedger, dressing: Dressing) -> None:
    size = anchored.grow()
    weak = sealed_by(anchored, dressing)
    for _ in range(6):
        weak.step()
        mine(anchored.chain)
    (status,) = weak.anchors.status()
    assert status.error_code == "anchor_quorum_missing"
    assert "2 of 4 validators sealed it, 3 are needed" in str(status.error_en)
    assert [anchor.state for anchor in anchored.all_anchors()] != [AnchorState.FINALIZED]
    strong = sealed_by(anchored, Dressing())
    strong.settle(size)
    (status,) = strong.anchors.status()
    assert status.error_code is None


def test_a_chain_that_is_not_of_that_kind_is_told(anchored: AnchoredLedger) -> None:
    """Finality by seals, and a node whose blocks have none."""
    anchored.grow()
    anchored.step()
    mine(anchored.chain)
    for _ in range(4):
        anchored.step()
        mine(anchored.chain)
    (status,) = anchored.anchors.status()
    assert status.error_code == "anchor_quorum_missing"
    assert status.finalized_size == 0


@dataclass(frozen=True)
class Proven:
    """What a package has of an anchor on the consortium's chain, and the trust file that names its validators."""

    checkpoint: Checkpoint
    note: bytes
    evm: dict[str, Any]
    trust: Trust

    def check(self, *, evm: dict[str, Any] | None = None, trust: Trust | None = None, **by: Any) -> str:
        """Checks 8a and 8b offline; what 8b says in English."""
        members = {"anchors/checkpoint": self.note, "anchors/evm.json": rfc8785.dumps(evm or self.evm)}
        passed = check_anchor(Package(members), self.checkpoint, trust or self.trust)
        return check_block_hash(passed.value, by.get("block_hash"), None).en

    def with_validators(self, *keys: PrivateKey) -> Trust:
        (chain,) = self.trust.chains
        return replace(self.trust, chains=(replace(chain, validators=tuple(address(key) for key in keys)),))


@pytest.fixture
def proven(anchored: AnchoredLedger) -> Proven:
    anchored = sealed_by(anchored, Dressing())
    size = anchored.grow()
    anchored.settle(size)
    published = anchored.ledger.published_checkpoint(size)
    document = trust_document(
        origin=anchored.ledger.origin,
        vkeys=anchored.ledger.vkeys(),
        chains=anchored.anchors.trusted_chains(),
        roots=RootCertificates((), ()),
        witnesses=WitnessPolicy(),
    )
    return Proven(
        checkpoint=Checkpoint(anchored.ledger.origin, size, published.root),
        note=published.note,
        evm=evm_facts(anchored.all_anchors()[0]),
        trust=parse_trust(document),
    )


def test_the_verifier_needs_no_block_hash_where_trusted_validators_sealed_the_block(proven: Proven) -> None:
    assert proven.check().startswith("3 of the 4 validators of the trust file sealed block 0x")
    assert "independent source" in proven.check(block_hash=proven.evm["block_hash"])
    with pytest.raises(Contradiction, match="looked up"):
        proven.check(block_hash="0x" + "00" * 32)


def test_seals_of_others_prove_nothing(proven: Proven) -> None:
    """Other validators trusted, none trusted, or no seals in the package: the user must look up the hash after all."""
    bare = {name: value for name, value in proven.evm.items() if name != "sealed_header"}
    for trust, evm in (
        (proven.with_validators(*KEYS[3:7]), proven.evm),
        (proven.with_validators(), proven.evm),
        (proven.trust, bare),
    ):
        with pytest.raises(Undecided, match="compare it yourself"):
            proven.check(trust=trust, evm=evm)


def test_seals_that_are_damaged_or_of_another_block_contradict(proven: Proven) -> None:
    sealed = bytes.fromhex(proven.evm["sealed_header"][2:])
    foreign = bytearray(sealed)
    foreign[10] ^= 1  # In the parent's hash.
    for damaged in (sealed[:-1], b"", bytes(foreign)):
        with pytest.raises(Contradiction):
            proven.check(evm=proven.evm | {"sealed_header": "0x" + damaged.hex()})
