"""The only way to a seal's key: an envelope's signing asks here which seal it may use, and notes that it did.

    claim    `take_for_use`: may this person use this seal for this contract, now?
    sign     outside any transaction, with the certificate that was named
    finish   `note_use`: asks again, under the seal's lock, and writes the use log and the evidence

What counts is the finish. Between claim and finish the seal may be suspended, the authorisation revoked, or its last
use taken by somebody else: then the finish refuses, and the signature made meanwhile is thrown away, uncounted. A
person is known by the phone that got the one-time code; the seal must be one of the organisation they act for.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Role
from core import ids
from core.errors import Conflict, NotAllowed
from core.unit_of_work import UnitOfWork
from ledger.record import StoredFile
from signing.evidence import Origin, certificate_facts
from signing.seals import policy, repository
from signing.seals.errors import SealAuthorisationMissing, SealNotFound, SealNotUsable
from signing.seals.events import SealUsed
from signing.seals.models import Seal, SealAuthorisation, SealUse
from signing.seals.policy import Grant, SealState, Standing, Validity
from signing.seals.record_step import person_facts, record_for_seal


@dataclass(frozen=True, slots=True)
class UsableSeal:
    """A seal somebody may use, and by what right. `picture_key` names its PNG in the object store."""

    seal_id: UUID
    authorisation_id: UUID
    organisation_id: UUID
    person_id: UUID
    name: str
    picture_key: str
    certificate_id: UUID
    contract_class: str | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What decides besides seal and authorisation: certificates, roles by person, uses by authorisation."""

    validities: Mapping[UUID, Validity]
    roles: Mapping[UUID, frozenset[Role]]
    used: Mapping[UUID, int]


def seals_for(
    session: Session, *, organisation_id: UUID, phone: str, contract_class: str | None, now: datetime
) -> list[UsableSeal]:
    """The seals a recipient may use now, each once, the oldest authorisation of each that allows it. Locks nothing.

    A contract of no known class is covered only by an authorisation for all classes.
    """
    authorisations = repository.authorisations_of_phone(session, organisation_id, phone)
    if not authorisations:
        return []
    seals = repository.some_seals(session, organisation_id, {each.seal_id for each in authorisations})
    known = _read(session, organisation_id, authorisations, [each.certificate_id for each in seals.values()])
    found: dict[UUID, UsableSeal] = {}
    for authorisation in authorisations:
        seal = seals.get(authorisation.seal_id)
        if seal is None or seal.id in found:
            continue
        with suppress(Conflict, NotAllowed):
            found[seal.id] = _usable(
                known,
                seal,
                authorisation,
                certificate_id=seal.certificate_id,
                contract_class=contract_class,
                now=now,
            )
    return list(found.values())


def take_for_use(
    uow: UnitOfWork, *, seal_id: UUID, organisation_id: UUID, phone: str, contract_class: str | None
) -> UsableSeal:
    """The seal, locked until the transaction ends, if the person with this phone may use it.

    Raises `SealNotFound`, `SealAuthorisationMissing`, or what stands against the authorisation that is left
    (`policy.require_usable`).
    """
    seal = _locked(uow, organisation_id, seal_id)
    refusal: Conflict | NotAllowed = SealAuthorisationMissing()
    authorisations = repository.authorisations_of_phone(uow.session, organisation_id, phone, seal_id)
    known = _read(uow.session, organisation_id, authorisations, [seal.certificate_id])
    for authorisation in authorisations:
        try:
            return _usable(
                known,
                seal,
                authorisation,
                certificate_id=seal.certificate_id,
                contract_class=contract_class,
                now=uow.now,
            )
        except (Conflict, NotAllowed) as error:
            refusal = error  # Of several authorisations the newest says why.
    raise refusal


