"""Redirects stay on this site; pages refuse what other sites send."""

from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request

from web.errors import CrossSiteRequest
from web.security import is_local_path, refuse_cross_site


@pytest.mark.parametrize("path", ["/", "/contracts", "/contracts/ctr_1?x=1#y"])
def test_local_paths(path: str) -> None:
    assert is_local_path(path)


@pytest.mark.parametrize(
    "path", ["", "contracts", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=1"]
)
def test_paths_that_lead_elsewhere(path: str) -> None:
    assert not is_local_path(path)


def posted(headers: dict[str, str], method: str = "POST") -> Request:
    app = FastAPI()
    app.state.services = SimpleNamespace(platform=SimpleNamespace(base_url="https://sign.example"))
    raw = [(name.encode(), value.encode()) for name, value in {"host": "127.0.0.1:8000", **headers}.items()]
    server = ("127.0.0.1", 8000)
    scope = {"type": "http", "method": method, "path": "/x", "query_string": b"", "headers": raw, "app": app}
    return Request({**scope, "scheme": "http", "server": server})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"origin": "https://sign.example"},
    ],
)
def test_our_own_pages_may_post(headers: dict[str, str]) -> None:
    refuse_cross_site(posted(headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000"},  # what the Host header says, not what the settings say
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_other_sites_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(CrossSiteRequest):
        refuse_cross_site(posted(headers))


def test_reading_is_free() -> None:
    refuse_cross_site(posted({"sec-fetch-site": "cross-site"}, method="GET"))
