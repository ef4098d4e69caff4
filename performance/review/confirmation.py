"""What a person has to do before a draft becomes an entry, and what they changed of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from performance.intake import ContractElements, ObligationElement
from performance.policy import PartyRole
from performance.review.errors import FindingsUnacknowledged, PagesUnacknowledged
from performance.review.rule import Severity

UNREADABLE_PAGES = "unreadable_pages"
"""Listed among what is acknowledged: somebody looked at the pages that couldn't be read."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value the draft had, and the one a person entered; None where there was or is none."""

    field: str
    drafted: str | None
    entered: str | None

    def json(self) -> dict[str, Any]:
        return {"field": self.field, "drafted": self.drafted, "entered": self.entered}


def check_acknowledged(
    findings: Sequence[Mapping[str, Any]], unreadable_pages: Sequence[int], acknowledged: Iterable[str]
) -> None:
    """Nothing is blocked in silence and nothing passes in silence: each finding of high severity must be named.
    Raises `FindingsUnacknowledged` or `PagesUnacknowledged`."""
    named = set(acknowledged)
    open_keys = [each["key"] for each in findings if each["severity"] == Severity.HIGH and each["key"] not in named]
    if open_keys:
        raise FindingsUnacknowledged(keys=", ".join(open_keys))
    if unreadable_pages and UNREADABLE_PAGES not in named:
        raise PagesUnacknowledged(pages=", ".join(map(str, unreadable_pages)))


def changes(draft: Mapping[str, Any], elements: ContractElements) -> tuple[Change, ...]:
    """Field by field, then obligation by obligation in their order."""
    drafted = {each["name"]: each["value"] for each in draft.get("fields", ())}
    entered = dict(_entered(elements))
    found = [Change(name, drafted.get(name), value) for name, value in entered.items() if drafted.get(name) != value]
    return (*found, *_obligation_changes(draft.get("obligations", ()), elements.obligations))


def _entered(elements: ContractElements) -> Iterator[tuple[str, str | None]]:
    yield "title", elements.title
    yield "number", elements.number
    for role in (PartyRole.PURCHASER, PartyRole.SUPPLIER):
        party = next((each for each in elements.parties if each.role is role), None)
        yield f"{role}_name", party.name if party else None
        yield f"{role}_uscc", party.uscc if party else None
    yield "amount", str(elements.amount) if elements.amount else None
    yield "signed_on", elements.signed_on.isoformat() if elements.signed_on else None
    due = elements.performance_due_on
    yield "performance_due_on", due.isoformat() if due else None


def _obligation_changes(drafted: Sequence[Mapping[str, Any]], entered: Sequence[ObligationElement]) -> Iterator[Change]:
    for index in range(max(len(drafted), len(entered))):
        before = _drafted_obligation(drafted[index]) if index < len(drafted) else None
        after = _entered_obligation(entered[index]) if index < len(entered) else None
        if before != after:
            yield Change(f"obligations[{index + 1}]", before, after)


def _drafted_obligation(each: Mapping[str, Any]) -> str:
    return " | ".join(str(each[name] or "-") for name in ("kind", "debtor_role", "title", "due_on", "amount"))


def _entered_obligation(each: ObligationElement) -> str:
    parts = (each.kind, each.debtor_role, each.title, each.named_day or "-", each.amount or "-")
    return " | ".join(map(str, parts))
