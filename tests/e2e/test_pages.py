"""A person's way through the pages, over HTTP, with every service real: sign a contract, follow it, check it."""

import re
from datetime import timedelta

from tests.support.site import (
    EXAMPLES,
    FACTS,
    LINK,
    OPERATOR,
    PASSWORD,
    PURCHASER,
    REGULATOR,
    SUPPLIER,
    Site,
    draft_form,
    obligation_address,
    send_contract,
    signed_contract,
)


def test_a_contract_is_signed_registered_and_checked(site: Site) -> None:
    address = signed_contract(site)
    purchaser = site(PURCHASER["signer"]["email"])
    page = purchaser.get(address).text
    assert "已登记" in page
    assert "¥480,000.00" in page
    assert page.count("待履行") >= len(FACTS["obligations"])
    pdf = purchaser.get(f"{address}/contract.pdf").content
    verdict = site.person().post("/verify", files={"file": ("a.pdf", pdf, "application/pdf")}).text
    assert "真实有效" in verdict
    assert PURCHASER["signer"]["name"] in verdict
    altered = pdf[:9000] + bytes([pdf[9000] ^ 1]) + pdf[9001:]
    assert "真实有效" not in site.person().post("/verify", files={"file": ("a.pdf", altered, "application/pdf")}).text


def test_supervision_termination_and_credit(site: Site) -> None:
    contract = signed_contract(site)
    purchaser, supplier = site(PURCHASER["signer"]["email"]), site(SUPPLIER["signer"]["email"])
    delivery = obligation_address(site, contract, FACTS["obligations"][0]["title"])
    day = site.clock.now().date().isoformat()
    assert "待对方确认" in supplier.post(f"{delivery}/claim", data={"fulfilled_on": day, "statement": "已交付"}).text
    claim_id = re.search(r'name="claim_id" value="(ful_\w+)"', purchaser.get(delivery).text)
    assert claim_id
    confirmed = purchaser.post(f"{delivery}/answer-claim", data={"claim_id": claim_id[1], "decision": "confirm"})
    assert "对方已确认" in confirmed.text

    payment = obligation_address(site, contract, FACTS["obligations"][1]["title"])
    site.clock.advance(timedelta(days=60))
    site.work()
    site.people.clear()  # sessions last twelve hours
    assert FACTS["obligations"][1]["title"] in site(PURCHASER["signer"]["email"]).get("/contracts/overdue").text
    regulator = site(REGULATOR)
    page = regulator.post(f"{payment}/supervision", data={"reason": "付款逾期"}).text
    case = re.search(r'name="supervision_id" value="(sup_\w+)"', page)
    assert case
    today = site.clock.now().date().isoformat()
    assert "须先经过：书面催告" in page  # why an interview isn't open yet
    step = {"supervision_id": case[1], "kind": "reminder", "held_on": today, "minutes": "提醒", "outcome": "限期付款"}
    assert "限期付款" in regulator.post(f"{payment}/step", data=step).text
    page = regulator.post(f"{payment}/termination", data={"reason": "项目撤销"}).text
    termination = re.search(r'name="termination_id" value="(ter_\w+)"', page)
    assert termination
    outcome = {
        "termination_id": termination[1],
        "outcome": "award",
        "decided_on": today,
        "at_fault": "purchaser",
        "body": "榆林仲裁委员会",
        "case_number": "（2027）榆仲裁字第12号",
    }
    refused = regulator.post(f"{payment}/outcome", data=outcome)
    assert refused.status_code == 422
    assert "（2027）榆仲裁字第12号" in refused.text, "what was typed comes back"
    award = {"document": ("裁决书.pdf", (EXAMPLES / "coal.pdf").read_bytes(), "application/pdf")}
    assert "已记录违约" in regulator.post(f"{payment}/outcome", data=outcome, files=award).text
    site.work()
    record = site(PURCHASER["signer"]["email"]).get(f"/credit/{PURCHASER['uscc']}").text
    assert "仲裁裁决书" in record


def test_declining_ends_the_signing(site: Site) -> None:
    address = send_contract(site)
    link = site.message_to(PURCHASER["signer"]["phone"], LINK)
    signer = site.person()
    signer.get(link)
    assert "已拒签" in signer.post(f"{link}/decline", data={"reason": "价款\n有误"}).text
    site.work()
    page = site(PURCHASER["signer"]["email"]).get(address).text
    assert "价款 有误" in page
    assert "已取消" in page
    assert signer.get(f"{link}/documents/1/pages/1.png").status_code == 409


