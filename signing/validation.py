"""Validates any PDF against the roots this installation knows: for `POST /v1/verify`, the public page and the CLI.

The judgement itself is the offline verifier's (`ledger.verifier.pades`), so that nobody gets another answer here than
a court's expert gets without us; only of the form of signatures less is asked than in evidence packages, for they may
be other software's.
"""

from collections.abc import Callable, Sequence

from core.clock import Clock
from ledger.verifier.pades import PDFVerdict, verify_pdf
from signing.pdf.errors import EmptyFile, FileTooLarge
from signing.pki.service import PKIService

_MEGABYTE = 1024 * 1024
LARGEST_FILE = 50 * _MEGABYTE


class ValidationService:
    """`signing_roots` and `timestamp_roots` are trusted besides the built-in authority's own, PEM or DER.

    `verify` is `verify_pdf`, or the same in the sandbox, where a hostile file can do no harm. `clock` tells the time
    at which certificates are judged whose signatures nobody dated; without it that is the time they claim. Whom the
    built-in authority has revoked is known here, whatever the file says.
    """

    def __init__(
        self,
        pki: PKIService,
        *,
        signing_roots: Sequence[bytes] = (),
        timestamp_roots: Sequence[bytes] = (),
        verify: Callable[..., PDFVerdict] = verify_pdf,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock
        self._pki = pki
        self._verify = verify
        self._signing_roots = tuple(signing_roots)
        self._timestamp_roots = tuple(timestamp_roots)

    def validate(self, data: bytes) -> PDFVerdict:
        """Raises `EmptyFile` or `FileTooLarge`; anything else gets a verdict."""
        if not data:
            raise EmptyFile
        if len(data) > LARGEST_FILE:
            raise FileTooLarge(megabytes=-(-len(data) // _MEGABYTE), limit_megabytes=LARGEST_FILE // _MEGABYTE)
        own = self._pki.validation_material()
        return self._verify(
            data,
            signing_roots=[*own.roots, *self._signing_roots],
            timestamp_roots=[*own.roots, *self._timestamp_roots],
            form="any",
            at=None if self._clock is None else self._clock.now(),
            known_lists=own.revocation_lists,
        )
