"""Reads of reported facts and findings, scoped to the actor, and why a finding was opened and which value stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from performance import repository as contracts
from performance.crosschecks import repository
from performance.crosschecks.models import Finding, FindingStep, ReportedFact
from performance.crosschecks.policy import FindingState
from performance.crosschecks.rules import RULE_OF_CODE, Rule
from performance.models import Contract
from performance.reading import Page, page_of, read_cursor


@dataclass(frozen=True, slots=True)
class FindingDossier:
    """A finding, the rule that opened it, its steps (oldest first), and in a sentence what counts and why."""

    finding: Finding
    contract: Contract
    rule: Rule
    steps: Sequence[FindingStep]
    conclusion_zh: str
    conclusion_en: str


def facts(session: Session, actor: Actor, contract_id: UUID, *, cursor: str | None, limit: int) -> Page[ReportedFact]:
    """Newest first, corrected ones too. Raises `ContractNotFound` or `ListCursorInvalid`."""
    actor.require(Scope.CONTRACTS_READ)
    contracts.contract_of(session, actor, contract_id)
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.facts_of(session, contract_id, before=before, limit=limit + 1)
    return page_of(rows, limit, lambda row: row.id.hex)


def findings(
    session: Session,
    actor: Actor,
    *,
    contract_id: UUID | None,
    state: FindingState | None,
    rule: str | None,
    cursor: str | None,
    limit: int,
) -> Page[tuple[Finding, Contract]]:
    """Newest first. Raises `ListCursorInvalid`."""
    actor.require(Scope.CONTRACTS_READ)
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.findings(
        session, actor, contract_id=contract_id, state=state, rule=rule, before=before, limit=limit + 1
    )
    return page_of(rows, limit, lambda row: row[0].id.hex)


def finding(session: Session, actor: Actor, finding_id: UUID) -> FindingDossier:
    """Raises `FindingNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    return dossier(session, actor, finding_id)


def dossier(session: Session, actor: Actor, finding_id: UUID) -> FindingDossier:
    """The same for whoever has just moved it. Raises `FindingNotFound`."""
    session.flush()
    row, contract = repository.finding_of(session, actor, finding_id)
    rule = RULE_OF_CODE[row.rule]
    zh, en = conclusions(row, rule)
    return FindingDossier(row, contract, rule, repository.steps_of(session, row.id), zh, en)


def conclusions(row: Finding, rule: Rule) -> tuple[str, str]:
    """Which value counts and why, in a sentence (pure)."""
    first, second = row.first["value"], row.second["value"]
    said_zh = f"{row.first['source']} 为 {first}，{row.second['source']} 为 {second}"
    said_en = f"{row.first['source']} says {first}, {row.second['source']} says {second}"
    if row.state == FindingState.RESOLVED:
        return f"{said_zh}；经核实为 {row.resolved_value}。", f"{said_en}; found to be {row.resolved_value}."
    if row.standing is None:
        return (
            f"{said_zh}；{rule.stands_zh}：办结前均视为未经证实。",
            f"{said_en}; neither is proven until a person resolves it.",
        )
    return (
        f"{said_zh}；{rule.stands_zh}，办结前按 {row.standing} 计。",
        f"{said_en}; {row.standing} stands until a person resolves it ({rule.stands_en}).",
    )
