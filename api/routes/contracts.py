"""The contract register: enter, attach to an envelope, list, read, history."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.contracts import (
    AttachEnvelope,
    ContractPage,
    ContractSearch,
    ContractView,
    HistoryEntry,
    HistoryPage,
    NewArchiving,
    NewContract,
    NewPublication,
    contract_item,
    contract_view,
)
from api.schemas.register import AddSignedFile, NewCorrection, SignedFileView, signed_file_view
from core import ids
from performance.models import ContractHistory

router = APIRouter(prefix="/contracts", tags=["contracts"])


@router.post("", status_code=201)
def enter_contract(actor: CurrentActor, services: CurrentServices, body: NewContract) -> ContractView:
    """Enters a contract your organisation is a party to: a draft, one being signed here, or one signed elsewhere."""
    return contract_view(services.performance.enter_contract(actor, body.elements()))


@router.get("")
def list_contracts(
    actor: CurrentActor,
    services: CurrentServices,
    search: Annotated[ContractSearch, Query()],
) -> ContractPage:
    """The contracts you may see, newest first. Numbers and names are found by how they begin."""
    page = services.performance.contracts(actor, search.wanted(), cursor=search.cursor, limit=search.limit)
    return ContractPage(items=[contract_item(each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/{contract_id}")
def read_contract(actor: CurrentActor, services: CurrentServices, contract_id: str) -> ContractView:
    """Parties, contacts, obligations, and whether its class must be reported."""
    return contract_view(services.performance.contract(actor, ids.parse(ids.CONTRACT, contract_id)))


@router.post("/{contract_id}/envelope")
def attach_envelope(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: AttachEnvelope
) -> ContractView:
    """Ties a draft to an envelope that is not finished: its completion registers the contract."""
    envelope_id = ids.parse(ids.ENVELOPE, body.envelope_id)
    contract = ids.parse(ids.CONTRACT, contract_id)
    return contract_view(services.performance.attach_envelope(actor, contract, envelope_id))


@router.post("/{contract_id}/publication")
def publish_contract(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewPublication
) -> ContractView:
    """Says where and when the contract was made public."""
    dossier = services.performance.publish_contract(
        actor, ids.parse(ids.CONTRACT, contract_id), published_on=body.published_on, where=body.where
    )
    return contract_view(dossier)


@router.post("/{contract_id}/archive")
def archive_contract(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewArchiving
) -> ContractView:
    """Nothing more is expected of a contract that was evaluated."""
    contract = ids.parse(ids.CONTRACT, contract_id)
    return contract_view(services.performance.archive_contract(actor, contract, reason=body.reason))


@router.get("/{contract_id}/history")
def read_history(
    actor: CurrentActor,
    services: CurrentServices,
    contract_id: str,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> HistoryPage:
    """Who changed what, when, from what to what, and why; oldest first."""
    contract = ids.parse(ids.CONTRACT, contract_id)
    page = services.performance.history(actor, contract, cursor=cursor, limit=limit)
    return HistoryPage(items=[_history_entry(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("/{contract_id}/corrections", status_code=201)
def correct_contract(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewCorrection
) -> ContractView:
    """Mends what was entered, field by field, each on record with its reason. What the parties agreed anew is an
    amendment they sign."""
    contract = ids.parse(ids.CONTRACT, contract_id)
    return contract_view(services.register.correct(actor, contract, body.correction(), reason=body.reason))


@router.post("/{contract_id}/signed-files", status_code=201)
def add_signed_file(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: AddSignedFile
) -> SignedFileView:
    """Adds the signed PDF to an entry made by hand: it is validated, and the verdict stays on record."""
    contract = ids.parse(ids.CONTRACT, contract_id)
    document = ids.parse(ids.DOCUMENT, body.document_id)
    return signed_file_view(services.register.add_signed_file(actor, contract, document))


@router.get("/{contract_id}/signed-files")
def list_signed_files(actor: CurrentActor, services: CurrentServices, contract_id: str) -> list[SignedFileView]:
    """The signed PDFs that were added, newest first, with what their validation came to."""
    dossier = services.performance.contract(actor, ids.parse(ids.CONTRACT, contract_id))
    return [signed_file_view(each) for each in dossier.file_checks]


def _history_entry(row: ContractHistory) -> HistoryEntry:
    return HistoryEntry(
        sequence=row.sequence,
        at=row.at,
        organisation_id=ids.public(ids.ORGANISATION, row.organisation_id) if row.organisation_id else None,
        person_id=ids.public(ids.PERSON, row.person_id) if row.person_id else None,
        obligation_id=ids.public(ids.OBLIGATION, row.obligation_id) if row.obligation_id else None,
        change=row.change,
        before=row.before,
        after=row.after,
        reason=row.reason,
        evidence_id=ids.public(ids.EVIDENCE, row.evidence_id) if row.evidence_id else None,
    )
