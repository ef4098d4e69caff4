"""Whole packages: the sound one, and every way of tampering with one we could think of."""

import json
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import rfc3339
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.package.archive import write_archive
from ledger.verifier.chain import NodeUnavailable
from ledger.verifier.container import encode
from ledger.verifier.verdict import ExitCode, Status, Verdict
from ledger.verifier.verify import verify_package
from tests.support.evidence import (
    CHAIN_ID,
    CODE,
    WRITER,
    PackageFactory,
    StubAuthority,
    contract_package,
    members_of,
    plain_pdf,
    signed_pdf,
)

Members = dict[str, bytes]


@pytest.fixture(autouse=True, scope="module")
def quiet() -> None:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


@pytest.fixture(scope="module")
def factory() -> PackageFactory:
    return contract_package()


@pytest.fixture(scope="module")
def package(factory: PackageFactory) -> bytes:
    return factory.build()


@pytest.fixture(scope="module")
def trust(factory: PackageFactory) -> dict[str, Any]:
    return factory.trust()


def statuses(verdict: Verdict) -> dict[str, Status]:
    return {check.number: check.status for check in verdict.checks}


def failed(verdict: Verdict) -> set[str]:
    return {check.number for check in verdict.checks if check.status is Status.FAIL}


def resealed(factory: PackageFactory, change: Callable[[Members], None]) -> bytes:
    """A package tampered with *before* manifest and time-stamp were made: only the inner checks can tell."""
    content = factory.content()
    change(content)
    return write_archive(content, StubAuthority(factory.packaged_at).timestamp)


def test_a_sound_package_holds(package: bytes, trust: dict[str, Any]) -> None:
    verdict = verify_package(package, trust)
    assert verdict.exit_code is ExitCode.HOLDS
    assert statuses(verdict) == dict.fromkeys(["1", "2", "3", "4", "5", "6", "7", "8a", "9", "10"], Status.PASS) | {
        "8b": Status.UNKNOWN
    }
    assert json.loads(json.dumps(verdict.to_json()))["exit_code"] == 0
    assert any("block hash" in limit.en for limit in verdict.not_proven)


def test_the_verdict_names_the_earliest_provable_time(
    factory: PackageFactory, package: bytes, trust: dict[str, Any]
) -> None:
    times = next(check for check in verify_package(package, trust).checks if check.number == "9")
    assert times.facts["earliest_provable"] == factory.logged_at.isoformat()


def test_every_member_is_covered(package: bytes, trust: dict[str, Any]) -> None:
    """A flipped bit anywhere, the archive's checksums made right again: never exit code 0."""
    members = dict(members_of(package))
    chance = random.Random(1)
    for name, data in members.items():
        for position in {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(1))}:
            changed = bytearray(data)
            changed[position] ^= 1 << chance.randrange(8)
            verdict = verify_package(encode(members | {name: bytes(changed)}), trust)
            assert verdict.exit_code is not ExitCode.HOLDS, (name, position)


def test_every_byte_of_the_file_is_covered(package: bytes, trust: dict[str, Any]) -> None:
    chance = random.Random(2)
    for _ in range(25):
        changed = bytearray(package)
        changed[chance.randrange(len(package))] ^= chance.randrange(1, 256)
        assert verify_package(bytes(changed), trust).exit_code in {ExitCode.CONTRADICTED, ExitCode.UNUSABLE}


