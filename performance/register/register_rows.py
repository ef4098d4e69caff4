"""Registers chosen rows of uploads, chunk by chunk; the request that chose them and the worker run the same function.

    take rows (locked) → build their contracts → COPY contracts, evidence, history → mark the rows      [one commit]

Crash points: chosen and nothing begun; a chunk written and not committed; committed, with others still to come. Each
time the rows say what is left: a row and its contract change in one transaction, so that a row becomes one contract
and never two, and none is half done. Several may work at once: who comes second skips the rows that are taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from accounts.models import Organisation
from accounts.repository import organisations_by_uscc
from core import ids
from core.clock import china_day
from core.copying import copy_in, plain
from core.sheets.checking import Problem
from core.unit_of_work import UnitOfWork
from ledger.insert_evidence import NewEvidence, copy_evidence
from ledger.record import Subject
from ledger.record_evidence import new_evidence
from performance import policy
from performance.compose_contract import build_contract
from performance.events import ContractRegistered
from performance.models import Contract, ContractContact, ContractHistory, ContractParty, Obligation
from performance.policy import ContractState, Intake, ObligationChange, ObligationState
from performance.recording import Author, announce_schedule, obligation_facts, party_fact
from performance.register.columns import columns
from performance.register.context import RegisterContext
from performance.register.models import ContractFiling, ContractUpload, ContractUploadRow
from performance.register.repository import units_of
from performance.register.take_upload import compare_with_register
from performance.register.upload_policy import CheckedRow, RowChecker, RowState
from performance.register_contract import filing_row, registration_facts
from performance.repository import ContractFile, ObligationInHand

CONTRACT_UPLOAD = "cup"
_ATTEMPTS = 3
_HISTORY = plain(ContractHistory)


def register_chosen(context: RegisterContext, upload_id: UUID | None = None) -> int:
    """Registers the next chunk of an upload's chosen rows, or of anybody's; how many rows it dealt with."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with context.unit_of_work() as uow:
                return _register_chunk(context, uow, upload_id)
        except UniqueViolation:
            # Somebody entered one of the numbers between our look and our COPY: looking again finds it taken.
            if attempt == _ATTEMPTS:
                raise
    return 0


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What the rows of a chunk have in common."""

    upload: ContractUpload
    author: Author
    checker: RowChecker
    accounts: Mapping[str, Organisation]


def _register_chunk(context: RegisterContext, uow: UnitOfWork, upload_id: UUID | None) -> int:
    taken = _take(context, uow, upload_id)
    if not taken:
        return 0
    upload = uow.session.get_one(ContractUpload, taken[0].upload_id)
    rows = [row for row in taken if row.upload_id == upload.id]
    checker = RowChecker(
        context.profiles,
        upload.region,
        upload.profile_version,
        units_of(uow.session, upload.organisation_id),
        china_day(uow.now),
    )
    known = {column.key: column for column in columns()}
    of_sheet = [known[key] for key in upload.columns]
    checked = compare_with_register(uow.session, [checker.check(of_sheet, row.number, row.cells) for row in rows])
    good: list[CheckedRow] = []
    for row, found in zip(rows, checked, strict=True):
        if found.state is RowState.READY or (found.state is RowState.WARNED and row.is_acknowledged):
            good.append(_with_warnings(row, found))
        else:
            row.state, row.problems = str(found.state), [problem.stored() for problem in found.problems]
            row.is_acknowledged = False
    usccs = {party.uscc for found in good if found.elements for party in found.elements.parties}
    author = Author(upload.organisation_id, upload.chosen_by_person_id)
    chunk = _Chunk(upload, author, checker, organisations_by_uscc(uow.session, list(usccs)))
    files = [_build(context, uow, chunk, found) for found in good]
    uow.session.flush()
    _write(uow, chunk, good, files)
    _mark(uow, upload.id, {found.number: file.contract.id for found, file in zip(good, files, strict=True)})
    return len(rows)


def _with_warnings(row: ContractUploadRow, found: CheckedRow) -> CheckedRow:
    """With the warnings of the preview: what it shares with other rows of the sheet isn't looked at again."""
    shown = [Problem.of_stored(stored) for stored in row.problems if stored["is_warning"]]
    known = {problem.error.code for problem in found.problems}
    return replace(found, problems=(*found.problems, *(each for each in shown if each.error.code not in known)))


def _take(context: RegisterContext, uow: UnitOfWork, upload_id: UUID | None) -> Sequence[ContractUploadRow]:
    statement = select(ContractUploadRow).where(ContractUploadRow.state == str(RowState.CHOSEN))
    if upload_id is not None:
        statement = statement.where(ContractUploadRow.upload_id == upload_id)
    ordered = statement.order_by(ContractUploadRow.upload_id, ContractUploadRow.number).limit(context.chunk)
    return uow.session.scalars(ordered.with_for_update(skip_locked=True)).all()


