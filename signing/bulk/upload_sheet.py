"""Takes in a sheet: every row is checked and kept with what is wrong with it. Nothing is sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from accounts.policy import Actor, Scope
from core.sheets.checking import Problem, match_head
from core.sheets.errors import SheetTooManyRows
from core.sheets.read_sheet import MOST_ROWS
from core.sheets.sheet import Sheet
from core.unit_of_work import UnitOfWork
from signing.bulk import policy, repository
from signing.bulk.context import BulkContext
from signing.bulk.models import BulkSend
from signing.bulk.policy import EXTERNAL_ID, CheckedRow
from signing.errors import ExternalIdTaken
from signing.templates import repository as templates
from signing.templates.errors import TemplateNotFound
from signing.templates.models import TemplateVersion
from signing.templates.policy import PLAN
from signing.templates.use_template import usable_template

LONGEST_NAME = 200


def upload_sheet(
    context: BulkContext, actor: Actor, template_id: UUID, *, name: str, data: bytes, is_test: bool = False
) -> UUID:
    """The id of a bulk send that waits for its confirmation. The file itself isn't kept, its texts are.

    Raises `TemplateNotFound`, `TemplateArchived`, `SheetHeadInvalid`, and what reading the file raises.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.signing.unit_of_work() as uow:
        version = _current(uow, actor, template_id)
    sheet = context.read(data)
    plan = PLAN.validate_python(version.plan)
    matched = match_head(sheet.head, policy.columns(plan))
    _check_size(sheet)
    with context.signing.unit_of_work() as uow:
        bulk = BulkSend(
            id=uow.new_id(),
            organisation_id=actor.organisation_id,
            template_id=version.template_id,
            template_version=version.number,
            file_name=name[:LONGEST_NAME].replace("\x00", ""),
            file_sha256=hashlib.sha256(data).hexdigest(),
            columns=[column.key for column in matched.values()],
            is_test=is_test,
            created_by=actor.person_id,
            created_at=uow.now,
        )
        uow.session.add(bulk)
        uow.session.flush()
        checked = policy.check_rows(plan, matched, sheet.rows, uow.now)
        repository.add_rows(uow.session, bulk, _without_taken_ids(uow, actor, checked))
    return bulk.id


def _current(uow: UnitOfWork, actor: Actor, template_id: UUID) -> TemplateVersion:
    template = usable_template(uow, actor, template_id)
    version = templates.version(uow.session, template, template.version)
    if version is None:
        raise TemplateNotFound
    return version


def _check_size(sheet: Sheet) -> None:
    """Whoever read it: the interface allows no more."""
    if len(sheet.rows) > MOST_ROWS:
        raise SheetTooManyRows(most=MOST_ROWS)


def _without_taken_ids(uow: UnitOfWork, actor: Actor, rows: Sequence[CheckedRow]) -> list[CheckedRow]:
    """Rows whose external id another envelope has already can't be sent; sending asks once more."""
    given = [row.cells[EXTERNAL_ID] for row in rows if row.cells.get(EXTERNAL_ID)]
    taken = repository.external_ids_taken(uow.session, actor, given) if given else set()
    return [_with_taken(row, row.cells[EXTERNAL_ID]) if row.cells.get(EXTERNAL_ID) in taken else row for row in rows]


def _with_taken(row: CheckedRow, external_id: str) -> CheckedRow:
    problem = Problem(EXTERNAL_ID, ExternalIdTaken(external_id=external_id))
    return replace(row, problems=(*row.problems, problem))