@pytest.mark.parametrize(
    ("member", "number"),
    [
        ("documents/采购合同.pdf", "2"),
        ("evidence/001/record.json", "4"),
        ("evidence/001/salt.hex", "4"),
        ("evidence/002/entry.json", "4"),
        ("evidence/002/proof.tlog-proof", "5"),
        ("anchors/checkpoint", "6"),
        ("anchors/evm.json", "8a"),
        ("anchors/checkpoint.tsr", "7"),
    ],
)
def test_tampering_is_found_even_under_a_new_manifest_and_timestamp(
    factory: PackageFactory, trust: dict[str, Any], member: str, number: str
) -> None:
    def flip(content: Members) -> None:
        changed = bytearray(content[member])
        changed[len(changed) // 2] ^= 1
        content[member] = bytes(changed)

    verdict = verify_package(resealed(factory, flip), trust)
    assert verdict.exit_code is ExitCode.CONTRADICTED
    assert "1" not in failed(verdict)
    assert number in failed(verdict)


def test_a_document_that_no_record_explains_is_refused(factory: PackageFactory, trust: dict[str, Any]) -> None:
    def add(content: Members) -> None:
        content["documents/另一份.pdf"] = plain_pdf("not this one")

    assert failed(verify_package(resealed(factory, add), trust)) >= {"2"}


def test_a_missing_document_leaves_it_undecided(factory: PackageFactory, trust: dict[str, Any]) -> None:
    def remove(content: Members) -> None:
        del content["documents/采购合同.pdf"]

    assert verify_package(resealed(factory, remove), trust).exit_code is ExitCode.UNDECIDED


def test_a_missing_record_leaves_a_gap_in_the_numbers(factory: PackageFactory, package: bytes) -> None:
    members = {name: data for name, data in members_of(package).items() if not name.startswith("evidence/001/")}
    assert "1" in failed(verify_package(encode(members), factory.trust()))


@pytest.mark.parametrize("name", ["evil.txt", "documents/a/b.pdf", "META-INF/manifest.xml", "evidence/1/record.json"])
def test_members_that_do_not_belong_are_refused(package: bytes, trust: dict[str, Any], name: str) -> None:
    verdict = verify_package(encode(dict(members_of(package)) | {name: b"x"}), trust)
    assert "1" in failed(verdict)


def test_members_in_another_order_are_refused(package: bytes, trust: dict[str, Any]) -> None:
    first, *others = members_of(package).items()
    assert "1" in failed(verify_package(encode(dict([first, *reversed(others)])), trust))


def test_a_contract_without_signatures_is_said_to_be_unsigned() -> None:
    factory = PackageFactory(documents={"附件.pdf": plain_pdf()}, records=[("document.uploaded", {}, ["附件.pdf"])])
    verdict = verify_package(factory.build(), factory.trust())
    assert verdict.exit_code is ExitCode.HOLDS
    assert any("附件.pdf" in limit.zh for limit in verdict.not_proven)


def test_a_notarised_digest_needs_no_file(factory: PackageFactory) -> None:
    """`is_content_seen` false: the platform never had the file."""
    digest_only = PackageFactory(
        documents={"a.pdf": plain_pdf()}, records=[("digest.notarised", {"is_content_seen": False}, ["a.pdf"])]
    )

    def remove(content: Members) -> None:
        del content["documents/a.pdf"]

    verdict = verify_package(resealed(digest_only, remove), digest_only.trust())
    assert verdict.exit_code is ExitCode.HOLDS
    assert any("never saw" in limit.en for limit in verdict.not_proven)


SEEN = {"is_content_seen": True, "is_content_kept": False}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([SEEN], ExitCode.HOLDS),
        ([SEEN, {"is_content_seen": False}], ExitCode.HOLDS),
        ([SEEN, {"is_content_seen": True, "is_content_kept": True}], ExitCode.UNDECIDED),
        ([SEEN, {}], ExitCode.UNDECIDED),
    ],
)
def test_a_file_that_was_not_kept_may_be_absent(facts: list[dict[str, object]], expected: ExitCode) -> None:
    """Unless another record is of the same file, and it was kept then."""
    notarised = PackageFactory(
        documents={"a.pdf": plain_pdf()}, records=[("digest.notarised", each, ["a.pdf"]) for each in facts]
    )
    content = notarised.content()
    del content["documents/a.pdf"]
    verdict = verify_package(notarised.pack(content), notarised.trust())
    assert verdict.exit_code is expected
    if expected is ExitCode.HOLDS:
        assert any("didn't keep" in limit.en for limit in verdict.not_proven)


@pytest.mark.parametrize("name", ["forged.pdf", "broken.pdf"])
def test_a_notarised_file_is_evidence_of_itself_whatever_its_signatures_are_worth(name: str) -> None:
    """What somebody found may be a forgery, and that is what they want to prove. Not so in a contract's package."""
    forged = bytearray(signed_pdf())
    forged[forged.index(b"/MediaBox") + 14] ^= 1
    data = bytes(forged) if name == "forged.pdf" else b"%PDF-1.7\nnothing more"
    facts = {"is_content_seen": True, "is_content_kept": True}
    found = PackageFactory(documents={name: data}, records=[("digest.notarised", facts, [name])], subject_kind="file")
    verdict = verify_package(found.build(), found.trust())
    assert verdict.exit_code is ExitCode.HOLDS
    assert any(name in limit.en and "as they were found" in limit.en for limit in verdict.not_proven)
    of_an_envelope = replace(found, subject_kind="envelope")
    assert failed(verify_package(of_an_envelope.build(), of_an_envelope.trust())) == {"3", "10"}


