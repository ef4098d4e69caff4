"""A JSON-RPC call over HTTP, for Ethereum nodes."""

import ssl
from typing import Any

import httpx

# Loading the certificate store takes longer than a call on loopback.
_CERTIFICATES = ssl.create_default_context()


class RPCError(Exception):
    """The node doesn't answer, or answers with an error; `code` is the node's, None if there was no answer."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


def json_rpc(url: str, method: str, *parameters: Any, timeout_seconds: float = 10) -> Any:
    """The `result` of one call. Raises `RPCError`."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    try:
        answer = httpx.post(url, json=body, timeout=timeout_seconds, trust_env=False, verify=_CERTIFICATES).json()
    except (httpx.HTTPError, ValueError) as error:
        raise RPCError(f"{method}: {error}") from error
    if not isinstance(answer, dict) or not ("error" in answer or "result" in answer):
        raise RPCError(f"{method}: not a JSON-RPC answer")
    if "error" in answer:
        raise RPCError(f"{method}: {answer['error'].get('message')}", answer["error"].get("code"))
    return answer["result"]
