"""What others' validators say of a file that one person signed here: poppler, MuPDF, OpenSSL, pyHanko.

    python -m bench.check FILE LEVEL FOLDER    prints a JSON object: what each says, by its name

Poppler and MuPDF look at the signature alone: they know no document timestamps.
"""
# ruff: noqa: T201

import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bench.keys import make_keys
from core.clock import SystemClock
from tests.support import validators

VALID = "valid"
_FIELD = "Signature 1"
_MUPDF_IS_CONTENT = ("The document is unchanged since signing", "The signature is valid")
_OPENSSL_IS_CONTENT = ("CAdES Verification successful", "Verification: OK")


def main() -> int:
    path, level, folder = sys.argv[1:]
    roots, now = make_keys(Path(folder)).authority.roots(), SystemClock().now()
    said = {
        "pdfsig": _pdfsig(Path(path)),
        "mutool": _mutool(Path(path)),
        "OpenSSL": _openssl(Path(path), roots, now),
        "pyHanko": _pyhanko(Path(path), level, roots, now),
    }
    print(json.dumps(said))
    return 0


def _pdfsig(path: Path) -> str:
    said = validators.poppler(path).get(_FIELD, "no signature")
    return VALID if said == "Signature is Valid." else said


def _mutool(path: Path) -> str:
    said = next(iter(validators.mupdf(path)), "no signature")
    return VALID if said.startswith(_MUPDF_IS_CONTENT) else said


def _openssl(path: Path, roots: Sequence[bytes], now: datetime) -> str:
    """Over each signature's own bytes, document timestamps too."""
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as folder:
        said = [validators.openssl(part, roots, now, Path(folder)) for part in validators.parts(path.read_bytes())]
    objections = [each.strip() for each in said if not any(word in each for word in _OPENSSL_IS_CONTENT)]
    return VALID if said and not objections else next(iter(objections), "no signature")


def _pyhanko(path: Path, level: str, roots: Sequence[bytes], now: datetime) -> str:
    """EN 319 102-1 at the level, and what was changed since the signature."""
    (said,) = validators.pyhanko(path.read_bytes(), level, roots, now)
    if said.is_changed:
        return "changed since"
    return VALID if said.is_passed else f"not valid at {level}"


if __name__ == "__main__":
    raise SystemExit(main())
