"""The FastAPI application: routers, limits, error rendering."""

import importlib
import pkgutil
from collections.abc import Callable

from fastapi import FastAPI
from starlette.types import Lifespan

from api import docs, problems, routes
from api.headers import PrivateAnswers, PublicLog
from api.idempotency import Idempotency
from api.limits import MEGABYTE, BodyLimit
from api.rate import CheckLimit
from api.services import Services
from api.strict_json import StrictJSON

DESCRIPTION = """
Electronic signing, notarised storage and contract-performance credit.

Ids are prefixed (`env_…`), instants are RFC 3339 UTC, amounts are decimal strings with a currency. Errors are
`application/problem+json` with a stable `code`. Show a token as `Authorization: Bearer …`.
"""


def create_app(
    services: Services,
    *,
    body_limit_bytes: int = 50 * MEGABYTE,
    checks_per_minute: int = 0,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """The API over the given services; `web` adds its pages to the same application.

    `checks_per_minute`: how often one address may have something checked without an account; 0 doesn't limit.
    """
    app = FastAPI(
        title="Dingyue 鼎约", version="0.1.0", description=DESCRIPTION, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.state.services = services
    app.state.check_limit = CheckLimit(checks_per_minute)
    problems.install(app)
    docs.install(app)
    for module in _route_modules():
        for prefix, name in (("/v1", "router"), ("", "public_router")):
            if hasattr(module, name):
                app.include_router(getattr(module, name), prefix=prefix)
    app.add_middleware(Idempotency, unit_of_work=services.unit_of_work, secrets=services.secrets)
    app.add_middleware(StrictJSON)
    app.add_middleware(BodyLimit, limit_bytes=body_limit_bytes)
    app.add_middleware(PrivateAnswers)
    app.add_middleware(PublicLog)
    return app


def _route_modules() -> list[object]:
    """Every module in `api/routes`: `router` is mounted under /v1, `public_router` (standards' paths) at the root."""
    importer: Callable[[str], object] = importlib.import_module
    return [importer(f"api.routes.{found.name}") for found in pkgutil.iter_modules(routes.__path__)]
