"""`/verify` and `POST /v1/verify`: each outcome, told on the page in both languages and to programs by its codes."""

from io import BytesIO

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper

from tests.support.foreign import Stranger
from tests.support.pdf import blank_pdf, contract_pdf
from tests.support.site import PURCHASER, Site, signed_contract

HEADLINES = {
    "authentic": ("真实有效", "Authentic"),
    "altered": ("已被改动", "Altered"),
    "unrecognised": ("签名方无法识别", "Unknown signer"),
    "unsigned": ("没有签名", "Not signed"),
    "malformed": ("文件异常", "Malformed"),
}
FINDINGS = {"altered": "digest_mismatch", "unrecognised": "untrusted_root", "malformed": "malformed"}


@pytest.fixture
def files(site: Site) -> dict[str, bytes]:
    """One for each outcome."""
    address = signed_contract(site)
    contract = site(PURCHASER["signer"]["email"]).get(f"{address}/contract.pdf").content
    position = contract.index(b"/MediaBox") + 14
    stranger = Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))
    return {
        "authentic": contract,
        "altered": contract[:position] + bytes([contract[position] ^ 1]) + contract[position + 1 :],
        "unrecognised": stranger.sign(contract_pdf(1)),
        "unsigned": blank_pdf(),
        "malformed": b"%PDF-1.7\nnothing more",
    }


def test_each_outcome_on_the_page_and_for_programs(site: Site, files: dict[str, bytes]) -> None:
    chinese, english = site.person(), site.person()
    english.cookies.set("dingyue_language", "en")
    for outcome, data in files.items():
        upload = {"file": ("a.pdf", data, "application/pdf")}
        told = chinese.post("/v1/verify", files=upload).json()
        assert (told["outcome"], told["finding"]) == (outcome, FINDINGS.get(outcome))
        assert any("一" <= character <= "鿿" for character in told["reason_zh"])
        pages = chinese.post("/verify", files=upload).text, english.post("/verify", files=upload).text
        for page, headline, authentic in zip(pages, HEADLINES[outcome], HEADLINES["authentic"], strict=True):
            assert f"<h3>{headline}</h3>" in page
            assert (f"<h3>{authentic}</h3>" in page) == (outcome == "authentic")
        if told["finding"] is not None:
            assert told["finding"] in pages[0]
            assert told["reason_zh"] in pages[0]


class _OurAuthority(TimeStamper):
    """The time-stamp authority of the platform, which serves anybody."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._anybody = site.person()

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"Content-Type": "application/timestamp-query"}
        answer = self._anybody.post("/tsa", content=req.dump(), headers=headers)
        return tsp.TimeStampResp.load(answer.content)


def test_our_own_time_stamp_makes_nobodys_contract_authentic(site: Site) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(contract_pdf(1)))
    forged = PdfTimeStamper(_OurAuthority(site)).timestamp_pdf(writer, "sha256", None).getvalue()
    upload = {"file": ("a.pdf", forged, "application/pdf")}
    told = site.person().post("/v1/verify", files=upload).json()
    assert (told["outcome"], told["signatures"][0]["is_trusted"]) == ("unsigned", True)
    page = site.person().post("/verify", files=upload).text
    assert f"<h3>{HEADLINES['unsigned'][0]}</h3>" in page
    assert told["reason_zh"] in page


def test_what_programs_are_told_of_a_signature(site: Site, files: dict[str, bytes]) -> None:
    told = site.person().post("/v1/verify", files={"file": ("a.pdf", files["authentic"])}).json()
    assert [found["level"] for found in told["signatures"]] == ["B-LTA", "B-LTA", "B-LTA", None]
    assert all(found["is_trusted"] and found["finding"] is None for found in told["signatures"])
    assert told["signatures"][0]["signer"] == PURCHASER["signer"]["name"]
    [found] = site.person().post("/v1/verify", files={"file": ("a.pdf", files["unrecognised"])}).json()["signatures"]
    assert (found["is_intact"], found["is_trusted"], found["finding"]) == (True, False, "untrusted_root")
    assert found["finding_zh"]
    assert found["finding_en"]
