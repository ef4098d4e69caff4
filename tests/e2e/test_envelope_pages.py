"""The pages of signing without scripts, over HTTP: the sender's side, handing on, pictures, seals by duty."""

import io
import re
from datetime import timedelta

from PIL import Image, ImageDraw

from tests.support.site import CODE, LINK, PURCHASER, SUPPLIER, Person, Site, send_contract, signed_contract

MANAGER = PURCHASER["signer"]
DOMAIN = MANAGER["email"].partition("@")[2]
SUCCESSOR = {"name": "钱接手", "phone": "19900000777", "reason": "出差"}


def picture(*strokes: tuple[tuple[int, int], ...]) -> bytes:
    image = Image.new("RGBA", (400, 160), (0, 0, 0, 0))
    for points in strokes:
        ImageDraw.Draw(image).line(points, fill=(16, 31, 74, 255), width=5)
    output = io.BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


LINE = picture(((20, 80), (380, 82)))
HAND = picture(
    ((30, 40), (120, 30), (80, 120), (50, 140), (150, 90), (200, 20), (170, 130)),
    ((230, 90), (260, 30), (300, 120), (330, 40), (370, 130)),
)


def envelope_of(person: Person, contract: str) -> str:
    found = re.search(r'href="(/envelopes/env_\w+)">', person.get(contract).text)
    assert found
    return found[1]


def recipients_of(page: str) -> list[str]:
    return re.findall(r"/recipients/(rcp_\w+)/replace", page)


def seat(site: Site, phone: str) -> tuple[Person, str, dict[str, str]]:
    """Somebody at their link, with a code asked for; and the form they would send."""
    link = site.message_to(phone, LINK)
    signer = site.person()
    page = signer.get(link).text
    version = re.search(r'name="consent_version" value="([^"]+)"', page)
    assert version
    signer.post(f"{link}/code")
    code = site.message_to(phone, CODE)
    return signer, link, {"code": code, "consent": "yes", "has_read": "yes", "consent_version": version[1]}


def test_the_sender_runs_an_envelope(site: Site) -> None:
    manager = site(MANAGER["email"])
    contract = send_contract(site)
    address = envelope_of(manager, contract)
    site.work()
    assert "链接已发出" in manager.get(address).text
    assert manager.get("/envelopes").text.count("签署中") >= 1
    refused = manager.post(f"{address}/remind")
    assert refused.status_code == 429
    assert "刚刚已发送过链接" in refused.text
    day = (site.clock.now() + timedelta(days=60)).date().isoformat()
    assert day in manager.post(f"{address}/extend", data={"expires_on": day}).text
    earlier = manager.post(f"{address}/extend", data={"expires_on": site.clock.now().date().isoformat()})
    assert earlier.status_code == 422
    assert manager.get(f"{address}/extend").url.path == address, "reloading the answer shows the page"
    first = recipients_of(manager.get(address).text)[0]
    same = manager.post(f"{address}/recipients/{first}/replace", data=SUCCESSOR | {"phone": MANAGER["phone"]})
    assert same.status_code == 422
    assert SUCCESSOR["name"] in same.text, "what was typed comes back"
    replaced = manager.post(f"{address}/recipients/{first}/replace", data=SUCCESSOR).text
    assert "已由他人代替" in replaced
    assert "出差" in replaced
    assert site.message_to(SUCCESSOR["phone"], LINK)


def test_an_envelope_is_taken_back_mended_sent_and_withdrawn(site: Site) -> None:
    manager = site(MANAGER["email"])
    address = envelope_of(manager, send_contract(site))
    old = site.message_to(MANAGER["phone"], LINK)
    page = manager.post(f"{address}/correct", data={"reason": "价款有误"}).text
    assert "保存草稿" in page
    over = site.person().get(old)
    assert over.status_code == 401
    assert "这个链接打不开文件" in over.text
    fields = dict(re.findall(r'name="(version|title|rcp_\w+)"[^>]*value="([^"]*)"', page))
    assert len(fields) == 8
    stale = manager.post(f"{address}/edit", data=fields | {"version": "1"})
    assert stale.status_code == 412
    mended = manager.post(f"{address}/edit", data=fields | {"title": "改正后的合同"})
    assert "<h1>改正后的合同</h1>" in mended.text
    site.clock.advance(timedelta(minutes=1))  # so that the newest message is the newest
    assert "签署中" in manager.post(f"{address}/send").text
    site.work()
    assert "改正后的合同" in site.person().get(site.message_to(MANAGER["phone"], LINK)).text
    assert manager.post(f"{address}/void", data={"reason": ""}).status_code == 422
    assert "不再采购" in manager.post(f"{address}/void", data={"reason": "不再采购"}).text
    gone = site.person().get(site.message_to(MANAGER["phone"], LINK)).text
    assert "发起方已撤回" in gone
    assert "不再采购" in gone


