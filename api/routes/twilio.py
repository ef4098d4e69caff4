"""Delivery reports of Twilio (status callbacks). The signature is the only thing that lets them in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request

from api.deps import CurrentServices
from core import ids

router = APIRouter(tags=["callbacks"])


async def form_parameters(request: Request) -> dict[str, str]:
    """All form fields, whatever their names: the signature covers every one of them."""
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


FormParameters = Annotated[dict[str, str], Depends(form_parameters)]


@router.post("/twilio/status", status_code=204)
def record_status(
    *,
    request: Request,
    services: CurrentServices,
    parameters: FormParameters,
    message: Annotated[str, Query(max_length=40, description="The message the callback is about")],
    attempt: Annotated[int, Query(ge=1, le=1_000_000, description="Which call to Twilio it is about")],
    signature: Annotated[str, Header(alias="X-Twilio-Signature", max_length=200)] = "",
) -> None:
    """Takes in a status callback. A forged one is refused; a repeated or outdated one changes nothing."""
    services.notify.record_callback(
        message_id=ids.parse(ids.MESSAGE, message),
        attempt=attempt,
        url=f"{request.url.path}?{request.url.query}",
        parameters=parameters,
        signature=signature,
    )
