"""What a sender may plan, and what a signer may fill in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.errors import InvalidPhone, InvalidUSCC
from core.errors import InvalidInput
from signing import errors
from signing.consent import check_version, consent_text
from signing.plan import (
    Blank,
    FieldKind,
    NewEnvelope,
    NewField,
    NewRecipient,
    check_envelope,
    check_expiry,
    check_text,
    check_values,
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
GOOD = NewEnvelope(document_id=UUID(int=1), title="采购合同", recipients=[BUYER], fields=[SIGNATURE])


def test_a_good_plan_passes() -> None:
    check_envelope(GOOD, pages=2)


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
    ],
)
def test_a_wrong_plan_is_refused_with_the_reason(changes: dict[str, object], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        check_envelope(replace(GOOD, **changes), pages=2)  # type: ignore[arg-type]  # the test's own


def test_only_signers_have_fields() -> None:
    plan = replace(
        GOOD,
        recipients=[BUYER, buyer(key="viewer", role=RecipientRole.VIEWER)],
        fields=[SIGNATURE, field(name="other", recipient_key="viewer", page=1)],
    )
    with pytest.raises(errors.FieldRecipientNotSigner):
        check_envelope(plan, pages=2)


def test_boxes_that_only_touch_dont_overlap() -> None:
    beside = field(name="other", x=0.4)
    check_envelope(replace(GOOD, fields=[SIGNATURE, beside]), pages=2)


def test_expiry() -> None:
    assert check_expiry(None, NOW) == NOW + timedelta(days=30)
    assert check_expiry(NOW + timedelta(days=365), NOW) == NOW + timedelta(days=365)
    for wrong in (NOW, NOW - timedelta(days=1), NOW + timedelta(days=366)):
        with pytest.raises(errors.ExpiryInvalid):
            check_expiry(wrong, NOW)


def test_a_text_may_be_as_long_as_allowed() -> None:
    assert check_text("title", "长" * 200, 200) == "长" * 200


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


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"agree": "true"}, errors.FieldValueMissing),
        ({"post": "科长"}, errors.FieldValueMissing),
        ({"post": "科长", "agree": "false"}, errors.FieldValueMissing),
        ({"post": "科长", "agree": "yes"}, errors.FieldValueInvalid),
        ({"post": "长" * 201, "agree": "true"}, errors.FieldValueInvalid),
        ({"post": "a\nb", "agree": "true"}, errors.FieldValueInvalid),
        ({"post": "科长", "agree": "true", "date": "2020-01-01"}, errors.FieldNotYours),
        ({"post": "科长", "agree": "true", "signature": "x"}, errors.FieldNotYours),
        ({"post": "科长", "agree": "true", "theirs": "x"}, errors.FieldNotYours),
    ],
)
def test_wrong_values_are_refused(values: dict[str, str], error: type[InvalidInput]) -> None:
    with pytest.raises(error):
        check_values(values, BLANKS)


def test_the_consent_names_signer_and_document_and_its_digest_covers_every_word() -> None:
    shown = {"name": "王强{title}", "organisation": "财政局", "uscc": "1" * 18, "title": "合同", "sha256": "ab" * 32}
    consent = consent_text(**shown)
    assert "王强{title}" in consent.zh
    assert "ab" * 32 in consent.en
    for changed in shown:
        assert consent_text(**{**shown, changed: "另一个"}).sha256 != consent.sha256
    check_version(consent.version)
    with pytest.raises(errors.ConsentVersionUnknown):
        check_version("2020-01")