def test_a_report_of_another_package_is_refused(factory: PackageFactory, trust: dict[str, Any]) -> None:
    """Sealed by the same platform, and sound in itself."""
    other = replace(contract_package(), records=contract_package().records[:1]).content()

    def swap(content: Members) -> None:
        content["report/report.en.pdf"] = other["report/report.en.pdf"]

    assert failed(verify_package(resealed(factory, swap), trust)) == {"3", "10"}


# Trust


def test_a_log_with_another_key_is_not_believed(package: bytes, factory: PackageFactory) -> None:
    stranger = replace(factory, log_key=Ed25519PrivateKey.from_private_bytes(b"m" * 32))
    assert failed(verify_package(package, stranger.trust())) >= {"5", "6"}


def test_an_unknown_contract_is_undecided(package: bytes, factory: PackageFactory) -> None:
    verdict = verify_package(package, factory.trust(contract="0x" + "11" * 20))
    assert verdict.exit_code is ExitCode.UNDECIDED
    assert statuses(verdict)["8a"] is Status.UNKNOWN


def test_unknown_timestamp_roots_are_undecided(package: bytes, trust: dict[str, Any]) -> None:
    poor = trust | {"certificates": {**trust["certificates"], "timestamp_roots": []}}
    assert statuses(verify_package(package, poor))["7"] is Status.UNKNOWN


def test_unknown_signing_roots_are_undecided(package: bytes, trust: dict[str, Any]) -> None:
    poor = trust | {"certificates": {**trust["certificates"], "signing_roots": []}}
    assert statuses(verify_package(package, poor))["3"] is Status.UNKNOWN


def test_missing_witnesses_leave_it_provisional(package: bytes, trust: dict[str, Any]) -> None:
    witness = str(VerifierKey("witness.test", COSIGNATURE_V1, bytes(32)))
    strict = trust | {"witnesses": {"quorum": 1, "vkeys": [witness]}}
    verdict = verify_package(package, strict)
    assert verdict.exit_code is ExitCode.UNDECIDED
    assert statuses(verdict)["6"] is Status.UNKNOWN


def test_a_development_chain_is_called_no_evidence(package: bytes, factory: PackageFactory) -> None:
    verdict = verify_package(package, factory.trust(development=True))
    assert verdict.exit_code is ExitCode.HOLDS
    assert any("not evidence" in limit.en for limit in verdict.not_proven)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"extra": 1},
        {"log": {"origin": "x", "vkeys": []}},
        {"log": {"origin": "x", "vkeys": ["nonsense"]}},
        {"witnesses": {"quorum": 1, "vkeys": []}},
        {"witnesses": {"quorum": -1, "vkeys": []}},
        {"chains": {}},
        {"chains": [{}]},
        {"certificates": {"signing_roots": ["-----BEGIN"], "timestamp_roots": []}},
        {"certificates": None},
    ],
)
def test_a_malformed_trust_file_is_unusable(package: bytes, trust: dict[str, Any], change: dict[str, Any]) -> None:
    assert verify_package(package, trust | change).exit_code is ExitCode.UNUSABLE


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["v", "log", "x"]), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100)
@given(value=_json)
def test_any_other_json_is_an_unusable_trust_file(value: object) -> None:
    assert verify_package(b"", value).exit_code is ExitCode.UNUSABLE


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_hostile_members_end_in_a_verdict(data: st.DataObject) -> None:
    """Whatever stands in a member, the verifier answers; it never holds and never raises."""
    package = _shared()
    members = dict(members_of(package))
    name = data.draw(st.sampled_from(sorted(members)))
    junk = data.draw(st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()))
    if junk != members[name]:
        verdict = verify_package(encode(members | {name: junk}), contract_package().trust())
        assert verdict.exit_code in {ExitCode.CONTRADICTED, ExitCode.UNUSABLE}


def _shared() -> bytes:
    global _package  # noqa: PLW0603 - built once for all examples
    _package = _package or contract_package().build()
    return _package


