"""Private keys at rest, and the credentials made of them.

A private key is sealed under a data key of its own (`signing.pki.wrapping`) and bound to its row, so that it can't be
passed off as another's. Rows from before data keys are sealed by the master key itself; `rewrap` brings them along.
"""

import os
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.clock import rfc3339
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from signing.pki import repository
from signing.pki.credentials import PrivateKey, SoftwareCredential
from signing.pki.errors import SigningWindowOver
from signing.pki.models import Certificate, SigningKey
from signing.pki.policy import SIGNING_WINDOW
from signing.pki.wrapping import KeyWrapper

KEY_PURPOSE = "signing-key"
_DATA_KEY_SIZE = 32

_INSERT_KEY = insert(SigningKey.__table__)  # type: ignore[arg-type]  # a mapped class has a Table


class KeyStore:
    """Makes, opens and re-wraps the keys in `signing_key`. `secrets` opens the rows from before data keys."""

    def __init__(self, wrapper: KeyWrapper, secrets: SecretBox) -> None:
        self._wrapper = wrapper
        self._secrets = secrets

    def create(self, uow: UnitOfWork) -> tuple[UUID, ec.EllipticCurvePrivateKey]:
        """A new P-256 key, sealed and written in the unit of work."""
        private_key = ec.generate_private_key(ec.SECP256R1())
        encoded = private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        key_id = uow.new_id()
        # Not by way of the session: nobody looks at this row again in this unit of work, and it is written for every
        # signature.
        values = {"id": key_id, "created_at": uow.now, "destroyed_at": None, **self._seal(key_id, encoded)}
        uow.session.connection().execute(_INSERT_KEY, values)
        return key_id, private_key

    def credential(self, session: Session, row: Certificate) -> SoftwareCredential:
        """Raises `SigningWindowOver` if the key was destroyed, `UnreadableSecret` under another master key."""
        encoded = self._open(repository.key(session, row.key_id))
        if encoded is None:
            raise SigningWindowOver(ended_at=rfc3339(row.created_at + SIGNING_WINDOW))
        private_key = serialization.load_der_private_key(encoded, password=None)
        if not isinstance(private_key, PrivateKey):
            raise TypeError("signing keys are elliptic-curve or RSA keys")
        return SoftwareCredential(
            certificate=x509.load_der_x509_certificate(row.der),
            der=row.der,
            chain=chain(session, row),
            private_key=private_key,
        )

    def rewrap(self, unit_of_work: UnitOfWorkFactory) -> int:
        """Wraps the data keys of all keys by the wrapper's key of today; returns how many weren't.

        One transaction per key: killed in between, the rest is done by running it again.
        """
        with unit_of_work() as uow:
            waiting = repository.keys_wrapped_otherwise(uow.session, self._wrapper.key_id)
        return sum(self._rewrap_one(unit_of_work, key_id) for key_id in waiting)

    def _rewrap_one(self, unit_of_work: UnitOfWorkFactory, key_id: UUID) -> bool:
        with unit_of_work() as uow:
            row = repository.locked_key(uow.session, key_id)
            if row.sealed_private_key is None or row.wrapping_key_id == self._wrapper.key_id:
                return False  # destroyed, or done by somebody else, since we looked
            if row.wrapped_data_key is None or row.wrapping_key_id is None:
                encoded = self._secrets.open(row.sealed_private_key, KEY_PURPOSE)
                for column, value in self._seal(row.id, encoded).items():
                    setattr(row, column, value)
            else:
                data_key = self._wrapper.unwrap(row.wrapping_key_id, row.wrapped_data_key)
                row.wrapped_data_key, row.wrapping_key_id = self._wrapper.wrap(data_key), self._wrapper.key_id
            return True

    def _seal(self, key_id: UUID, encoded: bytes) -> dict[str, bytes | str]:
        """What the row of that key is to hold, by column."""
        data_key = os.urandom(_DATA_KEY_SIZE)
        return {
            "sealed_private_key": SecretBox(data_key).seal(encoded, _purpose(key_id)),
            "wrapped_data_key": self._wrapper.wrap(data_key),
            "wrapping_key_id": self._wrapper.key_id,
        }

    def _open(self, row: SigningKey) -> bytes | None:
        """PKCS #8 DER, or None if the key was destroyed."""
        if row.sealed_private_key is None:
            return None
        if row.wrapped_data_key is None or row.wrapping_key_id is None:
            return self._secrets.open(row.sealed_private_key, KEY_PURPOSE)
        data_key = self._wrapper.unwrap(row.wrapping_key_id, row.wrapped_data_key)
        return SecretBox(data_key).open(row.sealed_private_key, _purpose(row.id))


def chain(session: Session, row: Certificate) -> tuple[bytes, ...]:
    """From the issuer of a certificate to the root, without it."""
    found: list[bytes] = []
    while row.issuer_id != row.id:
        issuer = repository.certificate(session, row.issuer_id)
        if issuer is None or issuer.issuer_id == issuer.id:
            break
        found.append(issuer.der)
        row = issuer
    return tuple(found)


def _purpose(key_id: UUID) -> str:
    return f"{KEY_PURPOSE}/{key_id.hex}"
