"""The log and evidence over HTTP: what a stock tlog-tiles client and a party's program see."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from accounts.policy import Actor
from api import problems
from api.deps import current_actor
from api.headers import PublicLog
from api.routes import evidence, log
from core.ids import EVIDENCE, parse, public
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors.service import AnchorService
from ledger.grading import Grading
from ledger.merkle import leaf_hash, root
from ledger.note import VerifierKey, open_checkpoint
from ledger.package.trust import NO_WITNESSES
from ledger.proof import decode_proof, verify_proof
from ledger.record import Subject, sha256_hex, sm3_hex
from ledger.rotation_statement import later_keys
from ledger.sequencer import Sequencer
from ledger.service import LedgerService
from ledger.tiles import decode_bundle, tile_at
from tests.support.http import InProcessClient
from tests.support.ledger import record_many, register_organisation

DIGESTS: dict[str, Any] = {
    "name": "采购合同.pdf",
    "media_type": "application/pdf",
    "size": 3,
    "sha256": sha256_hex(b"abc"),
    "sm3": sm3_hex(b"abc"),
}


@pytest.fixture
def app(ledger: LedgerService, actor: Actor) -> FastAPI:
    """Only the ledger's routes; whoever asks is `actor`."""
    application = FastAPI()
    anchors = AnchorService(ledger.unit_of_work, [], ledger.secrets, ledger)
    application.state.services = SimpleNamespace(ledger=ledger, grading=Grading(ledger, anchors, NO_WITNESSES))
    application.include_router(log.public_router)
    application.include_router(evidence.router, prefix="/v1")
    application.dependency_overrides[current_actor] = lambda: actor
    problems.install(application)
    application.add_middleware(PublicLog)
    return application


@pytest.fixture
def client(app: FastAPI) -> InProcessClient:
    return InProcessClient(app)


