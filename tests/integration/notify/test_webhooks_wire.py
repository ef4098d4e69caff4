"""The wire against customers' systems that are slow, broken or hostile, and addresses that lead inside."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notify.webhooks.adapters import http
from notify.webhooks.adapters.http import HTTPCourier
from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.policy import Answer, Outcome
from notify.webhooks.ports import Parcel
from tests.integration.notify.receiver import HUGE, Mishap, Receiver, receiver
from tests.integration.notify.webhook_factories import EMBEDDED

PATIENCE_SECONDS = 15
"""Far more than any time-out here, far less than for ever."""


def post(url: str, addresses: AddressPolicy = EMBEDDED, *, timeout: float = 0.5, **options: Any) -> Answer:
    courier = HTTPCourier(addresses, timeout_seconds=timeout, **options)
    return courier.post(Parcel(url, {"Content-Type": "application/json"}, b"{}"))


@pytest.mark.parametrize(
    ("mishap", "outcome", "status"),
    [
        (Mishap.SILENT, Outcome.TIMED_OUT, None),
        (Mishap.DRIPPING_HEADERS, Outcome.TIMED_OUT, None),
        (Mishap.DRIPPING_BODY, Outcome.DELIVERED, 200),
        (Mishap.GARBAGE, Outcome.BROKEN_ANSWER, None),
        (Mishap.HUGE_HEADERS, Outcome.BROKEN_ANSWER, None),
        (Mishap.HANG_UP, Outcome.BROKEN_ANSWER, None),
        (Mishap.HUGE_BODY, Outcome.DELIVERED, 200),
    ],
)
def test_whatever_the_endpoint_does_ends_in_time_with_an_answer(
    customer: Receiver, mishap: Mishap, outcome: Outcome, status: int | None
) -> None:
    customer.replies = [mishap]
    begun = time.monotonic()
    timeout = 0.5 if outcome == Outcome.TIMED_OUT or mishap is Mishap.DRIPPING_BODY else PATIENCE_SECONDS
    answer = post(customer.url, timeout=timeout)
    assert time.monotonic() - begun < PATIENCE_SECONDS
    assert (answer.outcome, answer.status_code) == (outcome, status)
    assert len(answer.response) <= 500
    assert len(customer.received) == 1


def test_a_huge_answer_is_not_read_to_its_end(customer: Receiver) -> None:
    customer.replies = [Mishap.HUGE_BODY]
    assert post(customer.url, timeout=PATIENCE_SECONDS).response == "x" * 500
    assert customer.sent_bytes < HUGE


def test_a_redirect_is_not_followed(customer: Receiver) -> None:
    customer.replies = [307]
    answer = post(f"{customer.url}/hook")
    assert (answer.outcome, answer.status_code) == (Outcome.REDIRECTED, 307)
    assert [request.path for request in customer.received] == ["/hook"]


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert post(f"http://127.0.0.1:{port}").outcome == Outcome.UNREACHABLE


def test_a_name_without_an_address_is_unreachable() -> None:
    assert post("https://nobody.invalid/").outcome == Outcome.UNREACHABLE


def test_proxies_of_the_environment_are_ignored(customer: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(customer.url).outcome == Outcome.DELIVERED


def test_production_connects_to_nothing_inside(customer: Receiver) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"):
        assert post(f"http://{host}:{customer.port}/", AddressPolicy()).outcome == Outcome.ADDRESS_REFUSED
    assert customer.received == []


class Resolver:
    """Stands for a name server: gives each look-up of a name the next of its answers; numbers are left as they are."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        try:
            ip_address(host)
        except ValueError:
            self.asked.append(host)
            return [entry for one in self.answers.pop(0) for entry in self._real(one, port, *arguments, **options)]
        return self._real(host, port, *arguments, **options)


def test_a_name_is_looked_up_once_and_the_checked_address_is_used(
    customer: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a second look-up would lead to the cloud's metadata."""
    resolver = Resolver(["127.0.0.1"], ["169.254.169.254"])
    monkeypatch.setattr(http.socket, "getaddrinfo", resolver)
    answer = post(f"http://rebinding.example.cn:{customer.port}/")
    assert answer.outcome == Outcome.DELIVERED
    assert resolver.asked == ["rebinding.example.cn"]
    assert customer.received[0].headers["Host"] == f"rebinding.example.cn:{customer.port}"
    assert post(f"http://rebinding.example.cn:{customer.port}/").outcome == Outcome.ADDRESS_REFUSED


@pytest.mark.parametrize("answer", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["10.0.0.1"], ["fd00::1"]])
def test_one_forbidden_address_forbids_the_name(
    customer: Receiver, monkeypatch: pytest.MonkeyPatch, answer: list[str]
) -> None:
    monkeypatch.setattr(http.socket, "getaddrinfo", Resolver(answer))
    assert post(f"http://mixed.example.cn:{customer.port}/", AddressPolicy()).outcome == Outcome.ADDRESS_REFUSED
    assert customer.received == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for `localhost` with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "localhost.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def secure_customer(certificate: Path) -> Iterator[Receiver]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with receiver(context) as running:
        yield running


def test_tls_checks_the_certificate_against_the_name(
    secure_customer: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    assert post(secure_customer.url, timeout=5, certificates=trusting).outcome == Outcome.DELIVERED

    monkeypatch.setattr(http.socket, "getaddrinfo", Resolver(["127.0.0.1"]))
    impostor = f"https://bank.example.cn:{secure_customer.port}/"
    assert post(impostor, timeout=5, certificates=trusting).outcome == Outcome.TLS_FAILED
    assert len(secure_customer.received) == 1


def test_a_certificate_nobody_vouches_for_is_refused(secure_customer: Receiver) -> None:
    assert post(secure_customer.url, timeout=5).outcome == Outcome.TLS_FAILED
    assert secure_customer.received == []