def test_a_recipient_hands_on_with_a_code(site: Site) -> None:
    send_contract(site, may_delegate="yes")
    signer, link, form = seat(site, MANAGER["phone"])
    hand_on = {f"delegate_{name}": value for name, value in SUCCESSOR.items()}
    wrong = signer.post(f"{link}/delegate", data=hand_on | {"code": "000000" if form["code"] != "000000" else "1" * 6})
    assert wrong.status_code == 403
    assert SUCCESSOR["phone"] in wrong.text
    done = signer.post(f"{link}/delegate", data=hand_on | {"code": form["code"]})
    assert "已转交" in done.text
    assert signer.get(link).status_code == 401
    successor = site.person().get(site.message_to(SUCCESSOR["phone"], LINK)).text
    assert SUCCESSOR["name"] in successor
    assert PURCHASER["name"] in successor


def test_a_signature_is_uploaded_and_comes_back_when_it_is_refused(site: Site) -> None:
    send_contract(site, is_test="yes")
    signer, link, form = seat(site, MANAGER["phone"])
    assert "测试模式" in signer.get(link).text
    uploaded = form | {"signature_way": "uploaded"}
    missing = signer.post(f"{link}/sign", data=uploaded)
    assert missing.status_code == 422
    assert "没有图样" in missing.text
    refused = signer.post(f"{link}/sign", data=uploaded, files={"signature_file": ("a.png", LINE, "image/png")})
    assert refused.status_code == 422
    assert "过于简单" in refused.text
    kept = re.search(r'name="signature_picture" value="(data:image/png;base64,[^"]+)"', refused.text)
    assert kept, "the picture comes back with the form"
    assert 'name="consent" value="yes" required checked' in refused.text
    again = signer.post(f"{link}/sign", data=uploaded | {"signature_picture": kept[1]})
    assert "过于简单" in again.text
    for broken in ("data:image/png;base64,%%%", "https://evil.example/a.png", "data:image/png;base64,AAAA"):
        answer = signer.post(f"{link}/sign", data=form | {"signature_way": "drawn", "signature_picture": broken})
        assert answer.status_code == 422
        assert "evil.example" not in answer.text
    signed = signer.post(f"{link}/sign", data=uploaded, files={"signature_file": ("a.png", HAND, "image/png")})
    assert "您已签署" in signed.text
    assert signer.get(f"{link}/sign", params={"lang": "en"}).url.path == link


def test_a_signed_contract_is_rescinded(site: Site) -> None:
    manager = site(MANAGER["email"])
    address = envelope_of(manager, signed_contract(site))
    done = manager.get(address)
    assert "下载签署完成报告" in done.text
    assert manager.get(f"{address}/report.pdf").content.startswith(b"%PDF")
    assert manager.post(f"{address}/rescind", data={"reason": "双方协商"}).status_code == 422
    draft = manager.post(f"{address}/rescind", data={"reason": "双方协商", "confirmed": "yes"})
    assert draft.url.path != address
    assert "这是一份解除协议" in draft.text
    sent = manager.post(f"{draft.url.path}/send")
    assert "签署中" in sent.text
    link = site.message_to(SUPPLIER["signer"]["phone"], LINK)
    assert "原合同即告解除" in site.person().get(link).text


def test_seals_are_kept_by_duty(site: Site) -> None:
    manager = site(MANAGER["email"])
    assert manager.post("/seals/new", data={"name": "公章", "kind": "none", "reason": "用"}).status_code == 422
    applied = manager.post("/seals/new", data={"name": "公章", "kind": "official", "reason": "签订合同"})
    address = applied.url.path
    assert "撤回申请" in applied.text
    assert manager.post(f"{address}/approve").status_code == 403
    auditor, keeper = site(f"auditor@{DOMAIN}"), site(f"seals@{DOMAIN}")
    assert "批准" not in re.sub(r"<footer.*", "", auditor.get(address).text, flags=re.DOTALL)
    assert "授权使用" in keeper.post(f"{address}/approve").text
    assert keeper.get(f"{address}/picture.png").content.startswith(b"\x89PNG")
    person = re.search(r'value="(per_\w+)">' + MANAGER["name"], keeper.get(address).text)
    assert person
    until = (site.clock.now() + timedelta(days=20)).date().isoformat()
    grant = {"person_id": person[1], "purpose": "签订采购合同", "valid_until": until, "max_uses": "1"}
    assert keeper.post(f"{address}/authorise", data=grant | {"valid_until": ""}).status_code == 422
    granted = keeper.post(f"{address}/authorise", data=grant).text
    assert "已用 0 次，限 1 次" in granted
    right = re.search(r"/authorisations/(sau_\w+)/revoke", granted)
    assert right
    assert "已撤销" in keeper.post(f"{address}/authorisations/{right[1]}/revoke", data={"reason": "调岗"}).text
    assert "已停用" in keeper.post(f"{address}/suspend", data={"reason": "休假"}).text
    assert "可用" in keeper.post(f"{address}/resume", data={"reason": "返岗"}).text
    assert keeper.post(f"{address}/revoke", data={"reason": "更名", "cause": "superseded"}).status_code == 422
    end = {"reason": "更名", "cause": "superseded", "confirmed": "yes"}
    assert "已注销" in keeper.post(f"{address}/revoke", data=end).text
    assert auditor.get(f"{address}/uses.csv").headers["content-type"].startswith("text/csv")
    assert "公章" in auditor.get("/seals").text
    assert site(SUPPLIER["signer"]["email"]).get(address).status_code == 404
