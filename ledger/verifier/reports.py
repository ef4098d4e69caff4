"""What ties a report to its package: the digest of the anchored checkpoint and the records, in the report's keywords.

Without it a report about something else, sealed by the same platform, could be put into a package whose manifest is
made anew. The seal covers the keywords, which are in the PDF's document information.

    binding = SHA-256( "dingyue/report/v1" ‖ 0x00 ‖ SHA-256(text of the checkpoint) ‖ SHA-256(record 1) ‖ … )

The checkpoint's text, not the note: witnesses may add their cosignatures to that later.
"""

import hashlib
import io
from collections.abc import Iterable

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from ledger.note import parse_note

_DOMAIN = b"dingyue/report/v1\x00"
_KEYWORD = "dingyue-report-v1:"


def report_binding(note: bytes, records: Iterable[bytes]) -> str:
    """Lower-case hex. Raises `NoteInvalid` if `note` isn't a signed note."""
    digests = (hashlib.sha256(part).digest() for part in (parse_note(note).text.encode(), *records))
    return hashlib.sha256(_DOMAIN + b"".join(digests)).hexdigest()


def keywords(binding: str) -> str:
    """What a report that is bound has as its keywords."""
    return _KEYWORD + binding


def is_bound(report: bytes, binding: str) -> bool:
    """Whether the PDF says that it is the report of the package with this binding."""
    try:
        information = PdfFileReader(io.BytesIO(report), strict=False).trailer["/Info"]
        stated = information["/Keywords"]
    except (PdfError, KeyError, TypeError, ValueError, IndexError):
        return False
    return str(stated) == keywords(binding)
