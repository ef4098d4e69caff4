"""Where a webhook may go. Its address was chosen by a stranger, and we stand inside our own network (SSRF).

Twice: `check_url` when the address is entered, by its form alone; `is_public` for every address its name resolves to,
at every attempt, right before we connect to that very address. A name that is changed in between gains nothing.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from notify.webhooks.errors import WebhookURLRefused

LONGEST_URL = 2000
PORTS = frozenset({443, 8443})
# These carry an IPv4 address inside, which a gateway would unpack past our check: NAT64, 6to4, Teredo.
_CARRIERS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
# Protocol assignments (RFC 6890 §2.2.2), of which older Pythons call some global, and the relays of 6to4.
_ASSIGNED = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24")))

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Production: https, to public addresses. `allows_loopback`: an embedded stack may also use this machine."""

    allows_loopback: bool = False

    def check_url(self, url: str) -> str:
        """Returns the URL, or raises `WebhookURLRefused` saying why."""
        if not 1 <= len(url) <= LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise _refused(
                "应为不含空格和中文的网址，至多 2000 个字符",
                "it should be at most 2000 printable ASCII characters without spaces (names in punycode)",
            )
        parts, port = _split(url)
        if parts.username is not None or parts.password is not None or "@" in parts.netloc:
            raise _refused("网址中不得包含用户名或密码", "it must not hold a user name or a password")
        if parts.fragment or "#" in url:
            raise _refused("网址中不得包含 # 片段", "it must not have a fragment (#)")
        if self._is_loopback_url(parts):
            return url
        if parts.scheme != "https":
            raise _refused("须使用 https", "it must be https")
        if port not in PORTS:
            raise _refused("端口只能是 443 或 8443", "its port must be 443 or 8443")
        self._check_host(parts.hostname or "")
        return url

    def is_allowed(self, address: str) -> bool:
        """Whether we may connect to this numeric address."""
        parsed = _parse(address)
        if parsed is None:
            return False
        return is_public(parsed) or (self.allows_loopback and parsed.is_loopback)

    def _is_loopback_url(self, parts: SplitResult) -> bool:
        host = parts.hostname or ""
        parsed = _parse(host)
        return self.allows_loopback and (host == "localhost" or (parsed is not None and parsed.is_loopback))

    def _check_host(self, host: str) -> None:
        parsed = _parse(host)
        if parsed is not None and not is_public(parsed):
            raise _refused("该地址不是公网地址", "that address is not on the public Internet")
        if parsed is None and "." not in host.strip("."):
            raise _refused("主机名应为完整域名", "the host should be a full domain name")


def is_public(address: IPAddress) -> bool:
    """Reachable by anybody on the Internet: not private, loopback, link-local (where clouds keep their metadata),
    shared (100.64.0.0/10), multicast or reserved, and not a carrier of another address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local or address.scope_id is not None or any(address in network for network in _CARRIERS):
            return False
    elif any(address in network for network in _ASSIGNED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _split(url: str) -> tuple[SplitResult, int]:
    """The parts, and the port. Raises `WebhookURLRefused`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("网址无法解析", "it can't be read as a URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or "\\" in url or "%" in parts.netloc:
        raise _refused("应为完整的 https 网址", "it should be a complete https URL")
    if port == 0:
        raise _refused("端口不能为 0", "port 0 is nobody's")
    return parts, port or (443 if parts.scheme == "https" else 80)


def _parse(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refused(zh: str, en: str) -> WebhookURLRefused:
    return WebhookURLRefused(reason_zh=zh, reason_en=en)
