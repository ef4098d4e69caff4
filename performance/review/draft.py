"""A draft of the register's entry, out of a text (R5). Pure.

Every value says where it stands, how sure it is in per cent, and why (`REASONS`). What the text doesn't say is None:
nothing is guessed. A person confirms or changes each value; until then a draft is nothing but a proposal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import Money
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import HolidayTableMissing
from performance.due_dates.policy import Anchor, DueRule, DueUnit, due_date
from performance.policy import ObligationKind, PartyRole
from performance.review.extraction.dates import DayMention, Deadline
from performance.review.extraction.parties import Party
from performance.review.extraction.schedule import Milestone
from performance.review.reading import ContractKind, Reading
from performance.review.text import ContractText, Passage, Span

REASONS: dict[str, tuple[str, str]] = {
    "title": ("首页标题行", "the title line of the first page"),
    "number": ("标有“编号”", "labelled as the number"),
    "party_side_said": ("称谓表明了哪一方（如发包人、供应商）", "the label tells the side (such as 发包人, 供应商)"),
    "party_side_assumed": ("只称甲方、乙方：按甲方为采购方推定", "only 甲方 and 乙方: 甲方 is taken for the purchaser"),
    "party_signs_differently": ("与签署处名称不一致", "signs under another name"),
    "code_valid": ("校验位正确", "its check character is right"),
    "code_invalid": ("校验位不正确，请核对", "its check character is wrong: check it"),
    "amount_confirmed": ("标为合同价款，大写与小写一致", "labelled as the price; words and figures agree"),
    "amount_label": ("标为合同价款", "labelled as the price"),
    "amount_disputed": (
        "大写与小写不一致，取另有印证的一个",
        "words and figures disagree; this one stands elsewhere too",
    ),
    "day_labelled": ("标为签订日期", "labelled as the day of signature"),
    "day_at_signature": ("签署处的日期", "the date where the parties sign"),
    "term": ("起止日期", "a period from one day to another"),
    "payment_share_and_time": ("写明比例（或金额）和时间", "a share (or amount) and a time"),
    "payment_without_time": (
        "写明比例或金额，时间不能由登记系统推算",
        "a share or amount; no time that can be counted",
    ),
    "payment_time_only": ("只写明付款时间", "only a time"),
    "delivery_day": ("写明交付日期", "a day of delivery"),
    "delivery_after_event": ("写明某事后多少日", "a time after an event"),
    "works_completion": ("竣工日期", "the day of completion"),
}
_CONFIDENCE = {
    "title": 95,
    "number": 92,
    "party_side_said": 95,
    "party_side_assumed": 82,
    "party_signs_differently": 55,
    "code_valid": 98,
    "code_invalid": 30,
    "day_labelled": 95,
    "day_at_signature": 92,
    "term": 88,
    "payment_share_and_time": 88,
    "payment_without_time": 75,
    "payment_time_only": 65,
    "delivery_day": 85,
    "delivery_after_event": 78,
    "works_completion": 88,
}
_NUMBERED = re.compile(r"^(?:第[^条]{1,4}条|[一二三四五六七八九十]{1,3}、|[(（][^)）]{1,3}[)）]|[0-9.]{1,5}[、.)]?)\s*")
_LONGEST_TITLE, _SHORT = 60, 20


@dataclass(frozen=True, slots=True)
class DraftField:
    """`value` as the register's API spells it: amounts `480000.00`, days ISO 8601."""

    name: str
    value: str
    confidence: int
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class DraftObligation:
    """`due_on` is the day named, or counted from the day of signature; else `anchor`, `count` and `unit` say how it
    will be counted. `share` is a percentage of the price; `amount` is what the text says, or the share of the price."""

    kind: ObligationKind
    title: str
    debtor_role: PartyRole
    due_on: date | None
    anchor: Anchor | None
    count: int | None
    unit: DueUnit | None
    share: str | None
    amount: Money | None
    is_amount_computed: bool
    confidence: int
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class RegisterDraft:
    kind: ContractKind
    fields: tuple[DraftField, ...]
    obligations: tuple[DraftObligation, ...]

    def value(self, name: str) -> str | None:
        return next((field.value for field in self.fields if field.name == name), None)


def draft_of(reading: Reading, calendar: HolidayCalendar) -> RegisterDraft:
    fields = tuple(_fields(reading))
    obligations = [*_payments(reading, calendar), *_deliveries(reading, calendar)]
    return RegisterDraft(reading.kind, fields, tuple(sorted(obligations, key=lambda each: _place(each.span))))


def _place(span: Span) -> tuple[int, int]:
    return span.page, span.start


def _fields(reading: Reading) -> Iterator[DraftField]:
    text = reading.text
    for name, passage in (("title", reading.title), ("number", reading.number)):
        if passage is not None:
            yield _field(name, as_written(text, passage), name, text.span(passage.start, passage.end))
    for party in reading.parties:
        yield from _party_fields(text, party)
    if reading.amount is not None:
        amount = reading.amount.amount
        span = text.span(amount.start, amount.end)
        yield DraftField("amount", str(amount.value), reading.amount.confidence, reading.amount.reason, span)
    if reading.signed is not None:
        mention, confidence = reading.signed
        reason = "day_labelled" if confidence == _CONFIDENCE["day_labelled"] else "day_at_signature"
        yield from _day(text, "signed_on", mention, reason)
    if reading.term is not None:
        yield from _day(text, "starts_on", reading.term.first, "term")
        yield from _day(text, "performance_due_on", reading.term.last, "term")


