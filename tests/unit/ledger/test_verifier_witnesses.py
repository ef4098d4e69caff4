"""Checks 6 and 9 with witnesses: whose cosignature counts, how often, and what its time proves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.note import COSIGNATURE_V1, Signature, VerifierKey, cosign, parse_note
from ledger.verifier.trust import parse_trust
from ledger.verifier.verdict import Check, ExitCode, Standing, Status, Unusable, Verdict
from ledger.verifier.verify import verify_package
from tests.support.evidence import PackageFactory, contract_package

CHECKPOINT = "anchors/checkpoint"


@dataclass(frozen=True)
class Cosigner:
    """A witness by name, and the seed of its key."""

    name: str
    seed: bytes

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed * 32)

    @property
    def vkey(self) -> str:
        return str(VerifierKey.of(self.name, self.key, COSIGNATURE_V1))

    def signs(self, note: bytes, at: datetime) -> Signature:
        return cosign(parse_note(note), self.name, self.key, int(at.timestamp()))


NOTARY, COURT, STRANGER = Cosigner("notary.test", b"n"), Cosigner("court.test", b"c"), Cosigner("stranger.test", b"s")


@pytest.fixture
def factory() -> PackageFactory:
    return contract_package()


def cosigned(factory: PackageFactory, *lines: str) -> bytes:
    """The package with these lines below the log's signature, in the checkpoint and in every proof."""
    content = factory.content()
    added = "".join(lines).encode()
    changed = {name: data + added for name, data in content.items() if name == CHECKPOINT or name.endswith("proof")}
    return factory.pack(content | changed)


def line(factory: PackageFactory, who: Cosigner, at: datetime | None = None) -> str:
    return who.signs(factory.content()[CHECKPOINT], at or factory.logged_at).line()


def asking_for(factory: PackageFactory, quorum: int, *who: Cosigner) -> dict[str, Any]:
    return factory.trust() | {"witnesses": {"quorum": quorum, "vkeys": [each.vkey for each in who]}}


def check(verdict: Verdict, number: str) -> Check:
    return next(each for each in verdict.checks if each.number == number)


def test_the_quorum_is_met_and_the_anchor_stays_what_it_was(factory: PackageFactory) -> None:
    """What was anchored and time-stamped is the checkpoint without the witnesses' lines."""
    data = cosigned(factory, line(factory, NOTARY), line(factory, COURT))

    verdict = verify_package(data, asking_for(factory, 2, NOTARY, COURT))

    assert verdict.exit_code is ExitCode.HOLDS
    assert check(verdict, "6").facts["witnesses"] == ["court.test", "notary.test"]
    assert verdict.grade is not None
    assert [reason.en for reason in verdict.grade.reasons] == ["the block hash wasn't compared with the chain"]
    looked_up = json.loads(factory.content()["anchors/evm.json"])["block_hash"]
    compared = verify_package(data, asking_for(factory, 2, NOTARY, COURT), block_hash=looked_up)
    assert compared.grade is not None
    assert compared.grade.standing is Standing.COURT_GRADE


def test_a_witness_counts_once_however_often_it_signed(factory: PackageFactory) -> None:
    lines = [line(factory, NOTARY, factory.logged_at + timedelta(seconds=n)) for n in range(5)]

    verdict = verify_package(cosigned(factory, *lines), asking_for(factory, 2, NOTARY, COURT))

    assert verdict.exit_code is ExitCode.UNDECIDED
    assert check(verdict, "6").status is Status.UNKNOWN
    assert check(verdict, "6").facts["witnesses"] == ["notary.test"]
    assert {each.number for each in verdict.checks if each.is_required and each.status is not Status.PASS} == {
        "6",
        "10",
    }


def test_one_name_with_two_keys_counts_once(factory: PackageFactory) -> None:
    renewed = Cosigner(NOTARY.name, b"r")
    data = cosigned(factory, line(factory, NOTARY), line(factory, renewed))

    assert check(verify_package(data, asking_for(factory, 1, NOTARY, renewed)), "6").status is Status.PASS
    assert check(verify_package(data, asking_for(factory, 2, NOTARY, renewed, COURT)), "6").status is Status.UNKNOWN
    with pytest.raises(Unusable, match="quorum"):
        parse_trust(asking_for(factory, 2, NOTARY, renewed))


