"""Keys at rest: data keys of their own, wrapped by the master key, and wrapped again when that changes."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from sqlalchemy import Engine, event, select, update

from core.secrets import SecretBox, UnreadableSecret
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.timestamp import verify_token
from signing.pki.errors import CertificateNotFound
from signing.pki.keys import KEY_PURPOSE, KeyStore
from signing.pki.models import Certificate, SigningKey
from signing.pki.policy import SIGNING_WINDOW
from signing.pki.wrapping import MasterKeyWrapper
from tests.support.clock import FixedClock
from tests.support.pki import SIGNER, PKIDesk, another_process

OLD = b"a master key that only tests use"
NEW = b"the master key that follows it.."


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIDesk:
    return PKIDesk.set_up(unit_of_work, secrets, clock)


def keys(unit_of_work: UnitOfWorkFactory) -> list[SigningKey]:
    with unit_of_work() as uow:
        return list(uow.session.scalars(select(SigningKey).order_by(SigningKey.id)))


def test_every_key_has_a_data_key_of_its_own(desk: PKIDesk, unit_of_work: UnitOfWorkFactory) -> None:
    desk.signer_certificate()
    rows = keys(unit_of_work)
    wrapper = MasterKeyWrapper(SecretBox(OLD))
    data_keys = {wrapper.unwrap(str(row.wrapping_key_id), bytes(row.wrapped_data_key or b"")) for row in rows}
    assert len(data_keys) == len(rows) == 5
    assert {row.wrapping_key_id for row in rows} == {wrapper.key_id}
    with pytest.raises(UnreadableSecret):
        SecretBox(OLD).open(bytes(rows[0].sealed_private_key or b""), KEY_PURPOSE)


def test_a_key_put_into_anothers_row_is_not_opened(
    desk: PKIDesk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    first, second = desk.signer_certificate(), desk.signer_certificate()
    with unit_of_work() as uow:
        rows = []
        for each in (first, second):
            certificate = uow.session.get_one(Certificate, each)
            rows.append(uow.session.get_one(SigningKey, certificate.key_id))
        rows[1].sealed_private_key, rows[1].wrapped_data_key = rows[0].sealed_private_key, rows[0].wrapped_data_key
    with pytest.raises(UnreadableSecret):
        another_process(unit_of_work, secrets, clock).credential(second)


def test_the_master_key_can_be_changed(desk: PKIDesk, unit_of_work: UnitOfWorkFactory, clock: FixedClock) -> None:
    certificate_id = desk.seal_certificate()
    both = another_process(unit_of_work, SecretBox(NEW, [OLD]), clock)
    der = both.credential(certificate_id).der
    private_keys = [row.sealed_private_key for row in keys(unit_of_work)]
    assert both.rewrap_keys() == 5
    assert both.rewrap_keys() == 0
    assert [row.sealed_private_key for row in keys(unit_of_work)] == private_keys

    only_new = another_process(unit_of_work, SecretBox(NEW), clock)
    assert only_new.credential(certificate_id).der == der
    digest = hashlib.sha256(b"a contract").digest()
    verify_token(only_new.timestamps.timestamp(digest), digest, only_new.roots())
    with pytest.raises(UnreadableSecret):
        another_process(unit_of_work, SecretBox(OLD), clock).credential(certificate_id)


def test_a_rewrapping_that_died_is_finished_by_the_next(
    desk: PKIDesk, unit_of_work: UnitOfWorkFactory, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = MasterKeyWrapper(SecretBox(NEW, [OLD]))
    store = KeyStore(wrapper, SecretBox(NEW, [OLD]))
    done: list[bytes] = []
    wrap = wrapper.wrap

    def dies_at_the_third(data_key: bytes) -> bytes:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(data_key)
        return wrap(data_key)

    monkeypatch.setattr(wrapper, "wrap", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        store.rewrap(unit_of_work)
    monkeypatch.undo()
    assert [row.wrapping_key_id == wrapper.key_id for row in keys(unit_of_work)].count(True) == 2
    assert store.rewrap(unit_of_work) == 2


def test_keys_from_before_data_keys_are_read_and_brought_along(
    desk: PKIDesk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    certificate_id = desk.seal_certificate()
    private_key: Any = desk.pki.credential(certificate_id)
    encoded = private_key.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with unit_of_work() as uow:
        key_id = uow.session.get_one(Certificate, certificate_id).key_id
        old = {"sealed_private_key": secrets.seal(encoded, KEY_PURPOSE), "wrapped_data_key": None}
        uow.session.execute(update(SigningKey).where(SigningKey.id == key_id).values(**old, wrapping_key_id=None))
    pki = another_process(unit_of_work, secrets, clock)
    assert pki.credential(certificate_id).der == private_key.der
    assert pki.rewrap_keys() == 1
    again = another_process(unit_of_work, secrets, clock).credential(certificate_id)
    assert again.der == private_key.der


def test_a_destroyed_key_leaves_no_data_key(desk: PKIDesk, unit_of_work: UnitOfWorkFactory, clock: FixedClock) -> None:
    desk.signer_certificate()
    clock.advance(SIGNING_WINDOW + timedelta(seconds=1))
    assert desk.pki.destroy_old_keys() == 1
    [destroyed] = [row for row in keys(unit_of_work) if row.destroyed_at is not None]
    assert (destroyed.sealed_private_key, destroyed.wrapped_data_key) == (None, None)
    other = another_process(unit_of_work, SecretBox(NEW, [OLD]), clock)
    assert other.rewrap_keys() == 4


def test_a_fresh_key_is_handed_over_once_and_then_read(desk: PKIDesk) -> None:
    certificate_id = desk.signer_certificate()
    first, second = desk.pki.credential(certificate_id), desk.pki.credential(certificate_id)
    assert first is not second
    assert (first.der, first.chain) == (second.der, second.chain)
    assert first.certificate.public_key() == second.certificate.public_key()


def test_a_certificate_that_was_rolled_back_is_nobodys(desk: PKIDesk) -> None:
    """A crash between issuing and the commit: nothing is left, though the key was in memory."""
    issued: list[UUID] = []

    def issue_and_fail() -> None:
        with desk.unit_of_work() as uow:
            issued.append(desk.pki.issue_signer_certificate(uow, SIGNER))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        issue_and_fail()
    with pytest.raises(CertificateNotFound):
        desk.pki.credential(issued[0])


def test_a_signature_asks_the_database_little(desk: PKIDesk, service_engine: Engine) -> None:
    """Every contract's signature pays for these: nothing that could be remembered is asked for again."""
    desk.pki.credential(desk.signer_certificate())
    desk.pki.validation_material()
    desk.pki.timestamps.timestamp(bytes(32))
    desk.pki.seal_credential(desk.clock.now())
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    def asked(work: Callable[[], object]) -> int:
        statements.clear()
        work()
        return len(statements)

    event.listen(service_engine, "before_cursor_execute", count)
    try:
        certificate_ids: list[UUID] = []
        assert asked(lambda: certificate_ids.append(desk.signer_certificate())) == 2
        assert asked(lambda: desk.pki.credential(certificate_ids[0])) == 1
        assert asked(desk.pki.validation_material) == 1
        assert asked(lambda: desk.pki.validation_material(certificate_ids)) == 2
        assert asked(lambda: desk.pki.timestamps.timestamp(bytes(32))) == 0
        assert asked(lambda: desk.pki.seal_credential(desk.clock.now())) == 0
    finally:
        event.remove(service_engine, "before_cursor_execute", count)