def _field(name: str, value: str, reason: str, span: Span) -> DraftField:
    return DraftField(name, value, _CONFIDENCE[reason], reason, span)


def _party_fields(text: ContractText, party: Party) -> Iterator[DraftField]:
    differs = party.signed_as is not None and party.signed_as.text != party.name.text
    reason = "party_side_said" if party.is_side_said else "party_side_assumed"
    reason = "party_signs_differently" if differs else reason
    span = text.span(party.name.start, party.name.end)
    yield _field(f"{party.role}_name", as_written(text, party.name), reason, span)
    if party.code is not None:
        reason = "code_valid" if party.code.problem is None else "code_invalid"
        span = text.span(party.code.start, party.code.end)
        yield _field(f"{party.role}_uscc", party.code.text, reason, span)


def as_written(text: ContractText, passage: Passage) -> str:
    """A name in its own width, 陕西（集团）: the body has half-width brackets. Blanks that only pad are left out."""
    quote = text.span(passage.start, passage.end).quote
    return quote if " " in passage.text else quote.replace(" ", "")


def _day(text: ContractText, name: str, mention: DayMention, reason: str) -> Iterator[DraftField]:
    if mention.day is not None:
        yield _field(name, mention.day.isoformat(), reason, text.span(mention.start, mention.end))


def _payments(reading: Reading, calendar: HolidayCalendar) -> Iterator[DraftObligation]:
    for each in reading.payments:
        says_what = each.share is not None or each.stated is not None
        reason = "payment_share_and_time" if each.deadline else "payment_without_time"
        reason = reason if says_what else "payment_time_only"
        yield _obligation(reading, calendar, each, kind=ObligationKind.PAYMENT, reason=reason)


def _deliveries(reading: Reading, calendar: HolidayCalendar) -> Iterator[DraftObligation]:
    for each in reading.deliveries:
        reason = "delivery_day" if each.deadline and each.deadline.day else "delivery_after_event"
        reason = "works_completion" if reading.kind is ContractKind.WORKS else reason
        yield _obligation(reading, calendar, each, kind=ObligationKind.DELIVERY, reason=reason)


def _obligation(
    reading: Reading, calendar: HolidayCalendar, milestone: Milestone, *, kind: ObligationKind, reason: str
) -> DraftObligation:
    deadline = milestone.deadline
    amount, is_computed = _amount(reading, milestone)
    return DraftObligation(
        kind=kind,
        title=_title(reading, milestone),
        debtor_role=PartyRole.PURCHASER if kind is ObligationKind.PAYMENT else PartyRole.SUPPLIER,
        due_on=_due_on(reading, calendar, deadline) if deadline else None,
        anchor=deadline.anchor if deadline else None,
        count=deadline.count if deadline else None,
        unit=deadline.unit if deadline else None,
        share=None if milestone.share is None else _per_cent(milestone.share),
        amount=amount,
        is_amount_computed=is_computed,
        confidence=_CONFIDENCE[reason],
        reason=reason,
        span=reading.text.span(milestone.start, milestone.end),
    )


def _amount(reading: Reading, milestone: Milestone) -> tuple[Money | None, bool]:
    """As stated; else the share of the price, if it comes to whole fen."""
    if milestone.stated is not None and milestone.share != 1:
        return milestone.stated.value, False
    if milestone.share is None or reading.amount is None:
        return None, False
    minor = milestone.share * reading.amount.amount.value.minor
    return (Money(int(minor)), True) if minor == minor.to_integral_value() else (None, False)


def _title(reading: Reading, milestone: Milestone) -> str:
    """The words themselves, without their number, as a person would look for them."""
    start, end = milestone.start, milestone.end
    if end - start < _SHORT:  # a bare day: the sentence around it tells what is due
        sentence = next(each for each in reading.text.sentences if each.start <= start < each.end)
        start, end = sentence.start, sentence.end
    return _NUMBERED.sub("", reading.text.span(start, end).quote)[:_LONGEST_TITLE]


def _due_on(reading: Reading, calendar: HolidayCalendar, deadline: Deadline) -> date | None:
    """A day named; or counted from the signature, if its day and the holidays of the time are known."""
    signed = reading.signed[0].day if reading.signed else None
    if deadline.day is not None:
        return deadline.day
    if signed is None or deadline.anchor is not Anchor.SIGNING or deadline.count is None or deadline.unit is None:
        return None
    try:
        return due_date(DueRule(Anchor.SIGNING, deadline.count, deadline.unit), signed, calendar).due_on
    except HolidayTableMissing:
        return None


def _per_cent(share: Decimal) -> str:
    text = f"{share * 100:.4f}"
    return text.rstrip("0").rstrip(".")
