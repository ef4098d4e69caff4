"""`/verify/receipt` and `POST /v1/log/receipt-check`: an old receipt against today's log, on the site itself."""

import httpx
import pytest

from ledger.merkle import verify_consistency
from ledger.note import VerifierKey, open_checkpoint
from tests.support.browser import DESKTOP, PHONE, open_browser
from tests.support.ledger import record_many, register_organisation
from tests.support.site import Site


@pytest.fixture
def old(site: Site) -> bytes:
    """A checkpoint that somebody kept; the log has grown since."""
    grow(site, 5)
    note = site.services.ledger.checkpoint()
    grow(site, 300)
    return note


def grow(site: Site, entries: int) -> None:
    record_many(site.services.unit_of_work, register_organisation(site.services.unit_of_work), entries)
    site.services.ledger.sequence_pending()


def test_programs_get_what_they_need_to_check_it(site: Site, old: bytes) -> None:
    for options in ({"files": {"file": ("checkpoint", old)}}, {"data": {"text": old.decode()}}):
        told = site.person().post("/v1/log/receipt-check", **options).json()
        assert (told["verdict"], told["kind"]) == ("holds", "checkpoint")
        keys = [VerifierKey.parse(line) for line in site.person().get("/log/vkey").text.splitlines()]
        first, second = (open_checkpoint(told[name]["checkpoint"].encode(), keys) for name in ("receipt", "current"))
        proof = [bytes.fromhex(value) for value in told["consistency"]]
        verify_consistency(first.size, second.size, proof, first.root, second.root)
        assert second.size - first.size == 300


@pytest.mark.parametrize("options", [{}, {"data": {"text": "no receipt"}}, {"files": {"file": ("a", b"\xff")}}])
def test_what_is_no_receipt_is_a_problem_with_a_code(site: Site, old: bytes, options: dict[str, object]) -> None:
    answer = site.person().post("/v1/log/receipt-check", **options)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (422, "receipt_unreadable")


def test_a_log_without_entries_has_nothing_to_compare_with(site: Site) -> None:
    note = b"pages.test/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 pages.test/log AAAAAAA=\n"
    answer = site.person().post("/v1/log/receipt-check", data={"text": note.decode()})
    assert (answer.status_code, answer.json()["code"]) == (404, "log_empty")
    assert "日志还没有任何条目" in site.person().post("/verify/receipt", data={"text": note.decode()}).text


def test_people_are_told_on_the_page_in_both_languages(site: Site, old: bytes) -> None:
    chinese, english = site.person(), site.person()
    english.cookies.set("dingyue_language", "en")
    changed = old.replace(b"\n5\n", b"\n6\n")
    cases = {
        old: ("仍然成立", "It still holds"),
        changed: ("收据不是原文", "The receipt isn&#39;t the original"),
        b"nonsense": ("无法识别为证据包", "a package, a checkpoint or a tlog-proof"),
        b"": ("请选择文件", "Choose a file, or paste"),
    }
    for data, words in cases.items():
        for person, word in zip((chinese, english), words, strict=True):
            page = person.post("/verify/receipt", data={"text": data.decode()})
            assert page.status_code == 200
            assert word in page.text
    shown: httpx.Response = chinese.post("/verify/receipt", files={"file": ("旧检查点", old)})
    assert "一致性证明" in shown.text
    assert "旧检查点" in shown.text


def test_at_a_real_browser(site: Site, old: bytes) -> None:
    """Pasted on a phone and chosen on a desktop; nothing is wider than the screen, nothing complains."""
    with open_browser(site.base_url) as browsing:
        for device in (PHONE, DESKTOP):
            page = browsing.page(**device)
            page.goto("/verify/receipt")
            page.fill("#text", old.decode())
            page.click("main form button")
            page.locator("h3", has_text="仍然成立").wait_for()
            page.locator("summary", has_text="一致性证明").click()
            page.locator("summary", has_text="今天的检查点").click()
            width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert width == 0
            page.goto("/verify/receipt?lang=en")
            page.set_input_files("#file", {"name": "old", "mimeType": "text/plain", "buffer": old})
            page.click("main form button")
            page.locator("h3", has_text="It still holds").wait_for()
        assert browsing.complaints == []
