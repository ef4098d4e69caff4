"""Fetches what validators will need of an external authority: issuers, OCSP answers, revocation lists, over HTTP.

For each certificate below a root: its issuer, from what is at hand or from where it says (RFC 5280 §4.2.2.1), then
whether it is revoked, from a list at hand, its OCSP responder (RFC 6960), or its distribution point (§4.2.1.13), in
that order.

    1. with `roots`, only certificates that lead to one of them through what is at hand are asked about: a stranger's
       certificate could otherwise have us call any address, the inner network's among them
    2. one question takes `timeout_seconds` at most, whatever the servers do; answers are small (`fetching`)
    3. an answer is used while it is current, and for an hour at most (`kept_answers`)

Nothing here raises for what an authority says or doesn't: the material tells. Never ask inside a unit of work.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from core.clock import Clock
from signing.pdf.adapters import revocation_answers as answers
from signing.pdf.adapters.fetching import fetch
from signing.pdf.adapters.kept_answers import LONGEST_KEPT, KeptAnswers
from signing.pdf.adapters.revocation_answers import Answer
from signing.pdf.validation_material import Material

_MOST_CERTIFICATES = 64
_QUESTION = "application/ocsp-request"


class RevocationSource:
    """`lists` are CRLs at hand, PEM or DER; raises `ValueError` if one isn't. Offline, nothing but these is used.

    `roots`, DER: whose certificates may be asked about; None for certificates of the user's own choice.
    """

    def __init__(
        self,
        lists: Sequence[bytes] = (),
        *,
        clock: Clock,
        roots: Sequence[bytes] | None = None,
        is_offline: bool = False,
        timeout_seconds: float = 10,
    ) -> None:
        loaded = [answers.load_list(each) for each in lists]
        self._lists = sorted(loaded, key=lambda held: held.last_update_utc, reverse=True)
        self._clock = clock
        self._roots = None if roots is None else [x509.load_der_x509_certificate(der) for der in roots]
        self._is_offline = is_offline
        self._timeout_seconds = timeout_seconds
        self._kept = KeptAnswers()

    def material(self, certificates: Sequence[bytes]) -> Material:
        """For all these certificates, DER, and their issuers. Implements `MaterialSource`."""
        pool, unknown = _loaded(certificates)
        deadline = time.monotonic() + self._timeout_seconds
        inquiry = _Inquiry(self._lists, self._kept, self._get, self._clock.now(), deadline)
        if self._roots is None:
            inquiry.about_all(pool)
        else:
            inquiry.about_known(list(pool.values()), self._roots)
        return Material(
            tuple(pool),
            tuple(inquiry.lists),
            tuple(inquiry.responses),
            revoked=tuple(inquiry.revoked),
            unknown=(*inquiry.unknown, *unknown),
        )

    def _get(self, url: str, request: bytes | None, deadline: float) -> bytes | None:
        return None if self._is_offline else fetch(url, request, _QUESTION, deadline)


class _Inquiry:
    """One question, and what came of it: DER each, once. `deadline` is a time of `time.monotonic`."""

    def __init__(
        self,
        lists_at_hand: Sequence[x509.CertificateRevocationList],
        kept: KeptAnswers,
        get: Callable[[str, bytes | None, float], bytes | None],
        now: datetime,
        deadline: float,
    ) -> None:
        self._lists_at_hand = lists_at_hand
        self._kept = kept
        self._get = get
        self._now = now
        self._deadline = deadline
        self.lists: dict[bytes, None] = {}
        self.responses: dict[bytes, None] = {}
        self.revoked: dict[bytes, None] = {}
        self.unknown: dict[bytes, None] = {}

    def about_known(self, certificates: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> None:
        known = answers.leading_to(roots, certificates)
        for certificate in certificates:
            if certificate in known and not answers.is_self_issued(certificate):
                self._ask(certificate, answers.issuer_of(certificate, [*roots, *known]))
            elif certificate not in roots:
                self.unknown[_der(certificate)] = None

    def about_all(self, pool: dict[bytes, x509.Certificate]) -> None:
        """Adds the issuers that it finds to the pool."""
        waiting = list(pool.values())
        while waiting:
            certificate = waiting.pop()
            if answers.is_self_issued(certificate):
                continue
            issuer = answers.issuer_of(certificate, pool.values())
            if issuer is None:
                issuer = self._fetch_issuer(certificate)
                if issuer is not None and len(pool) < _MOST_CERTIFICATES:
                    pool[_der(issuer)] = issuer
                    waiting.append(issuer)
            self._ask(certificate, issuer)

    def _ask(self, certificate: x509.Certificate, issuer: x509.Certificate | None) -> None:
        held = (answers.from_list(each, certificate, issuer, self._now) for each in self._lists_at_hand)
        if answer := next(filter(None, held), None):
            self._note(certificate, answer, self.lists)
        elif issuer is not None and (answer := self._ask_responder(certificate, issuer)):
            self._note(certificate, answer, self.responses)
        elif answer := self._fetch_list(certificate, issuer):
            self._note(certificate, answer, self.lists)
        else:
            self.unknown[_der(certificate)] = None

    def _note(self, certificate: x509.Certificate, answer: Answer, told: dict[bytes, None]) -> None:
        told[answer.encoded] = None
        if answer.is_revoked:
            self.revoked[_der(certificate)] = None

    def _ask_responder(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Answer | None:
        request = answers.question(certificate, issuer)

        def read(body: bytes) -> Answer | None:
            return answers.from_response(body, certificate, issuer, self._now)

        return self._first(answers.responders(certificate), request, read, "response")

    def _fetch_list(self, certificate: x509.Certificate, issuer: x509.Certificate | None) -> Answer | None:
        def read(body: bytes) -> Answer | None:
            return answers.from_list(answers.load_list(body), certificate, issuer, self._now)

        return self._first(answers.distribution_points(certificate), None, read, "list")

    def _first(
        self, urls: Sequence[str], request: bytes | None, read: Callable[[bytes], Answer | None], kind: str
    ) -> Answer | None:
        """The first of these addresses with an answer that counts, kept from before or fetched."""
        for url in urls:
            kept = self._kept.get((url, request), self._now)
            if kept is not None and (answer := _read(read, kept)) is not None:
                return answer
            body = self._fetch(url, request)
            answer = _read(read, body) if body is not None else None
            if body is not None and answer is not None:
                # One that doesn't say how long it is good is asked for each time (RFC 6960 §4.2.2.1).
                until = answer.until or self._now
                self._kept.put((url, request), body, min(until, self._now + LONGEST_KEPT[kind]))
                return answer
        return None

    def _fetch_issuer(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """None if it can't be had: then it may be a root that publishes nothing, and its list is enough."""
        for url in answers.issuers(certificate):
            body = self._fetch(url, None)
            try:
                found = answers.load_certificate(body) if body is not None else None
            except ValueError:
                continue
            if found is not None and answers.is_issued_by(certificate, found):
                return found
        return None

    def _fetch(self, url: str, request: bytes | None) -> bytes | None:
        """Half of the time that is left, so that a server that hangs leaves some for the next."""
        now = time.monotonic()
        return self._get(url, request, now + (self._deadline - now) / 2)


def _loaded(certificates: Sequence[bytes]) -> tuple[dict[bytes, x509.Certificate], list[bytes]]:
    """And those that can't be read, or are too many: a stranger's signature may carry whatever it likes."""
    pool: dict[bytes, x509.Certificate] = {}
    left_out = []
    for der in certificates:
        try:
            certificate = answers.load_certificate(der)
        except ValueError:
            certificate = None
        if certificate is None or len(pool) >= _MOST_CERTIFICATES:
            left_out.append(der)
        else:
            pool[der] = certificate
    return pool, left_out


def _read(read: Callable[[bytes], Answer | None], body: bytes) -> Answer | None:
    try:
        return read(body)
    except ValueError:
        return None


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
