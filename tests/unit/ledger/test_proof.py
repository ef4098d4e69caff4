"""The tlog-proof format, byte for byte, and what it takes to believe one."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.merkle import ProofInvalid, inclusion_proof, leaf_hash, nodes_of, root
from ledger.note import Checkpoint, VerifierKey, sign_note
from ledger.proof import TlogProof, decode_proof, encode_proof, verify_proof

ORIGIN = "dingyue.test/log"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG = VerifierKey.of(ORIGIN, KEY)
ENTRIES = [f"entry {number}".encode() for number in range(7)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
CHECKPOINT = Checkpoint(ORIGIN, 7, root(HASHES))
NOTE = sign_note(CHECKPOINT.text(), ORIGIN, KEY).to_bytes()
PROOF = TlogProof(3, tuple(inclusion_proof(3, len(HASHES), nodes_of(HASHES))), NOTE)


def test_the_format() -> None:
    """Like the example of C2SP tlog-proof and the vectors of transparency-dev/formats."""
    hash_1 = bytes.fromhex("ff" * 32)
    data = encode_proof(TlogProof(5, (hash_1,), b"checkpoint\n", extra=b"extra"))

    assert data == (
        b"c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 5\n//////////////////////////////////////////8=\n\ncheckpoint\n"
    )
    assert encode_proof(TlogProof(0, (), b"checkpoint\n")) == b"c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"


@pytest.mark.parametrize("extra", [None, b"", b"more"])
def test_what_is_written_is_read_back(extra: bytes | None) -> None:
    proof = TlogProof(3, PROOF.hashes, NOTE, extra)

    assert decode_proof(encode_proof(proof)) == proof


@pytest.mark.parametrize("index", range(7))
def test_every_entry_is_proven(index: int) -> None:
    proof = TlogProof(index, tuple(inclusion_proof(index, len(HASHES), nodes_of(HASHES))), NOTE)

    assert verify_proof(proof, ENTRIES[index], [LOG], ORIGIN) == CHECKPOINT


def test_an_entry_elsewhere_is_not_proven() -> None:
    with pytest.raises(ProofInvalid):
        verify_proof(PROOF, ENTRIES[2], [LOG])
    with pytest.raises(ProofInvalid):
        verify_proof(TlogProof(2, PROOF.hashes, NOTE), ENTRIES[3], [LOG])


def test_a_checkpoint_the_log_did_not_sign_proves_nothing() -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)

    with pytest.raises(ProofInvalid):
        verify_proof(PROOF, ENTRIES[3], [VerifierKey.of(ORIGIN, stranger)])


@pytest.mark.parametrize("position", range(len(encode_proof(PROOF))))
def test_a_proof_with_any_byte_changed_proves_nothing(position: int) -> None:
    changed = bytearray(encode_proof(PROOF))
    changed[position] ^= 1

    with pytest.raises(ProofInvalid):
        verify_proof(decode_proof(bytes(changed)), ENTRIES[3], [LOG], ORIGIN)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n\n",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n",
        b"c2sp.org/tlog-proof@v1\n\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex 00\n\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex -1\n\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex 1 \n\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n",
        b"c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\nnote\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\nnote\n",
        b"x" * 200_000,
    ],
)
def test_malformed_proofs_are_refused(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        decode_proof(data)
