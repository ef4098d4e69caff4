"""What a sender may plan, and what a signer may fill in."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.errors import InvalidPhone, InvalidUSCC
from core.errors import InvalidInput
from signing import errors
from signing.consent import check_version, consent_text
from signing.plan import (
    Anchor,
    Blank,
    FieldKind,
    NewEnvelope,
    NewField,
    NewRecipient,
    check_envelope,
    check_expiry,
    check_text,
    check_values,
    place_anchored,
)
from signing.policy import RecipientRole

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

BUYER = NewRecipient(
    key="buyer", name="王强", phone="13900000001", organisation_name="榆林市财政局", uscc="91610800MA7000000P"
)
SIGNATURE = NewField(
    name="buyer_signature",
    recipient_key="buyer",
    kind=FieldKind.SIGNATURE,
    page=2,
    x=0.1,
    y=0.8,
    width=0.3,
    height=0.08,
)
GOOD = NewEnvelope(document_ids=[UUID(int=1)], title="采购合同", recipients=[BUYER], fields=[SIGNATURE])


def test_a_good_plan_passes() -> None:
    check_envelope(GOOD, pages=[2])


def field(**changes: object) -> NewField:
    return replace(SIGNATURE, **changes)  # type: ignore[arg-type]  # the test's own keyword arguments


def buyer(**changes: object) -> NewRecipient:
    return replace(BUYER, **changes)  # type: ignore[arg-type]  # the test's own keyword arguments


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": ""}, errors.TextInvalid),
        ({"title": "采购\n合同"}, errors.TextInvalid),
        ({"title": "采购\x00合同"}, errors.TextInvalid),
        ({"title": "长" * 201}, errors.TextInvalid),
        ({"external_id": " "}, errors.TextInvalid),
        ({"metadata": {"a\x00": "b"}}, errors.TextInvalid),
        ({"recipients": []}, errors.SignerMissing),
        ({"recipients": [buyer(role=RecipientRole.VIEWER)], "fields": []}, errors.SignerMissing),
        ({"recipients": [BUYER, BUYER]}, errors.RecipientDuplicate),
        ({"recipients": [buyer(key="a.b")]}, errors.TextInvalid),
        ({"recipients": [buyer(uscc="91610800MA7000000Q")]}, InvalidUSCC),
        ({"recipients": [buyer(phone="12")]}, InvalidPhone),
        ({"recipients": [buyer(email="nobody")]}, errors.EmailInvalid),
        ({"recipients": [buyer(name="\ud800")]}, errors.TextInvalid),
        ({"fields": []}, errors.SignatureFieldMissing),
        ({"fields": [field(kind=FieldKind.TEXT)]}, errors.SignatureFieldMissing),
        ({"fields": [SIGNATURE, field(page=1)]}, errors.FieldDuplicate),
        ({"fields": [SIGNATURE, field(name="other", x=0.39)]}, errors.FieldsOverlap),
        ({"fields": [field(recipient_key="nobody")]}, errors.FieldRecipientUnknown),
        ({"fields": [field(page=3)]}, errors.FieldOutsidePage),
        ({"fields": [field(page=0)]}, errors.FieldOutsidePage),
        ({"fields": [field(x=0.71)]}, errors.FieldOutsidePage),
        ({"fields": [field(y=-0.1)]}, errors.FieldOutsidePage),
        ({"fields": [field(width=0.01)]}, errors.FieldOutsidePage),
        ({"fields": [field(x=float("nan"))]}, errors.FieldOutsidePage),
        ({"fields": [field(document=2)]}, errors.FieldDocumentUnknown),
        ({"fields": [SIGNATURE, field(name="seal", kind=FieldKind.SEAL, page=1)]}, errors.FieldKindNotForRole),
        ({"document_ids": []}, errors.DocumentsInvalid),
        ({"document_ids": [UUID(int=1), UUID(int=1)]}, errors.DocumentsInvalid),
        ({"document_ids": [UUID(int=number) for number in range(21)]}, errors.DocumentsInvalid),
        ({"remind_every_days": 0}, errors.ReminderIntervalInvalid),
        ({"remind_every_days": 31}, errors.ReminderIntervalInvalid),
        ({"contract_class": ""}, errors.TextInvalid),
        ({"recipients": [buyer(role=RecipientRole.APPROVER)], "fields": []}, errors.SignerMissing),
        ({"recipients": [buyer(role=RecipientRole.SEAL)], "fields": [field()]}, errors.FieldKindNotForRole),
        ({"recipients": [buyer(role=RecipientRole.SEAL)], "fields": []}, errors.SignatureFieldMissing),
    ],
)
def test_a_wrong_plan_is_refused_with_the_reason(changes: dict[str, object], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        check_envelope(replace(GOOD, **changes), pages=[2])  # type: ignore[arg-type]  # the test's own


def test_only_signers_have_fields() -> None:
    plan = replace(
        GOOD,
        recipients=[BUYER, buyer(key="viewer", role=RecipientRole.VIEWER)],
        fields=[SIGNATURE, field(name="other", recipient_key="viewer", page=1)],
    )
    with pytest.raises(errors.FieldRecipientNotSigner):
        check_envelope(plan, pages=[2])


def test_boxes_that_only_touch_dont_overlap() -> None:
    beside = field(name="other", x=0.4)
    check_envelope(replace(GOOD, fields=[SIGNATURE, beside]), pages=[2])


def test_expiry() -> None:
    assert check_expiry(None, NOW) == NOW + timedelta(days=30)
    assert check_expiry(NOW + timedelta(days=365), NOW) == NOW + timedelta(days=365)
    for wrong in (NOW, NOW - timedelta(days=1), NOW + timedelta(days=366)):
        with pytest.raises(errors.ExpiryInvalid):
            check_expiry(wrong, NOW)


def test_a_text_may_be_as_long_as_allowed() -> None:
    assert check_text("title", "长" * 200, 200) == "长" * 200


@pytest.mark.parametrize("text", ["张三", "Zoë Müller", "O’Neill & Söhne", "葛󠄀城", "𠮷田", "🏛 财政局", "שלום"])
def test_names_of_all_scripts_are_texts(text: str) -> None:
    assert check_text("name", text, 100) == text


@pytest.mark.parametrize(
    "character",
    [
        "\u202e",  # turns what follows it round: 甲方\u202e方乙 reads as another party
        "\u202a",
        "\u2066",
        "\u2067",
        "\u2069",
        "\u200e",
        "\u200f",
        "\u061c",
        "\u200b",  # without width
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\U000e0041",  # a tag
        "\u2028",  # ends of lines
        "\u2029",
        "\u0085",
        "\n",
        "\u3164",  # letters, marks and symbols that show nothing
        "\uffa0",
        "\u115f",
        "\u1160",
        "\u2800",
        "\u034f",
        "\u17b4",
        "\x00",
        "\x7f",
        "\ud800",
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_a_text_hides_and_turns_nothing(character: str) -> None:
    """Before, inside and behind what can be read, and alone."""
    for text in (f"{character}张三", f"张{character}三", f"张三{character}", character):
        with pytest.raises(errors.TextInvalid):
            check_text("name", text, 100)


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u3000", "\u2003", "\u202f", " \u3000 "])
def test_blanks_are_no_text(blank: str) -> None:
    with pytest.raises(errors.TextInvalid):
        check_text("title", blank, 100)


BLANKS = [
    Blank("signature", FieldKind.SIGNATURE, is_required=True),
    Blank("date", FieldKind.DATE, is_required=True),
    Blank("post", FieldKind.TEXT, is_required=True),
    Blank("note", FieldKind.TEXT, is_required=False),
    Blank("agree", FieldKind.CHECKBOX, is_required=True),
]


def test_values_are_taken_without_empty_ones() -> None:
    values = {"post": "科长", "note": "", "agree": "true"}
    assert check_values(values, BLANKS) == {"post": "科长", "agree": "true"}


def test_a_word_that_means_unticked_in_a_box_is_text_elsewhere() -> None:
    assert check_values({"post": "false", "note": " ", "agree": "true"}, BLANKS) == {"post": "false", "agree": "true"}


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"agree": "true"}, errors.FieldValueMissing),
        ({"post": "科长"}, errors.FieldValueMissing),
        ({"post": "科长", "agree": "false"}, errors.FieldValueMissing),
        ({"post": "科长", "agree": "yes"}, errors.FieldValueInvalid),
        ({"post": "长" * 201, "agree": "true"}, errors.FieldValueInvalid),
        ({"post": "a\nb", "agree": "true"}, errors.FieldValueInvalid),
        ({"post": "48\u202e0000", "agree": "true"}, errors.FieldValueInvalid),
        ({"post": "科长", "note": "\u3164", "agree": "true"}, errors.FieldValueInvalid),
        ({"post": " \u3000", "agree": "true"}, errors.FieldValueMissing),
        ({"post": "科长", "agree": "true", "date": "2020-01-01"}, errors.FieldNotYours),
        ({"post": "科长", "agree": "true", "signature": "x"}, errors.FieldNotYours),
        ({"post": "科长", "agree": "true", "theirs": "x"}, errors.FieldNotYours),
    ],
)
def test_wrong_values_are_refused(values: dict[str, str], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        check_values(values, BLANKS)


def test_the_consent_names_signer_and_document_and_its_digest_covers_every_word() -> None:
    shown = {"name": "王强{title}", "organisation": "财政局", "uscc": "1" * 18, "title": "合同"}
    documents = [("合同.pdf", "ab" * 32), ("附件.pdf", "cd" * 32)]
    consent = consent_text(role=RecipientRole.SIGNER, documents=documents, **shown)
    assert "王强{title}" in consent.zh
    assert "ab" * 32 in consent.en
    assert "附件.pdf SHA-256 " + "cd" * 32 in consent.zh
    for changed in shown:
        other = consent_text(role=RecipientRole.SIGNER, documents=documents, **{**shown, changed: "另一个"})
        assert other.sha256 != consent.sha256
    for role in (RecipientRole.SEAL, RecipientRole.APPROVER):
        assert consent_text(role=role, documents=documents, **shown).sha256 != consent.sha256
    assert consent_text(role=RecipientRole.SIGNER, documents=documents[:1], **shown).sha256 != consent.sha256
    check_version(consent.version)
    with pytest.raises(errors.ConsentVersionUnknown):
        check_version("2020-01")


COMPANY_SEAL = NewField(
    name="seal", recipient_key="seal", kind=FieldKind.CROSS_PAGE_SEAL, page=1, y=0.4, width=0.06, height=0.1
)
SEALED = replace(GOOD, recipients=[BUYER, buyer(key="seal", role=RecipientRole.SEAL)], fields=[SIGNATURE, COMPANY_SEAL])


def test_a_cross_page_seal_takes_the_right_edge_of_every_page() -> None:
    check_envelope(SEALED, pages=[2])
    in_its_way = field(name="other", page=2, x=0.65, y=0.42)
    with pytest.raises(errors.FieldsOverlap):
        check_envelope(replace(SEALED, fields=[SIGNATURE, COMPANY_SEAL, in_its_way]), pages=[2])
    with pytest.raises(errors.FieldOutsidePage):  # one page has no edge to another
        check_envelope(replace(SEALED, fields=[field(page=1), replace(COMPANY_SEAL, y=0.1)]), pages=[1])


def test_boxes_on_different_documents_dont_overlap() -> None:
    two = replace(GOOD, document_ids=[UUID(int=1), UUID(int=2)])
    check_envelope(replace(two, fields=[SIGNATURE, field(name="other", document=2)]), pages=[2, 2])


def test_who_fills_in_a_document_signs_it() -> None:
    two = replace(GOOD, document_ids=[UUID(int=1), UUID(int=2)])
    note = field(name="note", kind=FieldKind.TEXT, document=2)
    with pytest.raises(errors.SignatureFieldMissing):
        check_envelope(replace(two, fields=[SIGNATURE, note]), pages=[2, 2])


@dataclass(frozen=True)
class Found:
    page: int
    x: float
    y: float


def test_anchored_fields_stand_where_their_text_is() -> None:
    places = {1: {"乙方": [Found(1, 0.1, 0.2), Found(3, 0.5, 0.6)]}}
    last = field(anchor=Anchor("乙方", occurrence=-1, dx=0.1, dy=-0.1))
    [placed] = place_anchored([last], places)
    assert (placed.page, placed.x, placed.y, placed.anchor) == (3, pytest.approx(0.6), pytest.approx(0.5), None)
    [first] = place_anchored([field(anchor=Anchor("乙方"))], places)
    assert (first.page, first.x) == (1, 0.1)
    assert place_anchored([SIGNATURE], {}) == [SIGNATURE]
    for wrong in (Anchor("乙方", occurrence=3), Anchor("乙方", occurrence=0), Anchor("丙方")):
        with pytest.raises(errors.AnchorNotFound):
            place_anchored([field(anchor=wrong)], places)
