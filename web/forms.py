"""Forms whose fields aren't known before somebody fills them in."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData


async def submitted(request: Request) -> FormData:
    """The form as it was sent. Starlette bounds the number of fields; the application bounds the size."""
    return await request.form()


Submitted = Annotated[FormData, Depends(submitted)]
