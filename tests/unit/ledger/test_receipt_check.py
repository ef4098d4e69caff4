"""An old receipt against today's log: each way in which they can agree, differ, or not be comparable."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.merkle import inclusion_proof, nodes_of, verify_consistency
from ledger.note import Note, VerifierKey, cosign, parse_note
from ledger.proof import TlogProof, decode_proof, encode_proof, verify_proof
from ledger.receipt_check import check_receipt
from ledger.receipt_file import MOST_ENTRIES, Receipt, ReceiptKind, read_receipt
from ledger.receipt_verdict import ReceiptVerdict
from ledger.verifier.container import encode
from ledger.verifier.verdict import ExitCode, Unusable
from tests.support.paper_log import ORIGIN, PaperLog

LOG = PaperLog.of(300)
INDEXES = (0, 7, 99)


def proof_of(log: PaperLog, index: int, size: int) -> bytes:
    path = inclusion_proof(index, size, nodes_of(log.leaves))
    return encode_proof(TlogProof(index, tuple(path), log.note(size)))


def package(log: PaperLog, size: int, indexes: Sequence[int] = INDEXES) -> bytes:
    """As far as a receipt is concerned, a package is its checkpoint, its entries and their proofs."""
    members = {"mimetype": b"application/vnd.etsi.asic-e+zip"}
    for number, index in enumerate(indexes, 1):
        folder = f"evidence/{number:03d}/"
        members |= {f"{folder}record.json": b"{}", f"{folder}salt.hex": b"00"}
        members |= {f"{folder}entry.json": log.entries[index], f"{folder}proof.tlog-proof": proof_of(log, index, size)}
    return encode({**members, "anchors/checkpoint": log.note(size)})


RECEIPTS = {
    ReceiptKind.CHECKPOINT: LOG.note(100),
    ReceiptKind.PROOF: proof_of(LOG, 7, 100),
    ReceiptKind.PACKAGE: package(LOG, 100),
}


def against(today: PaperLog, receipt: bytes, keys: Sequence[VerifierKey] = (LOG.vkey,)) -> ReceiptVerdict:
    def nodes(size: int) -> object:
        assert size == len(today.entries)
        return nodes_of(today.leaves)

    return check_receipt(read_receipt(receipt), today.checkpoint(), nodes, keys, ORIGIN)  # type: ignore[arg-type]


def failed(verdict: ReceiptVerdict) -> list[str]:
    return [check.name for check in verdict.checks if check.status == "fail"]


@pytest.mark.parametrize("kind", list(ReceiptKind))
def test_a_receipt_holds_and_the_answer_is_all_it_takes_to_see_it(kind: ReceiptKind) -> None:
    verdict = against(LOG, RECEIPTS[kind])
    assert (verdict.exit_code, verdict.kind) == (ExitCode.HOLDS, kind)
    told = verdict.to_json()
    old, current = told["receipt"], told["current"]
    assert (old["size"], current["size"]) == (100, 300)
    assert (old["checkpoint"].encode(), current["checkpoint"].encode()) == (LOG.note(100), LOG.note(300))
    roots = [bytes.fromhex(shown["root"]) for shown in (old, current)]
    verify_consistency(100, 300, [bytes.fromhex(value) for value in told["consistency"]], *roots)
    assert len(told["entries"]) == {ReceiptKind.CHECKPOINT: 0, ReceiptKind.PROOF: 1, ReceiptKind.PACKAGE: 3}[kind]
    for entry in told["entries"]:
        renewed = decode_proof(entry["current_proof"].encode())
        assert verify_proof(renewed, LOG.entries[entry["index"]], [LOG.vkey], ORIGIN).size == 300
    assert "Your receipt still holds" in verdict.for_people()


@pytest.mark.parametrize("kind", list(ReceiptKind))
def test_a_receipt_of_today_holds(kind: ReceiptKind) -> None:
    verdict = against(PaperLog.of(100), RECEIPTS[kind])
    assert (verdict.exit_code, verdict.consistency) == (ExitCode.HOLDS, ())


@pytest.mark.parametrize("kind", list(ReceiptKind))
@pytest.mark.parametrize("size", [100, 300])
def test_a_rewritten_log_contradicts_it(kind: ReceiptKind, size: int) -> None:
    verdict = against(LOG.forged(7, size=size), RECEIPTS[kind])
    assert verdict.exit_code == ExitCode.CONTRADICTED
    assert failed(verdict)[0] == "consistency"
    assert "rewritten" in verdict.checks[2].reason.en


@pytest.mark.parametrize("kind", list(ReceiptKind))
def test_a_log_that_was_cut_contradicts_it(kind: ReceiptKind) -> None:
    verdict = against(PaperLog.of(99), RECEIPTS[kind])
    assert (verdict.exit_code, failed(verdict)) == (ExitCode.CONTRADICTED, ["consistency"])
    assert "history was cut" in verdict.checks[2].reason.en


def test_tiles_that_dont_lead_to_todays_checkpoint_prove_nothing_for_the_log() -> None:
    today = PaperLog.of(300)
    receipt, tiles = read_receipt(RECEIPTS[ReceiptKind.CHECKPOINT]), nodes_of(LOG.forged(250).leaves)
    verdict = check_receipt(receipt, today.checkpoint(), lambda _size: tiles, [LOG.vkey], ORIGIN)
    assert (verdict.exit_code, failed(verdict)) == (ExitCode.CONTRADICTED, ["consistency"])


def test_an_entry_that_isnt_the_proven_one_is_found() -> None:
    receipt = read_receipt(RECEIPTS[ReceiptKind.PACKAGE])
    first, *others = receipt.entries
    changed = replace(receipt, entries=(replace(first, entry=b"another"), *others))
    verdict = check_receipt(changed, LOG.checkpoint(), lambda _size: nodes_of(LOG.leaves), [LOG.vkey], ORIGIN)
    assert (verdict.exit_code, failed(verdict)) == (ExitCode.CONTRADICTED, ["entries"])


def test_a_changed_proof_is_found() -> None:
    proof = decode_proof(RECEIPTS[ReceiptKind.PROOF])
    for other in (
        replace(proof, index=8),
        replace(proof, index=100),
        replace(proof, hashes=proof.hashes[1:]),
        replace(proof, hashes=(bytes(32), *proof.hashes[1:])),
    ):
        verdict = against(LOG, encode_proof(other))
        assert (verdict.exit_code, failed(verdict)) == (ExitCode.CONTRADICTED, ["entries"])


def test_a_package_whose_checkpoint_got_cosignatures_later_holds() -> None:
    note = parse_note(LOG.note(100))
    line = cosign(note, "witness.test", Ed25519PrivateKey.from_private_bytes(b"w" * 32), 1_800_000_000)
    receipt = read_receipt(RECEIPTS[ReceiptKind.PACKAGE])
    cosigned = replace(receipt, note=Note(note.text, (*note.signatures, line)).to_bytes())
    verdict = check_receipt(cosigned, LOG.checkpoint(), lambda _size: nodes_of(LOG.leaves), [LOG.vkey], ORIGIN)
    assert verdict.exit_code == ExitCode.HOLDS


def test_a_receipt_whose_text_was_changed_was_not_signed_like_that() -> None:
    changed = LOG.note(100).replace(b"\n100\n", b"\n101\n")
    verdict = against(LOG, changed)
    assert (verdict.exit_code, failed(verdict)) == (ExitCode.CONTRADICTED, ["receipt"])


def test_another_logs_receipt_and_an_unknown_key_are_undecided() -> None:
    other = PaperLog(LOG.entries, LOG.key, "another.test/log")
    assert against(LOG, other.note(100)).exit_code == ExitCode.UNDECIDED
    stranger = VerifierKey.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    assert against(LOG, LOG.note(100), [stranger]).exit_code == ExitCode.UNDECIDED


def test_a_pasted_text_may_have_lost_its_line_ends_outside() -> None:
    pasted = b"\r\n  " + RECEIPTS[ReceiptKind.PROOF].strip().replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert against(LOG, pasted).exit_code == ExitCode.HOLDS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"PK\x03\x04",
        LOG.note(100)[:-30],
        RECEIPTS[ReceiptKind.PROOF][:40],
        RECEIPTS[ReceiptKind.PACKAGE][:-1],
        encode({"mimetype": b"application/vnd.etsi.asic-e+zip"}),
        encode({"mimetype": b"application/vnd.etsi.asic-e+zip", "anchors/checkpoint": LOG.note(9)}),
        b"c2sp.org/tlog-proof@v1\nindex 0\n\nno checkpoint\n",
        b"x" * 300_000,
    ],
)
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable) as refused:
        read_receipt(data)
    assert refused.value.statement.zh != refused.value.statement.en


def test_a_package_with_too_many_records_is_refused() -> None:
    with pytest.raises(Unusable, match="at most"):
        read_receipt(package(LOG, 100, [0] * (MOST_ENTRIES + 1)))


def test_every_changed_byte_of_a_checkpoint_is_noticed() -> None:
    note = LOG.note(100)
    for position in range(len(note)):
        changed = note[:position] + bytes([note[position] ^ 1]) + note[position + 1 :]
        try:
            receipt: Receipt = read_receipt(changed)
        except Unusable:
            continue
        verdict = check_receipt(receipt, LOG.checkpoint(), lambda _size: nodes_of(LOG.leaves), [LOG.vkey], ORIGIN)
        assert verdict.exit_code != ExitCode.HOLDS, position
