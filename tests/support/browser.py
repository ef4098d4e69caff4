"""People at a real browser: Chromium, as a desktop or as a phone with a finger.

A `Browsing` notes what must never happen on any page: an error on the console (a broken script, something the
content policy refused) and a request to any other host.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
# Two strokes that cross and turn: somebody's hand, in parts of the pad.
HAND = (
    ((0.10, 0.30), (0.30, 0.25), (0.22, 0.70), (0.15, 0.85), (0.35, 0.55), (0.50, 0.20), (0.42, 0.80)),
    ((0.55, 0.60), (0.60, 0.25), (0.70, 0.75), (0.75, 0.30), (0.85, 0.80), (0.92, 0.35)),
)
ONE_LINE = (((0.10, 0.50), (0.30, 0.50), (0.60, 0.51), (0.90, 0.50)),)

Strokes = tuple[tuple[tuple[float, float], ...], ...]


@dataclass
class Browsing:
    """`complaints` is everything any page said that it shouldn't have."""

    browser: Browser
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def page(self, **device: Any) -> Page:
        """A new person's: no cookies, no motion (scrolling is at once)."""
        context = self.browser.new_context(base_url=self.base_url, reduced_motion="reduce", locale="zh-CN", **device)
        page = context.new_page()
        page.on("console", lambda message: self._note("console", message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note("script", str(error)))
        page.on("request", lambda request: self._check_host(request.url))
        page.set_default_timeout(90_000)
        return page

    def _check_host(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in {"http", "https", "ws", "wss"} and not address.startswith(f"{self.base_url}/"):
            self._note("request", address)

    def _note(self, kind: str, text: str) -> None:
        # A page that answers 4xx to a form is the page that says why; Chromium writes it to the console all the same.
        if "Failed to load resource: the server responded with a status of 4" not in text:
            self.complaints.append(f"{kind}: {text}")


@contextmanager
def open_browser(base_url: str) -> Iterator[Browsing]:
    executable = shutil.which("chromium")
    assert executable, "Chromium is not installed (apt-get install chromium)"
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--no-proxy-server"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        try:
            yield Browsing(browser, base_url)
        finally:
            browser.close()


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_url("**/contracts")


def read_everything(page: Page) -> None:
    """Presses *Read on* until every page of every document has been seen, as somebody who reads would."""
    while page.locator("[data-next]").inner_text() in {"继续阅读", "Read on"}:
        before = page.evaluate("[scrollY, document.querySelector('[data-progress]').value]")
        page.click("[data-next]")
        # Either a page was seen, or the next part of a long one is in view.
        page.wait_for_function(
            "before => scrollY !== before[0] || document.querySelector('[data-progress]').value !== before[1]",
            arg=before,
        )
    page.check("#has-read")


def draw(page: Page, strokes: Strokes, kind: str = "signature") -> None:
    """With the mouse."""
    for points in strokes:
        places = _on_pad(page, points, kind)
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def touch(page: Page, strokes: Strokes, kind: str = "signature") -> None:
    """With a finger: the events a touch screen makes."""
    session = page.context.new_cdp_session(page)

    def send(event: str, places: list[tuple[float, float]]) -> None:
        touches = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": touches})

    for points in strokes:
        places = _on_pad(page, points, kind)
        send("touchStart", [places[0]])
        for place in places[1:]:
            send("touchMove", [place])
        send("touchEnd", [])
    session.detach()


def _on_pad(page: Page, points: tuple[tuple[float, float], ...], kind: str) -> list[tuple[float, float]]:
    pad = page.locator(f"[data-pad][data-kind={kind}] canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def show_code(page: Page, newest_code: Callable[[], str]) -> None:
    """Asks for a code and types the one that came."""
    page.click("#step-code [formaction]")
    page.wait_for_selector("#step-code .notice")
    page.fill("#code", newest_code())


def agree(page: Page) -> None:
    """Consents and presses the one big button."""
    page.check("#consent")
    page.click("[data-submit]")


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window: something sticks out."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
