"""Attacks on the package of an envelope: from a real database, log, authority and chain, checked by the verifier alone.

Three kinds of attacker: one who changes bytes; one who makes the archive anew around what they changed; and one who
also makes manifest and time assertion anew, with a token of an authority the victim trusts (it stamps anything for
anybody). Only the third gets past check 1, and which check catches them is asserted by its number.
"""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.note import parse_checkpoint, parse_note, sign_note
from ledger.package.archive import write_archive
from ledger.service import LedgerService
from ledger.verifier.container import decode, encode
from ledger.verifier.layout import MANIFEST, MANIFEST_TOKEN
from ledger.verifier.verdict import ExitCode, Status, Verdict
from ledger.verifier.verify import verify_package
from signing.pki.service import PKIService
from tests.support.anchors import AnchoredLedger
from tests.support.clock import FixedClock
from tests.support.evidence import StubAuthority, token
from tests.support.evidence import pki as foreign_pki
from tests.support.packages import ENVELOPE, package_service, record_envelope, settle, stamped_ledger, trial_authority

OTHER_ENVELOPE = "env_" + "7" * 32
SMALL = 4096
"""Bytes: of members up to this size every position is tried."""
RANDOM_POSITIONS = 2000

Members = dict[str, bytes]


@dataclass(frozen=True)
class Evidence:
    """The packages of two envelopes under different anchors of one log, and who checks them.

    The trust file also names an authority that anybody may ask, the third attacker for one.
    """

    package: bytes
    other: bytes
    trust: dict[str, Any]
    instant: datetime

    @property
    def members(self) -> Members:
        return dict(decode(self.package))

    @property
    def block_hash(self) -> str:
        return str(json.loads(self.members["anchors/evm.json"])["block_hash"])

    def verify(self, package: bytes, **options: Any) -> Verdict:
        return verify_package(package, self.trust, **options)

    def made_anew(self, changed: Members) -> bytes:
        """Around these members, with manifest and time assertion that fit them."""
        content = {name: data for name, data in changed.items() if name not in {MANIFEST, MANIFEST_TOKEN}}
        return write_archive(content, StubAuthority(self.instant).timestamp)


_made: list[Evidence] = []


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """Made by whichever test comes first, and then only read."""
    if not _made:
        _made.append(request.getfixturevalue("new_evidence"))
    return _made[0]


