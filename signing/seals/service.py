"""The use cases of seals in one place: `SealService` is its context plus everything persons may do with seals.

Using a seal isn't among them: that is `use_seal`, inside an envelope's own unit of work.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.policy import Actor
from signing.pki.policy import RevocationReason
from signing.seals import read_seals as reads
from signing.seals.apply_for_seal import NewSeal, apply_for_seal, withdraw_application
from signing.seals.authorise_user import NewAuthorisation, authorise_user, revoke_authorisation
from signing.seals.change_seal import resume_seal, revoke_seal, suspend_seal
from signing.seals.context import SealContext
from signing.seals.decide_application import approve_seal, refuse_seal
from signing.seals.models import Seal
from signing.seals.policy import SealState
from signing.seals.read_seals import AuthorisationView, UseView
from signing.seals.renew_certificates import renew_certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class SealService(SealContext):
    """Every method is one use case; the errors it raises are told where it is written."""

    def apply_for_seal(self, actor: Actor, new: NewSeal) -> UUID:
        return apply_for_seal(self, actor, new)

    def withdraw_application(self, actor: Actor, seal_id: UUID) -> None:
        withdraw_application(self, actor, seal_id)

    def approve_seal(self, actor: Actor, seal_id: UUID) -> None:
        approve_seal(self, actor, seal_id)

    def refuse_seal(self, actor: Actor, seal_id: UUID, reason: str) -> None:
        refuse_seal(self, actor, seal_id, reason)

    def suspend_seal(self, actor: Actor, seal_id: UUID, reason: str) -> None:
        suspend_seal(self, actor, seal_id, reason)

    def resume_seal(self, actor: Actor, seal_id: UUID, reason: str) -> None:
        resume_seal(self, actor, seal_id, reason)

    def revoke_seal(self, actor: Actor, seal_id: UUID, reason: str, cause: RevocationReason) -> None:
        revoke_seal(self, actor, seal_id, reason, cause)

    def authorise_user(self, actor: Actor, seal_id: UUID, new: NewAuthorisation) -> UUID:
        return authorise_user(self, actor, seal_id, new)

    def revoke_authorisation(self, actor: Actor, seal_id: UUID, authorisation_id: UUID, reason: str) -> None:
        revoke_authorisation(self, actor, seal_id, authorisation_id, reason)

    def renew_certificates(self, now: datetime) -> int:
        return renew_certificates(self, now)

    def seal(self, actor: Actor, seal_id: UUID) -> Seal:
        return reads.seal(self, actor, seal_id)

    def seals(self, actor: Actor, *, state: SealState | None, before: UUID | None, limit: int) -> Sequence[Seal]:
        return reads.seals(self, actor, state=state, before=before, limit=limit)

    def picture(self, actor: Actor, seal_id: UUID) -> bytes:
        return reads.picture(self, actor, seal_id)

    def authorisations(
        self, actor: Actor, seal_id: UUID, *, before: UUID | None, limit: int
    ) -> list[AuthorisationView]:
        return reads.authorisations(self, actor, seal_id, before=before, limit=limit)

    def authorisation(self, actor: Actor, seal_id: UUID, authorisation_id: UUID) -> AuthorisationView:
        return reads.authorisation(self, actor, seal_id, authorisation_id)

    def uses(self, actor: Actor, seal_id: UUID, *, before: UUID | None, limit: int) -> list[UseView]:
        return reads.uses(self, actor, seal_id, before=before, limit=limit)

    def export_uses(self, actor: Actor, seal_id: UUID) -> Iterator[bytes]:
        return reads.export_uses(self, actor, seal_id)
