"""One trial authority for all contenders, and one RSA-2048 key, as a credential and as a PKCS #12 file."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from core.clock import SystemClock
from signing.pki.credentials import SoftwareCredential
from signing.pki.policy import CertificateKind
from signing.pki.profiles import build_certificate, signer_name
from signing.pki.trial_folder import TrialFolder
from signing.ports import SignerIdentity

P12, PASSWORD = "signer.p12", "bench"
_IDENTITY = SignerIdentity("Bench", "Bench Ltd", "91441900MA4UJ8888X")


@dataclass(frozen=True)
class Keys:
    authority: TrialFolder
    rsa: SoftwareCredential

    @property
    def ecdsa(self) -> SoftwareCredential:
        return self.authority.signer(_IDENTITY.name, _IDENTITY.organisation_name, _IDENTITY.uscc)


def make_keys(folder: Path) -> Keys:
    """Made by the first process that asks, read by all later ones."""
    authority = TrialFolder(folder / "authority", SystemClock())
    path = folder / P12
    if not path.exists():
        path.write_bytes(_issue(authority))
    loaded = pkcs12.load_pkcs12(path.read_bytes(), PASSWORD.encode())
    if loaded.cert is None or not isinstance(loaded.key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} isn't ours")
    certificate = loaded.cert.certificate
    chain = tuple(each.certificate.public_bytes(serialization.Encoding.DER) for each in loaded.additional_certs)
    credential = SoftwareCredential(
        certificate=certificate,
        der=certificate.public_bytes(serialization.Encoding.DER),
        chain=chain,
        private_key=loaded.key,
    )
    return Keys(authority, credential)


def _issue(authority: TrialFolder) -> bytes:
    """Encrypted as every reader of PKCS #12 understands it."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer = authority.issuer(CertificateKind.ISSUING)
    certificate = build_certificate(
        CertificateKind.SIGNER, signer_name(_IDENTITY), private_key.public_key(), issuer, SystemClock().now()
    )
    issuing = x509.load_der_x509_certificate(issuer.certificate.public_bytes(serialization.Encoding.DER))
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(PASSWORD.encode())
    )
    return pkcs12.serialize_key_and_certificates(b"bench", private_key, certificate, [issuing], encryption)
