"""Speaks HTTP with an application in this very process, without a socket."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class InProcessClient:
    """What `httpx.Client` is, for an ASGI application. An error the application doesn't handle is a 500 here, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **options))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://dingyue.test") as client:
            return await client.request(method, path, **options)
