"""Certificates of somebody else's authority, for keys of every kind."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from signing.pki.credentials import PrivateKey, SoftwareCredential

VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2029, 1, 1, tzinfo=UTC)


def make_chain(key: PrivateKey, *, not_after: datetime = VALID_UNTIL) -> tuple[x509.Certificate, SoftwareCredential]:
    """The root, and a credential two levels below it."""
    root_key, issuing_key = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    root = certify("Root of others", root_key.public_key(), None, root_key, is_authority=True)
    issuing = certify("Issuing of others", issuing_key.public_key(), root, root_key, is_authority=True)
    leaf = certify("他人印章 Seal of others", key.public_key(), issuing, issuing_key, not_after=not_after)
    chain = (issuing.public_bytes(serialization.Encoding.DER),)
    return root, SoftwareCredential(leaf, leaf.public_bytes(serialization.Encoding.DER), chain, key)


def certify(
    name: str,
    public_key: EllipticCurvePublicKey | RSAPublicKey,
    issuer: x509.Certificate | None,
    issuer_key: PrivateKey,
    *,
    is_authority: bool = False,
    not_after: datetime = VALID_UNTIL,
) -> x509.Certificate:
    """A certificate valid from 2026; self-signed without `issuer`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
