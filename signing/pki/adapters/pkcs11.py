"""A credential whose key is in a PKCS #11 token (an HSM, a USB key, SoftHSM) and never leaves it.

One session per credential, used by one thread at a time: a token serves its sessions in turn anyway. A session that
was lost (the token was pulled, the HSM restarted, its network was away) is opened again once per signature; if that
fails too, `KeyUnavailable` says so and nothing was signed. Signing again is harmless.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error

from core.errors import DingyueError
from signing.pki.adapters.external import chain_of, is_signature, require_usable
from signing.pki.credentials import RSA_SHA256, signature_algorithm
from signing.pki.errors import KeyMismatch, KeyUnavailable, TokenKeyMissing

_LIBRARY = Lock()
"""Modules are loaded and logged in to by one thread at a time: a login counts for the whole process."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Where a key is. Give its label, its id (hex), or both; `module` is the vendor's shared library."""

    module: Path
    token_label: str
    pin: str = field(repr=False)
    key_label: str | None = None
    key_id: str | None = None

    def attributes(self, kind: ObjectClass) -> dict[Attribute, Any]:
        attributes: dict[Attribute, Any] = {Attribute.CLASS: kind}
        if self.key_label is not None:
            attributes[Attribute.LABEL] = self.key_label
        if self.key_id is not None:
            attributes[Attribute.ID] = bytes.fromhex(self.key_id)
        return attributes


class PKCS11Credential:
    """Implements `signing.pki.credentials.SigningCredential`."""

    def __init__(
        self,
        place: TokenKey,
        *,
        certificate: x509.Certificate | None = None,
        others: Sequence[x509.Certificate] = (),
        now: datetime,
    ) -> None:
        """`certificate` None: the one in the token under the key's label and id. `others` may lead to its root.

        Raises `KeyUnavailable`, `TokenKeyMissing`, `KeyMismatch`, `KeyUnsuitable` or `CredentialOutdated`. Signs once
        to see that key and certificate belong together.
        """
        self._place = place
        self._lock = Lock()
        self._session: Any = None
        self._key: Any = None
        try:
            self.certificate = certificate or self._certificate_in_token()
            require_usable(self.certificate, now)
            self.der = self.certificate.public_bytes(serialization.Encoding.DER)
            self.chain = chain_of(self.certificate, others)
            self.signature_algorithm = signature_algorithm(self.certificate.public_key())
            self._require_match()
        except DingyueError:
            self.close()
            raise

    def sign(self, data: bytes) -> bytes:
        with self._lock:
            try:
                return self._sign(data)
            except PKCS11Error:
                self._forget()
            try:
                return self._sign(data)
            except PKCS11Error as error:
                self._forget()
                raise KeyUnavailable(why=_told(error)) from error

    def close(self) -> None:
        """Ends the session; signing again opens another."""
        with self._lock:
            self._forget()

    def _sign(self, data: bytes) -> bytes:
        if self._key is None:
            self._open()
        if self.signature_algorithm == RSA_SHA256:
            return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
        # Hashed here: tokens that hash for ECDSA themselves are rare, and old SoftHSMs aren't among them.
        signature = bytes(self._key.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA))
        half = len(signature) // 2
        return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))

    def _open(self) -> None:
        key = self._only(ObjectClass.PRIVATE_KEY, "私钥 private key")
        if (key.key_type == KeyType.RSA) != (self.signature_algorithm == RSA_SHA256):
            raise KeyMismatch
        self._key = key

    def _only(self, kind: ObjectClass, what: str) -> Any:
        """The one object of that kind, in a session that is opened if there is none. Raises `PKCS11Error`."""
        if self._session is None:
            self._session = _log_in(self._place)
        found = list(self._session.get_objects(self._place.attributes(kind)))
        if len(found) != 1:
            raise TokenKeyMissing(what=what)
        return found[0]

    def _forget(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None:
            try:
                session.close()
            except PKCS11Error:
                return  # it was lost already, which is why we are here

    def _certificate_in_token(self) -> x509.Certificate:
        try:
            found = self._only(ObjectClass.CERTIFICATE, "证书 certificate")
            return x509.load_der_x509_certificate(bytes(found[Attribute.VALUE]))
        except PKCS11Error as error:
            raise KeyUnavailable(why=_told(error)) from error

    def _require_match(self) -> None:
        probe = b"does the key fit the certificate"
        if not is_signature(self.certificate, self.sign(probe), probe):
            raise KeyMismatch


def _log_in(place: TokenKey) -> Any:
    """A session that may use the private keys. Raises `PKCS11Error`."""
    with _LIBRARY:
        library = pkcs11.lib(str(place.module))
        token = library.get_token(token_label=place.token_label)
        try:
            return token.open(user_pin=place.pin)
        except pkcs11.UserAlreadyLoggedIn:
            # Another session of this process logged in; the login is the token's, not the session's.
            return token.open()


def _told(error: PKCS11Error) -> str:
    """The standard's own name for it; messages of modules may hold anything."""
    return type(error).__name__
