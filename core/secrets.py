"""Secrets: random tokens kept only as hashes, and a box for what must be read back (keys, one-time codes)."""

import hashlib
import hmac
import os
import secrets

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


class SecretBox:
    """Encrypts small secrets at rest with AES-256-GCM under the master key.

    `purpose` is bound to the ciphertext as associated data, so that a sealed one-time code can't be passed off as a
    sealed private key. Sealed form: 12-byte nonce ‖ ciphertext and tag.
    """

    def __init__(self, master_key: bytes) -> None:
        self._master_key = master_key
        self._cipher = AESGCM(hashlib.sha256(b"dingyue/secret-box/v1\x00" + master_key).digest())

    def seal(self, secret: bytes, purpose: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises `UnreadableSecret` for another key, another purpose or changed bytes."""
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise UnreadableSecret from error

    def keyed_hash(self, value: bytes, purpose: str) -> bytes:
        """HMAC-SHA-256 under the master key: for low-entropy values such as six-digit codes."""
        return hmac.digest(self._master_key, purpose.encode() + b"\x00" + value, "sha256")
