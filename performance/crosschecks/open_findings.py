"""Opens a finding for every contradiction, once: what was resolved comes back only if a source says something else.

Runs under the lock on the contract, in the unit of work of whatever gave rise to it.
"""

import hashlib
import json
from typing import Any
from uuid import UUID

from core import ids
from core.unit_of_work import UnitOfWork
from performance.crosschecks import repository
from performance.crosschecks.events import FindingOpened
from performance.crosschecks.facts import ContractFacts
from performance.crosschecks.models import Finding, FindingStep
from performance.crosschecks.policy import FINDING, Contradiction, FindingChange, FindingState, Stated, spelt
from performance.crosschecks.rules import RULE_OF_CODE, VERSION, contradictions
from performance.recording import SYSTEM, notarise, write_history
from performance.repository import ContractFile


def open_findings(uow: UnitOfWork, file: ContractFile, facts: ContractFacts) -> list[Finding]:
    """The findings that are new, or whose values are; the same facts again give none."""
    uow.session.flush()
    earlier = repository.findings_of(uow.session, file.contract.id)
    resolved = {each.fingerprint for each in earlier if each.state == FindingState.RESOLVED}
    still_open = {(each.rule, each.key): each for each in earlier if each.state == FindingState.OPEN}
    found = []
    for contradiction in contradictions(facts):
        fingerprint = fingerprint_of(contradiction)
        finding = still_open.get((contradiction.rule, contradiction.key))
        if finding is None and fingerprint not in resolved:
            found.append(_open(uow, file, contradiction, fingerprint))
        elif finding is not None and finding.fingerprint != fingerprint:
            _show(finding, contradiction, fingerprint)
            _trace(uow, file, finding, FindingChange.SEE_AGAIN)
            found.append(finding)
    return found


def fingerprint_of(contradiction: Contradiction) -> str:
    """SHA-256 (hex) over what is compared and both values with their references."""
    sides = [(side.source, side.reference, spelt(side.value)) for side in (contradiction.first, contradiction.second)]
    named = [contradiction.rule, contradiction.key, contradiction.what, sides]
    return hashlib.sha256(json.dumps(named, ensure_ascii=False).encode()).hexdigest()


def _open(uow: UnitOfWork, file: ContractFile, contradiction: Contradiction, fingerprint: str) -> Finding:
    finding = Finding(
        id=uow.new_id(),
        contract_id=file.contract.id,
        obligation_id=contradiction.obligation_id,
        rule=contradiction.rule,
        key=contradiction.key,
        state=FindingState.OPEN,
        opened_at=uow.now,
    )
    _show(finding, contradiction, fingerprint)
    uow.session.add(finding)
    uow.session.flush()
    evidence_id = _trace(uow, file, finding, FindingChange.OPEN)
    uow.emit(
        FindingOpened(
            finding_id=finding.id,
            contract_id=finding.contract_id,
            contract_title=file.contract.title,
            obligation_id=finding.obligation_id,
            rule=finding.rule,
            what=finding.what,
            first=finding.first["value"],
            second=finding.second["value"],
            standing=finding.standing,
            evidence_id=evidence_id,
        )
    )
    return finding


def _show(finding: Finding, contradiction: Contradiction, fingerprint: str) -> None:
    finding.rule_version, finding.fingerprint = VERSION, fingerprint
    finding.what, finding.measure, finding.favour = contradiction.what, contradiction.measure, contradiction.favour
    finding.first, finding.second = _told(contradiction.first), _told(contradiction.second)
    standing = contradiction.standing
    finding.standing = None if standing is None else spelt(standing)


def _told(side: Stated) -> dict[str, Any]:
    return {
        "value": spelt(side.value),
        "source": side.source,
        "reference": side.reference,
        "on": side.on.isoformat() if side.on else None,
        "organisation_id": side.organisation_id.hex if side.organisation_id else None,
        "person_id": side.person_id.hex if side.person_id else None,
    }


def _trace(uow: UnitOfWork, file: ContractFile, finding: Finding, change: FindingChange) -> UUID:
    rule = RULE_OF_CODE[finding.rule]
    evidence_id = notarise(uow, file, f"finding.{change}", SYSTEM, finding_facts(finding))
    uow.session.add(
        FindingStep(
            finding_id=finding.id,
            change=change,
            first=finding.first,
            second=finding.second,
            standing=finding.standing,
            text=rule.zh,
            documents=[],
            at=uow.now,
            evidence_id=evidence_id,
        )
    )
    write_history(
        uow,
        file,
        SYSTEM,
        change="finding",
        before=finding.second["value"],
        after=finding.first["value"],
        reason=f"{finding.rule} {rule.zh}",
        obligation=next((each for each in file.obligations if each.id == finding.obligation_id), None),
        evidence_id=evidence_id,
    )
    return evidence_id


def finding_facts(finding: Finding) -> dict[str, Any]:
    """A finding as an evidence record tells it: both values, both sources, dates, and what stands meanwhile."""
    sides = {
        name: {key: side[key] for key in ("value", "source", "reference", "on")}
        for name, side in (("first", finding.first), ("second", finding.second))
    }
    return {
        "finding": ids.public(FINDING, finding.id),
        "rule": finding.rule,
        "rule_version": finding.rule_version,
        "what": finding.what,
        **sides,
        "standing": finding.standing,
    }
