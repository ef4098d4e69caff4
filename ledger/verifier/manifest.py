"""`META-INF/ASiCManifest.xml` (ETSI EN 319 162-1 §A.4): the SHA-256 of every other member.

The manifest, too, is a function of the members. The verifier writes it again and compares bytes, so hostile XML is
never parsed.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from ledger.verifier.layout import MANIFEST, MANIFEST_TOKEN
from ledger.verifier.verdict import Contradiction

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n'
    f'<asic:SigReference URI="{MANIFEST_TOKEN}" MimeType="application/vnd.etsi.timestamp-token"/>\n'
)
_REFERENCE = (
    '<asic:DataObjectReference URI="{uri}" MimeType="{media_type}">'
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    "<ds:DigestValue>{digest}</ds:DigestValue></asic:DataObjectReference>\n"
)
_TAIL = "</asic:ASiCManifest>\n"
_MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".html": "text/html",
    ".md": "text/markdown",
    ".hex": "text/plain",
    ".tlog-proof": "text/plain",
    ".tsr": "application/vnd.etsi.timestamp-token",
    ".pem": "application/x-pem-file",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}


def manifest_xml(members: Mapping[str, bytes]) -> bytes:
    """The manifest over all of `members` but itself and the time-stamp token over it, in their order."""
    covered = [name for name in members if name not in {MANIFEST, MANIFEST_TOKEN}]
    return (_HEAD + "".join(_reference(name, members[name]) for name in covered) + _TAIL).encode()


def check_manifest(members: Mapping[str, bytes]) -> None:
    """Raises `Contradiction`, naming the members whose digests differ, unless the manifest is the one it must be."""
    manifest = members[MANIFEST]
    if manifest == manifest_xml(members):
        return
    covered = (name for name in members if name not in {MANIFEST, MANIFEST_TOKEN})
    changed = [name for name in covered if _reference(name, members[name]).encode() not in manifest]
    which = ", ".join(changed[:5]) or MANIFEST
    raise Contradiction(f"与清单摘要不符：{which}。", f"Not what the manifest says: {which}.", changed=changed[:50])


def _reference(name: str, data: bytes) -> str:
    media_type = _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return _REFERENCE.format(uri=quote(name), media_type=media_type, digest=digest)
