"""Certificates and revocation information out of strangers' files, parsed. None of it is trusted for being there.

asn1crypto parses lazily, so whatever is to be relied on is asked for now; what can't be read says nothing.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from asn1crypto import cms, core, crl, ocsp, pem, x509


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates and revocation information somebody collected; none of it is trusted for being there."""

    certificates: tuple[x509.Certificate, ...] = ()
    revocation_lists: tuple[crl.CertificateList, ...] = ()
    ocsp_responses: tuple[ocsp.OCSPResponse, ...] = ()

    @classmethod
    def load(
        cls, certificates: Sequence[bytes], revocation_lists: Sequence[bytes], ocsp_responses: Sequence[bytes]
    ) -> "Material":
        """From DER. What can't be read says nothing, and is left out."""
        return cls(
            tuple(_readable(x509.Certificate, certificates)),
            tuple(_readable(crl.CertificateList, revocation_lists)),
            tuple(_readable(ocsp.OCSPResponse, ocsp_responses)),
        )


def material_of(signed_data: cms.SignedData) -> Material:
    """What a CMS structure carries: certificates, CRLs, OCSP responses (RFC 5652 §10.2, RFC 5940), and Adobe's
    revocation archive among its attributes (ISO 32000-2 §12.8.3.3.2): signed ones, and unsigned ones, where time-stamps
    have it and where some software puts it. Nobody vouches for those, but revocation is signed by itself.
    """
    lists, responses = [], []
    for choice in _or_none(signed_data["crls"]):
        if choice.name == "crl":
            lists.append(choice.chosen)
        elif choice.chosen["other_rev_info_format"].native == "ocsp_response":
            responses.append(ocsp.OCSPResponse.load(choice.chosen["other_rev_info"].dump()))
    for signer in signed_data["signer_infos"]:
        for attribute in (*_or_none(signer["signed_attrs"]), *_or_none(signer["unsigned_attrs"])):
            if attribute["type"].native == "adobe_revocation_info_archival":
                lists += _or_none(attribute["values"][0]["crl"])
                responses += _or_none(attribute["values"][0]["ocsp"])
    return Material(tuple(certificates_of(signed_data)), tuple(lists), tuple(responses))


def certificates_of(signed_data: cms.SignedData) -> list[x509.Certificate]:
    choices = _or_none(signed_data["certificates"])
    return [choice.chosen for choice in choices if choice.name == "certificate"]


def load_certificate(data: bytes) -> x509.Certificate:
    """From DER or PEM. Raises `ValueError`."""
    der = pem.unarmor(data)[2] if pem.detect(data) else data
    certificate: x509.Certificate = _parsed.load(x509.Certificate, der)
    certificate.subject.native  # noqa: B018 - asn1crypto parses lazily: now is the time to find out
    return certificate


def as_seen_before(certificate: x509.Certificate, der: bytes | None = None) -> x509.Certificate:
    """The same certificate, already parsed if it was seen before; as it is, if it can't be read by itself."""
    try:
        found: x509.Certificate = _parsed.load(x509.Certificate, certificate.dump() if der is None else der)
    except Exception:  # noqa: BLE001 - as above; whoever asks it for something finds out
        return certificate
    return found


class _Parsed(threading.local):
    """What was parsed lately, for authorities' certificates and lists are the same in file after file.

    Parsing is most of the work of judging a path. Each thread keeps its own: asn1crypto parses lazily, and two threads
    that parse the same structure at once could see half of it. Nothing is trusted for being here.
    """

    _MOST, _LARGEST = 256, 16 * 1024

    def __init__(self) -> None:
        self._load = lru_cache(self._MOST)(_load_readable)

    def load(self, kind: Any, data: bytes) -> Any:
        """Raises whatever the parser raises."""
        return self._load(kind, data) if len(data) <= self._LARGEST else _load_readable(kind, data)


def _load_readable(kind: Any, data: bytes) -> Any:
    """asn1crypto parses lazily, so a certificate or a list is asked now for what it says first."""
    found = kind.load(data, strict=True)
    found[0].native  # noqa: B018
    if kind is not ocsp.OCSPResponse:  # which has no issuer
        found.issuer  # noqa: B018
    return found


_parsed = _Parsed()


def _or_none(values: Any) -> Iterable[Any]:
    """Optional parts of ASN.1 structures are `Void`, not empty, if they aren't there."""
    return () if isinstance(values, core.Void) else values


def _readable(kind: Any, encoded: Sequence[bytes]) -> Iterator[Any]:
    for data in encoded:
        with suppress(Exception):  # a stranger's bytes may make the parser raise anything
            yield _parsed.load(kind, data)
