"""Writes the canonical ASiC-E archive: order, manifest, time-stamp (evidence.md, "The evidence package")."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from ledger.verifier.container import MIMETYPE, MIMETYPE_NAME, encode
from ledger.verifier.layout import MANIFEST, MANIFEST_TOKEN, in_order
from ledger.verifier.manifest import manifest_xml
from ledger.verifier.timestamp import canonical_token

_LONGEST_STEM = 60
"""Characters: with UTF-8 and a suffix still well below what file systems allow (255 bytes)."""

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')


def write_archive(content: Mapping[str, bytes], timestamp: Callable[[bytes], bytes]) -> bytes:
    """The package of `content` (all members but mimetype, manifest and token, in any order).

    `timestamp` gets the manifest's SHA-256 and returns an RFC 3161 token; what it raises passes through.
    """
    given = {MIMETYPE_NAME: MIMETYPE, **content}
    members = {name: given[name] for name in in_order(given)}
    members[MANIFEST] = manifest_xml(members)
    members[MANIFEST_TOKEN] = canonical_token(timestamp(hashlib.sha256(members[MANIFEST]).digest()))
    return encode(members)


def unique_file_names(names: list[str]) -> list[str]:
    """Names that any file system takes, each once whatever its case; a repeated one gets ` (2)` before its suffix."""
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        path = PurePosixPath(_safe(name))
        candidate, number = path.name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{path.stem} ({number}){path.suffix}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def _safe(name: str) -> str:
    """`name` without what `verifier.container.is_safe_name` refuses."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name))
    printable = "".join(character if character.isprintable() else "_" for character in plain).strip(" .")
    path = PurePosixPath(printable or "file")
    return path.stem[:_LONGEST_STEM] + path.suffix[:16]
