"""What its sender decides about a bulk send: to send rows, to stop, to try failed ones again."""

from collections.abc import Sequence
from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing.bulk import repository
from signing.bulk.context import BulkContext
from signing.bulk.errors import BulkNothingToDo, BulkRowsNotConfirmable, BulkSendCancelled, BulkSendNotFound
from signing.bulk.models import BulkSend, BulkSendRow
from signing.bulk.policy import RowState
from signing.templates.use_template import usable_template


def confirm_bulk_send(
    context: BulkContext, actor: Actor, bulk_send_id: UUID, numbers: Sequence[int] | None = None
) -> int:
    """Queues all valid rows, or these; how many. The worker sends them, in the name of whoever confirmed last.

    Rows that weren't chosen stay valid and may be confirmed later. Raises `BulkSendNotFound`, `BulkSendCancelled`,
    `TemplateArchived`, `BulkNothingToDo`, or `BulkRowsNotConfirmable`, and then queues nothing.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.signing.unit_of_work() as uow:
        bulk = _live(uow, actor, bulk_send_id)
        usable_template(uow, actor, bulk.template_id)
        rows = repository.rows_for_update(uow.session, bulk, [RowState.VALID], numbers)
        if numbers is not None and len(rows) != len(set(numbers)):
            wrong = sorted(set(numbers) - {row.number for row in rows})
            raise BulkRowsNotConfirmable(rows=", ".join(map(str, wrong[:20])))
        _queue(rows)
        bulk.confirmed_by, bulk.confirmed_at = actor.person_id, uow.now
    return len(rows)


def retry_failed_rows(context: BulkContext, actor: Actor, bulk_send_id: UUID) -> int:
    """Queues all failed rows again; how many. A row whose envelope ended before it was sent gets a new one.

    Raises `BulkSendNotFound`, `BulkSendCancelled`, `TemplateArchived`, `BulkNothingToDo`.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.signing.unit_of_work() as uow:
        bulk = _live(uow, actor, bulk_send_id)
        usable_template(uow, actor, bulk.template_id)
        rows = repository.rows_for_update(uow.session, bulk, [RowState.FAILED])
        _queue(rows)
        came_to_nothing = repository.ended_unsent(uow.session, bulk, rows)
        for row in rows:
            if row.envelope_id in came_to_nothing:
                row.envelope_id = None
        bulk.confirmed_by = actor.person_id
    return len(rows)


def cancel_bulk_send(context: BulkContext, actor: Actor, bulk_send_id: UUID) -> None:
    """Stops what isn't sent yet. A row that is being sent at this very moment may still go out; what is out stays out.

    Doing it twice is harmless. Raises `BulkSendNotFound`.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.signing.unit_of_work() as uow:
        bulk = _own(uow, actor, bulk_send_id)
        bulk.cancelled_at = bulk.cancelled_at or uow.now
        repository.cancel_waiting(uow.session, bulk)


def _queue(rows: Sequence[BulkSendRow]) -> None:
    if not rows:
        raise BulkNothingToDo
    for row in rows:
        row.state, row.attempts = str(RowState.QUEUED), 0
        row.next_attempt_at = row.failure = None


def _own(uow: UnitOfWork, actor: Actor, bulk_send_id: UUID) -> BulkSend:
    bulk = repository.bulk_send_for_update(uow.session, actor, bulk_send_id)
    if bulk is None:
        raise BulkSendNotFound
    return bulk


def _live(uow: UnitOfWork, actor: Actor, bulk_send_id: UUID) -> BulkSend:
    bulk = _own(uow, actor, bulk_send_id)
    if bulk.cancelled_at is not None:
        raise BulkSendCancelled
    return bulk
