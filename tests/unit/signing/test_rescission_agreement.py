"""The agreement that rescinds a contract: what it says, and boxes where there is no text."""

import re
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from signing.papers import rescission_wording
from signing.papers.rescission_agreement import (
    RescissionAgreement,
    RescissionBox,
    RescissionFacts,
    RescissionParty,
    rescission_agreement,
)
from signing.pdf.screen import PDFScreener
from signing.plan import FieldKind
from signing.policy import RecipientRole
from tests.support.papers import packed, page_texts, text_of, text_within

NOON = datetime(2026, 11, 22, 4, 0, 0, tzinfo=UTC)
ENVELOPE = "env_0199aabbccddeeff00112233445566ff"
LONG_NAME, LONG_ORGANISATION, LONG_REASON = "娜" * 100, "榆林市某某有限公司" * 22, "W" * 250 + "停" * 250


def party(number: int, **changes: Any) -> RescissionParty:
    """Every third one seals."""
    role = RecipientRole.SEAL if number % 3 == 2 else RecipientRole.SIGNER
    given = {"name": f"张三{number}", "organisation_name": f"第{number}有限公司", "uscc": "91441900MA4UJ8888X"}
    return RescissionParty(key=f"party{number}", role=role, **{**given, **changes})


def rescission(*parties: RescissionParty, **changes: Any) -> RescissionFacts:
    given: dict[str, Any] = {
        "title": "办公设备采购合同",
        "envelope": ENVELOPE,
        "completed_at": NOON,
        "documents": [("采购合同.pdf", "ab" * 32), ("附件 <b>一</b> & 二.pdf", "cd" * 32)],
        "parties": parties or (party(1), party(2)),
        "reason": "供应商停产，双方同意不再履行",
        "date": "2026-11-25",
    }
    return RescissionFacts(**{**given, **changes})


def every_box(agreement: RescissionAgreement) -> list[RescissionBox]:
    return [box for boxes in agreement.boxes.values() for box in boxes]


def overlap(one: RescissionBox, other: RescissionBox) -> bool:
    return (
        one.page == other.page
        and one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def test_the_agreement_says_what_is_rescinded_by_whom_and_why() -> None:
    text = text_of(rescission_agreement(rescission()).data)
    facts = [
        "办公设备采购合同",
        ENVELOPE,
        "2026-11-22 12:00:00 UTC+8",
        "采购合同.pdf",
        "ab" * 32,
        "cd" * 32,
        "2026-11-25",
    ]
    people = ["张三1", "张三2", "第1有限公司", "91441900MA4UJ8888X", "供应商停产，双方同意不再履行"]
    for fact in [*facts, *people, "附件 <b>一</b> & 二.pdf"]:
        assert packed(fact) in text


def test_the_agreement_is_in_both_languages_and_cites_the_law() -> None:
    # A paragraph may go on over a page: what stands at the foot between its halves isn't part of it.
    foot = re.compile(r"鼎约Dingyue·合同解除协议.*?Page\d+of\d+")
    text = foot.sub("", text_of(rescission_agreement(rescission()).data))
    wording = [part for article in rescission_wording.ARTICLES for part in article]
    for statement in [rescission_wording.TITLE, rescission_wording.PREAMBLE, *wording, rescission_wording.ORIGIN]:
        assert packed(statement.zh) in text
        assert packed(statement.en) in text
    for article in ("第五百六十二条", "第五百六十六条", "第五百六十七条", "article562", "article566", "article567"):
        assert article in text


def test_the_same_facts_make_the_same_agreement() -> None:
    assert rescission_agreement(rescission()) == rescission_agreement(rescission())


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_every_party_has_its_boxes_and_none_overlaps(count: int) -> None:
    parties = [party(number) for number in range(count)]
    agreement = rescission_agreement(rescission(*parties))
    for one in parties:
        carrier = FieldKind.SEAL if one.role is RecipientRole.SEAL else FieldKind.SIGNATURE
        assert [box.kind for box in agreement.boxes[one.key]] == [carrier, FieldKind.DATE]
    boxes = every_box(agreement)
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    for box in boxes:
        assert 1 <= box.page <= len(page_texts(agreement.data))
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= 1
        assert box.y + box.height <= 1


def test_no_text_stands_in_a_box_however_long_the_names_are() -> None:
    named = {"name": LONG_NAME, "organisation_name": LONG_ORGANISATION}
    facts = rescission(*(party(number, **named) for number in range(9)), title="合" * 200, reason=LONG_REASON)
    agreement = rescission_agreement(facts)
    assert packed(LONG_REASON) in text_of(agreement.data)
    for box in every_box(agreement):
        place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
        assert text_within(agreement.data, box.page, **place) == ""


def test_a_partys_boxes_stand_below_its_name() -> None:
    agreement = rescission_agreement(rescission(*(party(number) for number in range(5))))
    for number in range(5):
        box = agreement.boxes[f"party{number}"][0]
        above = text_within(agreement.data, box.page, x=box.x, y=box.y - 0.1, width=0.35, height=0.1)
        assert f"张三{number}" in above


def test_the_agreement_passes_the_screening_of_uploads() -> None:
    agreement = rescission_agreement(rescission(*(party(number) for number in range(50))))
    screened = PDFScreener().screen(agreement.data)
    assert screened.page_count == len(page_texts(agreement.data))
    assert screened.flattened == ()
