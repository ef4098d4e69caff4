"""Other people's validators agree: poppler's `pdfsig`, and OpenSSL on the extracted CMS and time-stamp."""

import re
import subprocess
from pathlib import Path

import pytest
from asn1crypto import pem

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pdf.prepare import SEAL_FIELD
from tests.support.clock import FixedClock
from tests.support.signatures import Desk


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.set_up(unit_of_work, secrets, clock)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_every_signature_is_valid_to_others(desk: Desk, tmp_path: Path) -> None:
    data = desk.contract()
    contract = tmp_path / "contract.pdf"
    contract.write_bytes(data)

    reported = run("pdfsig", "-nocert", str(contract)).split("Signature #")[1:]
    by_field = {re.search(r"Field Name: (.*)", found)[1]: found for found in reported}  # type: ignore[index]  # always there
    for field in ("sign_a", "sign_b", SEAL_FIELD):
        assert "Signature Validation: Signature is Valid." in by_field[field], field
    assert "Total document signed" in reported[-1]

    roots = tmp_path / "roots.pem"
    roots.write_bytes(pem.armor("CERTIFICATE", desk.pki.roots()[0]))
    covered, contents = tmp_path / "covered", tmp_path / "contents"
    ranges = [[int(number) for number in found] for found in re.findall(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", data)]
    now = str(int(desk.clock.now().timestamp()))
    for number, (before, after, length) in enumerate(ranges):
        covered.write_bytes(data[:before] + data[after : after + length])
        contents.write_bytes(bytes.fromhex(data[before + 1 : after - 1].decode()))
        if number < 3:
            options = ["-binary", "-inform", "DER", "-purpose", "any", "-attime", now, "-out", "/dev/null"]
            command = ["openssl", "cms", "-verify", "-in", str(contents), "-content", str(covered), *options]
            assert "Verification successful" in run(*command, "-CAfile", str(roots))
        else:
            options = ["-token_in", "-attime", now, "-CAfile", str(roots)]
            assert "Verification: OK" in run(
                "openssl", "ts", "-verify", "-data", str(covered), "-in", str(contents), *options
            )
