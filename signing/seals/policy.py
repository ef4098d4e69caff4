"""Pure decisions about organisation seals: what may happen to a seal, and who may do it. No I/O.

    application     applied → approved (the seal is active) | refused | withdrawn
    seal            active ⇄ suspended → revoked
                       └────────────────────↑        revoked is for good, and so is its certificate's revocation
    authorisation   active → revoked | expired        expired follows from the clock and is written nowhere

Duties are kept apart, as custody of a seal of rubber is: one person *administers* (approves, authorises, suspends,
revokes), another *uses*, a third *audits*; nobody decides on their own application. Roles are those of the
membership at the time of the act, so that a change of roles takes effect at the next use, whatever was granted before.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from accounts.policy import Role
from core.clock import rfc3339
from signing.seals.errors import (
    SealAdministratorRole,
    SealApplicantRole,
    SealAuthorisationExhausted,
    SealAuthorisationExpired,
    SealAuthorisationMissing,
    SealAuthorisationNotYetValid,
    SealAuthorisationRevoked,
    SealCertificateUnusable,
    SealContractClassesInvalid,
    SealContractClassNotAuthorised,
    SealDutiesConflict,
    SealNotApplicant,
    SealNotUsable,
    SealPeriodInvalid,
    SealSelfApproval,
    SealStateConflict,
    SealSuspended,
    SealUsesInvalid,
)

LONGEST_AUTHORISATION = timedelta(days=3 * 365)
"""No longer than a seal's certificate lasts."""

RENEW_BEFORE = timedelta(days=30)
"""So long before a seal's certificate ends, a new one is made."""

MOST_USES = 100_000
MOST_CLASSES = 50
MOST_DOCUMENTS = 20
LONGEST_NAME = 40
LONGEST_REASON = 500
LONGEST_CLASS = 60


class SealKind(StrEnum):
    """公章, 合同专用章, 财务专用章, 发票专用章, 法定代表人章; what it may seal is the organisation's own rule."""

    OFFICIAL = "official"
    CONTRACT = "contract"
    FINANCE = "finance"
    INVOICE = "invoice"
    LEGAL_REPRESENTATIVE = "legal_representative"
    OTHER = "other"


