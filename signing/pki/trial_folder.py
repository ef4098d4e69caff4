"""A trial authority in a folder: for signing on one's own machine, without a server or a database.

    root.pem, issuing.pem, timestamp.pem   certificates; each with its key in a file of the same name, `.key`
    signer-….pem                           one per name that signed here, kept until it is due
    roots.pem                              what to trust: `dingyue validate FILE --trust roots.pem`

Private keys are readable by their owner alone and aren't encrypted: they prove nothing about anybody's identity, and
every certificate says *trial*. Revocation lists are made anew for each signature; nothing here is ever revoked.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.clock import Clock
from signing.pki.credentials import SoftwareCredential
from signing.pki.policy import ISSUER, CertificateKind, is_due_for_renewal, shorten, shorten_common_name
from signing.pki.profiles import Issuer, build_certificate, build_revocation_list, build_root, platform_name
from signing.pki.tsa import BuiltInTSA

_URL = "http://dingyue-trial.invalid"
"""Where the certificates say that lists are published: nowhere, on purpose. They are in every signed file."""
_AUTHORITIES = (CertificateKind.ROOT, CertificateKind.ISSUING)


class TrialFolder:
    """`timestamps` is its time-stamp authority, by `clock`. Several processes may share a folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Makes what is missing. Raises `OSError` if the folder can't be written."""
        self._folder = folder
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = clock.now()
        with self._locked():
            for kind in (*_AUTHORITIES, CertificateKind.TIMESTAMP):
                self._ensure(str(kind), kind, platform_name(kind), now)
            _write(self.roots_file, (folder / "root.pem").read_bytes(), mode=0o644)
        self.timestamps = BuiltInTSA(lambda _now: self._load(CertificateKind.TIMESTAMP), clock)

    @property
    def roots_file(self) -> Path:
        return self._folder / "roots.pem"

    def roots(self) -> list[bytes]:
        """DER."""
        return [self._load(CertificateKind.ROOT).der]

    def signer(self, name: str, organisation_name: str = "", uscc: str = "") -> SoftwareCredential:
        """The key and certificate of somebody of that name, new the first time."""
        subject = _subject(name, organisation_name, uscc)
        stem = f"signer-{hashlib.sha256(subject.public_bytes()).hexdigest()[:16]}"
        with self._locked():
            self._ensure(stem, CertificateKind.SIGNER, subject, self._clock.now())
        return self._read(stem, CertificateKind.SIGNER)

    def issuer(self, kind: CertificateKind) -> Issuer:
        """The authority of that kind, to issue with."""
        held = self._load(kind)
        return Issuer(held.certificate, held.private_key, f"{_URL}/{kind}")

    def authorities(self) -> list[bytes]:
        """DER of the certificates a validator needs beside a signer's."""
        return [self._load(kind).der for kind in (*_AUTHORITIES, CertificateKind.TIMESTAMP)]

    def revocation_lists(self) -> list[bytes]:
        """DER, as of now."""
        now = self._clock.now()
        lists = [build_revocation_list(self.issuer(kind), [], int(now.timestamp()), now) for kind in _AUTHORITIES]
        return [made.public_bytes(serialization.Encoding.DER) for made in lists]

    def _ensure(self, stem: str, kind: CertificateKind, subject: x509.Name, now: datetime) -> None:
        """A certificate that is due gets a successor with a new key, but for the authorities: they last for years."""
        certificate_file = self._folder / f"{stem}.pem"
        if certificate_file.exists():
            held = x509.load_pem_x509_certificate(certificate_file.read_bytes())
            if kind in _AUTHORITIES or not _is_due(kind, held.not_valid_after_utc, now):
                return
        private_key = ec.generate_private_key(ec.SECP256R1())
        if kind is CertificateKind.ROOT:
            certificate = build_root(private_key, now)
        else:
            certificate = build_certificate(kind, subject, private_key.public_key(), self.issuer(ISSUER[kind]), now)
        encoded = private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(self._folder / f"{stem}.key", encoded, mode=0o600)
        _write(certificate_file, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)

    def _load(self, kind: CertificateKind) -> SoftwareCredential:
        return self._read(str(kind), kind)

    def _read(self, stem: str, kind: CertificateKind) -> SoftwareCredential:
        certificate = x509.load_pem_x509_certificate((self._folder / f"{stem}.pem").read_bytes())
        key = serialization.load_pem_private_key((self._folder / f"{stem}.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{stem}.key isn't a key of ours")
        is_below_issuing = kind is CertificateKind.SIGNER
        return SoftwareCredential(
            certificate=certificate,
            der=certificate.public_bytes(serialization.Encoding.DER),
            chain=(self._load(CertificateKind.ISSUING).der,) if is_below_issuing else (),
            private_key=key,
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two processes that start at once must not each make a root."""
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _is_due(kind: CertificateKind, not_after: datetime, now: datetime) -> bool:
    return now >= not_after if kind is CertificateKind.SIGNER else is_due_for_renewal(kind, not_after, now)


def _subject(name: str, organisation_name: str, uscc: str) -> x509.Name:
    """The organisation is said if there is one; nothing about it was checked."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            *([x509.NameAttribute(NameOID.ORGANIZATION_NAME, shorten(organisation_name))] if organisation_name else []),
            *([x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{uscc}")] if uscc else []),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "本机试用 trial on one machine, identity not checked"),
            x509.NameAttribute(NameOID.COMMON_NAME, shorten_common_name(name)),
        ]
    )


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Whole or not at all, and never readable by others in between."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
