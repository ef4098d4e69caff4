"""Names, order and contents of the archive that is written."""

import hashlib
import xml.etree.ElementTree as ET
from base64 import b64decode
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.package.archive import unique_file_names, write_archive
from ledger.verifier.container import decode, is_safe_name
from ledger.verifier.verdict import Contradiction
from tests.support.evidence import StubAuthority, contract_package

ASIC, DS = "{http://uri.etsi.org/02918/v1.2.1#}", "{http://www.w3.org/2000/09/xmldsig#}"


def test_members_stand_in_the_order_of_the_specification() -> None:
    content = contract_package().content()
    shuffled = dict(sorted(content.items(), reverse=True))
    names = list(decode(write_archive(shuffled, StubAuthority().timestamp)))
    assert names[0] == "mimetype"
    assert names[-2:] == ["META-INF/ASiCManifest.xml", "META-INF/timestamp.tst"]
    folders = list(dict.fromkeys(name.partition("/")[0] for name in names[1:-2]))
    assert folders == ["documents", "evidence", "anchors", "trust", "report", "VERIFY.md", "verify.html"]
    assert [name for name in names if name.startswith("anchors/")] == [
        "anchors/checkpoint",
        "anchors/evm.json",
        "anchors/checkpoint.tsr",
    ]


def test_the_manifest_lists_every_other_member() -> None:
    """Read by an XML parser that isn't ours (the text is our own)."""
    members = decode(contract_package().build())
    manifest = ET.fromstring(members["META-INF/ASiCManifest.xml"])  # noqa: S314
    listed = {
        unquote(reference.attrib["URI"]): b64decode(reference.findtext(f"{DS}DigestValue") or "")
        for reference in manifest.iter(f"{ASIC}DataObjectReference")
    }
    covered = {name: hashlib.sha256(data).digest() for name, data in members.items() if "META-INF" not in name}
    assert listed == covered
    signature = manifest.find(f"{ASIC}SigReference")
    assert signature is not None
    assert signature.attrib["URI"] == "META-INF/timestamp.tst"


def test_the_same_content_at_the_same_time_differs_only_in_its_timestamp() -> None:
    content = contract_package().content()
    first, second = (decode(write_archive(content, StubAuthority().timestamp)) for _ in range(2))
    assert {name for name in first if first[name] != second[name]} <= {"META-INF/timestamp.tst"}


def test_what_has_no_place_is_refused() -> None:
    with pytest.raises(Contradiction):
        write_archive({"notes.txt": b""}, StubAuthority().timestamp)


def test_repeated_names_get_numbers() -> None:
    assert unique_file_names(["合同.pdf", "合同.pdf", "A.PDF", "a.pdf", "合同 (2).pdf"]) == [
        "合同.pdf",
        "合同 (2).pdf",
        "A.PDF",
        "a (2).pdf",
        "合同 (2) (2).pdf",
    ]


@given(st.lists(st.text(max_size=120), max_size=6))
def test_any_names_become_safe_and_distinct(names: list[str]) -> None:
    safe = unique_file_names(names)
    assert len(safe) == len(names) == len({name.casefold() for name in safe})
    assert all(is_safe_name(f"documents/{name}") and "/" not in name for name in safe)
