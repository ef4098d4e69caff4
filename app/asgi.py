"""The web application: the API and the pages over one composition."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.app import create_app
from api.limits import MEGABYTE
from app.composition import build
from app.processes import settle
from app.settings import Settings
from web.app import mount


def create(settings: Settings) -> FastAPI:
    """Builds the services and the application; connections are closed when it shuts down."""
    application = build(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        application.close()

    app = create_app(
        application.services,
        body_limit_bytes=settings.upload_limit_megabytes * MEGABYTE,
        checks_per_minute=settings.checks_per_minute,
        lifespan=lifespan,
    )
    mount(app)
    settle()
    return app
