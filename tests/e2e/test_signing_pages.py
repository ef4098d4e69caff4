"""A whole signing in a real browser, everybody at their own page; and each thing a page must not lose or allow."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page

from tests.support.browser import (
    DESKTOP,
    HAND,
    ONE_LINE,
    PHONE,
    Browsing,
    agree,
    draw,
    open_browser,
    overflow,
    read_everything,
    show_code,
    sign_in,
    touch,
)
from tests.support.pdf import contract_pdf
from tests.support.site import CODE, EXAMPLES, FACTS, LINK, PASSWORD, PURCHASER, SUPPLIER, Site, draft_form

MANAGER = PURCHASER["signer"]
SEALS = f"seals@{MANAGER['email'].partition('@')[2]}"
APPROVER = PURCHASER["contacts"][0]


@pytest.fixture
def browsing(site: Site) -> Iterator[Browsing]:
    with open_browser(site.base_url) as opened:
        yield opened
        assert opened.complaints == []


def prepare_seal(site: Site, browsing: Browsing) -> None:
    """The manager applies for a seal; the administrator approves it and authorises the manager."""
    manager = browsing.page(**DESKTOP)
    sign_in(manager, MANAGER["email"], PASSWORD)
    manager.goto("/seals/new")
    manager.fill("#name", "合同专用章")
    manager.fill("#reason", "签订采购合同")
    manager.click("main form button")
    manager.wait_for_url("**/seals/sea_*")
    administrator = browsing.page(**DESKTOP)
    sign_in(administrator, SEALS, PASSWORD)
    administrator.goto(manager.url)
    administrator.click("text=批准")
    administrator.wait_for_selector("text=可用")
    administrator.select_option("#person_id", label=f"{MANAGER['name']} 199****0101")
    administrator.fill("#purpose", "签订采购合同")
    administrator.fill("#valid_until", (site.clock.now().date() + timedelta(days=30)).isoformat())
    administrator.check("#class-government_procurement")
    administrator.click("form[action$=authorise] button")
    administrator.wait_for_selector("text=已用 0 次")


def send_contract(site: Site, browsing: Browsing) -> Page:
    """Two documents, an approver, the purchaser's seal across the pages, the supplier signing first."""
    page = browsing.page(**DESKTOP)
    sign_in(page, MANAGER["email"], PASSWORD)
    page.goto("/contracts/new")
    page.set_input_files("#document", EXAMPLES / FACTS["file"])
    page.click("text=还有附件？")
    page.set_input_files("#annexes", {"name": "附件一.pdf", "mimeType": "application/pdf", "buffer": contract_pdf(3)})
    page.click("main form button")
    page.wait_for_url("**/contracts/new/doc_*")
    for name, value in draft_form(site.clock.now().date()).items():
        for number, each in enumerate(value if isinstance(value, list) else [value]):
            _fill(page, name, number, str(each))
    page.check("#first-supplier")
    page.click("[data-seals] > summary")
    page.check("#purchaser_has_seal")
    page.check("#purchaser_cross_page")
    page.click("text=更多选项")
    page.fill("#approver_name", APPROVER["name"])
    page.fill("#approver_phone", APPROVER["phone"])
    page.check("#may_delegate")
    page.click("text=发送签署")
    page.wait_for_url("**/contracts/ctr_*")
    return page


def _fill(page: Page, name: str, number: int, value: str) -> None:
    element = page.locator(f"[name={name}]").nth(number)
    if element.evaluate("element => element.tagName") == "SELECT":
        element.select_option(value)
    elif element.get_attribute("type") != "radio":
        element.fill(value)


def open_link(site: Site, browsing: Browsing, phone: str, **device: object) -> Page:
    page = browsing.page(**device)
    page.goto(site.message_to(phone, LINK))
    return page


def code_to(site: Site, phone: str) -> str:
    return site.message_to(phone, CODE)