def _build(context: RegisterContext, uow: UnitOfWork, chunk: _Chunk, row: CheckedRow) -> ContractFile:
    """The contract as it stands once it is registered, its obligations scheduled."""
    if row.elements is None or row.unit is None:
        raise AssertionError("a row without a contract was chosen")
    profile = context.profiles.version(chunk.upload.region, chunk.upload.profile_version)
    file = build_contract(
        uow, row.elements, profile, chunk.accounts, owner_id=row.unit.id, way=Intake.BULK_UPLOAD, row=plain
    )
    contract = file.contract
    contract.signed_on, contract.registered_at = row.elements.signed_on, uow.now
    for obligation in file.obligations:
        before = ObligationState(obligation.state)
        obligation.state = policy.next_obligation_state(before, ObligationChange.SCHEDULE)
    states = [ObligationState(each.state) for each in file.obligations]
    contract.state = policy.contract_state_after(ContractState.REGISTERED, states)
    return file


def _write(uow: UnitOfWork, chunk: _Chunk, rows: Sequence[CheckedRow], files: Sequence[ContractFile]) -> None:
    evidence = [_evidence(uow, chunk, row, file) for row, file in zip(rows, files, strict=True)]
    for file, record in zip(files, evidence, strict=True):
        file.contract.evidence_id = record.id
    copy_in(uow.session, Contract, [file.contract for file in files])
    copy_in(uow.session, ContractParty, [party for file in files for party in file.parties])
    copy_in(uow.session, ContractContact, [contact for file in files for contact in file.contacts])
    copy_in(uow.session, Obligation, [obligation for file in files for obligation in file.obligations])
    copy_evidence(uow.session, evidence)
    both = list(zip(rows, files, strict=True))
    copy_in(uow.session, ContractHistory, [line for row, file in both for line in _history(uow, chunk, row, file)])
    copy_in(uow.session, ContractFiling, [filing for row, file in both for filing in _filings(chunk, row, file)])
    for file in files:
        _announce(uow, file)


def _evidence(uow: UnitOfWork, chunk: _Chunk, row: CheckedRow, file: ContractFile) -> NewEvidence:
    """One record for the contract and its obligations: the first of the contract's chain."""
    contract, upload = file.contract, chunk.upload
    readers = [contract.owner_organisation_id, upload.organisation_id]
    readers += [party.organisation_id for party in file.parties if party.organisation_id is not None]
    facts = {
        "contract_number": contract.number,
        "by": chunk.author.facts(),
        **registration_facts(file),
        "obligations": [obligation_facts(obligation) for obligation in file.obligations],
        "upload": ids.public(CONTRACT_UPLOAD, upload.id),
        "upload_sha256": upload.file_sha256,
        "row": row.number,
    }
    return new_evidence(
        uow.new_id(),
        at=uow.now,
        type="contract.registered",
        subject=Subject("contract", ids.public(ids.CONTRACT, contract.id)),
        organisation_ids=readers,
        facts=facts,
        files=(),
    )


def _history(uow: UnitOfWork, chunk: _Chunk, row: CheckedRow, file: ContractFile) -> list[ContractHistory]:
    contract, author = file.contract, chunk.author
    reason = f"批量上传登记（{ids.public(CONTRACT_UPLOAD, chunk.upload.id)} 第 {row.number} 行）"

    def line(
        change: str, before: str | None, after: str | None, *, why: str = reason, about: UUID | None = None
    ) -> ContractHistory:
        made: ContractHistory = _HISTORY(
            contract_id=contract.id,
            obligation_id=about,
            at=uow.now,
            organisation_id=author.organisation_id,
            person_id=author.person_id,
            change=change,
            before=before,
            after=after,
            reason=why,
            evidence_id=contract.evidence_id,
        )
        return made

    lines = [line("contract_state", None, ContractState.REGISTERED)]
    if contract.state != ContractState.REGISTERED:
        lines.append(line("contract_state", ContractState.REGISTERED, contract.state))
    lines += [
        line(ObligationChange.SCHEDULE, ObligationState.DRAFTED, each.state, about=each.id) for each in file.obligations
    ]
    for problem in row.problems:  # Only warnings that somebody acknowledged are left.
        lines.append(line("duplicate_acknowledged", None, None, why=problem.error.message("zh")))
    return lines


def _filings(chunk: _Chunk, row: CheckedRow, file: ContractFile) -> list[ContractFiling]:
    if row.elements is None or row.unit is None:
        return []
    verdicts = chunk.checker.filing(row.elements, row.unit)
    return [filing_row(file.contract.id, verdict, row.elements.late_reason) for verdict in verdicts]


def _announce(uow: UnitOfWork, file: ContractFile) -> None:
    contract = file.contract
    uow.emit(
        ContractRegistered(
            contract_id=contract.id,
            number=contract.number,
            title=contract.title,
            parties=[party_fact(party) for party in file.parties],
            registered_at=uow.now,
        )
    )
    for obligation in file.obligations:
        announce_schedule(uow, ObligationInHand(file, obligation))


_MARK = text("""
    UPDATE contract_upload_row SET state = 'registered', contract_id = made.contract_id
    FROM unnest(CAST(:numbers AS bigint[]), :contracts) AS made (number, contract_id)
    WHERE contract_upload_row.upload_id = :upload_id AND contract_upload_row.number = made.number
""").bindparams(bindparam("contracts", type_=ARRAY(Uuid())))


def _mark(uow: UnitOfWork, upload_id: UUID, made: Mapping[int, UUID]) -> None:
    if made:
        parameters = {"numbers": list(made), "contracts": list(made.values()), "upload_id": upload_id}
        uow.session.execute(_MARK, parameters)
