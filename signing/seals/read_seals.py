"""Reading seals, authorisations and the use log: for administrators and auditors of the organisation.

An applicant may read the seal they applied for; nothing here changes anything.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Person
from accounts.policy import Actor, Scope
from core import ids
from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from signing.seals import policy, repository
from signing.seals.context import SealContext
from signing.seals.errors import SealAuthorisationNotFound, SealNotFound
from signing.seals.models import Seal, SealAuthorisation, SealUse
from signing.seals.policy import AuthorisationState, SealState

EXPORT_BATCH = 500

_COLUMNS = (
    "用印编号 use_id",
    "时间 used_at (UTC)",
    "用印人 person",
    "用印人编号 person_id",
    "授权编号 authorization_id",
    "事由 purpose",
    "合同类别 contract_class",
    "签署流程 envelope_id",
    "参与方 recipient_id",
    "证书 certificate_id",
    "文件 files (name sha256)",
    "地址 address",
    "终端 user_agent",
    "存证编号 evidence_id",
)


@dataclass(frozen=True, slots=True)
class AuthorisationView:
    """`uses` is how often it was used so far; `state` is as of the moment of reading."""

    authorisation: SealAuthorisation
    person_name: str
    state: AuthorisationState
    uses: int


@dataclass(frozen=True, slots=True)
class UseView:
    use: SealUse
    person_name: str


def seal(context: SealContext, actor: Actor, seal_id: UUID) -> Seal:
    """Raises `SealNotFound`; `ScopeMissing` for those of the organisation who neither read seals nor applied."""
    with context.unit_of_work() as uow:
        found = repository.seal(uow.session, actor.organisation_id, seal_id)
    if found is None:
        raise SealNotFound
    if actor.person_id is None or found.applied_by != actor.person_id:
        actor.require(Scope.SEALS_READ)
    return found


def seals(
    context: SealContext, actor: Actor, *, state: SealState | None, before: UUID | None, limit: int
) -> Sequence[Seal]:
    """The organisation's, newest first, older than `before`."""
    actor.require(Scope.SEALS_READ)
    with context.unit_of_work() as uow:
        return repository.seals(uow.session, actor.organisation_id, state=state, before=before, limit=limit)


def picture(context: SealContext, actor: Actor, seal_id: UUID) -> bytes:
    """The PNG. Raises as `seal` does."""
    return context.objects.get(seal(context, actor, seal_id).picture_key)


def authorisations(
    context: SealContext, actor: Actor, seal_id: UUID, *, before: UUID | None, limit: int
) -> list[AuthorisationView]:
    """Newest first. Raises `SealNotFound`."""
    actor.require(Scope.SEALS_READ)
    with context.unit_of_work() as uow:
        _require_seal(uow, actor, seal_id)
        found = repository.authorisations(uow.session, seal_id, before=before, limit=limit)
        return _views(uow, found)


def authorisation(context: SealContext, actor: Actor, seal_id: UUID, authorisation_id: UUID) -> AuthorisationView:
    """Raises `SealNotFound` or `SealAuthorisationNotFound`."""
    actor.require(Scope.SEALS_READ)
    with context.unit_of_work() as uow:
        _require_seal(uow, actor, seal_id)
        found = repository.authorisation(uow.session, seal_id, authorisation_id)
        person = uow.session.get(Person, found.person_id) if found is not None else None
        if found is None or person is None:
            raise SealAuthorisationNotFound
        return _views(uow, [(found, person)])[0]


def uses(context: SealContext, actor: Actor, seal_id: UUID, *, before: UUID | None, limit: int) -> list[UseView]:
    """The use log, newest first. Raises `SealNotFound`."""
    actor.require(Scope.SEALS_READ)
    with context.unit_of_work() as uow:
        _require_seal(uow, actor, seal_id)
        found = repository.uses(uow.session, seal_id, before=before, limit=limit)
    return [UseView(use, person.name) for use, person in found]


def export_uses(context: SealContext, actor: Actor, seal_id: UUID) -> Iterator[bytes]:
    """The whole use log, oldest first, as CSV in UTF-8 with a byte order mark (spreadsheets need it to read Chinese).

    Raises `SealNotFound` at once. The rows are read in batches, each in a unit of work of its own: the log only
    grows, so what is read is complete up to the moment of the last batch, however long it is.
    """
    actor.require(Scope.SEALS_READ)
    with context.unit_of_work() as uow:
        _require_seal(uow, actor, seal_id)
    return _csv_batches(context, seal_id)


def _require_seal(uow: UnitOfWork, actor: Actor, seal_id: UUID) -> None:
    if repository.seal(uow.session, actor.organisation_id, seal_id) is None:
        raise SealNotFound


def _views(uow: UnitOfWork, found: Sequence[tuple[SealAuthorisation, Person]]) -> list[AuthorisationView]:
    counts = repository.use_counts(uow.session, [granted.id for granted, _ in found])
    return [
        AuthorisationView(
            authorisation=granted,
            person_name=person.name,
            state=policy.authorisation_state(
                is_revoked=granted.revoked_at is not None, valid_until=granted.valid_until, now=uow.now
            ),
            uses=counts.get(granted.id, 0),
        )
        for granted, person in found
    ]


def _csv_batches(context: SealContext, seal_id: UUID) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _csv([_COLUMNS])
    after = None
    while True:
        with context.unit_of_work() as uow:
            found = repository.uses_after(uow.session, seal_id, after=after, limit=EXPORT_BATCH)
        if not found:
            return
        yield _csv([_row(use, person.name) for use, person in found])
        after = found[-1][0].id


def _row(use: SealUse, person_name: str) -> tuple[str, ...]:
    return (
        ids.public(ids.SEAL_USE, use.id),
        rfc3339(use.used_at),
        person_name,
        ids.public(ids.PERSON, use.person_id),
        ids.public(ids.SEAL_AUTHORISATION, use.authorisation_id),
        use.purpose,
        use.contract_class or "",
        ids.public(ids.ENVELOPE, use.envelope_id),
        ids.public(ids.RECIPIENT, use.recipient_id),
        ids.public(ids.CERTIFICATE, use.certificate_id),
        "; ".join(f"{file['name']} {file['sha256']}" for file in use.files),
        use.address,
        use.user_agent,
        ids.public(ids.EVIDENCE, use.evidence_id),
    )


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """RFC 4180. A cell that a spreadsheet would take for a formula is told not to be one by a leading apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
