"""What the steps of one pass share: the state they go on from, and what they find."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.clock import rfc3339
from ledger.monitor.alarms import STAYS, AlarmCode, Finding, remember
from ledger.monitor.archive import Archive
from ledger.monitor.state import MonitorState, StateFolder
from ledger.verifier.verdict import Statement

LOG = "log"
"""The scope of alarms about the log itself; those about a chain have its id."""


@dataclass(slots=True)
class Round:
    """`unknown` says why something couldn't be looked at, `notices` what is worth knowing and no alarm."""

    folder: StateFolder
    state: MonitorState
    now: datetime
    unknown: list[Statement] = field(default_factory=list)
    notices: list[Statement] = field(default_factory=list)
    _found: set[str] = field(default_factory=set)
    _settled: set[tuple[AlarmCode, str]] = field(default_factory=set)

    @property
    def archive(self) -> Archive:
        return self.folder.archive

    def alarm(
        self,
        code: AlarmCode,
        scope: str,
        detail: str = "",
        *,
        proof: bytes | None = None,
        notes: tuple[bytes, ...] = (),
        **facts: Any,
    ) -> None:
        """Remembers it, with its evidence, before anything else is looked at: a crash from here on loses nothing."""
        finding = Finding(code, f"{scope}/{detail}", facts, proof, notes)
        kept = self.folder.keep_proof(finding)
        remember(self.state.alarms, finding, kept, self.now)
        self._found.add(finding.identifier)
        self.save()

    def settled(self, scope: str, *codes: AlarmCode) -> None:
        """These were looked for; what of them isn't found in this pass is over, unless it stays."""
        self._settled |= {(code, scope) for code in codes}

    def save(self) -> None:
        self.folder.save(self.state)

    def close(self) -> None:
        """Ends the alarms that are over, and saves."""
        for alarm in self.state.open_alarms:
            scope = alarm.identifier.removeprefix(f"{alarm.code}:").partition("/")[0]
            is_over = (alarm.code, scope) in self._settled and alarm.identifier not in self._found
            if is_over and alarm.code not in STAYS:
                alarm.ended_at = rfc3339(self.now)
        self.save()