class SealState(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class SealStep(StrEnum):
    """What moves a seal. The value is the evidence step's last word: `seal.approved`."""

    APPROVE = "approved"
    REFUSE = "refused"
    WITHDRAW = "withdrawn"
    SUSPEND = "suspended"
    RESUME = "resumed"
    REVOKE = "revoked"


class AuthorisationState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


LIVE = (SealState.APPLIED, SealState.ACTIVE, SealState.SUSPENDED)
"""States in which a seal's name is taken."""

KEPT = (SealState.ACTIVE, SealState.SUSPENDED)
"""States in which a seal has a certificate to be kept in force."""

_MOVES: dict[SealStep, dict[SealState, SealState]] = {
    SealStep.APPROVE: {SealState.APPLIED: SealState.ACTIVE},
    SealStep.REFUSE: {SealState.APPLIED: SealState.REFUSED},
    SealStep.WITHDRAW: {SealState.APPLIED: SealState.WITHDRAWN},
    SealStep.SUSPEND: {SealState.ACTIVE: SealState.SUSPENDED},
    SealStep.RESUME: {SealState.SUSPENDED: SealState.ACTIVE},
    SealStep.REVOKE: {SealState.ACTIVE: SealState.REVOKED, SealState.SUSPENDED: SealState.REVOKED},
}


@dataclass(frozen=True, slots=True)
class Validity:
    """A certificate as far as using its key goes."""

    not_before: datetime
    not_after: datetime
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorisation. No `contract_classes` means all of them, no `max_uses` any number of uses."""

    person_id: UUID
    granted_by: UUID
    valid_from: datetime
    valid_until: datetime
    contract_classes: frozenset[str] = frozenset()
    max_uses: int | None = None
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides whether a person may use a seal now.

    `certificate` is None if an authority elsewhere issued it: then that authority answers for it when it signs.
    `roles` are the user's now, none for somebody who left; `approved_by` let the seal come into being; `used` counts
    the uses of this grant.
    """

    state: SealState
    certificate: Validity | None
    approved_by: UUID | None
    grant: Grant
    roles: AbstractSet[Role]
    used: int


def move(state: SealState, step: SealStep) -> SealState:
    """The state after the step. Raises `SealStateConflict` if the step isn't possible in this one."""
    after = _MOVES[step].get(state)
    if after is None:
        raise SealStateConflict(state=str(state))
    return after


def require_active(state: SealState) -> None:
    """Only an active seal gets new users. Raises `SealStateConflict`."""
    if state is not SealState.ACTIVE:
        raise SealStateConflict(state=str(state))


def require_applicant(roles: AbstractSet[Role]) -> None:
    """Raises `SealApplicantRole`, or `SealDutiesConflict` for an auditor."""
    if not roles & {Role.CONTRACT_MANAGER, Role.SEAL_ADMINISTRATOR}:
        raise SealApplicantRole
    if Role.AUDITOR in roles:
        raise SealDutiesConflict(other=str(Role.AUDITOR), duty="applicant")


def require_own_application(*, applicant: UUID, person: UUID) -> None:
    if applicant != person:
        raise SealNotApplicant


def require_administrator(roles: AbstractSet[Role], *, person: UUID, users: Collection[UUID]) -> None:
    """`users` are those who may use this seal now or later.

    Raises `SealAdministratorRole`, or `SealDutiesConflict` for somebody who also audits or uses it.
    """
    if Role.SEAL_ADMINISTRATOR not in roles:
        raise SealAdministratorRole
    if Role.AUDITOR in roles:
        raise SealDutiesConflict(other=str(Role.AUDITOR), duty="administrator")
    if person in users:
        raise SealDutiesConflict(other="user", duty="administrator")


def require_decider(roles: AbstractSet[Role], *, person: UUID, applicant: UUID) -> None:
    """Approves or refuses: an administrator, and never the applicant. Raises `SealSelfApproval` or as above."""
    require_administrator(roles, person=person, users=())
    if person == applicant:
        raise SealSelfApproval


def require_user(roles: AbstractSet[Role], *, person: UUID, administrators: Collection[UUID | None]) -> None:
    """`administrators` are those who approved this seal or granted its use, whatever their roles are today.

    Raises `SealAuthorisationMissing` for somebody who is no member any more, `SealDutiesConflict` for an
    administrator or auditor.
    """
    if not roles:
        raise SealAuthorisationMissing
    if Role.SEAL_ADMINISTRATOR in roles or person in administrators:
        raise SealDutiesConflict(other="administrator", duty="user")
    if Role.AUDITOR in roles:
        raise SealDutiesConflict(other=str(Role.AUDITOR), duty="user")


def require_usable(standing: Standing, *, contract_class: str | None, now: datetime) -> None:
    """Every condition of one use: the seal, its certificate, the authorisation, and the person who acts.

    Raises `SealNotUsable`, `SealSuspended`, `SealCertificateUnusable`, `SealDutiesConflict`, or one of the
    `SealAuthorisation…` errors.
    """
    _require_state(standing.state)
    _require_certificate(standing.certificate, now)
    _require_grant(standing.grant, now)
    classes = standing.grant.contract_classes
    if classes and contract_class not in classes:
        raise SealContractClassNotAuthorised
    if standing.grant.max_uses is not None and standing.used >= standing.grant.max_uses:
        raise SealAuthorisationExhausted(max_uses=standing.grant.max_uses)
    administrators = (standing.approved_by, standing.grant.granted_by)
    require_user(standing.roles, person=standing.grant.person_id, administrators=administrators)


def authorisation_state(*, is_revoked: bool, valid_until: datetime, now: datetime) -> AuthorisationState:
    if is_revoked:
        return AuthorisationState.REVOKED
    return AuthorisationState.ACTIVE if now < valid_until else AuthorisationState.EXPIRED


def check_period(valid_from: datetime, valid_until: datetime, now: datetime) -> None:
    """Raises `SealPeriodInvalid`."""
    if not max(valid_from, now) < valid_until <= valid_from + LONGEST_AUTHORISATION:
        raise SealPeriodInvalid(days=LONGEST_AUTHORISATION.days)


def check_uses(max_uses: int | None) -> None:
    """Raises `SealUsesInvalid`."""
    if max_uses is not None and not 1 <= max_uses <= MOST_USES:
        raise SealUsesInvalid(most=MOST_USES)


def check_classes(contract_classes: Sequence[str]) -> None:
    """How many and whether twice; what a class may be called is checked as text. Raises the error named for it."""
    if len(contract_classes) > MOST_CLASSES or len(set(contract_classes)) != len(contract_classes):
        raise SealContractClassesInvalid(most=MOST_CLASSES)


def _require_state(state: SealState) -> None:
    if state is SealState.SUSPENDED:
        raise SealSuspended
    if state is not SealState.ACTIVE:
        raise SealNotUsable(state=str(state))


def _require_certificate(certificate: Validity | None, now: datetime) -> None:
    if certificate is None:
        return
    if certificate.is_revoked or not certificate.not_before <= now < certificate.not_after:
        raise SealCertificateUnusable


def _require_grant(grant: Grant, now: datetime) -> None:
    if grant.is_revoked:
        raise SealAuthorisationRevoked
    if now >= grant.valid_until:
        raise SealAuthorisationExpired(valid_until=rfc3339(grant.valid_until))
    if now < grant.valid_from:
        raise SealAuthorisationNotYetValid(valid_from=rfc3339(grant.valid_from))
