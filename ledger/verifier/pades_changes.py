"""What was added to a PDF after a signature, one increment after the other, and what kind of change it was.

pyHanko's rules decide what is allowed: later signatures, validation data, document timestamps, fields filled in. Each
increment is compared with the revision before it, once, for all the signatures it comes after; whether it touched a
field they lock, or more than their certification permits (ISO 32000-2 §12.8.2.2, §12.8.2.4), is then asked of each.

Two things more are never allowed. An increment must bring its own objects: cross-references that lead back into what
was there before make content appear that was laid ready earlier. And it must bring at least one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from ledger.verifier.pades_additions import recognise
from ledger.verifier.pades_attack import has_lost_validation_data, name_change
from ledger.verifier.pades_findings import Finding
from ledger.verifier.pades_reader import Reader
from ledger.verifier.pades_tail import beyond_validation_data
from ledger.verifier.pades_verdict import Modifications

_defaults: Any = DEFAULT_DIFF_POLICY


class _FormRule(FormUpdatingRule):
    """pyHanko's rules for forms, without what they say of objects that the increment doesn't touch.

    Of a field whose picture is older than the revision compared with, they say that it was updated; for a locked
    field that would be an alarm over nothing.
    """

    def apply(self, old: Any, new: Any) -> Iterable[Any]:
        touched = new.explicit_refs_in_revision()
        for level, update in super().apply(old, new):
            if update.updated_ref in touched:
                yield level, update


_policy = StandardDiffPolicy(_defaults.global_rules, _FormRule(_defaults.form_rule.field_rules))
_MODIFICATIONS: dict[ModificationLevel, Modifications] = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "validation_data",
    ModificationLevel.FORM_FILLING: "form_filling",
}


@dataclass(frozen=True, slots=True)
class Change:
    """`finding` says what isn't allowed about it; `detail` more about that, in English."""

    modifications: Modifications
    finding: Finding | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One increment. `fields` are those whose value or looks it changed."""

    level: ModificationLevel
    fields: frozenset[str] = frozenset()
    finding: Finding | None = None
    detail: str | None = None


class Changes:
    """The increments of one file. `are_ours`: whoever asks made them, so that those of the familiar shape are taken
    for what they are (`pades_additions`).
    """

    def __init__(self, reader: Reader, *, are_ours: bool = False) -> None:
        self._reader = reader
        self._are_ours = are_ours
        self._steps: dict[tuple[int, bool], _Step] = {}

    @property
    def revisions(self) -> int:
        return int(self._reader.xrefs.total_revisions)

    def first_after(self, position: int) -> int:
        """The first revision whose cross-references end after this position of the file."""
        ends = [self._end(revision) for revision in range(self.revisions)]
        return next((number for number, end in enumerate(ends) if end > position), len(ends))

    def since(
        self, revision: int, permission: MDPPerm | None, locks: FieldMDPSpec | None, *, start: int | None = None
    ) -> Change:
        """What came after `revision`, as the signature made in it sees it. `start`: the first revision to look at."""
        level = ModificationLevel.NONE
        for number in range(max(revision + 1, start or 0), self.revisions):
            step = self._step(number, is_certified=permission is not None)
            locked = sorted(name for name in step.fields if locks is not None and locks.is_locked(name))
            if step.finding is not None:
                return Change("other", step.finding, step.detail)
            if locked:
                return Change("form_filling", Finding.FIELD_CHANGED, f"the field {locked[0]} is locked")
            level = max(level, step.level)
            if permission is not None and level.value > permission.value:
                finding = name_change(self._resolver(number - 1), self._resolver(number))
                return Change(_MODIFICATIONS.get(level, "other"), finding, "its certification doesn't permit that")
        if level not in _MODIFICATIONS:
            return Change("other", Finding.OVERLAY_ADDED, "annotations were added")
        return Change(_MODIFICATIONS[level])

    def beyond_validation_data(self, revision: int, *, is_sealed: bool) -> str | None:
        """What came after `revision` and is no validation data, though the signature made in it allows it."""
        numbers = range(revision + 1, self.revisions)
        return beyond_validation_data(
            ((self._resolver(number - 1), self._resolver(number)) for number in numbers), is_sealed=is_sealed
        )

    def name(self, revision: int) -> Finding:
        """The kind of change that came with the revision after this one."""
        return name_change(self._resolver(revision), self._resolver(revision + 1))

    def _step(self, revision: int, *, is_certified: bool) -> _Step:
        """A certification asks for more than other signatures do; what satisfies it satisfies those, too."""
        if (revision, True) not in self._steps:
            self._steps[revision, True] = self._compare(revision, MDPPerm.FILL_FORMS)
        strict = self._steps[revision, True]
        if is_certified or strict.finding is None:
            return strict
        if (revision, False) not in self._steps:
            self._steps[revision, False] = self._compare(revision, None)
        return self._steps[revision, False]

    def _compare(self, revision: int, permission: MDPPerm | None) -> _Step:
        problem = self._outside_objects(revision)
        if problem is not None:
            return problem
        familiar = recognise(self._reader, revision) if self._are_ours else None
        if familiar is not None:
            return _Step(familiar.level, familiar.fields)
        old, new = self._resolver(revision - 1), self._resolver(revision)
        try:
            found = _policy.apply(old, new, doc_mdp=permission)
        except (SuspiciousModification, PdfError) as error:
            return _Step(ModificationLevel.OTHER, finding=name_change(old, new), detail=str(error)[:300])
        if has_lost_validation_data(old, new):
            # Whoever takes a CRL out of the file could make a revoked certificate look good.
            return _Step(ModificationLevel.OTHER, finding=Finding.VALIDATION_DATA_CHANGED)
        return _Step(found.modification_level, frozenset(found.changed_form_fields))

    def _outside_objects(self, revision: int) -> _Step | None:
        xrefs = self._reader.xrefs
        if not xrefs.explicit_refs_in_revision(revision) and not xrefs.refs_freed_in_revision(revision):
            return _Step(ModificationLevel.OTHER, finding=Finding.APPENDED_DATA, detail="an increment without objects")
        starts = [start for _, start in xrefs.get_xref_data(revision).standard_xrefs.values()]
        if starts and min(starts) < self._end(revision - 1):
            detail = "cross-references lead to objects from before the signature"
            return _Step(ModificationLevel.OTHER, finding=Finding.SHADOW_CONTENT, detail=detail)
        return None

    def _end(self, revision: int) -> int:
        return int(self._reader.xrefs.get_xref_container_info(revision).end_location)

    def _resolver(self, revision: int) -> Any:
        return self._reader.get_historical_resolver(revision)
