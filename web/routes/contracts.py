"""`/contracts`: the register as its viewer may see it, and a contract with all that belongs to it."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.clock import china_day
from ledger.errors import EvidenceNotFound
from ledger.record import Subject
from performance.policy import ContractState
from performance.register.search import ContractFilter
from performance.repository import ContractFile
from signing.errors import EnvelopeNotFound
from signing.policy import EnvelopeState
from signing.read_envelopes import EnvelopeView
from web.actions import own_role
from web.downloads import download
from web.evidence import evidence_state
from web.pages import page_router
from web.rendering import render
from web.viewer import CurrentViewer, Viewer

router = page_router()

PAGE_SIZE = 20
HISTORY_SIZE = 200
_DUE_SOON = timedelta(days=30)

Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/contracts")
def contracts(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    state: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = None,
) -> Response:
    """An unknown state shows all, as no state does."""
    wanted = state if state in set(ContractState) else None
    page = services.performance.contracts(viewer.actor, ContractFilter(state=wanted), cursor=cursor, limit=PAGE_SIZE)
    return render(
        request,
        "contracts.html",
        view="all",
        page=page,
        state=wanted or "",
        states=list(ContractState),
        counts=services.performance.contract_counts(viewer.actor),
    )


@router.get("/contracts/due")
def due_soon(request: Request, services: CurrentServices, viewer: CurrentViewer, cursor: Cursor = None) -> Response:
    """Scheduled obligations of the next thirty days, the soonest first."""
    before = china_day(services.clock.now()) + _DUE_SOON
    page = services.performance.obligations(
        viewer.actor, due_before=before, states=["scheduled"], cursor=cursor, limit=PAGE_SIZE
    )
    return render(request, "obligations.html", view="due", page=page, counts=None)


@router.get("/contracts/overdue")
def overdue(request: Request, services: CurrentServices, viewer: CurrentViewer, cursor: Cursor = None) -> Response:
    page = services.performance.obligations(viewer.actor, is_overdue=True, cursor=cursor, limit=PAGE_SIZE)
    return render(request, "obligations.html", view="overdue", page=page, counts=None)


@router.get("/contracts/{contract_id}")
def contract(
    request: Request, services: CurrentServices, viewer: CurrentViewer, contract_id: str, cursor: Cursor = None
) -> Response:
    identifier = ids.parse(ids.CONTRACT, contract_id)
    dossier = services.performance.contract(viewer.actor, identifier)
    file = dossier.file
    return render(
        request,
        "contract.html",
        file=file,
        contract=file.contract,
        duty=dossier.duty,
        own_role=own_role(viewer.uscc, file),
        envelope=_envelope(services, viewer, file.contract.envelope_id),
        history=services.performance.history(viewer.actor, identifier, cursor=cursor, limit=HISTORY_SIZE),
        evidence=evidence_state(services, viewer.actor, *subjects_of(file)),
        EnvelopeState=EnvelopeState,
    )


@router.get("/contracts/{contract_id}/contract.pdf")
def signed_pdf(services: CurrentServices, viewer: CurrentViewer, contract_id: str) -> Response:
    """The signed PDF, or what there is of it while it is being signed."""
    file = services.performance.contract(viewer.actor, ids.parse(ids.CONTRACT, contract_id)).file
    stored = services.signing.envelope_content(viewer.actor, _envelope_id(file))
    return download(stored.data, stored.name, "application/pdf")


@router.get("/contracts/{contract_id}/evidence.asice")
def evidence_package(services: CurrentServices, viewer: CurrentViewer, contract_id: str) -> Response:
    """Everything about the contract in one file that anybody can check offline."""
    file = services.performance.contract(viewer.actor, ids.parse(ids.CONTRACT, contract_id)).file
    package = services.packages.build(viewer.actor, *(subject.id for subject in subjects_of(file)))
    return download(package.data, package.file_name, "application/vnd.etsi.asic-e+zip")


def subjects_of(file: ContractFile) -> list[Subject]:
    """What the evidence of a contract is about: its signing and its performance."""
    found = [Subject("contract", ids.public(ids.CONTRACT, file.contract.id))]
    if file.contract.envelope_id is not None:
        found.insert(0, Subject("envelope", ids.public(ids.ENVELOPE, file.contract.envelope_id)))
    return found


def _envelope_id(file: ContractFile) -> UUID:
    """Raises `EnvelopeNotFound` for a contract that was not signed here."""
    if file.contract.envelope_id is None:
        raise EnvelopeNotFound
    return file.contract.envelope_id


def _envelope(services: Services, viewer: Viewer, envelope_id: UUID | None) -> EnvelopeView | None:
    """None for whoever may read the contract but not its signing (a regulator)."""
    if envelope_id is None:
        return None
    try:
        return services.signing.envelope(viewer.actor, envelope_id)
    except (EnvelopeNotFound, EvidenceNotFound):
        return None
