"""An application behind a real socket on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn
from fastapi import FastAPI


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """The application behind a real socket, for as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none", lifespan="off"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    with httpx.Client(transport=httpx.HTTPTransport(retries=10), trust_env=False) as client:
        client.get(f"http://127.0.0.1:{port}/static/none")
    yield
    server.should_exit = True
    thread.join()
