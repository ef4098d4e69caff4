"""The key that wraps data keys (envelope encryption): the master key, or a key management service.

Every private key is sealed under a data key of its own; the data key is kept beside it, wrapped. So the wrapping key
sees 32 random bytes and never a private key, and changing it means wrapping data keys again, not sealing all anew.
"""

from typing import Protocol

from core.secrets import SecretBox

_PURPOSE = "data-key"


class KeyWrapper(Protocol):
    """Wraps data keys of 32 bytes.

    Durability: what was wrapped must stay readable, by the key's id, for as long as a row names that id. Wrapping may
    be repeated: every result opens to the same data key. A key management service implements this with its *encrypt*
    and *decrypt* calls (the id being the name and version of its key), should cache nothing, and raises
    `core.errors.Unavailable` when it doesn't answer. It is asked inside a unit of work whenever a key is made or
    opened, so it must be near and quick, or answer from a data key fetched beforehand.
    """

    @property
    def key_id(self) -> str:
        """Names the key that wraps now."""
        ...

    def wrap(self, data_key: bytes) -> bytes: ...

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """The data key wrapped by the key of that id. Raises `core.secrets.UnreadableSecret`."""
        ...


class MasterKeyWrapper:
    """Implements `KeyWrapper` with the master key of the settings, and previous ones for what they wrapped."""

    def __init__(self, secrets: SecretBox) -> None:
        self._secrets = secrets

    @property
    def key_id(self) -> str:
        return f"master:{self._secrets.key_id}"

    def wrap(self, data_key: bytes) -> bytes:
        return self._secrets.seal(data_key, _PURPOSE)

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:  # noqa: ARG002 - the box tries every key it has
        return self._secrets.open(wrapped, _PURPOSE)
