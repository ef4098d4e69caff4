"""Where webhooks may go, how they are signed, and when they are tried again."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.webhooks import policy
from notify.webhooks.addresses import AddressPolicy, is_public
from notify.webhooks.errors import WebhookEventTypesInvalid, WebhookURLRefused
from notify.webhooks.policy import Answer, DisabledReason, EventType, Outcome
from notify.webhooks.signature import new_secret, signature_header

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example.cn/dingyue",
        "https://erp.example.cn:443/a?b=c",
        "https://erp.example.cn:8443",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]/hook",
        "https://xn--fiqs8s.example/",
    ],
)
def test_public_https_is_accepted(url: str) -> None:
    assert AddressPolicy().check_url(url) == url
    assert AddressPolicy(allows_loopback=True).check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://erp.example.cn/",
        "ftp://erp.example.cn/",
        "file:///etc/passwd",
        "//erp.example.cn/",
        "https:///path",
        "https://user:secret@erp.example.cn/",
        "https://@erp.example.cn/",
        "https://erp.example.cn\\@127.0.0.1/",
        "https://erp.example.cn:22/",
        "https://erp.example.cn:0/",
        "https://erp.example.cn:99999/",
        "https://erp.example.cn:x/",
        "https://erp.example.cn/#part",
        "https://erp.example.cn/ b",
        "https://erp.example.cn/\r\nHost: x",
        "https://合同.example.cn/",
        "https://%6c%6fcalhost/",
        "https://[fe80::1%25eth0]/",
        "https://[::1",
        "https://localhost/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.100.100.200/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://" + "a" * 2000 + ".cn/",
    ],
)
def test_other_urls_are_refused_with_a_reason(url: str) -> None:
    with pytest.raises(WebhookURLRefused) as refused:
        AddressPolicy().check_url(url)
    assert refused.value.facts["reason_zh"]
    assert refused.value.facts["reason_en"]


def test_an_embedded_stack_may_use_this_machine_and_no_other_private_one() -> None:
    embedded = AddressPolicy(allows_loopback=True)
    for url in ("http://127.0.0.1:9000/hook", "http://localhost:9000/", "http://[::1]:9000/"):
        assert embedded.check_url(url) == url
    for url in ("http://10.0.0.1/", "https://192.168.1.1/", "http://erp.example.cn/", "http://u:p@127.0.0.1/"):
        with pytest.raises(WebhookURLRefused):
            embedded.check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse, not to listen on
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.0.9",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not AddressPolicy().is_allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "::ffff:8.8.8.8", "2606:4700::1111", "240e::1"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert AddressPolicy().is_allowed(address)


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f.1", "127.1", "fe80::1%eth0", "8.8.8.8 "])
def test_what_is_no_numeric_address_is_not_connected_to(text: str) -> None:
    assert not AddressPolicy().is_allowed(text)


@given(st.ip_addresses(v=4))
def test_nothing_private_is_ever_public(address: object) -> None:
    parsed = ip_address(str(address))
    kinds = (parsed.is_private, parsed.is_loopback, parsed.is_link_local, parsed.is_multicast)
    assert not (is_public(parsed) and any(kinds))


def test_the_signature_is_hmac_over_time_and_body_by_each_secret() -> None:
    """Computed here from the specification, not by our own function."""
    body = '{"title":"采购合同"}'.encode()
    header = signature_header(["whsec_new", "whsec_old"], 1_790_000_000, body)
    expected = [
        hmac.new(key, b"1790000000." + body, hashlib.sha256).hexdigest() for key in (b"whsec_new", b"whsec_old")
    ]
    assert header == f"t=1790000000,v1={expected[0]},v1={expected[1]}"


def test_a_secret_is_never_made_twice_and_has_full_entropy() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) == len("whsec_") + 43 for secret in made)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (199, "http_error"),
        (200, "delivered"),
        (204, "delivered"),
        (301, "redirected"),
        (304, "redirected"),
        (410, "http_error"),
        (500, "http_error"),
        (999, "http_error"),
    ],
)
def test_only_2xx_is_a_delivery(status: int, outcome: str) -> None:
    assert policy.outcome_of(status) == outcome


def test_a_delivery_is_tried_for_about_three_days_ever_more_rarely() -> None:
    at, times = NOW, []
    for tries in range(1, 100):
        following = policy.next_attempt_at(Outcome.TIMED_OUT, tries, at)
        if following is None:
            break
        times.append(following - at)
        at = following
    assert times == sorted(times)
    assert times[0] == timedelta(minutes=1)
    assert times[-1] == timedelta(hours=12)
    assert timedelta(days=2, hours=12) < at - NOW < timedelta(days=3, hours=12)


def test_a_lost_worker_is_made_up_for_at_once_but_not_for_ever() -> None:
    assert policy.next_attempt_at(Outcome.WORKER_LOST, 1, NOW) == NOW
    assert policy.next_attempt_at(Outcome.WORKER_LOST, 50, NOW) is None


def test_our_own_accidents_do_not_count_against_an_endpoint() -> None:
    counting = {outcome for outcome in Outcome if policy.counts_against_endpoint(outcome)}
    assert counting == set(Outcome) - {Outcome.DELIVERED, Outcome.WORKER_LOST, Outcome.SECRET_UNREADABLE}


def test_a_failing_endpoint_is_left_alone_for_longer_and_longer() -> None:
    holds = [policy.held_until(failures, NOW) - NOW for failures in range(1, 30)]
    assert holds == sorted(holds)
    assert (holds[0], holds[-1]) == (timedelta(seconds=10), timedelta(minutes=10))


def test_an_endpoint_is_disabled_when_gone_or_after_days() -> None:
    failed = Answer(Outcome.HTTP_ERROR, 500)
    assert policy.reason_to_disable(failed, NOW, NOW + timedelta(days=4, hours=23)) is None
    assert policy.reason_to_disable(failed, NOW, NOW + timedelta(days=5)) == DisabledReason.FAILING
    assert policy.reason_to_disable(Answer(Outcome.HTTP_ERROR, 410), NOW, NOW) == DisabledReason.GONE


def test_event_types_are_a_closed_list() -> None:
    assert policy.check_event_types(["*"]) == ["*"]
    chosen = policy.check_event_types(["recipient.signed", "envelope.sent", "envelope.sent"])
    assert chosen == ["envelope.sent", "recipient.signed"]
    assert policy.wants(chosen, EventType.ENVELOPE_SENT)
    assert not policy.wants(chosen, EventType.ENVELOPE_VOIDED)
    assert policy.wants(["*"], EventType.ENVELOPE_VOIDED)
    for bad in ([], ["envelope.opened"], ["*", "envelope.sent"], ["endpoint.test"]):
        with pytest.raises(WebhookEventTypesInvalid):
            policy.check_event_types(bad)


def test_what_an_endpoint_answers_cannot_forge_a_log() -> None:
    assert policy.tidy_response(b"ok\r\n\x1b[31mred\x00\xff") == "ok [31mred \ufffd"
    assert policy.tidy_response("收到".encode()) == "收到"
    assert len(policy.tidy_response(b"x" * 10_000)) == 500


@given(st.binary(max_size=2000))
def test_any_answer_can_be_kept(data: bytes) -> None:
    tidied = policy.tidy_response(data)
    assert len(tidied) <= 500
    assert tidied.isprintable()
    tidied.encode()
