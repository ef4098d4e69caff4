"""A review: what the rules find in a text, what they couldn't look for, and the draft (R5). Pure and deterministic.

Findings are proposals to people; nothing is refused because of them. A text with pages that can't be read is never
called free of risk: its outcome says so, and rules that look for what is missing aren't asked, since it may stand on
such a page.
"""

from dataclasses import dataclass
from enum import StrEnum

from performance.due_dates.calendar import HolidayCalendar
from performance.review.draft import RegisterDraft, draft_of
from performance.review.reading import Reading
from performance.review.rule import Hit, Severity
from performance.review.rules import RULES
from performance.review.text import ContractText, Span

REVIEW = "rvw"


class Outcome(StrEnum):
    """`clear`: every page was read, and no rule found anything. It is no promise that the contract has no risk."""

    UNREADABLE = "unreadable"
    PARTLY_READABLE = "partly_readable"
    FINDINGS = "findings"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    """`key` names it within its review: the case's code and its place among those of the same case."""

    key: str
    rule: str
    case: str
    severity: Severity
    zh: str
    en: str
    basis: str
    advice_zh: str
    advice_en: str
    confidence: int
    span: Span | None


@dataclass(frozen=True, slots=True)
class ReviewResult:
    outcome: Outcome
    pages: int
    unreadable_pages: tuple[int, ...]
    findings: tuple[ReviewFinding, ...]
    not_checked: tuple[str, ...]
    draft: RegisterDraft | None


def review_text(text: ContractText, calendar: HolidayCalendar) -> ReviewResult:
    """Without a readable page there are neither findings nor a draft."""
    unreadable = text.unreadable_pages
    if not text.is_readable:
        rules = tuple(dict.fromkeys(rule.code for rule in RULES))
        return ReviewResult(Outcome.UNREADABLE, len(text.pages), unreadable, (), rules, None)
    reading = Reading(text)
    asked = [rule for rule in RULES if not (unreadable and rule.sees_absence)]
    findings = _findings(text, [hit for rule in asked for hit in rule.check(reading)])
    outcome = Outcome.FINDINGS if findings else Outcome.CLEAR
    return ReviewResult(
        outcome=Outcome.PARTLY_READABLE if unreadable else outcome,
        pages=len(text.pages),
        unreadable_pages=unreadable,
        findings=findings,
        not_checked=tuple(dict.fromkeys(rule.code for rule in RULES if rule not in asked)),
        draft=draft_of(reading, calendar),
    )


def _findings(text: ContractText, hits: list[Hit]) -> tuple[ReviewFinding, ...]:
    found, counts = [], dict[str, int]()
    for hit in hits:
        case = hit.case
        counts[case.code] = counts.get(case.code, 0) + 1
        has_place = hit.start is not None and hit.end is not None
        found.append(
            ReviewFinding(
                key=f"{case.code}#{counts[case.code]}",
                rule=case.code.partition(".")[0],
                case=case.code,
                severity=case.severity,
                zh=case.zh.format_map(hit.facts),
                en=case.en.format_map(hit.facts),
                basis=case.basis,
                advice_zh=case.advice_zh,
                advice_en=case.advice_en,
                confidence=hit.confidence,
                span=text.span(hit.start, hit.end) if has_place else None,  # type: ignore[arg-type] # both are there
            )
        )
    return tuple(found)
