"""A witness over HTTP (C2SP tlog-witness): `POST /add-checkpoint`, and a page that says who it is."""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledger.note import VerifierKey
from ledger.witness.request import LARGEST_REQUEST
from ledger.witness.witness import Refused, Witness


def create(witness: Witness, vkey: VerifierKey) -> Starlette:
    """The application of one witness. Requests need no credentials: what counts is the log's signature."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            line = await run_in_threadpool(witness.add_checkpoint, body)
        except Refused as refused:
            return Response(refused.body, refused.status, media_type=refused.media_type)
        return PlainTextResponse(line)

    async def about(_request: Request) -> Response:
        logs = "".join(f"  {origin}\n" for origin in witness.logs)
        return PlainTextResponse(
            f"见证人 A witness of logs (C2SP tlog-witness)\n{vkey}\n见证的日志 It watches\n{logs}"
            "提交 Submit to: POST /add-checkpoint\n"
        )

    return Starlette(
        routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"]), Route("/", about, methods=["GET"])]
    )


async def _body(request: Request) -> bytes:
    """Raises `Refused` once it is longer than any request."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_REQUEST:
                raise Refused(413, f"a request has at most {LARGEST_REQUEST} bytes\n")
    except ClientDisconnect as error:
        raise Refused(400, "the request broke off\n") from error
    return bytes(body)
