"""`verify.html` of a package, opened from disk by a real Chromium that has no network."""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page, sync_playwright

from ledger.package.enclosures import offline_page
from ledger.verifier.container import decode, encode
from tests.support.evidence import ORIGIN, PackageFactory, contract_package

CHECKS = ["1", "2", "4", "5", "6"]


@dataclass
class Offline:
    """The page in a browser without network; `complaints` are errors on its console and whatever it asked for."""

    page: Page
    folder: Path
    complaints: list[str] = field(default_factory=list)

    def check(self, package: bytes, trust: object | None = None) -> dict[str, str]:
        """The outcome of each check, by its number."""
        self.page.reload()
        if trust is not None:
            self.page.set_input_files("#trust", self._file("trust.json", _bytes(trust)))
        self.page.set_input_files("#package", self._file("p.asice", package))
        self.page.wait_for_selector("#verdict.pass, #verdict.fail, #verdict.unknown")
        items = self.page.locator("#checks li").all()
        return {item.get_attribute("data-number") or "": item.get_attribute("class") or "" for item in items}

    def verdict(self) -> str:
        return self.page.locator("#verdict").get_attribute("class") or ""

    def _file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path


def _bytes(trust: object) -> bytes:
    return trust if isinstance(trust, bytes) else json.dumps(trust).encode()


@pytest.fixture(scope="module")
def factory() -> PackageFactory:
    return contract_package()


@pytest.fixture(scope="module")
def package(factory: PackageFactory) -> bytes:
    """With the page itself in it, as packages have it."""
    content = factory.content() | {"verify.html": offline_page()}
    return factory.pack(content)


@pytest.fixture(scope="module")
def offline(package: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    folder = tmp_path_factory.mktemp("unpacked")
    (folder / "verify.html").write_bytes(decode(package)["verify.html"])
    executable = shutil.which("chromium")
    assert executable, "Chromium is not installed (apt-get install chromium)"
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_context(offline=True).new_page()
        opened = Offline(page, folder)
        page.on("console", lambda message: opened.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("request", lambda request: _note_request(opened, request.url))
        page.goto((folder / "verify.html").as_uri())
        yield opened
        browser.close()


def _note_request(opened: Offline, address: str) -> None:
    if not address.startswith(("file://", "data:")):
        opened.complaints.append(address)


@pytest.fixture
def quiet(offline: Offline) -> Iterator[Offline]:
    """Nothing goes wrong on the page, whatever it is given."""
    offline.complaints.clear()
    yield offline
    assert offline.complaints == []


def test_a_sound_package(quiet: Offline, package: bytes, factory: PackageFactory) -> None:
    assert quiet.check(package, factory.trust()) == dict.fromkeys(CHECKS, "pass")
    assert quiet.verdict() == "pass"
    said = quiet.page.inner_text("body")
    assert "What this page leaves to the full verifier" in said
    assert "本页所查各项均成立" in said
    assert ORIGIN in said


def test_without_a_trust_file_nobody_says_whose_log_it_is(quiet: Offline, package: bytes) -> None:
    assert quiet.check(package) == dict.fromkeys(CHECKS, "pass") | {"6": "unknown"}
    assert quiet.verdict() == "unknown"


def test_one_changed_byte_anywhere(quiet: Offline, package: bytes, factory: PackageFactory) -> None:
    chance = random.Random(11)
    positions = [0, len(package) - 1, *(chance.randrange(len(package)) for _ in range(6))]
    positions += [package.index(data) + len(data) // 2 for data in decode(package).values()]
    for position in positions:
        changed = bytearray(package)
        changed[position] ^= chance.randrange(1, 256)
        assert quiet.check(bytes(changed), factory.trust()) == {"1": "fail"}, position
        assert quiet.verdict() == "fail"


@pytest.mark.parametrize(
    ("member", "number"),
    [
        ("documents/采购合同.pdf", "2"),
        ("evidence/001/record.json", "4"),
        ("evidence/001/salt.hex", "4"),
        ("evidence/002/entry.json", "4"),
        ("evidence/002/proof.tlog-proof", "5"),
        ("anchors/checkpoint", "6"),
    ],
)
def test_a_member_changed_under_a_new_manifest(
    quiet: Offline, factory: PackageFactory, member: str, number: str
) -> None:
    content = factory.content()
    changed = bytearray(content[member])
    changed[len(changed) // 2] ^= 1
    outcome = quiet.check(factory.pack(content | {member: bytes(changed)}), factory.trust())
    assert outcome["1"] == "pass"
    assert outcome[number] == "fail"


def test_a_member_changed_in_an_archive_made_anew(quiet: Offline, package: bytes) -> None:
    members = decode(package)
    assert quiet.check(encode(members | {"VERIFY.md": b"# another\n"})) == {"1": "fail"}


def test_another_logs_signature(quiet: Offline, package: bytes, factory: PackageFactory) -> None:
    trust: dict[str, Any] = factory.trust()
    stranger = PackageFactory(log_key=Ed25519PrivateKey.from_private_bytes(b"s" * 32)).trust()
    assert quiet.check(package, trust | {"log": stranger["log"]})["6"] == "fail"
    elsewhere = {"origin": "another.test/log", "vkeys": trust["log"]["vkeys"]}
    assert quiet.check(package, trust | {"log": elsewhere})["6"] == "fail"
    assert quiet.check(package, b"not JSON")["6"] == "fail"
    assert quiet.check(package, {"log": {"origin": ORIGIN, "vkeys": ["x+y+z"]}})["6"] == "fail"


def test_a_browser_that_does_not_know_the_algorithm_says_so(
    quiet: Offline, package: bytes, factory: PackageFactory
) -> None:
    """As Chromium before 137 does: everything else is checked all the same."""
    page = quiet.page.context.new_page()
    refuse = "crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))"
    page.add_init_script(refuse)
    page.goto(quiet.page.url)
    outcome = Offline(page, quiet.folder).check(package, factory.trust())
    page.close()
    assert outcome == dict.fromkeys(CHECKS, "pass") | {"6": "unknown"}


@pytest.mark.parametrize("junk", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x00" * 500])
def test_anything_else_is_no_package(quiet: Offline, junk: bytes) -> None:
    assert quiet.check(junk) == {"1": "fail"}