_package = b""


# The block hash


def anchor_facts(package: bytes) -> dict[str, Any]:
    return dict(json.loads(members_of(package)["anchors/evm.json"]))


def test_the_block_hash_the_user_looked_up(package: bytes, trust: dict[str, Any]) -> None:
    own = anchor_facts(package)["block_hash"]
    assert statuses(verify_package(package, trust, block_hash=own))["8b"] is Status.PASS
    assert statuses(verify_package(package, trust, block_hash="0x" + own[2:].upper()))["8b"] is Status.PASS
    wrong = verify_package(package, trust, block_hash="0x" + "00" * 32)
    assert wrong.exit_code is ExitCode.CONTRADICTED
    assert verify_package(package, trust, block_hash="0x12").exit_code is ExitCode.UNUSABLE


class Node:
    """A node that knows the package's block; `answers` overrides."""

    def __init__(self, package: bytes, **answers: object) -> None:
        facts = anchor_facts(package)
        block = {"hash": facts["block_hash"], "number": hex(facts["block_number"])}
        self._blocks = {hex(facts["block_number"]): block, "finalized": answers.pop("finalized", {"number": "0x100"})}
        self._answers = {
            "eth_chainId": hex(CHAIN_ID),
            "eth_getCode": "0x" + CODE.hex(),
            "eth_getTransactionReceipt": {
                "blockHash": facts["block_hash"],
                "transactionIndex": hex(facts["receipt_index"]),
                "from": "0x" + WRITER.hex(),
            },
        } | answers

    def __call__(self, method: str, *parameters: Any) -> Any:
        if method in self._answers:
            return self._answers[method]
        return self._blocks.get(parameters[0])


def test_a_node_that_agrees(package: bytes, trust: dict[str, Any]) -> None:
    verdict = verify_package(package, trust, rpc=Node(package))
    assert statuses(verdict)["8b"] is Status.PASS
    assert verdict.exit_code is ExitCode.HOLDS


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"eth_chainId": "0x1"}, ExitCode.CONTRADICTED),
        ({"eth_getCode": "0x" + keccak(b"other").hex()}, ExitCode.CONTRADICTED),
        ({"eth_getBlockByNumber": {"hash": "0x" + "00" * 32}}, ExitCode.CONTRADICTED),
        ({"eth_getTransactionReceipt": None}, ExitCode.CONTRADICTED),
        ({"finalized": {"number": "0x1"}}, ExitCode.UNDECIDED),
        ({"eth_chainId": []}, ExitCode.UNDECIDED),
    ],
)
def test_a_node_that_does_not(
    package: bytes, trust: dict[str, Any], answers: dict[str, object], expected: ExitCode
) -> None:
    assert verify_package(package, trust, rpc=Node(package, **answers)).exit_code is expected


def test_a_node_that_is_down_leaves_it_undecided(package: bytes, trust: dict[str, Any]) -> None:
    def down(method: str, *parameters: Any) -> Any:
        raise NodeUnavailable("connection refused")

    assert verify_package(package, trust, rpc=down).exit_code is ExitCode.UNDECIDED


# Times


@pytest.mark.parametrize("moved", ["recorded_at", "logged_at", "block_time"])
def test_times_out_of_order_contradict(moved: str) -> None:
    factory = contract_package()
    later = factory.packaged_at + timedelta(hours=1)
    wrong = replace(factory, **{moved: later})
    assert "9" in failed(verify_package(wrong.build(), wrong.trust())), rfc3339(later)


def test_signatures_after_the_log_contradict() -> None:
    factory = contract_package()
    late = replace(factory, documents={"采购合同.pdf": signed_pdf(factory.logged_at + timedelta(hours=1))})
    assert "9" in failed(verify_package(late.build(), late.trust()))


def test_a_development_chains_clock_is_not_compared() -> None:
    factory = replace(contract_package(), block_time=contract_package().recorded_at - timedelta(days=30))
    assert failed(verify_package(factory.build(), factory.trust(development=True))) == set()


def test_a_history_has_one_beginning(factory: PackageFactory, trust: dict[str, Any]) -> None:
    """A second first record of the same subject, properly logged, is still refused."""
    forked = replace(contract_package(), is_forked=True)
    assert "4" in failed(verify_package(forked.build(), forked.trust()))
