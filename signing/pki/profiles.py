"""Builds certificates and revocation lists (RFC 5280; ETSI EN 319 412 for names and usages). Pure.

All keys are ECDSA P-256: made in a tenth of a millisecond, small in every token, and known to every validator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from signing.pki.credentials import PrivateKey
from signing.pki.policy import (
    BACKDATE,
    CERTIFICATE_POLICY,
    COMMON_NAME,
    CRL_LIFETIME,
    LIFETIME,
    ORGANISATION_NAME,
    CertificateKind,
    RevocationReason,
    shorten,
    shorten_common_name,
)
from signing.ports import SignerIdentity

_DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
REASON_FLAG = {
    RevocationReason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    RevocationReason.AUTHORITY_COMPROMISE: x509.ReasonFlags.ca_compromise,
    RevocationReason.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    RevocationReason.SUPERSEDED: x509.ReasonFlags.superseded,
    RevocationReason.CESSATION_OF_OPERATION: x509.ReasonFlags.cessation_of_operation,
    RevocationReason.PRIVILEGE_WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs certificates, lists and OCSP answers. `url` is where it is published: `….cer`, `….crl`, `…/ocsp`."""

    certificate: x509.Certificate
    private_key: PrivateKey
    url: str


@dataclass(frozen=True, slots=True)
class RevokedCertificate:
    """`invalid_since`: from when on its key must be taken for compromised, if that is known."""

    serial_number: int
    revoked_at: datetime
    reason: RevocationReason
    invalid_since: datetime | None = None


def platform_name(kind: CertificateKind) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION_NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME[kind]),
        ]
    )


def signer_name(identity: SignerIdentity) -> x509.Name:
    """The organisation by its unified social credit code, as ETSI EN 319 412-1 §5.1.4 writes a trade register's."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, shorten(identity.organisation_name)),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{identity.uscc}"),
            x509.NameAttribute(NameOID.COMMON_NAME, shorten_common_name(identity.name)),
        ]
    )


def build_root(private_key: EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = platform_name(CertificateKind.ROOT)
    builder = _start(CertificateKind.ROOT, name, name, private_key.public_key(), now)
    return _with_authority_usage(builder, path_length=1).sign(private_key, hashes.SHA256())


def build_certificate(
    kind: CertificateKind, subject: x509.Name, public_key: EllipticCurvePublicKey, issuer: Issuer, now: datetime
) -> x509.Certificate:
    """Any certificate but a root. Never valid longer than its issuer's."""
    builder = _start(kind, subject, issuer.certificate.subject, public_key, now, issuer=issuer.certificate)
    if kind is CertificateKind.ISSUING:
        builder = _with_authority_usage(builder, path_length=0)
    else:
        builder = _with_end_entity_usage(builder, kind)
    crl = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{issuer.url}.crl")], None, None, None)
    issuers = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(f"{issuer.url}.cer")
    )
    responder = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{issuer.url}/ocsp")
    )
    policy = x509.PolicyInformation(ObjectIdentifier(CERTIFICATE_POLICY), None)
    return (
        builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private_key.public_key()), critical=False
        )
        .add_extension(x509.CRLDistributionPoints([crl]), critical=False)
        .add_extension(x509.AuthorityInformationAccess([responder, issuers]), critical=False)
        .add_extension(x509.CertificatePolicies([policy]), critical=False)
        .sign(issuer.private_key, hashes.SHA256())
    )


def build_revocation_list(
    issuer: Issuer, revoked: Sequence[RevokedCertificate], number: int, now: datetime
) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + CRL_LIFETIME)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private_key.public_key()), critical=False
        )
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(_revoked(entry))
    return builder.sign(issuer.private_key, hashes.SHA256())


def _revoked(entry: RevokedCertificate) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(entry.serial_number)
        .revocation_date(entry.revoked_at)
        .add_extension(x509.CRLReason(REASON_FLAG[entry.reason]), critical=False)
    )
    if entry.invalid_since is not None:
        builder = builder.add_extension(x509.InvalidityDate(entry.invalid_since), critical=False)
    return builder.build()


def _start(
    kind: CertificateKind,
    subject: x509.Name,
    issuer_name: x509.Name,
    public_key: EllipticCurvePublicKey,
    now: datetime,
    *,
    issuer: x509.Certificate | None = None,
) -> x509.CertificateBuilder:
    not_before, not_after = now - BACKDATE, now + LIFETIME[kind]
    if issuer is not None:
        not_before = max(not_before, issuer.not_valid_before_utc)
        not_after = min(not_after, issuer.not_valid_after_utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _with_authority_usage(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        _key_usage(key_cert_sign=True, crl_sign=True), critical=True
    )


def _with_end_entity_usage(builder: x509.CertificateBuilder, kind: CertificateKind) -> x509.CertificateBuilder:
    """A time-stamping certificate may do nothing else, and says so critically (RFC 3161 §2.3)."""
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if kind is CertificateKind.TIMESTAMP:
        return builder.add_extension(_key_usage(digital_signature=True), critical=True).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return builder.add_extension(
        _key_usage(digital_signature=True, content_commitment=True), critical=True
    ).add_extension(x509.ExtendedKeyUsage([_DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
