"""The use cases of the register in one place; the errors each raises are told where it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.models import Organisation
from accounts.policy import Actor, Scope
from core.errors import Language
from performance import reading
from performance.reading import ContractDossier
from performance.regions import RegionProfile
from performance.register import correct_contract, read_uploads, relate_units, repository
from performance.register.add_signed_file import SignedFileAdder
from performance.register.choose_rows import register_upload
from performance.register.context import RegisterContext
from performance.register.correct_contract import Correction
from performance.register.models import SignedFileCheck, UnitRelation
from performance.register.read_uploads import RowView, UploadView
from performance.register.register_rows import register_chosen
from performance.register.sheet_template import sheet_template
from performance.register.take_upload import take_upload
from performance.register.upload_policy import RowState

_CHUNKS_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterService(RegisterContext):
    """Its context plus everything that can be done with it."""

    # Profiles and units

    def regions(self, actor: Actor) -> list[RegionProfile]:
        """Classes, forms and duties in force, by region."""
        actor.require(Scope.CONTRACTS_READ)
        return self.profiles.all_current()

    def relations(self, actor: Actor) -> list[tuple[UnitRelation, Organisation, Organisation]]:
        """(relation, superior, subordinate), newest first, ended ones too."""
        actor.require(Scope.CONTRACTS_READ)
        statement = repository.relations(actor).order_by(UnitRelation.id.desc())
        with self.unit_of_work() as uow:
            return [(row[0], row[1], row[2]) for row in uow.session.execute(statement)]

    def begin_relation(
        self, actor: Actor, *, superior_uscc: str, subordinate_uscc: str, from_on: date, reason: str
    ) -> UnitRelation:
        with self.unit_of_work() as uow:
            return relate_units.begin_relation(
                uow,
                actor,
                superior_uscc=superior_uscc,
                subordinate_uscc=subordinate_uscc,
                from_on=from_on,
                reason=reason,
            )

    def end_relation(self, actor: Actor, relation_id: UUID, *, reason: str) -> UnitRelation:
        with self.unit_of_work() as uow:
            return relate_units.end_relation(uow, actor, relation_id, reason=reason)

    # Entries

    def correct(self, actor: Actor, contract_id: UUID, correction: Correction, *, reason: str) -> ContractDossier:
        with self.unit_of_work() as uow:
            file = correct_contract.correct_contract(uow, actor, contract_id, correction, self.profiles, reason=reason)
            return reading.dossier(uow.session, file, self.profiles)

    def add_signed_file(self, actor: Actor, contract_id: UUID, document_id: UUID) -> SignedFileCheck:
        return SignedFileAdder(self.unit_of_work, self.objects, self.validate).add(actor, contract_id, document_id)

    # Uploads

    def sheet_template(self, actor: Actor, region: str | None, *, is_workbook: bool, language: Language) -> bytes:
        """Raises `RegionUnknown`."""
        actor.require(Scope.CONTRACTS_READ)
        return sheet_template(self.profiles.current(region or actor.region), is_workbook=is_workbook, language=language)

    def take_upload(self, actor: Actor, *, name: str, data: bytes, region: str | None = None) -> UUID:
        return take_upload(self, actor, name=name, data=data, region=region)

    def upload(self, actor: Actor, upload_id: UUID) -> UploadView:
        return read_uploads.upload(self, actor, upload_id)

    def uploads(self, actor: Actor, *, before: UUID | None = None, limit: int = 50) -> list[UploadView]:
        return read_uploads.uploads(self, actor, before=before, limit=limit)

    def rows(
        self, actor: Actor, upload_id: UUID, *, state: RowState | None = None, after: int = 0, limit: int = 50
    ) -> list[RowView]:
        return read_uploads.rows(self, actor, upload_id, state=state, after=after, limit=limit)

    def report(self, actor: Actor, upload_id: UUID, *, is_workbook: bool, language: Language) -> bytes:
        return read_uploads.report(self, actor, upload_id, is_workbook=is_workbook, language=language)

    def register_upload(
        self,
        actor: Actor,
        upload_id: UUID,
        numbers: Sequence[int] | None = None,
        *,
        acknowledges_warnings: bool = False,
    ) -> None:
        register_upload(self, actor, upload_id, numbers, acknowledges_warnings=acknowledges_warnings)

    def register_chosen_rows(self) -> int:
        """For the worker: goes on with whatever was chosen and isn't registered yet. How many rows."""
        done = 0
        for _ in range(_CHUNKS_AT_ONCE):
            dealt_with = register_chosen(self)
            if not dealt_with:
                break
            done += dealt_with
        return done
