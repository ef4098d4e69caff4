"""Takes in a sheet of contracts: stored, parsed, every row checked and kept with what is wrong. Nothing is registered.

    read and check (no transaction) → store the file → keep the rows (transaction)

The file is stored before the rows: a crash in between leaves an object nobody refers to, never rows without their
file.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from core.clock import china_day
from core.copying import copy_in, plain
from core.sheets.checking import Problem, match_head
from performance.errors import ContractNumberTaken
from performance.register.columns import columns
from performance.register.context import RegisterContext
from performance.register.duplicates import likeness, lookalikes, taken_numbers
from performance.register.errors import ContractLooksDuplicate
from performance.register.models import ContractUpload, ContractUploadRow
from performance.register.repository import units_of
from performance.register.upload_policy import MOST_ROWS, CheckedRow, RowChecker, check_rows

LONGEST_NAME = 200
_ROW = plain(ContractUploadRow)
MOST_TOLD = 5


def take_upload(context: RegisterContext, actor: Actor, *, name: str, data: bytes, region: str | None = None) -> UUID:
    """The id of an upload whose rows wait for a choice. Raises `RegionUnknown`, `SheetHeadInvalid`, and what reading
    the file raises."""
    actor.require(Scope.CONTRACTS_WRITE)
    profile = context.profiles.current(region or actor.region)
    sheet = context.read(data, MOST_ROWS)
    matched = match_head(sheet.head, columns())
    with context.unit_of_work() as uow:
        units, today = units_of(uow.session, actor.organisation_id), china_day(uow.now)
    checker = RowChecker(context.profiles, profile.region, profile.version, units, today)
    checked = check_rows(checker, matched, sheet.rows)
    object_key = context.objects.put(data)
    with context.unit_of_work() as uow:
        upload = ContractUpload(
            id=uow.new_id(),
            organisation_id=actor.organisation_id,
            region=profile.region,
            profile_version=profile.version,
            file_name=name[:LONGEST_NAME].replace("\x00", ""),
            file_sha256=hashlib.sha256(data).hexdigest(),
            object_key=object_key,
            columns=[column.key for column in matched.values()],
            uploaded_at=uow.now,
            uploaded_by_person_id=actor.person_id,
        )
        uow.session.add(upload)
        uow.session.flush()
        compared = compare_with_register(uow.session, checked)
        copy_in(uow.session, ContractUploadRow, [_stored(upload.id, row) for row in compared])
    return upload.id


def compare_with_register(session: Session, rows: Sequence[CheckedRow]) -> list[CheckedRow]:
    """Rows whose number their unit has used are wrong; rows that look like a registered contract get a warning. Two
    queries however many rows."""
    pairs = [(row.unit.id, row.elements.number or "") if row.unit and row.elements else None for row in rows]
    taken = taken_numbers(session, {pair for pair in pairs if pair is not None})
    similar = lookalikes(session, [likeness(row.elements) if row.elements else None for row in rows])
    compared = []
    for row, pair, numbers in zip(rows, pairs, similar, strict=True):
        found = row
        if pair is not None and pair in taken:
            found = found.with_problem(Problem("number", ContractNumberTaken(number=pair[1])))
        elif numbers:
            error = ContractLooksDuplicate(numbers=", ".join(numbers[:MOST_TOLD]))
            found = found.with_problem(Problem(None, error, is_warning=True))
        compared.append(found)
    return compared


def _stored(upload_id: UUID, row: CheckedRow) -> ContractUploadRow:
    made: ContractUploadRow = _ROW(
        upload_id=upload_id,
        number=row.number,
        state=str(row.state),
        is_acknowledged=False,
        cells=dict(row.cells),
        problems=[problem.stored() for problem in row.problems],
    )
    return made
