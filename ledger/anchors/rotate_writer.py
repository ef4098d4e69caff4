"""Rotating the account that writes anchors on a chain.

A rotation is a new key, stored with the evidence that somebody asked for it. The passes of `anchoring` announce it on
the contract, in a transaction that is stored before it is sent; two days later (the contract's ROTATION_DELAY) the new
account is in office. Both keys are kept, and the trust file lists both: anchors of either stay good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.policy import ChainSettings
from ledger.anchors.wallet import add_writer
from ledger.record import Subject
from ledger.record_evidence import record_evidence


@dataclass(frozen=True, slots=True)
class Rotation:
    """`successor` must hold money on the chain before it takes office. `is_new`: this call began the rotation."""

    chain_id: int
    predecessor: str | None
    successor: str
    is_new: bool


def rotate_writer(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, settings: ChainSettings, requested_by: Mapping[str, Any]
) -> Rotation:
    """Makes the chain's next writer, unless one waits already: asked again before it is in office, changes nothing."""
    chain_id = settings.chain_id
    with unit_of_work() as uow:
        repository.lock_writers(uow.session)
        predecessor, waiting = _in_office(uow, chain_id)
        if waiting is not None:
            return Rotation(chain_id, predecessor, waiting, is_new=False)
        successor = add_writer(uow, secrets, chain_id).address
        record_evidence(
            uow,
            type="anchor.writer_rotated",
            subject=Subject("chain", str(chain_id)),
            organisation_ids=[],
            facts={
                "chain_id": str(chain_id),
                "predecessor": predecessor,
                "successor": successor,
                "requested_by": dict(requested_by),
            },
        )
    return Rotation(chain_id, predecessor, successor, is_new=True)


def _in_office(uow: UnitOfWork, chain_id: int) -> tuple[str | None, str | None]:
    """Who was in office when the chain was asked last, and the account that waits to follow, if one does.

    While the chain has never been asked, an account of its own that has signed nothing yet waits.
    """
    rows = repository.writers(uow.session, chain_id)
    health = repository.health(uow.session, chain_id)
    senders = repository.senders(uow.session, chain_id)
    in_office = (health.writer if health else None) or (senders[-1] if senders else None)
    newest = rows[-1] if rows else None
    if newest is None:
        return None, None
    is_waiting = newest.address != in_office if in_office else newest.chain_id is not None
    return in_office or rows[0].address, newest.address if is_waiting else None
