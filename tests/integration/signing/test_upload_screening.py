"""What whoever uploads a PDF is told: what of it will be flattened, or why it is refused."""

from pathlib import Path
from typing import Any

import pytest
from pikepdf import Pdf
from sqlalchemy import Engine

from signing.pdf.flatten import FLATTENED
from tests.support import pdf as samples
from tests.support.app import Office


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Office:
    return Office.open(tmp_path, engine)


def files(data: bytes) -> dict[str, Any]:
    return {"file": ("合同.pdf", data, "application/pdf")}


def test_an_upload_says_what_will_be_flattened(office: Office) -> None:
    document = office.done("purchaser", "POST", "/v1/documents", files=files(samples.form_pdf()))
    assert [each["code"] for each in document["flattened"]] == ["form_fields", "signature_fields"]
    assert (document["flattened"][0]["zh"], document["flattened"][0]["en"]) == FLATTENED["form_fields"]
    assert office.done("purchaser", "GET", f"/v1/documents/{document['id']}") == document


def test_a_plain_upload_has_nothing_to_flatten(office: Office) -> None:
    assert office.done("purchaser", "POST", "/v1/documents", files=files(samples.contract_pdf(2)))["flattened"] == []


def test_a_refusal_says_why_in_the_readers_language(office: Office) -> None:
    def change(pdf: Pdf) -> None:
        for name in ("one", "other"):
            samples.add_field(pdf, name, (72, 600, 272, 620))

    for language, word in (("zh", "遮盖"), ("en", "cover each other")):
        headers = {"Accept-Language": language}
        refused = office.call(
            "purchaser", "POST", "/v1/documents", files=files(samples.changed(change)), headers=headers
        )
        assert (refused.status_code, refused.json()["code"]) == (422, "overlapping_fields")
        assert word in refused.json()["detail"]


def test_nothing_of_a_refused_upload_is_kept(office: Office) -> None:
    before = office.contents()
    office.call("purchaser", "POST", "/v1/documents", files=files(samples.encrypted_pdf()))
    assert office.contents() == before
