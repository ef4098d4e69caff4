"""What may come after the last signature, or after our seal: validation data and document timestamps, nothing else.

pyHanko's rules (`pades_changes`) let more pass as "validation data", for they judge what software does in good faith:
another title, other metadata, objects that nothing refers to, and a form that asks viewers to draw its fields anew, in
other fonts than the signers saw. Here these are told apart:

- the form asks for no new pictures of its fields (/NeedAppearances);
- what the file says of itself (/Info) is the same but for the date and the program of the last change;
- after our seal also: no other metadata or marks of structure, extensions are plain entries, and every new object is
  reached from what the update is about.

Of a contract without our seal metadata may change: Acrobat writes the date there with every validation data it adds.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.rules.file_structure_rules import (
    CatalogModificationRule,
    ObjectStreamRule,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import DSSCompareRule
from pyhanko.sign.diff_analysis.rules.metadata_rules import DocInfoRule, MetadataUpdateRule
from pyhanko.sign.diff_analysis.rules_api import WhitelistRule

from ledger.verifier.pades_file import entry

_kinds: Any = generic  # pyHanko's object classes have no type hints
_defaults: Any = DEFAULT_DIFF_POLICY

_Catalog: Any = CatalogModificationRule  # nor have some of its rules
_Metadata: Any = MetadataUpdateRule

_CHANGES_OF_PROGRAMS = frozenset({"/ModDate", "/Producer"})
_CATALOG_AFTER_SEAL = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Version"})
Revision = Any
"""A pyHanko `HistoricalResolver`."""


class _NothingNew(WhitelistRule):
    """Allows nothing, and raises `SuspiciousModification` for what no object's number shows."""

    def apply(self, old: Revision, new: Revision) -> Iterable[Any]:
        if _asks_for_pictures(new) and not _asks_for_pictures(old):
            raise SuspiciousModification("viewers are asked to draw the form's fields anew")
        if _said_of_itself(old) != _said_of_itself(new):
            raise SuspiciousModification("the file says something else of itself")
        return ()


class _PlainExtensions(WhitelistRule):
    def apply(self, _old: Revision, new: Revision) -> Iterable[Any]:
        if not _is_plain(entry(new.root, "/Extensions"), depth=4):
            raise SuspiciousModification("extensions are no plain entries")
        return ()


def _policy(*, is_sealed: bool) -> StandardDiffPolicy:
    allowed: list[WhitelistRule] = [
        _NothingNew(),
        DocInfoRule(),
        XrefStreamRule(),
        ObjectStreamRule(),
        DSSCompareRule(),
    ]
    allowed.append(_PlainExtensions() if is_sealed else _Metadata())
    return StandardDiffPolicy(
        [
            _Catalog(_CATALOG_AFTER_SEAL if is_sealed else None),
            *(rule.as_qualified(ModificationLevel.LTA_UPDATES) for rule in allowed),
        ],
        _defaults.form_rule,
        ignore_orphaned_objects=not is_sealed,
    )


_POLICIES = {is_sealed: _policy(is_sealed=is_sealed) for is_sealed in (True, False)}


def beyond_validation_data(revisions: Iterable[tuple[Revision, Revision]], *, is_sealed: bool) -> str | None:
    """What the first of these increments that did more than add validation data did, in English.

    Each increment is given as what was before it, and what was with it; all of them were allowed by `pades_changes`.
    """
    for old, new in revisions:
        try:
            found = _POLICIES[is_sealed].apply(old, new)
        except (SuspiciousModification, PdfError) as error:
            return str(error)[:300]
        if found.modification_level.value > ModificationLevel.LTA_UPDATES.value:
            return "more than validation data was added"
    return None


def _asks_for_pictures(revision: Revision) -> bool:
    return bool(entry(entry(revision.root, "/AcroForm"), "/NeedAppearances", default=False))


def _said_of_itself(revision: Revision) -> dict[str, object]:
    told = entry(revision.trailer_view, "/Info", {})
    return {str(key): entry(told, key) for key in told if key not in _CHANGES_OF_PROGRAMS}


def _is_plain(value: Any, depth: int) -> bool:
    """Made of itself alone: no references, no streams; but for the dictionary's own number."""
    if depth == 0 or isinstance(value, _kinds.IndirectObject | _kinds.StreamObject):
        return False
    return all(_is_plain(member, depth - 1) for member in _members(value))


def _members(value: Any) -> Iterator[Any]:
    """As they are: references aren't followed."""
    if isinstance(value, _kinds.DictionaryObject):
        yield from dict.values(value)
    elif isinstance(value, _kinds.ArrayObject):
        yield from list.__iter__(value)
