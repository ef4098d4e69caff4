"""Records, commitments and entries have exactly the bytes of evidence.md."""

import dataclasses
import hashlib
from typing import Any

import pytest

from ledger.record import (
    Entry,
    EvidenceFile,
    Record,
    RecordInvalid,
    Subject,
    commitment,
    describe_file,
    entry_bytes,
    parse_entry,
    parse_record,
    record_bytes,
    sm3_hex,
)

ID = "0192f3a4b5c67d8e9f00112233445566"
AT = "2026-11-22T01:02:03.456Z"
RECORD = Record(
    type="envelope.completed",
    id=ID,
    at=AT,
    subject=Subject("envelope", "env_" + ID),
    files=(describe_file("合同.pdf", "application/pdf", b"%PDF-"),),
    facts={"amount": "480000.00", "count": 3, "is_final": True, "note": None, "parties": ["甲", "乙"]},
    previous=None,
)


def test_sm3_of_the_standard_s_example() -> None:
    """GB/T 32905-2016, appendix A.1."""
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_file_is_described_by_both_digests() -> None:
    described = describe_file("a.txt", "text/plain", b"abc")

    assert described == EvidenceFile("a.txt", "text/plain", 3, hashlib.sha256(b"abc").hexdigest(), sm3_hex(b"abc"))


def test_the_bytes_of_a_record() -> None:
    file = RECORD.files[0]

    assert record_bytes(RECORD).decode() == (
        f'{{"at":"{AT}","facts":{{"amount":"480000.00","count":3,"is_final":true,"note":null,"parties":["甲","乙"]}},'
        f'"files":[{{"media_type":"application/pdf","name":"合同.pdf","sha256":"{file.sha256}","size":5,"sm3":"{file.sm3}"}}],'
        f'"id":"{ID}","previous":null,"subject":{{"id":"env_{ID}","kind":"envelope"}},"type":"envelope.completed","v":1}}'
    )


def test_the_bytes_of_a_commitment_and_an_entry() -> None:
    salt, record = b"\x07" * 32, record_bytes(RECORD)

    expected = hashlib.sha256(
        b"dingyue/evidence-commitment/v1" + b"\0" + salt + hashlib.sha256(record).digest()
    ).digest()
    assert commitment(salt, record) == expected
    assert entry_bytes(Entry(expected, ID, AT)) == (
        f'{{"c":"{expected.hex()}","id":"{ID}","t":"{AT}","type":"evidence","v":1}}'.encode()
    )


def test_what_is_written_is_read_back() -> None:
    entry = Entry(b"\x01" * 32, ID, AT)

    assert parse_record(record_bytes(RECORD)) == RECORD
    assert parse_entry(entry_bytes(entry)) == entry


@pytest.mark.parametrize(
    "facts",
    [{"score": 0.5}, {"big": 2**53}, {"deep": [{"x": float("nan")}]}, {1: "a"}, {"bytes": b"x"}, {"half": "\ud800"}],
)
def test_facts_that_readers_may_read_differently_are_refused(facts: dict[Any, Any]) -> None:
    with pytest.raises(RecordInvalid):
        record_bytes(dataclasses.replace(RECORD, facts=facts))


@pytest.mark.parametrize(
    "change",
    [
        {"id": ID.upper()},
        {"id": "env_1"},
        {"at": "2026-11-22T01:02:03Z"},
        {"at": "2026-11-22T01:02:03.456+08:00"},
        {"at": "２026-11-22T01:02:03.456Z"},
        {"previous": "none"},
        {"type": ""},
        {"subject": Subject("", "env_1")},
        {"files": (EvidenceFile("a", "b", -1, "0" * 64, "0" * 64),)},
        {"files": (EvidenceFile("a", "b", 1, "0" * 63, "0" * 64),)},
    ],
)
def test_malformed_records_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecordInvalid):
        record_bytes(dataclasses.replace(RECORD, **change))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":1,"x":1'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b' "v":1'),
        (b'"v":1}', b'"v":1,"v":1}'),
        (b'"size":5', b'"size":true'),
        (b'"kind":', b'"sort":'),
        (b'"previous":null', b'"previous":0'),
        (b'"facts":{', b'"facts":{"\\u0061":1,'),
        (b'"files":[', b'"files":[[],'),
        (b"{", b"["),
    ],
)
def test_records_in_any_other_form_are_refused(old: bytes, new: bytes) -> None:
    data = record_bytes(RECORD)
    assert old in data

    with pytest.raises(RecordInvalid):
        parse_record(data.replace(old, new, 1))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 5000, b"1" * 5000])
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(RecordInvalid):
        parse_record(data)
    with pytest.raises(RecordInvalid):
        parse_entry(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"type":"evidence"', b'"type":"other"'),
        (b'"v":1', b'"v":2'),
        (b'"c":"01', b'"c":"1'),
        (b'"c":"01', b'"c":"0 1'),
    ],
)
def test_entries_in_any_other_form_are_refused(old: bytes, new: bytes) -> None:
    data = entry_bytes(Entry(b"\x01" * 32, ID, AT))
    assert old in data

    with pytest.raises(RecordInvalid):
        parse_entry(data.replace(old, new))


@pytest.mark.parametrize("salt", [b"", b"x" * 31, b"x" * 33])
def test_a_salt_has_32_bytes(salt: bytes) -> None:
    with pytest.raises(RecordInvalid):
        commitment(salt, b"record")


def test_an_erased_record_can_t_be_guessed_from_its_commitment() -> None:
    """The same record under two salts has two commitments: without the salt there is nothing to compare with."""
    assert commitment(b"\x01" * 32, b"record") != commitment(b"\x02" * 32, b"record")
