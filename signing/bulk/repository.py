"""Reading bulk sends and their rows, always of one organisation.

The bulk send's row is locked before its rows are chosen (confirm, cancel, retry); who sends locks the row alone, and
the envelope after it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from accounts.policy import Actor
from signing.bulk.models import BulkSend, BulkSendRow
from signing.bulk.policy import CheckedRow, RowState
from signing.models import Envelope
from signing.policy import ENDED
from signing.templates.models import TemplateVersion

Counts = dict[RowState, int]


def bulk_send(session: Session, actor: Actor, bulk_send_id: UUID) -> BulkSend | None:
    return session.scalar(
        select(BulkSend).where(BulkSend.id == bulk_send_id, BulkSend.organisation_id == actor.organisation_id)
    )


def bulk_send_for_update(session: Session, actor: Actor, bulk_send_id: UUID) -> BulkSend | None:
    return session.scalar(
        select(BulkSend)
        .where(BulkSend.id == bulk_send_id, BulkSend.organisation_id == actor.organisation_id)
        .with_for_update()
    )


def bulk_sends(session: Session, actor: Actor, *, before: UUID | None, limit: int) -> Sequence[BulkSend]:
    """Newest first, older than `before`."""
    query = select(BulkSend).where(BulkSend.organisation_id == actor.organisation_id)
    if before is not None:
        query = query.where(BulkSend.id < before)
    return session.scalars(query.order_by(BulkSend.id.desc()).limit(limit)).all()


def counts(session: Session, bulk_sends: Iterable[BulkSend]) -> dict[UUID, Counts]:
    """How many rows of each bulk send are in each state."""
    found: dict[UUID, Counts] = {bulk.id: {} for bulk in bulk_sends}
    query = (
        select(BulkSendRow.bulk_send_id, BulkSendRow.state, func.count())
        .where(BulkSendRow.bulk_send_id.in_(list(found)))
        .group_by(BulkSendRow.bulk_send_id, BulkSendRow.state)
    )
    for bulk_send_id, state, count in session.execute(query):
        found[bulk_send_id][RowState(state)] = count
    return found


def warnings(session: Session, bulk_sends: Iterable[BulkSend]) -> dict[UUID, int]:
    """How many rows of each bulk send are valid and yet odd; those without any are left out."""
    query = (
        select(BulkSendRow.bulk_send_id, func.count().label("rows"))
        .where(BulkSendRow.bulk_send_id.in_([bulk.id for bulk in bulk_sends]))
        .where(BulkSendRow.state != RowState.INVALID, func.jsonb_array_length(BulkSendRow.problems) > 0)
        .group_by(BulkSendRow.bulk_send_id)
    )
    return {row.bulk_send_id: row.rows for row in session.execute(query)}


def template_versions(session: Session, bulk_sends: Iterable[BulkSend]) -> dict[UUID, TemplateVersion]:
    """The version of the template each bulk send is bound to."""
    is_its_version = and_(
        TemplateVersion.template_id == BulkSend.template_id, TemplateVersion.number == BulkSend.template_version
    )
    query = (
        select(BulkSend.id, TemplateVersion)
        .join(TemplateVersion, is_its_version)
        .where(BulkSend.id.in_([bulk.id for bulk in bulk_sends]))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def add_rows(session: Session, bulk: BulkSend, rows: Sequence[CheckedRow]) -> None:
    values = [
        {
            "bulk_send_id": bulk.id,
            "number": row.number,
            "state": str(row.state),
            "cells": dict(row.cells),
            "problems": [problem.stored() for problem in row.problems],
            "attempts": 0,
        }
        for row in rows
    ]
    session.execute(insert(BulkSendRow), values)


def rows(
    session: Session, bulk: BulkSend, *, state: RowState | None, after: int, limit: int, with_problems: bool = False
) -> Sequence[BulkSendRow]:
    """Of a bulk send that was found for its organisation: those behind row `after`, by number."""
    query = select(BulkSendRow).where(BulkSendRow.bulk_send_id == bulk.id, BulkSendRow.number > after)
    if state is not None:
        query = query.where(BulkSendRow.state == state)
    if with_problems:
        query = query.where(func.jsonb_array_length(BulkSendRow.problems) > 0)
    return session.scalars(query.order_by(BulkSendRow.number).limit(limit)).all()


def rows_for_update(
    session: Session, bulk: BulkSend, states: Collection[RowState], numbers: Collection[int] | None = None
) -> Sequence[BulkSendRow]:
    """Those in one of the states (and of these numbers, if given), as they are now, locked."""
    query = select(BulkSendRow).where(BulkSendRow.bulk_send_id == bulk.id, BulkSendRow.state.in_(states))
    if numbers is not None:
        query = query.where(BulkSendRow.number.in_(numbers))
    fresh = query.order_by(BulkSendRow.number).with_for_update().execution_options(populate_existing=True)
    return session.scalars(fresh).all()


def external_ids_taken(session: Session, actor: Actor, external_ids: Sequence[str]) -> set[str]:
    query = select(Envelope.external_id).where(
        Envelope.organisation_id == actor.organisation_id, Envelope.external_id.in_(external_ids)
    )
    return {external_id for external_id in session.scalars(query) if external_id is not None}


def take_due_row(session: Session, now: datetime) -> tuple[BulkSendRow, BulkSend] | None:
    """A row to be sent that nobody works on, locked; two workers never get the same one.

    First rows come first, whichever bulk send they belong to: a long one doesn't hold up a short one.
    """
    row = session.scalar(
        select(BulkSendRow)
        .where(_is_due(now))
        .order_by(BulkSendRow.number, BulkSendRow.bulk_send_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return None if row is None else (row, session.get_one(BulkSend, row.bulk_send_id))


def row_for_update(session: Session, bulk_send_id: UUID, number: int) -> BulkSendRow:
    """A row its worker comes back to, as it is now, locked."""
    return session.get_one(BulkSendRow, (bulk_send_id, number), with_for_update=True, populate_existing=True)


def envelope(session: Session, bulk: BulkSend, envelope_id: UUID) -> Envelope:
    """The envelope of a row, as it is now."""
    query = select(Envelope).where(Envelope.id == envelope_id, Envelope.organisation_id == bulk.organisation_id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def envelope_states(session: Session, bulk: BulkSend, rows: Iterable[BulkSendRow]) -> dict[UUID, str]:
    """What became of the rows' envelopes, by their ids."""
    wanted = [row.envelope_id for row in rows if row.envelope_id is not None]
    query = select(Envelope.id, Envelope.state).where(
        Envelope.id.in_(wanted), Envelope.organisation_id == bulk.organisation_id
    )
    return {row.id: row.state for row in session.execute(query)}


def ended_unsent(session: Session, bulk: BulkSend, rows: Iterable[BulkSendRow]) -> set[UUID]:
    """The rows' envelopes that came to an end before anybody got a link."""
    wanted = [row.envelope_id for row in rows if row.envelope_id is not None]
    query = select(Envelope.id).where(
        Envelope.id.in_(wanted),
        Envelope.organisation_id == bulk.organisation_id,
        Envelope.state.in_(ENDED),
        Envelope.sent_at.is_(None),
    )
    return set(session.scalars(query))


def cancel_waiting(session: Session, bulk: BulkSend) -> None:
    """Rows nobody works on yet; one that is being sent right now asks before its envelope is made."""
    session.execute(
        update(BulkSendRow)
        .where(BulkSendRow.bulk_send_id == bulk.id, BulkSendRow.state.in_((RowState.VALID, RowState.QUEUED)))
        .values(state=str(RowState.CANCELLED), next_attempt_at=None)
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(
            BulkSendRow.state == RowState.QUEUED,
            or_(BulkSendRow.next_attempt_at.is_(None), BulkSendRow.next_attempt_at <= now),
        ),
        and_(BulkSendRow.state == RowState.SENDING, BulkSendRow.work_until <= now),
    )
