"""Signed notes, checkpoints and cosignatures against the published examples of C2SP and of Go's note package."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.note import (
    COSIGNATURE_V1,
    Checkpoint,
    Note,
    NoteInvalid,
    Signature,
    VerifierKey,
    cosign,
    cosignature_times,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    sign_note,
    verify_note,
)

# golang.org/x/mod/sumdb/note, the package documentation's example.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

# C2SP tlog-cosignature, the example of the introduction.
COSIGNED = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()

LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
LOG = VerifierKey.of("dingyue.test/log", LOG_KEY)
WITNESS = VerifierKey.of("witness.test/w1", WITNESS_KEY, COSIGNATURE_V1)
CHECKPOINT = Checkpoint("dingyue.test/log", 42, hashlib.sha256(b"root").digest())


def signed_checkpoint() -> Note:
    return sign_note(CHECKPOINT.text(), LOG.name, LOG_KEY)


def test_the_example_of_go_is_verified_and_signed_to_the_byte() -> None:
    key = VerifierKey.parse(VKEY)

    assert str(key) == VKEY
    assert key.key_id.hex() == "c74f20a3"
    assert verify_note(parse_note(NOTE), [key]) == [key]
    assert sign_note(TEXT, "PeterNeumann", Ed25519PrivateKey.from_private_bytes(SEED)).to_bytes() == NOTE


def test_the_example_of_tlog_cosignature_is_parsed() -> None:
    note = parse_note(COSIGNED)

    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert int.from_bytes(note.signatures[1].value[:8], "big") == 1679315147
    assert note.to_bytes() == COSIGNED


@pytest.mark.parametrize("position", range(len(VKEY)))
def test_a_vkey_with_any_character_changed_is_refused(position: int) -> None:
    changed = VKEY[:position] + chr(ord(VKEY[position]) + 1) + VKEY[position + 1 :]

    with pytest.raises(NoteInvalid):
        VerifierKey.parse(changed)


@pytest.mark.parametrize("vkey", ["", "a", "a+b", "a+00000000+", "+c74f20a3+AQ==", VKEY + "\n", VKEY.upper()])
def test_malformed_vkeys_are_refused(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize("position", range(0, len(NOTE), 3))
def test_a_note_with_any_byte_changed_is_refused(position: int) -> None:
    changed = bytearray(NOTE)
    changed[position] ^= 1

    with pytest.raises(NoteInvalid):
        verify_note(parse_note(bytes(changed)), [VerifierKey.parse(VKEY)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT.encode(),
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace(b"PeterNeumann x08", b"Peter Neumann x08"),
        NOTE.replace(b"PeterNeumann x08", b" x08"),
        NOTE.replace(b"nAM=", b"nAN="),  # the same bytes in another base64 spelling
        NOTE.replace(b"If", b"\xff\xfe"),
        NOTE.replace(b"If", b"\x00f"),
        b"x" * 100_000,
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with pytest.raises(NoteInvalid):
        parse_note(data)


def test_a_note_nobody_trusted_signed_is_refused() -> None:
    with pytest.raises(NoteInvalid, match="trusted"):
        verify_note(parse_note(NOTE), [LOG])
    with pytest.raises(NoteInvalid, match="trusted"):
        verify_note(parse_note(NOTE), [])


def test_unknown_signatures_are_ignored_even_under_a_known_name() -> None:
    stranger = Signature(LOG.name, b"\0\0\0\1", b"x" * 64)

    assert verify_note(signed_checkpoint().with_signature(stranger), [LOG]) == [LOG]


def test_one_bad_signature_of_a_known_key_spoils_the_note() -> None:
    bad = Signature(WITNESS.name, WITNESS.key_id, b"\0" * 72)

    with pytest.raises(NoteInvalid, match=r"witness\.test"):
        verify_note(signed_checkpoint().with_signature(bad), [LOG, WITNESS])


@pytest.mark.parametrize("text", ["", "no newline", "control\x07\n"])
def test_a_text_that_is_no_note_is_not_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        sign_note(text, LOG.name, LOG_KEY)


def test_a_checkpoint_is_opened_with_the_log_s_own_key_only() -> None:
    data = signed_checkpoint().to_bytes()
    namesake = VerifierKey.of("other.test/log", LOG_KEY)

    assert open_checkpoint(data, [namesake, LOG], "dingyue.test/log") == CHECKPOINT
    with pytest.raises(NoteInvalid):
        open_checkpoint(data, [namesake])
    with pytest.raises(NoteInvalid, match="other"):
        open_checkpoint(data, [LOG], "other.test/log")


def test_a_log_may_not_sign_another_log_s_checkpoint() -> None:
    forged = sign_note(Checkpoint("other.test/log", 1, b"\0" * 32).text(), LOG.name, LOG_KEY)

    with pytest.raises(NoteInvalid):
        open_checkpoint(forged.to_bytes(), [LOG])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        "log\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n+1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n\uff11\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n1\nAAAA\n",
        "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_checkpoint(text)


def test_a_witness_cosigns_with_its_time() -> None:
    note = signed_checkpoint()
    note = note.with_signature(cosign(note, WITNESS.name, WITNESS_KEY, 1_795_000_000))
    reread = parse_note(note.to_bytes())

    assert cosignature_times(reread, [WITNESS]) == {WITNESS: 1_795_000_000}
    assert open_checkpoint(note.to_bytes(), [LOG]) == CHECKPOINT


def test_a_cosignature_covers_its_time_and_is_not_a_log_signature() -> None:
    note = signed_checkpoint()
    signature = cosign(note, WITNESS.name, WITNESS_KEY, 1_795_000_000)
    later = Signature(signature.name, signature.key_id, (1_795_000_001).to_bytes(8, "big") + signature.value[8:])

    with pytest.raises(NoteInvalid):
        cosignature_times(note.with_signature(later), [WITNESS])
    assert cosignature_times(note, [WITNESS]) == {}
    assert cosignature_times(note, [LOG]) == {}