def test_a_link_opens_nothing_but_its_own_pages(site: Site) -> None:
    send_contract(site)
    link = site.message_to(PURCHASER["signer"]["phone"], LINK)
    stranger = site.person()
    assert stranger.get(f"{link}/documents/1/pages/1.png").status_code == 401, (
        "the session opens pages, not the address"
    )
    assert stranger.get("/sign/" + "x" * 43).status_code == 401
    stranger.get(link)
    wrong = {"code": "000000", "consent": "yes", "has_read": "yes", "consent_version": "2026-11"}
    assert stranger.post(f"{link}/sign", data=wrong).status_code in {403, 409}
    assert stranger.get("/contracts").url.path == "/sign-in"


def test_what_is_wrong_in_a_draft_is_said_and_changes_nothing(site: Site) -> None:
    purchaser = site(PURCHASER["signer"]["email"])
    assert purchaser.post("/contracts/new", files={"document": ("a.pdf", b"no pdf")}).status_code == 422
    assert purchaser.post("/contracts/new").status_code == 422
    pdf = (EXAMPLES / FACTS["file"]).read_bytes()
    details = purchaser.post("/contracts/new", files={"document": ("合同.pdf", pdf, "application/pdf")}).url.path
    form = draft_form(site.clock.now().date())
    past = [(site.clock.now().date() - timedelta(days=1)).isoformat()] * 3
    for change in (
        {"supplier_uscc": "91610899MA0000218X"},
        {"amount": "a lot"},
        {"obligation_due_on": past},
        {"supplier_box_page": 99},
        {"supplier_box_x": "nan"},
        {"class_code": "nothing"},
        {"title": "\x00"},
    ):
        refused = purchaser.post(details, data=form | change)
        assert refused.status_code == 422, (change, refused.text)
        assert FACTS["number"] in refused.text or "title" in change
    assert "这里还没有合同" in purchaser.get("/contracts").text


def test_bad_addresses_get_a_page(site: Site) -> None:
    nobody = "0" * 32
    for address in (f"/contracts/ctr_{nobody}", "/contracts/ctr_x", f"/obligations/obl_{nobody}", "/credit/%00", "/no"):
        page = site(PURCHASER["signer"]["email"]).get(address)
        assert page.status_code in {404, 422}, address
        assert "<h1>" in page.text


def test_every_page_says_the_same_in_english_and_is_guarded(site: Site) -> None:
    visitor = site.person()
    for address in ("/", "/sign-in", "/verify", "/status"):
        page = visitor.get(address, params={"lang": "en"})
        assert page.status_code == 200
        assert '<html lang="en">' in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<style" not in page.text
        assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=", page.text)
        for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert "immutable" in visitor.get(asset).headers["cache-control"]
    assert '<html lang="en">' in visitor.get("/").text, "the language is remembered"


def test_sessions_and_forms_are_guarded(site: Site) -> None:
    person = site.person()
    wrong = person.post("/sign-in", data={"email": "nobody@example.org", "password": "x"})
    assert wrong.status_code == 401
    signed_in = person.post(
        "/sign-in",
        data={"email": OPERATOR, "password": PASSWORD, "next": "//evil.example"},
        follow_redirects=False,
    )
    assert signed_in.headers["location"] == "/contracts"
    assert {"HttpOnly", "SameSite=lax"} <= set(signed_in.headers["set-cookie"].split("; "))
    from_elsewhere = person.post("/sign-out", headers={"origin": "https://evil.example"})
    assert from_elsewhere.status_code == 403
    assert person.get("/messages").status_code == 200
    assert person.post("/sign-out").url.path == "/"
    assert person.get("/messages").url.path == "/sign-in"
    assert site(PURCHASER["signer"]["email"]).get("/messages").status_code == 403


def test_verify_has_a_verdict_for_any_bytes(site: Site) -> None:
    visitor = site.person()
    for data in (b"", b"%PDF-1.7\n", b"%PDF-1.7 " + b"\xff" * 999, b"PK\x03\x04", b"hello", b"\x00" * 99):
        page = visitor.post("/verify", files={"file": ("x", data)})
        assert page.status_code == 200, data
        assert "核验结果" in page.text
        assert "真实有效" not in page.text
