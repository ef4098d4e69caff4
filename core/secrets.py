"""Secrets: random tokens kept only as hashes, and a box for what must be read back (keys, one-time codes)."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import DingyueError


class UnreadableSecret(DingyueError):
    code = "unreadable_secret"
    zh = "系统保存的密文无法解开，可能主密钥已更换。操作未生效，请联系管理员核对主密钥。"
    en = "A stored secret can't be opened; the master key may have changed. Nothing was done; tell the operator."


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """SHA-256 of a token with full entropy; such a token needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _cipher(master_key: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(b"dingyue/secret-box/v1\x00" + master_key).digest())


class SecretBox:
    """Encrypts small secrets at rest with AES-256-GCM under the master key.

    `purpose` is bound to the ciphertext as associated data, so that a sealed one-time code can't be passed off as a
    sealed private key. Sealed form: 12-byte nonce ‖ ciphertext and tag. `previous_master_keys` only open what was
    sealed before the master key was changed.
    """

    def __init__(self, master_key: bytes, previous_master_keys: Sequence[bytes] = ()) -> None:
        self._master_key = master_key
        self._ciphers = tuple(_cipher(key) for key in (master_key, *previous_master_keys))

    @property
    def key_id(self) -> str:
        """A name of the master key that tells nothing of it, for what is to know which key sealed it."""
        return self.keyed_hash(b"name of this key", "key-id")[:8].hex()

    def seal(self, secret: bytes, purpose: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._ciphers[0].encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises `UnreadableSecret` for another key, another purpose or changed bytes."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:12], sealed[12:], purpose.encode())
            except (InvalidTag, ValueError):
                continue
        raise UnreadableSecret

    def keyed_hash(self, value: bytes, purpose: str) -> bytes:
        """HMAC-SHA-256 under the master key: for low-entropy values such as six-digit codes."""
        return hmac.digest(self._master_key, purpose.encode() + b"\x00" + value, "sha256")