def test_a_monitor_reads_the_whole_log(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    record_many(unit_of_work, actor, 260)
    ledger.sequence_pending()

    key = VerifierKey.parse(client.get("/log/vkey").text.strip())
    answer = client.get("/log/checkpoint")
    checkpoint = open_checkpoint(answer.content, [key])
    full = client.get("/log/tile/entries/000")
    partial = client.get("/log/tile/entries/001.p/4")
    tile = client.get("/log/tile/0/000")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=2"
    assert tile.headers["content-type"] == "application/octet-stream"
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    hashes = [leaf_hash(entry) for entry in decode_bundle(full.content) + decode_bundle(partial.content)]
    assert b"".join(hashes[:256]) == tile.content
    assert root(hashes) == checkpoint.root


def test_bundles_are_compressed_for_those_who_can_read_it(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    record_many(unit_of_work, actor, 9)
    ledger.sequence_pending()
    path = "/log/tile/entries/000.p/9"

    compressed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    refused = client.get(path, headers={"Accept-Encoding": "br, gzip;q=0"})

    assert compressed.headers["content-encoding"] == "gzip"
    for answer in (plain, refused):
        assert "content-encoding" not in answer.headers
        assert answer.content == compressed.content
        assert answer.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"
        assert answer.headers["etag"] != compressed.headers["etag"]
    assert compressed.num_bytes_downloaded < plain.num_bytes_downloaded


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/vkey", "/log/tile/0/000.p/9", "/log/tile/entries/000.p/9"])
def test_who_has_it_already_gets_nothing_again(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, path: str
) -> None:
    record_many(unit_of_work, actor, 9)
    ledger.sequence_pending()

    first = client.get(path)
    etag = first.headers["etag"]
    head = client.request("HEAD", path)

    assert head.status_code == 200
    assert head.headers["etag"] == etag
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_new_checkpoint_has_another_etag(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    etags = set()
    for _ in range(2):
        record_many(unit_of_work, actor, 1)
        ledger.sequence_pending()
        etags.add(client.get("/log/checkpoint").headers["etag"])

    assert len(etags) == 2


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/tile/0/000.p/9", "/log/tile/0/001", "/log/key-rotations"])
def test_a_monitor_in_a_browser_may_read_whatever_is_there_and_that_something_is_not(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, path: str
) -> None:
    record_many(unit_of_work, actor, 9)
    ledger.sequence_pending()

    answer = client.get(path, headers={"Origin": "https://monitor.example"})

    assert answer.headers["access-control-allow-origin"] == "*"
    assert (answer.status_code == 404) == (path == "/log/tile/0/001")
    if answer.status_code == 404:
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001.p/3",  # never a width of a checkpoint
        "tile/0/001.p/5",  # wider than the checkpoint
        "tile/0/001",
        "tile/entries/001.p/5",
        "tile/1/000",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/0/002.p/1",
        "tile/0/000.p/17",  # a part of a full tile that no checkpoint needed
    ],
)
def test_tiles_that_the_checkpoint_does_not_need_are_not_there(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, path: str
) -> None:
    record_many(unit_of_work, actor, 260)
    ledger.sequence_pending()

    answer = client.get(f"/log/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "tile_not_found")


def test_what_was_written_and_not_published_is_not_served(
    client: InProcessClient,
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record_many(unit_of_work, actor, 300)
    ledger.sequence_pending()
    record_many(unit_of_work, actor, 300)
    with monkeypatch.context() as patched:
        patched.setattr(Sequencer, "publish", lambda *_: False)
        assert ledger.sequence_pending() is None
    paths = ["tile/0/001", "tile/entries/001", "tile/0/002.p/88", "tile/1/000.p/2"]

    for path in paths:
        assert ledger.objects.get_at(f"log/{path}")
        assert client.get(f"/log/{path}").status_code == 404, path
    ledger.sequence_pending()
    for path in paths:
        assert client.get(f"/log/{path}").status_code == 200, path


def test_every_checkpoint_ever_published_stays_provable_from_outside(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    """tlog-tiles: "Logs MUST serve partial tiles corresponding to tree sizes for which a checkpoint was produced"."""
    sizes = []
    for count in (3, 252, 1, 44, 213):
        record_many(unit_of_work, actor, count)
        ledger.sequence_pending()
        sizes.append(ledger.published_checkpoint(sum((3, 252, 1, 44, 213)[: len(sizes) + 1])).size)

    for size in sizes:
        for level in (None, 0, 1):
            hashes = size >> 8 * (level or 0)
            for index in range(-(-hashes // 256)):
                assert client.get(f"/log/{tile_at(level, index, size).path}").status_code == 200


def test_how_keys_follow_each_other_is_told_to_everybody(
    client: InProcessClient, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    [first] = client.get("/log/vkey").text.splitlines()
    ledger.rotate_key(timedelta(days=30), {})
    ledger.sequence_pending()

    [rotation] = client.get("/log/key-rotations").json()

    assert client.get("/log/vkey").text.splitlines() == [rotation["predecessor"], rotation["successor"]]
    assert rotation["first_size"] == 1
    statements = [rotation["statement"].encode()]
    assert [str(key) for key in later_keys(VerifierKey.parse(first), statements)] == [rotation["successor"]]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/log/checkpoint", "log_empty"),
        ("/log/tile/0/000", "tile_not_found"),
        ("/log/tile/0/..%2f..%2fcheckpoint", "tile_not_found"),
        ("/log/tile/0/" + "x999/" * 50 + "000", "tile_not_found"),
        ("/v1/evidence/evd_" + "0" * 32, "evidence_not_found"),
    ],
)
def test_what_is_not_there_is_a_404_with_a_code(client: InProcessClient, path: str, code: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_digest_is_notarised_and_proven(client: InProcessClient, ledger: LedgerService) -> None:
    created = client.post("/v1/evidence", json=DIGESTS)
    waiting = created.json()
    ledger.sequence_pending()
    logged = client.get(f"/v1/evidence/{waiting['id']}").json()

    assert created.status_code == 201
    assert (waiting["leaf_index"], waiting["tlog_proof"]) == (None, None)
    assert waiting["files"] == [DIGESTS]
    assert (logged["leaf_index"], logged["checkpoint_size"]) == (0, 1)
    assert logged["record"] == waiting["record"]
    proof = decode_proof(logged["tlog_proof"].encode())
    verify_proof(proof, logged["entry"].encode(), [VerifierKey.parse(key) for key in ledger.vkeys()])


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "abc"},
        {"sha256": sha256_hex(b"abc").upper()},
        {"sm3": None},
        {"size": -1},
        {"size": 2**53},
        {"size": 1.5},
        {"name": ""},
        {"name": "x" * 201},
        {"unknown": "field"},
    ],
)
def test_malformed_digests_are_refused(
    client: InProcessClient, ledger: LedgerService, change: dict[str, object]
) -> None:
    answer = client.post("/v1/evidence", json={**DIGESTS, **change})

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert ledger.sequence_pending() is None


def test_half_a_character_is_refused(client: InProcessClient, ledger: LedgerService) -> None:
    """A lone surrogate is valid JSON and has no UTF-8."""
    body = b'{"name":"\\ud800","media_type":"a/b","size":1,"sha256":"%s","sm3":"%s"}'
    answer = client.post(
        "/v1/evidence",
        content=body % (DIGESTS["sha256"].encode(), DIGESTS["sm3"].encode()),
        headers={"Content-Type": "application/json"},
    )

    assert 400 <= answer.status_code < 500
    assert ledger.sequence_pending() is None


def test_pages_of_a_subject(
    client: InProcessClient, actor: Actor, unit_of_work: UnitOfWorkFactory, app: FastAPI
) -> None:
    ids = record_many(unit_of_work, actor, 3, Subject("envelope", "env_1"))

    first = client.get("/v1/evidence", params={"subject": "env_1", "limit": 2}).json()
    second = client.get("/v1/evidence", params={"subject": "env_1", "limit": 2, "cursor": first["next_cursor"]}).json()

    listed = [parse(EVIDENCE, item["id"]) for item in first["items"] + second["items"]]
    assert listed == ids
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "-1", "1.0", "²", "9" * 19])
def test_a_malformed_cursor_is_refused(client: InProcessClient, cursor: str) -> None:
    answer = client.get("/v1/evidence", params={"subject": "env_1", "cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_evidence_cursor")


def test_a_malformed_id_is_refused(client: InProcessClient) -> None:
    answer = client.get("/v1/evidence/env_1")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_id")


def test_another_organisation_s_evidence_is_not_there(
    client: InProcessClient, app: FastAPI, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    [evidence_id] = record_many(unit_of_work, actor, 1, Subject("envelope", "env_1"))
    path = f"/v1/evidence/{public(EVIDENCE, evidence_id)}"
    assert client.get(path).status_code == 200

    stranger = register_organisation(unit_of_work)
    app.dependency_overrides[current_actor] = lambda: stranger

    assert client.get(path).json()["code"] == "evidence_not_found"
    assert client.get("/v1/evidence", params={"subject": "env_1"}).json()["items"] == []
