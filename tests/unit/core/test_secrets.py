"""Sealed secrets open only with the same key and for the same purpose."""

import pytest

from core.secrets import SecretBox, UnreadableSecret, hash_token, new_token


def test_a_sealed_secret_opens() -> None:
    box = SecretBox(b"key")
    assert box.open(box.seal(b"123456", "signing-code"), "signing-code") == b"123456"


@pytest.mark.parametrize("change", ["key", "purpose", "bytes", "short"])
def test_anything_changed_keeps_it_shut(change: str) -> None:
    box = SecretBox(b"key")
    sealed = box.seal(b"123456", "signing-code")
    if change == "key":
        box = SecretBox(b"another key")
    if change == "bytes":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if change == "short":
        sealed = sealed[:5]
    with pytest.raises(UnreadableSecret):
        box.open(sealed, "private-key" if change == "purpose" else "signing-code")


def test_tokens_are_long_and_different() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) >= 43
    assert len(hash_token("x")) == 32
