"""Sends the rows of confirmed bulk sends, one after the other; the worker calls it every few seconds.

    take (transaction) → make the envelope (transaction) → send it (its own lease) → note it (transaction)

Crash points: taken and nothing made; made and not sent; sent and not noted. Each time the lease on the row lapses and
the next worker comes the same way: it finds the envelope by the row, which remembers it from the transaction that made
it, and an envelope that was sent (`sent_at`, which no correction takes back) is never sent again. Every take counts as
an attempt, so that a row that kills its worker is given up in the end.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from accounts import repository as accounts
from accounts.errors import OrganisationNotFound
from accounts.policy import Actor, OrganisationKind, Scope
from core.errors import DingyueError, TooManyRequests, Unavailable
from core.unit_of_work import UnitOfWork
from signing.bulk import policy, repository
from signing.bulk.context import BulkContext
from signing.bulk.errors import RowEnvelopeEnded, RowGivenUp
from signing.bulk.models import BulkSend, BulkSendRow
from signing.bulk.policy import MOST_ATTEMPTS, RowState
from signing.errors import EnvelopeBusy
from signing.policy import ENDED
from signing.send_envelope import send_envelope
from signing.templates.errors import TemplateNotFound
from signing.templates.models import TemplateVersion
from signing.templates.policy import PLAN
from signing.templates.use_template import add_draft_from

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    """A row that is ours while `work_id` stands in it."""

    bulk: BulkSend
    number: int
    work_id: UUID
    actor: Actor


def send_due_rows(context: BulkContext) -> int:
    """Works on rows until none is due or the batch is full; how many."""
    for done in range(context.batch):
        work = _take(context)
        if work is None:
            return done
        _send(context, work)
    return context.batch


def _take(context: BulkContext) -> _Work | None:
    with context.signing.unit_of_work() as uow:
        found = repository.take_due_row(uow.session, uow.now)
        if found is None:
            return None
        row, bulk = found
        row.state, row.attempts = str(RowState.SENDING), row.attempts + 1
        row.work_id, row.work_until = uow.new_id(), uow.now + context.row_lifetime
        return _Work(bulk, row.number, row.work_id, _actor(uow, bulk))


def _actor(uow: UnitOfWork, bulk: BulkSend) -> Actor:
    """Whoever confirmed: what they may do was asked then, and sending is all that is done in their name."""
    organisation = accounts.organisation(uow.session, bulk.organisation_id)
    if organisation is None:
        raise OrganisationNotFound
    return Actor(
        organisation_id=organisation.id,
        organisation_kind=OrganisationKind(organisation.kind),
        region=organisation.region,
        person_id=bulk.confirmed_by,
        scopes=frozenset({Scope.ENVELOPES_WRITE}),
    )


def _send(context: BulkContext, work: _Work) -> None:
    try:
        envelope_id = _make_envelope(context, work)
        if envelope_id is not None:
            send_envelope(context.signing, work.actor, envelope_id)
            _note_sent(context, work)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other rows go on
        _note_failure(context, work, error)


def _make_envelope(context: BulkContext, work: _Work) -> UUID | None:
    """The row's envelope, made now or by an attempt before; None if there is nothing left to send."""
    with context.signing.unit_of_work() as uow:
        row, bulk = _ours(uow, work)
        if row is None:
            return None
        envelope = repository.envelope(uow.session, bulk, row.envelope_id) if row.envelope_id else None
        if envelope is not None and envelope.sent_at is not None:
            _settle(row, RowState.SENT)
            row.sent_at = envelope.sent_at
            return None
        if bulk.cancelled_at is not None:
            _settle(row, RowState.CANCELLED)
            return None
        if row.attempts > MOST_ATTEMPTS:
            raise RowGivenUp(cause="worker_lost")
        if envelope is None:
            version = uow.session.get(TemplateVersion, (bulk.template_id, bulk.template_version))
            if version is None:
                raise TemplateNotFound
            columns = policy.columns(PLAN.validate_python(version.plan))
            filling = policy.filling(columns, row.cells, is_test=bulk.is_test)
            envelope = add_draft_from(uow, work.actor, version, filling)
            row.envelope_id = envelope.id
        elif envelope.state in ENDED:
            raise RowEnvelopeEnded(state=envelope.state)
        return envelope.id


def _note_sent(context: BulkContext, work: _Work) -> None:
    with context.signing.unit_of_work() as uow:
        row, _ = _ours(uow, work)
        if row is not None:
            _settle(row, RowState.SENT)
            row.sent_at = uow.now


def _note_failure(context: BulkContext, work: _Work, error: Exception) -> None:
    """Later, if it may then succeed; else failed, until its sender says to try again."""
    logger.warning("row %s of bulk send %s wasn't sent", work.number, work.bulk.id, exc_info=error)
    with context.signing.unit_of_work() as uow:
        row, _ = _ours(uow, work)
        if row is None:
            return
        if _is_final(error):
            _settle(row, RowState.FAILED)
            row.failure = _stored(error)
        elif row.attempts >= MOST_ATTEMPTS:
            _settle(row, RowState.FAILED)
            row.failure = _stored(RowGivenUp(cause=_name(error)))
        else:
            _settle(row, RowState.QUEUED)
            row.next_attempt_at = policy.next_attempt(row.attempts, uow.now)


def _is_final(error: Exception) -> bool:
    """Whether the same attempt would fail again: an error of ours that says what is wrong with the row."""
    passing = isinstance(error, Unavailable | TooManyRequests | EnvelopeBusy)
    return isinstance(error, DingyueError) and error.status < 500 and not passing


def _name(error: Exception) -> str:
    return error.code if isinstance(error, DingyueError) else type(error).__name__


def _stored(error: Exception) -> dict[str, object]:
    return {"code": _name(error), "facts": error.facts if isinstance(error, DingyueError) else {}}


def _ours(uow: UnitOfWork, work: _Work) -> tuple[BulkSendRow | None, BulkSend]:
    """The row and its bulk send as they are now; None if another worker took the row over."""
    row = repository.row_for_update(uow.session, work.bulk.id, work.number)
    bulk = uow.session.get_one(BulkSend, work.bulk.id)
    return (row if row.work_id == work.work_id else None), bulk


def _settle(row: BulkSendRow, state: RowState) -> None:
    row.state = str(state)
    row.work_id = row.work_until = row.next_attempt_at = row.failure = None
