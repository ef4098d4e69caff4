"""The completion report: every fact in both languages, and nothing that shouldn't be known."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.package.vocabulary import EVENTS
from ledger.record import describe_file
from ledger.verifier.verdict import Statement
from signing.identity.facts import NAME_OF, UNCHECKED
from signing.papers import report_wording
from signing.papers.completion_report import completion_report
from signing.papers.layout import MARGIN, PAGE_HEIGHT, PAGE_WIDTH
from signing.papers.report_facts import (
    PLATFORM,
    CertificateFacts,
    CompletionFacts,
    DocumentFacts,
    IdentityFacts,
    Imprint,
    RecipientRow,
    Step,
    masked_phone,
    report_number,
)
from signing.policy import RecipientRole, RecipientState
from signing.ports import IdentityOutcome
from tests.support.papers import packed, page_texts, text_bounds, text_of

NOON = datetime(2026, 11, 22, 4, 0, 0, tzinfo=UTC)
ENVELOPE = "env_0199aabbccddeeff00112233445566ff"
EVIDENCE = "evd_0199aabbccddeeff00112233445566ff"
LONG_NAME, LONG_ORGANISATION, LONG_REASON = "娜" * 100, "榆林市某某有限公司" * 22, "W" * 250 + "停" * 250


def row(number: int = 1, **changes: Any) -> RecipientRow:
    """A signer who has signed."""
    certificate = CertificateFacts(
        serial=f"5f3a9c01d2e4b7{number:04x}",
        subject=f"CN=签署人{number},O=榆林市财政局",
        issuer="CN=鼎约试用签发 CA Dingyue trial issuing CA",
        not_before="2026-11-22T00:00:00.000Z",
        not_after="2026-11-23T00:00:00.000Z",
        is_remote=False,
    )
    given: dict[str, Any] = {
        "role": RecipientRole.SIGNER,
        "state": RecipientState.COMPLETED,
        "name": f"签署人{number}",
        "organisation_name": "榆林市财政局",
        "uscc": "11610800016081234X",
        "phone": masked_phone("13912345678"),
        "viewed_at": NOON,
        "authenticated_at": NOON + timedelta(minutes=1),
        "acted_at": NOON + timedelta(minutes=2),
        "method": "one-time code to the recipient's phone",
        "identity": None,
        "consent_version": "2026-11-25",
        "consent_sha256": "ef" * 32,
        "address": "203.0.113.7",
        "certificate": certificate,
        "is_timestamped": True,
        "seal": None,
        "reason": None,
        "successor": None,
        "evidence": EVIDENCE,
    }
    return RecipientRow(**{**given, **changes})


def document(number: int = 1, name: str = "采购合同") -> DocumentFacts:
    uploaded, final = (
        describe_file("x", "application/pdf", f"{when}{number}".encode()) for when in ("before", "after")
    )
    return DocumentFacts(f"{name}{number}.pdf", 12, uploaded, final)


def step(number: int) -> Step:
    types = sorted(EVENTS)
    at = NOON + timedelta(seconds=number)
    return Step(at, types[number % len(types)], f"签署人{number}", "", f"evd_{number:032x}")


def report(**changes: Any) -> CompletionFacts:
    given: dict[str, Any] = {
        "number": report_number(NOON, EVIDENCE),
        "envelope": ENVELOPE,
        "title": "办公设备采购合同",
        "sender_name": "榆林市财政局",
        "sender_uscc": "11610800016081234X",
        "sent_at": NOON - timedelta(hours=1),
        "completed_at": NOON + timedelta(hours=1),
        "made_at": NOON + timedelta(hours=2),
        "evidence": EVIDENCE,
        "rescinds": None,
        "documents": [document()],
        "recipients": [row()],
        "steps": [step(1), Step(NOON, "envelope.completed", PLATFORM, "", EVIDENCE)],
        "imprint": Imprint("https://sign.example.cn", "国家授时中心 NTSC TSA", False, False),
        "software": "dingyue 1.0",
        "clock": "system clock (NTP)",
    }
    return CompletionFacts(**{**given, **changes})


def statements(text: str, *expected: Statement) -> None:
    for statement in expected:
        assert packed(statement.zh) in text
        assert packed(statement.en) in text


def test_the_report_says_everything_about_a_signature() -> None:
    facts = report()
    text = text_of(completion_report(facts))
    file, signer = facts.documents[0], facts.recipients[0]
    assert signer.certificate is not None
    expected = [
        *[facts.number, ENVELOPE, EVIDENCE, "办公设备采购合同", "榆林市财政局", "11610800016081234X", "dingyue 1.0"],
        *["采购合同1.pdf", file.uploaded.sha256, file.uploaded.sm3, file.final.sha256, file.final.sm3],
        *["签署人1", "139****5678", "203.0.113.7", "2026-11-25", "ef" * 32],
        *[signer.certificate.serial, signer.certificate.subject, signer.certificate.issuer],
        *["2026-11-22 12:00:00 UTC+8", "2026-11-22 12:01:00 UTC+8", "2026-11-22 12:02:00 UTC+8"],
        *["2026-11-23 08:00:00 UTC+8", "国家授时中心 NTSC TSA", "https://sign.example.cn/verify"],
    ]
    assert [fact for fact in expected if packed(str(fact)) not in text] == []


def test_a_real_name_check_is_named_with_its_provider_and_reference() -> None:
    checked = IdentityFacts(NAME_OF[IdentityOutcome.MATCHED], "测试登记", "运营商三要素", "REG-20261122-0001")
    unchecked = IdentityFacts(UNCHECKED, None, None, None)
    text = packed(text_of(completion_report(report(recipients=[row(1, identity=checked), row(2, identity=unchecked)]))))
    for said in ("测试登记", "运营商三要素", "REG-20261122-0001"):
        assert said in text
    for name in (checked.name, unchecked.name):
        statements(text, report_wording.NAMES[name])


def test_the_report_is_in_both_languages() -> None:
    text = text_of(completion_report(report()))
    statements(text, report_wording.TITLE, report_wording.LEAD, *report_wording.SECTIONS.values())
    statements(
        text, *(report_wording.LABELS[label] for label in ("number", "signed_at", "consent", "serial", "evidence"))
    )
    statements(text, EVENTS["envelope.completed"], report_wording.BY_PLATFORM, report_wording.SEALED)
    statements(text, *report_wording.METHODS.values(), report_wording.TIMESTAMPED, *report_wording.LIMITS[:4])


def test_the_same_facts_make_the_same_report() -> None:
    assert completion_report(report()) == completion_report(report())


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"imprint": Imprint("https://a.example", "TSA", True, False)}, report_wording.TRIAL_AUTHORITY),
        ({"imprint": Imprint("https://a.example", "TSA", False, True)}, report_wording.BUILT_IN_TIMESTAMP),
        ({"watermark": "测试文件 TEST"}, report_wording.TEST_MODE),
    ],
)
def test_what_is_only_for_trial_is_labelled_so_and_only_that(changes: dict[str, Any], label: Statement) -> None:
    statements(text_of(completion_report(report(**changes))), label)
    assert packed(label.zh) not in text_of(completion_report(report()))


def test_the_watermark_stands_on_every_page() -> None:
    pages = page_texts(completion_report(report(watermark="测试文件 TEST", recipients=[row(n) for n in range(9)])))
    assert len(pages) > 3
    assert all(packed("测试文件 TEST") in page for page in pages)


def test_a_signature_without_a_timestamp_is_said_to_have_none() -> None:
    text = text_of(completion_report(report(recipients=[row(is_timestamped=False)])))
    statements(text, report_wording.TIMESTAMP_PENDING)
    assert packed(report_wording.TIMESTAMPED.zh) not in text


def test_who_was_replaced_by_whom_and_why() -> None:
    unsigned = {"viewed_at": None, "acted_at": None, "certificate": None, "evidence": None}
    replaced = row(1, state=RecipientState.REPLACED, reason="出差在外", successor="签署人2", **unsigned)
    text = text_of(completion_report(report(recipients=[replaced, row(2)])))
    for said in ("出差在外", "已更换，由签署人2代为办理", "Replacedby签署人2"):
        assert said in text


def test_seals_approvals_and_remote_keys() -> None:
    sealed = row(1, role=RecipientRole.SEAL, seal="合同专用章 sea_0199aabbccddeeff00112233445566ff")
    approved = row(2, role=RecipientRole.APPROVER, certificate=None)
    remote = row(3)
    assert remote.certificate is not None
    remote = replace(remote, certificate=replace(remote.certificate, is_remote=True))
    text = text_of(completion_report(report(recipients=[sealed, approved, remote])))
    assert "合同专用章sea_0199aabbccddeeff00112233445566ff" in text
    statements(text, report_wording.LABELS["approved_at"], report_wording.REMOTE_KEY, report_wording.PLATFORM_KEY)
    statements(text, *report_wording.DONE.values())


def test_fifty_recipients_twenty_documents_and_five_hundred_steps_have_room() -> None:
    facts = report(
        recipients=[row(number) for number in range(50)],
        documents=[document(number) for number in range(20)],
        steps=[step(number) for number in range(500)],
    )
    data = completion_report(facts)
    pages = page_texts(data)
    text = "".join(pages)
    assert all(f"evd_{number:032x}" in text for number in range(500))
    assert all(
        each.certificate and each.certificate.serial and each.certificate.serial in text for each in facts.recipients
    )
    assert all(each.final.sm3 in text for each in facts.documents)
    for number, page in enumerate(pages, 1):
        assert f"第{number}页，共{len(pages)}页Page{number}of{len(pages)}" in page
    assert_within_margins(data)


def test_the_longest_names_stay_on_the_page() -> None:
    longest = {"name": LONG_NAME, "organisation_name": LONG_ORGANISATION, "reason": LONG_REASON, "successor": LONG_NAME}
    long_step = Step(NOON, "recipient.replaced", LONG_NAME, f"{LONG_NAME} → {LONG_NAME} · {LONG_REASON}", EVIDENCE)
    facts = report(
        title="合" * 200,
        sender_name=LONG_ORGANISATION,
        documents=[document(1, "文" * 200)],
        recipients=[row(1, **longest)],
        steps=[long_step],
    )
    assert_within_margins(completion_report(facts))


def assert_within_margins(data: bytes) -> None:
    for left, bottom, right, top in text_bounds(data):
        assert left >= MARGIN - 2
        assert right <= PAGE_WIDTH - MARGIN + 2
        assert bottom >= 0
        assert top <= PAGE_HEIGHT


@pytest.mark.parametrize(
    ("phone", "hidden"),
    [
        ("13912345678", "139****5678"),
        ("+8613912345678", "+86139****5678"),
        ("+4420712345", "+44****2345"),
        ("5551234", "****1234"),
    ],
)
def test_a_phone_shows_no_more_than_its_owner_needs_to_know_it(phone: str, hidden: str) -> None:
    assert masked_phone(phone) == hidden


def test_every_step_of_an_envelope_has_words_in_both_languages() -> None:
    """A step without words would stand in the report under its code."""
    sources = [path for path in (Path(__file__).parents[3] / "signing").glob("*.py") if path.name != "models.py"]
    named = re.compile(r'"((?:envelope|recipient)\.[a-z_]+)"')
    steps = {found for source in sources for found in named.findall(source.read_text())}
    events = {"envelope.progressed", "envelope.ended", "envelope.sealing_requested", "recipient.released"}
    assert "recipient.signed" in steps
    assert steps - events <= set(EVENTS)
