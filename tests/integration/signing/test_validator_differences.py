"""A hundred and fifty files that somebody tampered with, through our validator, pyHanko's and poppler's.

Half of them are damaged (`mutations`), half have an increment that a PDF library would write (`increments`). Ours is
the one that has to be right: a file is authentic only if a reader shows what was signed, and if the other two have
nothing against it either. None makes it fail.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import Engine

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from ledger.verifier.pades import Form, verify_pdf
from tests.support.clock import FixedClock
from tests.support.foreign import STAMPED_AT, Stranger, add_validation_data, timestamp_roots
from tests.support.increments import updated
from tests.support.mutations import mutants
from tests.support.papers import opened
from tests.support.pdf import contract_pdf
from tests.support.signatures import Desk
from tests.support.validators import poppler

MUTANTS, SEED = 150, 20261125
VALID, NOT_SIGNED = "Signature is Valid.", ""
NOT_LOOKED_INTO = "Signature has not yet been verified."
"""Of document timestamps."""
SIGNED_AT = datetime(2026, 5, 31, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SIGNED_AT)


@pytest.fixture
def roots() -> list[bytes]:
    """Filled by whoever signs."""
    return timestamp_roots()


@pytest.fixture
def originals(engine: Engine, secrets: SecretBox, clock: FixedClock, roots: list[bytes]) -> dict[str, bytes]:
    """Signed by one party, by both, and sealed, by ours; and by strangers with other software."""
    desk = Desk.set_up(lambda: UnitOfWork(engine, clock), secrets, clock)
    first = desk.sign_first(desk.prepare())
    second = desk.sign_second(first)
    clock.advance(timedelta(minutes=1))
    stranger = Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))
    theirs = stranger.sign(stranger.sign(contract_pdf(2)), field="Second")
    roots += [*desk.pki.roots(), *stranger.roots]
    return {
        "one party": first,
        "two parties": second,
        "sealed": desk.seal(second),
        "strangers": theirs,
        "strangers, with lists": add_validation_data(theirs, crls=(stranger.revocation_list(STAMPED_AT),)),
    }


def test_no_tampered_file_is_authentic_that_others_would_refuse(
    originals: dict[str, bytes], roots: list[bytes], tmp_path: Path
) -> None:
    looks = {name: shown(data) for name, data in originals.items()}
    outcomes: Counter[str] = Counter()
    tampered = chain(updated(originals, MUTANTS // 2, SEED), mutants(originals, MUTANTS - MUTANTS // 2, SEED))
    for mutant in tampered:
        source = next(name for name in sorted(originals, key=len, reverse=True) if f" {name}: " in mutant.name)
        for form in ("any", "canonical"):
            outcome = outcome_of(mutant.data, roots, form, mutant.name)
            outcomes[outcome] += 1
            if outcome == "authentic" and mutant.data != originals[source]:
                assert shown(mutant.data) == looks[source], mutant.name
                assert others_agree(mutant.data, roots, tmp_path), mutant.name
    # All of them have to occur, or the files would test nothing.
    assert {"authentic", "altered", "malformed"} <= set(outcomes), outcomes


def outcome_of(data: bytes, roots: Sequence[bytes], form: Form, about: str) -> str:
    verdict = verify_pdf(data, signing_roots=roots, timestamp_roots=roots, form=form)
    assert verdict.reason, about
    assert verdict.reason_zh, about
    return verdict.outcome


def shown(data: bytes) -> list[bytes]:
    """Every page as PDFium shows it, with its form fields."""
    with opened(data) as document:
        document.init_forms()
        return [page.render(scale=0.4, may_draw_forms=True).to_pil().tobytes() for page in document]


def others_agree(data: bytes, roots: Sequence[bytes], folder: Path) -> bool:
    """Whether pyHanko and poppler find every signature whole, with no change that isn't allowed."""
    path = folder / "mutant.pdf"
    path.write_bytes(data)
    told = set(poppler(path).values()) - {NOT_SIGNED, NOT_LOOKED_INTO}
    return told == {VALID} and asyncio.run(_pyhanko_agrees(data, roots))


async def _pyhanko_agrees(data: bytes, roots: Sequence[bytes]) -> bool:
    trusted = [x509.Certificate.load(root) for root in roots]
    for found in PdfFileReader(BytesIO(data)).embedded_regular_signatures:
        context = ValidationContext(trust_roots=trusted, moment=STAMPED_AT, allow_fetching=False)
        status = await async_validate_pdf_signature(found, context)
        if not (status.intact and status.valid and status.modification_level is not None):
            return False
        if status.modification_level.name == "OTHER" or not status.docmdp_ok:
            return False
    return True