def test_strangers_are_ignored(factory: PackageFactory) -> None:
    nonsense = Signature("nobody.test", b"0000", b"not even a signature").line()
    data = cosigned(factory, line(factory, STRANGER), nonsense, line(factory, NOTARY))

    assert verify_package(data, asking_for(factory, 1, NOTARY)).exit_code is ExitCode.HOLDS
    assert verify_package(data, asking_for(factory, 2, NOTARY, COURT)).exit_code is ExitCode.UNDECIDED


def test_a_wrong_cosignature_of_a_trusted_witness_is_a_contradiction(factory: PackageFactory) -> None:
    """Over another tree, at a time that was changed afterwards, or by another key under the same key id."""
    other = contract_package()
    other.records = other.records[:1]
    genuine = NOTARY.signs(factory.content()[CHECKPOINT], factory.logged_at)
    moved = (int.from_bytes(genuine.value[:8]) - 1).to_bytes(8) + genuine.value[8:]
    for wrong in (
        line(other, NOTARY),
        Signature(NOTARY.name, genuine.key_id, moved).line(),
        Signature(
            NOTARY.name, genuine.key_id, COURT.signs(factory.content()[CHECKPOINT], factory.logged_at).value
        ).line(),
        Signature(NOTARY.name, genuine.key_id, genuine.value[:-1]).line(),
        Signature(NOTARY.name, genuine.key_id, b"\xff" * 8 + genuine.value[8:]).line(),
    ):
        verdict = verify_package(cosigned(factory, wrong), asking_for(factory, 1, NOTARY))
        assert verdict.exit_code is ExitCode.CONTRADICTED
        assert check(verdict, "6").status is Status.FAIL


def test_a_key_of_the_log_is_no_witness(factory: PackageFactory) -> None:
    """The operator can't vouch for themselves: neither under the log's name, nor with the log's signature twice."""
    own = Cosigner(parse_trust(factory.trust()).origin, b"l")

    with pytest.raises(Unusable, match="named like the log"):
        parse_trust(asking_for(factory, 1, own))
    note = factory.content()[CHECKPOINT].decode()
    again = note[note.rindex("— ") :]
    assert verify_package(cosigned(factory, again), asking_for(factory, 1, NOTARY)).exit_code is not ExitCode.HOLDS


def test_the_time_of_the_quorum_is_proven(factory: PackageFactory) -> None:
    """Not the first witness's time, which one alone could have made up: the time at which the quorum was met."""
    factory.logged_at += timedelta(minutes=1)
    factory.block_time += timedelta(minutes=2)
    factory.packaged_at += timedelta(minutes=3)
    first, second = (factory.recorded_at + timedelta(seconds=n) for n in (5, 15))
    data = cosigned(factory, line(factory, NOTARY, first), line(factory, COURT, second))

    facts: Mapping[str, Any] = check(verify_package(data, asking_for(factory, 2, NOTARY, COURT)), "9").facts
    without: Mapping[str, Any] = check(verify_package(data, factory.trust()), "9").facts

    assert facts["witnessed"] == facts["earliest_provable"] == second.replace(microsecond=0).isoformat()
    assert without["witnessed"] is None
    assert without["earliest_provable"] == without["log_time_stamp"]


@pytest.mark.parametrize("by", [timedelta(days=-1), timedelta(days=1)])
def test_a_cosignature_before_the_records_or_after_the_package_is_a_contradiction(
    factory: PackageFactory, by: timedelta
) -> None:
    data = cosigned(factory, line(factory, NOTARY, factory.logged_at + by))

    verdict = verify_package(data, asking_for(factory, 1, NOTARY))

    assert verdict.exit_code is ExitCode.CONTRADICTED
    assert [each.number for each in verdict.checks if each.status is Status.FAIL] == ["9", "10"]


def test_a_line_in_the_checkpoint_alone_is_noticed(factory: PackageFactory) -> None:
    content = factory.content()
    content[CHECKPOINT] += line(factory, NOTARY).encode()

    verdict = verify_package(factory.pack(content), asking_for(factory, 1, NOTARY))

    assert check(verdict, "5").status is Status.FAIL
