"""How pages are kept safe in a browser.

- Sessions: a cookie that scripts can't read (HttpOnly, SameSite=Lax, Secure under https).
- Cross-site requests: every POST must come from a page of ours. We look at `Sec-Fetch-Site`, which a page can't
  forge, and in browsers that don't send it at `Origin`. No hidden token in forms: nothing to leak, nothing to expire
  while somebody reads a contract.
- Content: no inline script or style, nothing from other sites, no framing.
"""

from urllib.parse import urlsplit

from fastapi import Request, Response

from api.services import Services
from web.errors import CrossSiteRequest

SESSION_COOKIE = "dingyue_session"
LANGUAGE_COOKIE = "dingyue_language"
_SESSION_SECONDS = 12 * 3600
_YEAR_SECONDS = 365 * 24 * 3600

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Signing links carry a token in their path: never tell another site where a visitor came from.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def refuse_cross_site(request: Request) -> None:
    """A dependency of every page router. Raises `CrossSiteRequest`."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise CrossSiteRequest
        return
    services: Services = request.app.state.services
    # The configured address, not the Host header: that one a page can choose by rebinding its own name to us.
    if request.headers.get("origin", "") != _origin_of(services.platform.base_url):
        raise CrossSiteRequest


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_https(request: Request) -> bool:
    """Behind a proxy that ends TLS, the public address tells."""
    services: Services = request.app.state.services
    return request.url.scheme == "https" or services.platform.base_url.startswith("https://")


def set_session(request: Request, response: Response, secret: str) -> None:
    response.set_cookie(
        SESSION_COOKIE, secret, max_age=_SESSION_SECONDS, httponly=True, samesite="lax", secure=is_https(request)
    )


def clear_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE)


def remember_language(request: Request, response: Response, language: str) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, httponly=True, samesite="lax", secure=is_https(request)
    )


def is_local_path(path: str) -> bool:
    """Whether a redirect to `path` stays on this site: `//other.example` and `/\\other.example` do not."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()
