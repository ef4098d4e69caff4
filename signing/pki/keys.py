"""Key pairs at rest, and the credentials made of them."""

from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from core.clock import rfc3339
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.credentials import SigningCredential, SoftwareCredential
from signing.pki.errors import SigningWindowOver
from signing.pki.models import Certificate, SigningKey
from signing.pki.policy import SIGNING_WINDOW

KEY_PURPOSE = "signing-key"


Credential = SigningCredential


def create_key(uow: UnitOfWork, secrets: SecretBox) -> tuple[UUID, ec.EllipticCurvePrivateKey]:
    """A new P-256 key, sealed and written in the unit of work."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    encoded = private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    row = SigningKey(
        id=uow.new_id(),
        sealed_private_key=secrets.seal(encoded, KEY_PURPOSE),
        created_at=uow.now,
        destroyed_at=None,
    )
    uow.session.add(row)
    uow.session.flush()
    return row.id, private_key


def load_credential(session: Session, secrets: SecretBox, row: Certificate) -> SoftwareCredential:
    """Raises `SigningWindowOver` if the key was destroyed, `UnreadableSecret` under another master key."""
    sealed = repository.key(session, row.key_id).sealed_private_key
    if sealed is None:
        raise SigningWindowOver(ended_at=rfc3339(row.created_at + SIGNING_WINDOW))
    private_key = serialization.load_der_private_key(secrets.open(sealed, KEY_PURPOSE), password=None)
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise TypeError("signing keys are elliptic-curve keys")
    return SoftwareCredential(
        certificate=x509.load_der_x509_certificate(row.der),
        der=row.der,
        chain=_chain(session, row),
        private_key=private_key,
    )


def _chain(session: Session, row: Certificate) -> tuple[bytes, ...]:
    chain: list[bytes] = []
    while row.issuer_id != row.id:
        issuer = repository.certificate(session, row.issuer_id)
        if issuer is None or issuer.issuer_id == issuer.id:
            break
        chain.append(issuer.der)
        row = issuer
    return tuple(chain)
