"""Two thousand damaged PDFs through upload and validation, over the real application.

Every one gets a clear answer: no failure inside, nothing near the limit of time, little memory, no signature that
passes although its file was changed. Whatever is accepted can also be prepared for signing.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.composition import sandbox_of
from app.settings import SandboxSettings
from tests.support import pdf as samples
from tests.support.app import Office
from tests.support.mutations import Mutant, mutants
from tests.support.signatures import Desk

CHUNKS, PER_CHUNK = 8, 250
GIGABYTE = 1024**3


@pytest.fixture
def office(tmp_path: Path, engine: Engine) -> Office:
    return Office.open(tmp_path, engine)


@pytest.fixture
def originals(office: Office) -> dict[str, bytes]:
    """The sound files, by name. Two are signed by an authority that the application trusts."""
    services = office.services
    desk = Desk.set_up(services.unit_of_work, services.secrets, office.clock)
    return {
        "contract": samples.contract_pdf(2),
        "form": samples.form_pdf(),
        "turned": samples.blank_pdf(rotate=90, crop=(10, 10, 300, 400)),
        "packed": samples.packed_pdf(),
        "scan": samples.image_pdf(),
        "updated": samples.updated_pdf(),
        "signed once": desk.sign_first(desk.prepare()),
        "signed and sealed": desk.contract(),
    }


def test_the_originals_are_sound(office: Office, originals: dict[str, bytes]) -> None:
    """Else the mutants would be refused for what nobody did to them."""
    for name, data in originals.items():
        is_signed = name.startswith("signed")
        assert answer(office, "/v1/documents", data).get("code") == ("document_already_signed" if is_signed else None)
        assert answer(office, "/v1/verify", data)["outcome"] == ("authentic" if is_signed else "unsigned"), name


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_damaged_pdf_gets_a_clear_answer(office: Office, originals: dict[str, bytes], chunk: int) -> None:
    outcomes: Counter[str] = Counter()
    for mutant in mutants(originals, PER_CHUNK, seed=chunk):
        outcomes["accepted" if upload(office, mutant) else "refused"] += 1
        outcomes[validate(office, mutant, originals)] += 1
    # All of them have to occur: a parser that refused everything would be of no use, nor would such mutants be.
    assert {"accepted", "refused", "malformed", "unsigned", "altered"} <= set(outcomes)
    assert peak_bytes() + sandbox_of(SandboxSettings()).peak_bytes < GIGABYTE


def upload(office: Office, mutant: Mutant) -> bool:
    """Whether it was accepted; then it can be prepared, too."""
    body = answer(office, "/v1/documents", mutant.data, mutant.name)
    if "code" not in body:
        prepared = office.services.signing.preparer.prepare(
            mutant.data, [samples.placed("a")], prepared_at=office.clock.now(), page_note="签署编号 env_test"
        )
        assert prepared.startswith(b"%PDF-"), mutant.name
        return True
    assert body["code"] not in {"screening_timed_out", "sandbox_busy"}, mutant.name
    assert body["detail"], mutant.name
    return False


def validate(office: Office, mutant: Mutant, originals: dict[str, bytes]) -> str:
    verdict = answer(office, "/v1/verify", mutant.data, mutant.name)
    outcome: str = verdict["outcome"]
    assert verdict["reason"], mutant.name
    assert "seconds" not in verdict["reason"], mutant.name
    assert outcome != "authentic" or mutant.data in originals.values(), mutant.name
    return outcome


def answer(office: Office, path: str, data: bytes, about: str = "") -> dict[str, Any]:
    """The JSON of an answer that isn't a failure of ours."""
    response = office.call("purchaser", "POST", path, files={"file": ("a.pdf", data, "application/pdf")})
    assert response.status_code in {200, 201, 413, 422}, f"{about}: {response.status_code} {response.text}"
    body: dict[str, Any] = response.json()
    return body


def peak_bytes() -> int:
    """The most memory that this process, which is the server, has had resident."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024
