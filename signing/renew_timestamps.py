"""Time-stamps that couldn't be had when somebody signed, and those that won't be good much longer.

    upgrade    an envelope being signed whose latest signature has only a claimed time: a document timestamp over it,
               as soon as an authority answers (*timestamp pending* ends)
    renew      a completed envelope whose last document timestamp's certificate is about to end: another one over it,
               with everything needed to validate the last (ETSI EN 319 142-1 §5.5, B-LTA)

Both make a new revision of each document under the envelope's lease, like any other step.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from ledger.errors import TimestampUnavailable
from signing import repository, work
from signing.context import SigningContext
from signing.errors import EnvelopeBusy
from signing.evidence import document_facts, record_for_envelope
from signing.policy import EnvelopeState
from signing.repository import EnvelopeFile
from signing.work import NewRevision

RENEW_BEFORE = timedelta(days=180)
"""How long before its certificate ends a document timestamp is covered by another."""

AT_ONCE = 50
PAUSE = timedelta(days=1)
"""How long a completed envelope whose timestamp couldn't be renewed is left alone."""

_log = logging.getLogger(__name__)


def upgrade_timestamps(context: SigningContext, now: datetime) -> int:
    """Gives pending envelopes their time-stamps; how many. Stops at the first that the authority doesn't answer for."""
    with context.unit_of_work() as uow:
        pending = repository.envelopes_without_timestamp(uow.session, now, AT_ONCE)
    return _stamp_each(context, pending, EnvelopeState.IN_PROGRESS, now)


def renew_timestamps(context: SigningContext, now: datetime) -> int:
    """Renews the timestamps that end within half a year; in how many envelopes. Nothing expires unseen: an authority
    that doesn't answer today is asked again tomorrow."""
    with context.unit_of_work() as uow:
        ending = repository.envelopes_to_renew(uow.session, now, now + RENEW_BEFORE, AT_ONCE)
    return _stamp_each(context, ending, EnvelopeState.COMPLETED, now)


def _stamp_each(context: SigningContext, envelope_ids: Sequence[UUID], state: EnvelopeState, now: datetime) -> int:
    done = 0
    for envelope_id in envelope_ids:
        try:
            done += _stamp(context, envelope_id, state, now)
        except EnvelopeBusy:
            continue  # somebody is signing; the next sweep looks again
        except TimestampUnavailable:
            break  # the others would wait for the same authority
        except Exception:  # noqa: BLE001 - one that fails, with its reason kept, must not hold up the others
            _log.exception("no time-stamp for envelope %s", envelope_id.hex)
    return done


def _stamp(context: SigningContext, envelope_id: UUID, state: EnvelopeState, now: datetime) -> bool:
    with context.unit_of_work() as uow:
        envelope = repository.envelope_for_update(uow.session, envelope_id)
        documents = [file for file in repository.envelope_documents(uow.session, envelope_id) if _is_due(file, now)]
        if envelope.state != state or not documents:
            return False
        work_id = work.claim(uow, context, envelope)
    try:
        stamped = [work.make_revision(context, document, context.signer.add_timestamp) for document in documents]
    except Exception as error:
        # A completed envelope is nobody's to wait for; one being signed must not be held.
        pause = PAUSE if state is EnvelopeState.COMPLETED and not isinstance(error, TimestampUnavailable) else None
        work.give_up(context, envelope_id, work_id, error, pause)
        raise
    with context.unit_of_work() as uow:
        return _finish(uow, envelope_id, state, work_id, stamped)


def _finish(
    uow: UnitOfWork, envelope_id: UUID, state: EnvelopeState, work_id: UUID, stamped: list[NewRevision]
) -> bool:
    envelope = repository.envelope_for_update(uow.session, envelope_id)
    if envelope.state != state:
        return False  # ended while the authority was asked
    work.finish(uow, envelope, work_id, stamped, cause="timestamped")
    recipients = repository.recipients(uow.session, envelope_id)
    facts = {
        "by": "platform",
        "documents": [document_facts(new.document) for new in stamped],
        "valid_until": [rfc3339(new.renew_before) if new.renew_before else None for new in stamped],
    }
    files = [new.stored for new in stamped]
    record_for_envelope(uow, envelope, recipients, step="envelope.timestamped", facts=facts, files=files)
    return True


def _is_due(file: EnvelopeFile, now: datetime) -> bool:
    renew_before = file.current.renew_before
    return not file.current.is_timestamped or (renew_before is not None and renew_before <= now + RENEW_BEFORE)
