"""What the ledger needs from the outside world."""

from typing import Protocol


class TimestampAuthority(Protocol):
    """An RFC 3161 time-stamp authority.

    `timestamp` may be repeated freely: every token is valid by itself and costs nothing but the call. It is never
    called inside a unit of work.
    """

    name: str

    def timestamp(self, digest: bytes) -> bytes:
        """A DER TimeStampToken over a SHA-256 `digest` (32 bytes).

        Raises `ledger.errors.TimestampUnavailable` if no token could be had; a caller must then go on without one
        and say so, never invent one.
        """
        ...


class WitnessUnavailable(Exception):
    """A witness didn't answer, or with something else than a cosignature; the message says what."""


class DocumentSealer(Protocol):
    """Seals a PDF of ours (a report) with the platform's seal, PAdES. Repeatable; keeps nothing."""

    def seal_report(self, pdf: bytes, reason: str) -> bytes: ...
