"""`/verify` as people meet it: packages, digests and certificates' codes, with scripts and without."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.rpc import json_rpc
from tests.support.browser import DESKTOP, PHONE, Browsing, open_browser, overflow
from tests.support.pdf import blank_pdf
from tests.support.site import PURCHASER, Parts, Site, signed_contract


@pytest.fixture
def browsing(site: Site) -> Iterator[Browsing]:
    with open_browser(site.base_url) as opened:
        yield opened
        assert opened.complaints == []


def package_of(site: Site, parts: Parts, contract: str) -> bytes:
    """Once the anchor is final."""
    party = site(PURCHASER["signer"]["email"])
    for _ in range(12):
        site.services.anchors.step(site.clock.now())
        answer = party.get(f"{contract}/evidence.asice")
        if answer.status_code == 200:
            return answer.content
        json_rpc(parts.chain.url, "anvil_mine", "0x10")
        site.clock.advance(timedelta(minutes=1))
    raise AssertionError(answer.text)


def test_a_package_and_the_certificate_that_leads_to_it(site: Site, parts: Parts) -> None:
    package = package_of(site, parts, signed_contract(site))
    reader, upload = site.person(), {"file": ("p.asice", package)}
    number = re.search(rb"DY-\d{8}-[0-9A-F]{12}", package)
    assert number
    own = number[0].decode()
    assert f"您扫描的是证书 {own}" in reader.get("/verify", params={"number": own}).text
    assert "您扫描的是证书" not in reader.get("/verify", params={"number": "DY-<script>"}).text
    digest = hashlib.sha256(package).hexdigest()
    page = reader.post("/verify", files=upload, data={"number": own, "digest": f" SHA-256: {digest.upper()} "}).text
    assert "<h3>全部必需核验通过</h3>" in page
    assert f"这是证书 {own} 所在的证据包" in page
    assert "文件与所填摘要一致" in page
    stranger = f"{own[:-1]}{'0' if own[-1] != '0' else '1'}"
    page = reader.post("/verify", files=upload, data={"number": stranger, "digest": "0" * 64}).text
    assert f"这不是证书 {stranger} 所在的证据包" in page
    assert "文件与所填摘要不一致" in page
    changed = bytearray(package)
    changed[len(package) // 2] ^= 1
    page = reader.post("/verify", files={"file": ("p.asice", bytes(changed))}).text
    assert "<h3>核验不通过</h3>" in page


def test_programs_are_told_the_verdict_on_a_package(site: Site, parts: Parts) -> None:
    package = package_of(site, parts, signed_contract(site))
    program, upload = site.person(), {"file": ("p.asice", package)}
    told = program.post("/v1/verify/package", files=upload).json()
    checks = {check["number"]: check for check in told["checks"]}
    assert (told["verdict"], told["exit_code"], checks["8b"]["status"]) == ("holds", 0, "unknown")
    own = checks["8a"]["facts"]["block_hash"]
    compared = program.post("/v1/verify/package", files=upload, data={"block_hash": own}).json()
    assert [check["status"] for check in compared["checks"]] == ["pass"] * 11
    other = program.post("/v1/verify/package", files=upload, data={"block_hash": "0x" + "5a" * 32}).json()
    assert (other["verdict"], other["exit_code"]) == ("contradicted", 1)
    junk = program.post("/v1/verify/package", files={"file": ("x", b"PK\x03\x04")}).json()
    assert (junk["verdict"], junk["checks"]) == ("unusable", [])


def test_whose_digest_it_is_is_told_to_nobody_else(site: Site) -> None:
    contract = signed_contract(site)
    party = site(PURCHASER["signer"]["email"])
    digest = hashlib.sha256(party.get(f"{contract}/contract.pdf").content).hexdigest()
    assert "您单位的存证记录" in party.post("/verify", data={"digest": digest}).text
    assert "evd_" in party.post("/verify", data={"digest": digest}).text
    assert "您的单位没有该摘要的存证记录" in party.post("/verify", data={"digest": "0" * 64}).text
    visitor = site.person()
    known, unknown = (visitor.post("/verify", data={"digest": each}).text for each in (digest, "0" * 64))
    assert "按摘要查询不对公众开放" in known
    assert known.replace(digest, "") == unknown.replace("0" * 64, ""), "the answer says nothing about the digest"


@pytest.mark.parametrize(
    ("digest", "said"), [("", "请选择文件，或填写摘要"), ("zz", "这不是 SHA-256 摘要"), ("<b>", "&lt;b&gt;")]
)
def test_what_is_no_digest(site: Site, digest: str, said: str) -> None:
    assert said in site.person().post("/verify", data={"digest": digest}).text


def test_the_offline_page_is_to_be_kept_not_shown(site: Site) -> None:
    answer = site.person().get("/verify/offline.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "证据包离线核验" in answer.text


@pytest.mark.parametrize(("device", "language"), [(DESKTOP, "zh"), (PHONE, "en")])
def test_a_file_is_hashed_in_the_browser_and_stays_there(
    browsing: Browsing, tmp_path: Path, device: dict[str, object], language: str
) -> None:
    page = browsing.page(**device)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    data = blank_pdf()
    digest, file = hashlib.sha256(data).hexdigest(), tmp_path / "a.pdf"
    file.write_bytes(data)
    page.goto(f"/verify?lang={language}")
    page.set_input_files("#file", file)
    assert told(page, "").endswith(f"SHA-256 {digest}")
    page.fill("#digest", digest.upper())
    assert {"zh": "文件与所填摘要一致", "en": "The file has this digest"}[language] in told(page, ".good")
    page.fill("#digest", "0" * 64)
    assert {"zh": "不一致", "en": "another digest"}[language] in told(page, ".bad")
    assert overflow(page) == 0
    assert sent == [], "nothing is sent before the button is pressed"
    page.click("main form button")
    page.wait_for_selector("section.card h2")
    assert len(sent) == 1
    assert {"zh": "没有签名", "en": "Not signed"}[language] in page.inner_text("section.card")
    assert overflow(page) == 0


def told(page: Page, tone: str) -> str:
    page.wait_for_selector(f"[data-told]{tone} code")
    return page.inner_text("[data-told]")