def note_use(
    uow: UnitOfWork,
    *,
    usable: UsableSeal,
    envelope_id: UUID,
    recipient_id: UUID,
    purpose: str,
    files: Sequence[StoredFile],
    origin: Origin,
) -> UUID:
    """The use counts from here: use log, evidence `seal.used` and event, in the caller's transaction.

    `files` are the PDFs with the seal in them; `purpose` is what it was used for, such as the envelope's title. The
    envelope's row is locked already. Returns the id of the use. Raises as `take_for_use` does.
    """
    seal, authorisation = _locked_again(uow, usable)
    use_id = uow.new_id()
    facts = {
        "by": person_facts(usable.organisation_id, usable.person_id),
        "use": ids.public(ids.SEAL_USE, use_id),
        "authorisation": ids.public(ids.SEAL_AUTHORISATION, authorisation.id),
        "authorised_purpose": authorisation.purpose,
        "purpose": purpose,
        "contract_class": usable.contract_class,
        "envelope": ids.public(ids.ENVELOPE, envelope_id),
        "recipient": ids.public(ids.RECIPIENT, recipient_id),
        "certificate": certificate_facts(uow.session, usable.certificate_id),
        **origin.facts(),
    }
    use = SealUse(
        id=use_id,
        seal_id=seal.id,
        authorisation_id=authorisation.id,
        organisation_id=usable.organisation_id,
        person_id=usable.person_id,
        envelope_id=envelope_id,
        recipient_id=recipient_id,
        certificate_id=usable.certificate_id,
        purpose=purpose,
        contract_class=usable.contract_class,
        files=[{"name": stored.file.name, "sha256": stored.file.sha256} for stored in files],
        used_at=uow.now,
        evidence_id=record_for_seal(uow, seal, step="seal.used", facts=facts, files=files),
        **origin.facts(),
    )
    uow.session.add(use)
    uow.session.flush()  # The next use in this transaction must find it counted.
    _tell(uow, seal, use)
    return use_id


def _tell(uow: UnitOfWork, seal: Seal, use: SealUse) -> None:
    uow.emit(
        SealUsed(
            event_id=use.evidence_id,
            use_id=use.id,
            seal_id=seal.id,
            organisation_id=seal.organisation_id,
            name=seal.name,
            authorisation_id=use.authorisation_id,
            person_id=use.person_id,
            envelope_id=use.envelope_id,
            recipient_id=use.recipient_id,
            at=use.used_at,
        )
    )


def _locked(uow: UnitOfWork, organisation_id: UUID, seal_id: UUID) -> Seal:
    seal = repository.seal_for_update(uow.session, organisation_id, seal_id)
    if seal is None:
        raise SealNotFound
    return seal


def _locked_again(uow: UnitOfWork, usable: UsableSeal) -> tuple[Seal, SealAuthorisation]:
    seal = _locked(uow, usable.organisation_id, usable.seal_id)
    authorisation = repository.authorisation(uow.session, seal.id, usable.authorisation_id)
    if authorisation is None:
        raise SealAuthorisationMissing
    # The certificate that was signed with: the seal may have got a new one meanwhile, which makes the old no worse.
    _usable(
        _read(uow.session, usable.organisation_id, [authorisation], [usable.certificate_id]),
        seal,
        authorisation,
        certificate_id=usable.certificate_id,
        contract_class=usable.contract_class,
        now=uow.now,
    )
    return seal, authorisation


def _read(
    session: Session,
    organisation_id: UUID,
    authorisations: Sequence[SealAuthorisation],
    certificate_ids: Iterable[UUID | None],
) -> _Known:
    """Three queries however many authorisations, as of now."""
    return _Known(
        repository.validities(session, [each for each in certificate_ids if each is not None]),
        repository.roles_of_some(session, organisation_id, {each.person_id for each in authorisations}),
        repository.use_counts(session, [each.id for each in authorisations]),
    )


def _usable(
    known: _Known,
    seal: Seal,
    authorisation: SealAuthorisation,
    *,
    certificate_id: UUID | None,
    contract_class: str | None,
    now: datetime,
) -> UsableSeal:
    if certificate_id is None:
        raise SealNotUsable(state=seal.state)
    standing = Standing(
        state=SealState(seal.state),
        certificate=known.validities.get(certificate_id),
        approved_by=seal.decided_by,
        grant=_grant(authorisation),
        roles=known.roles.get(authorisation.person_id, frozenset()),
        used=known.used.get(authorisation.id, 0),
    )
    policy.require_usable(standing, contract_class=contract_class, now=now)
    return UsableSeal(
        seal_id=seal.id,
        authorisation_id=authorisation.id,
        organisation_id=seal.organisation_id,
        person_id=authorisation.person_id,
        name=seal.name,
        picture_key=seal.picture_key,
        certificate_id=certificate_id,
        contract_class=contract_class,
    )


def _grant(authorisation: SealAuthorisation) -> Grant:
    return Grant(
        person_id=authorisation.person_id,
        granted_by=authorisation.granted_by,
        valid_from=authorisation.valid_from,
        valid_until=authorisation.valid_until,
        contract_classes=frozenset(authorisation.contract_classes),
        max_uses=authorisation.max_uses,
        is_revoked=authorisation.revoked_at is not None,
    )
