"""The demonstration's view of the service: a small REST client, and a stack started as a person would start it."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from app.embedded import free_port
from app.processes import die_with_parent
from app.seed import demo_password

T = TypeVar("T")
_PATIENCE_SECONDS = 90
# Loaded once: it takes longer than a call.
_CERTIFICATES = ssl.create_default_context()


class StepFailed(AssertionError):
    """Something the story promises did not hold."""


class Client:
    """REST calls as one user. Every answer that isn't expected is a `StepFailed` with the problem document."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **parameters: Any) -> Any:
        return self._expect(self._call("GET", path, params=parameters)).json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = self._expect(self._call("POST", path, json={} if body is None else body))
        return answer.json() if answer.content else None

    def put(self, path: str, body: Any) -> Any:
        return self._expect(self._call("PUT", path, json=body)).json()

    def upload(self, path: str, name: str, data: bytes) -> Any:
        files = {"file": (name, data, "application/pdf")}
        return self._expect(self._call("POST", path, files=files)).json()

    def download(self, path: str) -> bytes:
        return self._expect(self._call("GET", path)).content

    def try_get(self, path: str, **parameters: Any) -> httpx.Response:
        return self._call("GET", path, params=parameters)

    def _call(self, method: str, path: str, **content: Any) -> httpx.Response:
        # No connection is kept: the service may be killed and started again between two calls.
        return httpx.request(
            method,
            self._base_url + path,
            headers=self._headers,
            timeout=60,
            trust_env=False,
            verify=_CERTIFICATES,
            **content,
        )

    def _expect(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            raise StepFailed(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
        return answer


def sign_in(base_url: str, email: str, password: str) -> Client:
    session = Client(base_url).post("/v1/sessions", {"email": email, "password": password})
    return Client(base_url, session["token"])


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """Looks until there is something; raises `StepFailed` after a minute and a half."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None and found is not False:
            return found
        time.sleep(0.2)
    raise StepFailed(f"waited {_PATIENCE_SECONDS} s in vain for {what}")


class RunningStack:
    """`dingyue up` in a data directory of its own, with the demonstration's accounts and no contracts."""

    def __init__(self, data_directory: Path) -> None:
        self.data_directory = data_directory
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        return demo_password(self.data_directory)

    def start(self) -> None:
        """Returns once the service answers."""
        self.data_directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "app.cli", "up", "--data", str(self.data_directory), "--port", str(self.port)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DINGYUE_")}
        with (self.data_directory / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--seed", "accounts"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - nothing of ours has threads here
            )
        wait_for("the service", self._answers)

    def stop(self) -> None:
        """As Ctrl-C would; returns when every process is gone."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)
        self._process = None

    def kill_everything(self) -> None:
        """kill −9 of the supervisor and every process it started, PostgreSQL, Redis and the chain among them."""
        if self._process is None:
            return
        supervisor = psutil.Process(self._process.pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        for process in family:
            process.kill()
        psutil.wait_procs(family, timeout=30)
        self._process.wait()
        self._process = None

    def processes(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        supervisor = psutil.Process(self._process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise StepFailed((self.data_directory / "up.log").read_text()[-3000:])
        try:
            return (
                httpx.get(f"{self.base_url}/health/ready", trust_env=False, timeout=5, verify=_CERTIFICATES).status_code
                == 200
            )
        except httpx.HTTPError:
            return False
