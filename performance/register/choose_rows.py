"""A person says which rows of an upload become contracts: all good ones, or those they name.

The choice is one transaction; what was chosen is then registered chunk by chunk (`register_rows`), here at once, and
by the worker if we are killed. Choosing again what is chosen or registered changes nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, literal, or_, select, update

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from performance.register.context import RegisterContext
from performance.register.errors import UploadNothingToRegister, UploadRowsNotChoosable
from performance.register.models import ContractUpload, ContractUploadRow
from performance.register.read_uploads import own_upload
from performance.register.register_rows import register_chosen
from performance.register.upload_policy import RowState

_MOST_TOLD = 10
_DONE = (str(RowState.CHOSEN), str(RowState.REGISTERED))


def register_upload(
    context: RegisterContext,
    actor: Actor,
    upload_id: UUID,
    numbers: Sequence[int] | None = None,
    *,
    acknowledges_warnings: bool = False,
) -> None:
    """Chooses and registers. Without `numbers` all good rows; rows with a warning only if it is acknowledged.

    Raises `UploadNotFound`, `UploadRowsNotChoosable` (then nothing is chosen) or `UploadNothingToRegister`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    with context.unit_of_work() as uow:
        upload = own_upload(uow.session, actor, upload_id, is_locked=True)
        _choose(uow, upload, numbers, acknowledges_warnings=acknowledges_warnings)
        upload.chosen_at, upload.chosen_by_person_id = uow.now, actor.person_id
    while register_chosen(context, upload_id):
        pass


def _choose(
    uow: UnitOfWork, upload: ContractUpload, numbers: Sequence[int] | None, *, acknowledges_warnings: bool
) -> None:
    may = [str(RowState.READY), *([str(RowState.WARNED)] if acknowledges_warnings else [])]
    mine = ContractUploadRow.upload_id == upload.id
    chosen = update(ContractUploadRow).where(mine, ContractUploadRow.state.in_(may))
    if numbers is not None:
        wanted = ContractUploadRow.number.in_(list(numbers))
        fits = or_(ContractUploadRow.state.in_(may), ContractUploadRow.state.in_(_DONE))
        known = set(uow.session.scalars(select(ContractUploadRow.number).where(mine, wanted, fits)))
        others = sorted(set(numbers) - known)
        if others:
            raise UploadRowsNotChoosable(rows=", ".join(map(str, others[:_MOST_TOLD])))
        chosen = chosen.where(wanted)
    seen = or_(ContractUploadRow.is_acknowledged, literal(acknowledges_warnings))
    uow.session.execute(chosen.values(state=str(RowState.CHOSEN), is_acknowledged=seen))
    done = select(func.count()).select_from(ContractUploadRow).where(mine, ContractUploadRow.state.in_(_DONE))
    if not uow.session.scalar(done):
        raise UploadNothingToRegister
