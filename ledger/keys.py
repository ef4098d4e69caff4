"""The log's signing key: made once, when the platform is set up, and sealed at rest."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import repository
from ledger.errors import LogKeyMissing
from ledger.models import LogKey
from ledger.note import ED25519, VerifierKey

KEY_PURPOSE = "log-key"


def ensure_log_key(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, origin: str) -> VerifierKey:
    """The key of the log named `origin`, made if there is none. May be called at every start, by many at once."""
    private_key = Ed25519PrivateKey.generate()
    with unit_of_work() as uow:
        repository.add_log_key(
            uow.session,
            LogKey(
                origin=origin,
                public_key=private_key.public_key().public_bytes_raw(),
                sealed_private_key=secrets.seal(private_key.private_bytes_raw(), KEY_PURPOSE),
                created_at=uow.now,
            ),
        )
    return log_verifier_key(unit_of_work, origin)


def log_verifier_key(unit_of_work: UnitOfWorkFactory, origin: str) -> VerifierKey:
    """What others need to check the log's checkpoints. Raises `LogKeyMissing`."""
    with unit_of_work() as uow:
        row = repository.log_key(uow.session, origin)
    if row is None:
        raise LogKeyMissing(origin=origin)
    return VerifierKey(origin, ED25519, row.public_key)


def open_log_key(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, origin: str) -> Ed25519PrivateKey:
    """The private key. Raises `LogKeyMissing`, or `core.secrets.UnreadableSecret` under another master key."""
    with unit_of_work() as uow:
        row = repository.log_key(uow.session, origin)
    if row is None:
        raise LogKeyMissing(origin=origin)
    return Ed25519PrivateKey.from_private_bytes(secrets.open(row.sealed_private_key, KEY_PURPOSE))
