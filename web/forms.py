"""Forms whose fields aren't known before somebody fills them in."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

_LONGEST_PART = 1_500_000
"""Bytes of one text: a megabyte of PNG, drawn on the page, as a data URL."""


async def submitted(request: Request) -> AsyncIterator[FormData]:
    """The form as it was sent. Starlette bounds the number of fields; the application bounds the size.

    Files that came with it are closed once the request is answered.
    """
    async with request.form(max_part_size=_LONGEST_PART) as form:
        yield form


Submitted = Annotated[FormData, Depends(submitted)]