@pytest.fixture
def authority(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    return trial_authority(unit_of_work, secrets, clock)


@pytest.fixture
def anchored(
    ledger: LedgerService, authority: PKIService, actor: Actor, chain: EmbeddedChain, clock: FixedClock
) -> AnchoredLedger:
    return stamped_ledger(ledger, authority, actor, chain, clock)


@pytest.fixture
def new_evidence(anchored: AnchoredLedger, authority: PKIService) -> Evidence:
    packages = package_service(anchored, authority)
    record_envelope(anchored, packages, ENVELOPE)
    settle(anchored)
    package = packages.build(anchored.actor, ENVELOPE).data
    anchored.clock.advance(timedelta(hours=1))
    record_envelope(anchored, packages, OTHER_ENVELOPE, "Another contract")
    settle(anchored)
    other = packages.build(anchored.actor, OTHER_ENVELOPE).data
    trust = packages.trust()
    trust["certificates"]["timestamp_roots"].append(foreign_pki().timestamp_root.pem)
    return Evidence(package, other, trust, anchored.clock.now() + timedelta(hours=1))


def failed(verdict: Verdict) -> set[str]:
    return {check.number for check in verdict.checks if check.status is Status.FAIL} - {"10"}


def test_the_package_of_an_envelope_holds_offline_with_the_block_hash(evidence: Evidence) -> None:
    verdict = evidence.verify(evidence.package, block_hash=evidence.block_hash)
    assert verdict.exit_code is ExitCode.HOLDS
    assert {check.status for check in verdict.checks} == {Status.PASS}
    assert [check.number for check in verdict.checks] == ["1", "2", "3", "4", "5", "6", "7", "8a", "8b", "9", "10"]
    assert evidence.verify(evidence.other).exit_code is ExitCode.HOLDS
    assert failed(evidence.verify(evidence.package, block_hash="0x" + "5a" * 32)) == {"8b"}


def test_it_also_holds_made_anew_as_it_was(evidence: Evidence) -> None:
    """So that what the third attacker's packages fail for is what they changed."""
    assert evidence.verify(evidence.made_anew(evidence.members)).exit_code is ExitCode.HOLDS


# Bytes


def changed_at(package: bytes, position: int, chance: random.Random) -> bytes:
    changed = bytearray(package)
    changed[position] ^= chance.randrange(1, 256)
    return bytes(changed)


def positions_of(package: bytes, data: bytes) -> range:
    """Where a member's content lies."""
    start = package.index(data)
    return range(start, start + len(data))


@pytest.mark.parametrize("part", range(4))
def test_no_byte_can_change(evidence: Evidence, part: int) -> None:
    """Every position of the small members and of the archive's own structure, 2,000 of the large members."""
    chance = random.Random(part)
    contents = [data for data in evidence.members.values() if len(data) > SMALL]
    large = {position for data in contents for position in positions_of(evidence.package, data)}
    every = [position for position in range(len(evidence.package)) if position not in large]
    for position in every[part::4] + chance.sample(sorted(large), RANDOM_POSITIONS // 4):
        verdict = evidence.verify(changed_at(evidence.package, position, chance))
        assert verdict.exit_code in {ExitCode.CONTRADICTED, ExitCode.UNUSABLE}, position


@pytest.mark.parametrize("part", range(2))
def test_no_byte_of_a_member_can_change_in_an_archive_made_anew(evidence: Evidence, part: int) -> None:
    """The checksums are right again: the manifest's digests tell, or, of manifest and token, the token's."""
    chance = random.Random(part)
    for name in sorted(evidence.members)[part::2]:
        data = evidence.members[name]
        changed = changed_at(data, chance.randrange(len(data)), chance)
        verdict = evidence.verify(encode(evidence.members | {name: changed}))
        assert verdict.exit_code in {ExitCode.CONTRADICTED, ExitCode.UNUSABLE}, name
        if name != "mimetype":
            assert ("7" if name == MANIFEST_TOKEN else "1") in failed(verdict), name


# Members of another package


CAUGHT_BY = {
    "documents": "2",
    "record.json": "4",
    "salt.hex": "4",
    "entry.json": "4",
    "proof.tlog-proof": "5",
    "checkpoint": "5",
    "evm.json": "8a",
    "checkpoint.tsr": "7",
    "report": "3",
}
"""Once manifest and time assertion fit what was swapped in."""


def counterpart(evidence: Evidence, name: str) -> bytes:
    return dict(decode(evidence.other))[name]


def test_each_member_swapped_for_the_other_packages_is_noticed(evidence: Evidence) -> None:
    swapped = 0
    for name, data in evidence.members.items():
        other = counterpart(evidence, name)
        if other != data:  # the type, the page and the readme of `trust/` are the same in all packages
            swapped += 1
            verdict = evidence.verify(encode(evidence.members | {name: other}))
            assert verdict.exit_code is ExitCode.CONTRADICTED, name
            assert ("7" if name == MANIFEST_TOKEN else "1") in failed(verdict), name
    assert swapped >= 20


def test_under_a_new_manifest_each_swap_fails_the_check_it_is_about(evidence: Evidence) -> None:
    seen = set()
    for name, data in evidence.members.items():
        folder, _, file_name = name.rpartition("/")
        part = folder if folder in {"documents", "report"} else file_name
        if part in CAUGHT_BY and counterpart(evidence, name) != data:
            verdict = evidence.verify(evidence.made_anew(evidence.members | {name: counterpart(evidence, name)}))
            assert verdict.exit_code is ExitCode.CONTRADICTED, name
            assert CAUGHT_BY[part] in failed(verdict), name
            assert "1" not in failed(verdict), name
            seen.add(part)
    assert seen == set(CAUGHT_BY)


def test_all_of_another_packages_evidence_beside_these_documents(evidence: Evidence) -> None:
    """Everything fits together but what it is about."""
    other = {name: data for name, data in dict(decode(evidence.other)).items() if not name.startswith("documents/")}
    documents = {name: data for name, data in evidence.members.items() if name.startswith("documents/")}
    assert failed(evidence.verify(evidence.made_anew(other | documents))) == {"2"}


def test_what_only_helps_proves_nothing(evidence: Evidence) -> None:
    """Whoever makes a package anew may write another guide into it; the verdict says that it isn't to be relied on."""
    verdict = evidence.verify(evidence.made_anew(evidence.members | {"verify.html": b"<p>All is well</p>"}))
    assert verdict.exit_code is ExitCode.HOLDS
    assert any("verify.html" in limit.en for limit in verdict.not_proven)


# Proofs, checkpoints, headers, tokens


def test_truncated_proofs(evidence: Evidence) -> None:
    for name, data in evidence.members.items():
        if not name.endswith(".tlog-proof"):
            continue
        head, _, note = data.partition(b"\n\n")
        lines = head.split(b"\n")
        assert len(lines) > 2
        for kept in (lines[:-1], [*lines[:2], *lines[3:]], lines[:2], [*lines, lines[-1]]):
            changed = b"\n".join(kept) + b"\n\n" + note
            verdict = evidence.verify(evidence.made_anew(evidence.members | {name: changed}))
            assert failed(verdict) == {"5"}, name


def with_anchor(evidence: Evidence, change: Callable[[dict[str, Any]], None]) -> Verdict:
    stated = json.loads(evidence.members["anchors/evm.json"])
    change(stated)
    changed = evidence.members | {"anchors/evm.json": rfc8785.dumps(stated)}
    return evidence.verify(evidence.made_anew(changed), block_hash=evidence.block_hash)


def test_a_truncated_receipt_proof(evidence: Evidence) -> None:
    def cut(stated: dict[str, Any]) -> None:
        stated["receipt_proof"] = stated["receipt_proof"][:-1]

    def repeat(stated: dict[str, Any]) -> None:
        stated["receipt_proof"].append(stated["receipt_proof"][-1])

    assert failed(with_anchor(evidence, cut)) == {"8a"}
    assert failed(with_anchor(evidence, repeat)) == {"8a"}


def test_a_checkpoint_of_another_log(evidence: Evidence) -> None:
    """Of the same name and content, signed by a key of the attacker's; and with another log's name."""
    checkpoint = parse_checkpoint(parse_note(evidence.members["anchors/checkpoint"]).text)
    key = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    for origin in (checkpoint.origin, "attacker.test/log"):
        text = checkpoint.text().replace(checkpoint.origin, origin)
        note = sign_note(text, origin, key).to_bytes()
        changed = evidence.members | {"anchors/checkpoint": note}
        changed["anchors/checkpoint.tsr"] = token(hashlib.sha256(note).digest(), evidence.instant)
        for name, data in evidence.members.items():
            if name.endswith(".tlog-proof"):
                changed[name] = data.partition(b"\n\n")[0] + b"\n\n" + note
        verdict = evidence.verify(evidence.made_anew(changed))
        assert verdict.exit_code is ExitCode.CONTRADICTED
        assert {"5", "6"} <= failed(verdict)


def test_a_header_of_another_block(evidence: Evidence) -> None:
    other = json.loads(counterpart(evidence, "anchors/evm.json"))

    def header(stated: dict[str, Any]) -> None:
        stated["header_rlp"] = other["header_rlp"]

    def whole_block(stated: dict[str, Any]) -> None:
        for name in ("header_rlp", "block_hash", "block_number", "block_time", "receipt_index", "receipt_proof"):
            stated[name] = other[name]

    assert failed(with_anchor(evidence, header)) == {"8a"}
    assert failed(with_anchor(evidence, whole_block)) == {"8a"}


@pytest.mark.parametrize("member", ["anchors/checkpoint.tsr", "anchors/checkpoint.2.tsr", MANIFEST_TOKEN])
def test_a_token_over_other_bytes(evidence: Evidence, member: str) -> None:
    stray = token(hashlib.sha256(b"something else").digest(), evidence.instant)
    if member == MANIFEST_TOKEN:
        package = encode(evidence.members | {member: stray})
    else:
        package = evidence.made_anew(evidence.members | {member: stray})
    verdict = evidence.verify(package)
    assert verdict.exit_code is ExitCode.CONTRADICTED
    assert failed(verdict) == {"7"}


def test_several_authorities_tokens(evidence: Evidence) -> None:
    """A second one over the same checkpoint holds beside the first; nobody need trust it, but it must be numbered."""
    note = hashlib.sha256(evidence.members["anchors/checkpoint"]).digest()
    second = token(note, evidence.instant)
    both = evidence.made_anew(evidence.members | {"anchors/checkpoint.2.tsr": second})
    assert evidence.verify(both).exit_code is ExitCode.HOLDS
    gap = evidence.members | {"anchors/checkpoint.3.tsr": second}
    assert failed(evidence.verify(evidence.made_anew(gap))) == {"1"}
    only_ours = evidence.trust | {
        "certificates": evidence.trust["certificates"]
        | {"timestamp_roots": evidence.trust["certificates"]["timestamp_roots"][:1]}
    }
    check = {check.number: check for check in verify_package(both, only_ours).checks}["7"]
    assert check.status is Status.UNKNOWN, "nobody who is trusted vouches for the manifest's time"


FIELDS = [
    *("chain_id", "contract", "log_id", "size", "root", "block_number", "block_hash", "block_time", "header_rlp"),
    *("receipt_index", "receipt_proof", "finality"),
]


def another(value: Any) -> Any:
    """Of the same kind, and well formed."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value[:-1], another(value[-1])]
    if value.startswith("0x"):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return f"{value} indeed"


@pytest.mark.parametrize("field", [*FIELDS, "tx_hash"])
def test_each_field_of_the_anchor_is_covered(evidence: Evidence, field: str) -> None:
    """By the manifest, and, all but the pointer to the transaction, by the proof itself."""
    stated = json.loads(evidence.members["anchors/evm.json"])
    assert set(stated) == {*FIELDS, "tx_hash"}
    changed = rfc8785.dumps(stated | {field: another(stated[field])})
    assert "1" in failed(evidence.verify(encode(evidence.members | {"anchors/evm.json": changed})))

    def change(stated: dict[str, Any]) -> None:
        stated[field] = another(stated[field])

    verdict = with_anchor(evidence, change)
    number = {"chain_id": None, "contract": None, "tx_hash": None}.get(field, "8a")
    assert failed(verdict) == ({number} if number else set())
    if field in {"chain_id", "contract"}:
        assert verdict.exit_code is ExitCode.UNDECIDED, "a chain or contract that the trust file doesn't name"


@pytest.mark.parametrize("field", [*FIELDS, "tx_hash"])
def test_no_field_of_the_anchor_can_be_missing_or_of_another_kind(evidence: Evidence, field: str) -> None:
    def remove(stated: dict[str, Any]) -> None:
        del stated[field]

    def replace(stated: dict[str, Any]) -> None:
        stated[field] = None

    assert "8a" in failed(with_anchor(evidence, remove))
    assert with_anchor(evidence, replace).exit_code is not ExitCode.HOLDS
