"""Anybody may hold an old receipt of theirs against today's log. Nothing is kept."""

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from api.deps import CurrentServices
from api.rate import CheckRoute
from api.schemas.receipts import ReceiptVerdictOutput
from ledger.compare_receipt import compare_receipt

router = APIRouter(prefix="/log", tags=["log"], route_class=CheckRoute)


@router.post("/receipt-check")
def check_receipt(
    services: CurrentServices,
    file: Annotated[UploadFile | None, File(description="An evidence package, a checkpoint or a tlog-proof")] = None,
    text: Annotated[str, Form(max_length=200_000, description="Instead of a file: a checkpoint or tlog-proof")] = "",
) -> ReceiptVerdictOutput:
    """Proves that today's log has kept everything an old package, checkpoint or tlog-proof proves; or that it hasn't.

    Needs no account. The answer holds both signed checkpoints and the proofs between them, so that it needn't be
    believed; `dingyue monitor receipt` does the same from outside.
    """
    data = file.file.read() if file is not None else text.encode("utf-8", "surrogatepass")
    return ReceiptVerdictOutput.model_validate(compare_receipt(services.ledger, data).to_json())