def test_a_contract_with_an_annex_is_approved_signed_and_sealed(site: Site, browsing: Browsing) -> None:
    prepare_seal(site, browsing)
    contract = send_contract(site, browsing)

    approver = open_link(site, browsing, APPROVER["phone"], **DESKTOP)
    assert "您的批准不是签名" in approver.inner_text("main")
    assert approver.locator("#has-read").is_disabled(), "first everything is read"
    read_everything(approver)
    show_code(approver, lambda: code_to(site, APPROVER["phone"]))
    assert approver.is_checked("#has-read"), "asking for a code loses nothing"
    agree(approver)
    approver.wait_for_selector("text=您已批准")

    phone = SUPPLIER["signer"]["phone"]
    signer = open_link(site, browsing, phone, **PHONE)
    assert overflow(signer) <= 0
    read_everything(signer)
    signer.check("#signature-drawn")
    touch(signer, ONE_LINE)
    show_code(signer, lambda: code_to(site, phone))
    agree(signer)
    signer.wait_for_selector("text=手写签名过于简单")
    assert signer.is_checked("#signature-drawn")
    assert signer.is_checked("#consent"), "what was filled in stays"
    assert not signer.locator("#code").count(), "the code was right and counts"
    signer.click("[data-clear]")
    touch(signer, HAND)
    agree(signer)
    signer.wait_for_selector("text=您已签署")

    # The purchaser's side signs, then applies its seal: the same person, two seats.
    own = open_link(site, browsing, MANAGER["phone"], **DESKTOP)
    read_everything(own)
    own.check("#signature-drawn")
    draw(own, HAND)
    show_code(own, lambda: code_to(site, MANAGER["phone"]))
    agree(own)
    own.wait_for_selector("text=您已签署")
    site.clock.advance(timedelta(minutes=2))  # one code a minute
    sealer = open_link(site, browsing, MANAGER["phone"], **DESKTOP)
    assert "加盖电子印章" in sealer.inner_text("main")
    read_everything(sealer)
    sealer.check("text=合同专用章")
    show_code(sealer, lambda: code_to(site, MANAGER["phone"]))
    agree(sealer)
    sealer.wait_for_selector("text=您已用印")

    site.work()
    sealer.reload()
    sealer.wait_for_selector("text=签署完成")
    for number in (1, 2):
        with sealer.expect_download() as download:
            sealer.click(f".downloads a[href$='/documents/{number}.pdf']")
        assert verdict(site, download.value.path().read_bytes()) == "authentic"
    with sealer.expect_download() as download:
        sealer.click("text=下载签署完成报告")
    assert verdict(site, download.value.path().read_bytes()) == "authentic"
    contract.reload()
    contract.click("text=管理签署流程")
    contract.wait_for_selector("text=签署完成，平台盖章")
    assert contract.locator("text=已完成").count() >= 4


def verdict(site: Site, data: bytes) -> str:
    answer = httpx.post(f"{site.base_url}/v1/verify", files={"file": ("a.pdf", data, "application/pdf")}, timeout=60)
    outcome: str = answer.json()["outcome"]
    return outcome


def fields_to_fill() -> list[dict[str, object]]:
    """One of every kind a signer has, over both pages."""
    box = {"recipient": "supplier", "width": 0.2, "height": 0.05}
    kinds = (("title", "text", 1), ("agreed", "checkbox", 1), ("initials", "initials", 1), ("day", "date", 2))
    placed = [
        {**box, "name": name, "kind": kind, "page": page, "x": 0.1, "y": 0.2 + 0.15 * number}
        for number, (name, kind, page) in enumerate(kinds)
    ]
    return [*placed, {**box, "name": "sign", "kind": "signature", "page": 2, "x": 0.5, "y": 0.4, "height": 0.1}]


def send_form(site: Site, **more: object) -> None:
    """An envelope with fields to fill in, by the API, to somebody who reads English."""
    with httpx.Client(base_url=site.base_url, timeout=60, trust_env=False) as client:
        credentials = {"email": MANAGER["email"], "password": PASSWORD}
        token = client.post("/v1/sessions", json=credentials, headers={"idempotency-key": "1"}).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        files = {"file": ("form.pdf", contract_pdf(2), "application/pdf")}
        document = client.post("/v1/documents", files=files).json()["id"]
        signer = SUPPLIER["signer"]
        recipient = {"key": "supplier", "name": signer["name"], "phone": signer["phone"], "language": "en"}
        body = {
            "document_ids": [document],
            "title": "Supply form",
            "recipients": [recipient | {"organisation_name": SUPPLIER["name"], "uscc": SUPPLIER["uscc"]}],
            "fields": fields_to_fill(),
            **more,
        }
        envelope = client.post("/v1/envelopes", json=body).json()["id"]
        assert client.post(f"/v1/envelopes/{envelope}/send").is_success


def test_one_thing_at_a_time_by_keyboard_on_a_phone(site: Site, browsing: Browsing) -> None:
    send_form(site, test=True)
    phone = SUPPLIER["signer"]["phone"]
    page = open_link(site, browsing, phone, **PHONE)
    assert "asks you" in page.inner_text("main"), "the recipient's own language"
    assert "Test mode" in page.inner_text(".test-banner")
    assert overflow(page) <= 0
    assert "2 pages left to read · 2 fields left" in page.inner_text("[data-left]")
    read_everything(page)
    assert page.inner_text("[data-next]") == "Next field"
    page.click("[data-next]")
    assert page.locator("[data-task]:visible").count() == 1
    page.keyboard.type("Sales manager")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "task-agreed-input"
    page.keyboard.press("Space")
    assert page.inner_text("[data-left]") == "read and filled in"
    page.click("[data-mark=task-initials]", force=True)
    page.check("#initials-drawn")
    draw(page, HAND, "initials")
    show_code(page, lambda: site.message_to(phone, r"code is (\d{6})"))
    assert page.locator("#task-title-input").input_value() == "Sales manager"
    assert overflow(page) <= 0
    agree(page)
    page.wait_for_selector("text=You have signed")
