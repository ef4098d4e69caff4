"""The time-stamp authority over the wire, when it fails: silent before it issues, or gone after it has.

A signature is made all the same and says that its time is only claimed; nobody invents a time. The seal waits.
"""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from uuid import UUID

import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from ledger.verifier.pades import PDFVerdict, verify_pdf
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from signing.pki.service import PKIService
from tests.support.clock import FixedClock
from tests.support.pdf import contract_pdf
from tests.support.real_signing import real_pki, real_service
from tests.support.signing import Table, signature_field

PATIENCE_SECONDS = 0.5


class FailingAuthority:
    """A real authority behind HTTP. `fails`: None, `before` (it never issues) or `after` (issued, and never sent)."""

    def __init__(self, pki: PKIService) -> None:
        self.fails: str | None = None
        self.issued = 0
        self.is_over = Event()
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                answer = b""
                if authority.fails != "before":
                    answer = pki.answer_timestamp_query(query)
                    authority.issued += 1
                if authority.fails is not None:
                    authority.is_over.wait()  # longer than anybody waits
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        self.thread = Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        self.is_over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    return real_pki(unit_of_work, secrets, clock)


@pytest.fixture
def authority(pki: PKIService) -> Iterator[FailingAuthority]:
    authority = FailingAuthority(pki)
    yield authority
    authority.stop()


@pytest.fixture
def table(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, pki: PKIService, authority: FailingAuthority
) -> Table:
    table = Table.lay(unit_of_work, objects, secrets)
    timestamps = HTTPTimestampAuthority(authority.url, timeout_seconds=PATIENCE_SECONDS)
    clock = FixedClock()
    table.service = real_service(unit_of_work, objects, secrets, clock, pki=pki, timestamps=timestamps)
    return table


def sent(table: Table) -> UUID:
    document = table.service.upload_document(table.sender, name="合同.pdf", data=contract_pdf(2))
    fields = [signature_field("buyer"), signature_field("supplier", 2)]
    envelope_id = table.service.create_envelope(table.sender, table.plan(document.id, fields=fields))
    table.service.send_envelope(table.sender, envelope_id)
    return envelope_id


def judged(table: Table, envelope_id: UUID, pki: PKIService) -> PDFVerdict:
    data = table.service.envelope_content(table.sender, envelope_id).data
    return verify_pdf(data, signing_roots=pki.roots(), timestamp_roots=pki.roots())


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_signature_without_an_answer_is_pending_and_then_upgraded(
    table: Table, pki: PKIService, authority: FailingAuthority, clock: FixedClock, fails: str
) -> None:
    envelope_id = sent(table)
    session = table.authenticated(envelope_id, "buyer")
    issued, authority.fails = authority.issued, fails
    table.sign(session)
    assert authority.issued == issued + (1 if fails == "after" else 0)
    (signature,) = judged(table, envelope_id, pki).signatures
    assert (signature.time_source, signature.level) == ("claimed", "B-B")
    (document,) = table.service.envelope(table.sender, envelope_id).documents
    assert not document.current.is_timestamped

    assert table.service.upgrade_timestamps(clock.now()) == 0
    authority.fails = None
    assert table.service.upgrade_timestamps(clock.now()) == 1
    upgraded = judged(table, envelope_id, pki)
    assert upgraded.outcome == "authentic"
    assert upgraded.signatures[0].time_source == "document_timestamp"
    table.sign(table.authenticated(envelope_id, "supplier"))
    table.service.seal_envelope(envelope_id)
    assert judged(table, envelope_id, pki).outcome == "authentic"


def test_a_later_signature_says_nothing_of_when_the_earlier_one_was_made(
    table: Table, pki: PKIService, authority: FailingAuthority, clock: FixedClock
) -> None:
    """Its own time-stamp is over its own value alone: only one over the document ends *pending*."""
    document = table.service.upload_document(table.sender, name="合同.pdf", data=contract_pdf(2))
    signers = [table.recipient("buyer", 1), table.recipient("supplier", 2), table.recipient("witness", 3)]
    fields = [signature_field(each.key, row) for row, each in enumerate(signers)]
    envelope_id = table.service.create_envelope(table.sender, table.plan(document.id, *signers, fields=fields))
    table.service.send_envelope(table.sender, envelope_id)
    session = table.authenticated(envelope_id, "buyer")
    authority.fails = "before"
    table.sign(session)
    authority.fails = None
    table.sign(table.authenticated(envelope_id, "supplier"))

    (document,) = table.service.envelope(table.sender, envelope_id).documents
    assert not document.current.is_timestamped
    sources = [each.time_source for each in judged(table, envelope_id, pki).signatures]
    assert sources == ["claimed", "signature_timestamp"]

    assert table.service.upgrade_timestamps(clock.now()) == 1
    (document,) = table.service.envelope(table.sender, envelope_id).documents
    assert document.current.is_timestamped
    verdict = judged(table, envelope_id, pki)
    assert verdict.outcome == "authentic", verdict
    assert [each.time_source for each in verdict.signatures[:2]] == ["document_timestamp", "signature_timestamp"]


@pytest.mark.parametrize("fails", ["before", "after"])
def test_the_seal_waits_for_an_answer(table: Table, pki: PKIService, authority: FailingAuthority, fails: str) -> None:
    envelope_id = sent(table)
    for key in ("buyer", "supplier"):
        table.sign(table.authenticated(envelope_id, key))
    authority.fails = fails
    with pytest.raises(TimestampUnavailable):
        table.service.seal_envelope(envelope_id)
    assert table.state(envelope_id) == "sealing"
    authority.fails = None
    table.service.seal_envelope(envelope_id)
    verdict = judged(table, envelope_id, pki)
    assert (verdict.outcome, len(verdict.signatures)) == ("authentic", 4)
