"""How a review is written down: plain JSON, amounts as decimals in strings, days ISO 8601. Pure."""

import hashlib
from typing import Any

import rfc8785

from performance.review.draft import REASONS, DraftField, DraftObligation, RegisterDraft
from performance.review.review import ReviewFinding, ReviewResult
from performance.review.text import Span


def reading_json(result: ReviewResult) -> dict[str, Any]:
    """What could be read and what couldn't be looked for."""
    return {"unreadable_pages": list(result.unreadable_pages), "not_checked": list(result.not_checked)}


def findings_json(result: ReviewResult) -> list[dict[str, Any]]:
    return [_finding(each) for each in result.findings]


def draft_json(draft: RegisterDraft | None) -> dict[str, Any]:
    """Empty if nothing could be read."""
    if draft is None:
        return {}
    return {
        "kind": str(draft.kind),
        "fields": [_field(each) for each in draft.fields],
        "obligations": [_obligation(each) for each in draft.obligations],
    }


def digest(result: ReviewResult) -> str:
    """SHA-256 (hex) of all of it in canonical JSON (RFC 8785): the same text under the same rules gives the same."""
    whole: Any = {
        "outcome": str(result.outcome),
        "reading": reading_json(result),
        "findings": findings_json(result),
        "draft": draft_json(result.draft),
    }
    return hashlib.sha256(rfc8785.dumps(whole)).hexdigest()


def _finding(finding: ReviewFinding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "rule": finding.rule,
        "case": finding.case,
        "severity": str(finding.severity),
        "zh": finding.zh,
        "en": finding.en,
        "basis": finding.basis,
        "advice_zh": finding.advice_zh,
        "advice_en": finding.advice_en,
        "confidence": finding.confidence,
        "span": _span(finding.span) if finding.span else None,
    }


def _span(span: Span) -> dict[str, Any]:
    return {"page": span.page, "start": span.start, "end": span.end, "quote": span.quote}


def _field(field: DraftField) -> dict[str, Any]:
    return {"name": field.name, "value": field.value, **_why(field), "span": _span(field.span)}


def _obligation(each: DraftObligation) -> dict[str, Any]:
    return {
        "kind": str(each.kind),
        "title": each.title,
        "debtor_role": str(each.debtor_role),
        "due_on": each.due_on.isoformat() if each.due_on else None,
        "anchor": str(each.anchor) if each.anchor else None,
        "count": each.count,
        "unit": str(each.unit) if each.unit else None,
        "share": each.share,
        "amount": str(each.amount) if each.amount else None,
        "is_amount_computed": each.is_amount_computed,
        **_why(each),
        "span": _span(each.span),
    }


def _why(each: DraftField | DraftObligation) -> dict[str, Any]:
    zh, en = REASONS[each.reason]
    return {"confidence": each.confidence, "reason": each.reason, "why_zh": zh, "why_en": en}
