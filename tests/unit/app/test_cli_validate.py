"""`dingyue validate` as a person types it: what its exit code means, whom it trusts, what a program reads."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, SigFieldSpec, append_signature_field
from typer.testing import CliRunner, Result

from app.cli_validate import validate_command
from tests.support.attacks import increment
from tests.support.evidence import contract_package
from tests.support.foreign import Stranger, timestamp_roots
from tests.support.pdf import blank_pdf, contract_pdf, form_pdf

cli = typer.Typer()
cli.command("validate")(validate_command)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def stranger() -> Stranger:
    return Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def signed(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signed") / "contract.pdf"
    path.write_bytes(stranger.sign(contract_pdf(1)))
    return path


@pytest.fixture(scope="module")
def roots(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "roots.pem"
    found = [x509.load_der_x509_certificate(root) for root in (*stranger.roots, *timestamp_roots())]
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in found))
    return path


def test_authentic_is_0(signed: Path, roots: Path) -> None:
    result = run(signed, "--trust", roots)
    assert result.exit_code == 0, result.output
    assert "真实有效 · Authentic" in result.output
    assert "李四 Li Si" in result.output
    assert "PAdES B-T" in result.output


def test_altered_is_1(signed: Path, roots: Path, tmp_path: Path) -> None:
    altered = tmp_path / "altered.pdf"
    data = signed.read_bytes()
    position = data.index(b"/MediaBox") + 14
    altered.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
    result = run(altered, "--trust", roots)
    assert result.exit_code == 1
    assert "digest_mismatch" in result.output


def test_nobody_trusted_is_2_and_says_so(signed: Path) -> None:
    result = run(signed)
    assert result.exit_code == 2
    assert "未指定信任的根证书" in result.output
    assert "nobody is trusted" in result.output


@pytest.mark.parametrize("content", [b"no PDF at all", b"%PDF-1.7\n%%EOF\n", b""])
def test_malformed_or_empty_is_3(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    result = run(path)
    assert result.exit_code == 3
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_nothing_in_a_file_reaches_the_terminal_but_text(stranger: Stranger, roots: Path, tmp_path: Path) -> None:
    """A field's name may hold what would change the window's title, or clear the screen."""
    writer: Any = IncrementalPdfFileWriter(BytesIO(form_pdf(**{"amount\x1b]0;owned\x07\x1b[2J": "480000"})))
    locks = FieldMDPSpec(FieldMDPAction.ALL)
    append_signature_field(writer, SigFieldSpec("Theirs", field_mdp_spec=locks))
    prepared = BytesIO()
    writer.write(prepared)

    def change(writer: Any) -> None:
        found = writer.root["/AcroForm"]["/Fields"][0]
        found[pdf_name("/V")] = pdf_string("48")
        writer.update_container(found)

    altered = tmp_path / "altered.pdf"
    altered.write_bytes(increment(stranger.sign(prepared.getvalue()), change))
    result = run(altered, "--trust", roots)
    assert (result.exit_code, "is locked" in result.output) == (1, True), result.output
    assert not {"\x1b", "\x07"} & set(result.output)


def test_unsigned_is_4(tmp_path: Path) -> None:
    path = tmp_path / "blank.pdf"
    path.write_bytes(blank_pdf())
    assert run(path).exit_code == 4


def test_a_file_that_isnt_there_is_3_in_both_languages(tmp_path: Path) -> None:
    result = run(tmp_path / "missing.pdf")
    assert result.exit_code == 3
    assert "无法读取" in result.output
    assert "can't be read" in result.output
    told = json.loads(run(tmp_path / "missing.pdf", "--json").output)
    assert set(told) == {"error"}


def test_a_directory_is_3(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 3


def test_what_a_program_reads(signed: Path, roots: Path) -> None:
    told = json.loads(run(signed, "--trust", roots, "--json").output)
    assert set(told) == {"outcome", "finding", "reason", "reason_zh", "sha256", "trusts_nothing", "signatures"}
    assert (told["outcome"], told["finding"], told["trusts_nothing"]) == ("authentic", None, False)
    [signature] = told["signatures"]
    facts = {name: signature[name] for name in ("field", "is_intact", "is_trusted", "coverage", "level", "time_source")}
    assert facts == {
        "field": "Theirs",
        "is_intact": True,
        "is_trusted": True,
        "coverage": "entire_file",
        "level": "B-T",
        "time_source": "signature_timestamp",
    }
    assert signature["proven_at"] == "2026-06-01T08:00:00+00:00"
    untrusted = json.loads(run(signed, "--json").output)
    assert (untrusted["outcome"], untrusted["finding"]) == ("unrecognised", "untrusted_root")
    assert untrusted["trusts_nothing"]
    assert untrusted["signatures"][0]["finding_zh"]


def test_a_trust_file_names_whom_to_trust_for_what(signed: Path, stranger: Stranger, tmp_path: Path) -> None:
    trust = tmp_path / "trust.json"
    signing, stamping = as_pem(stranger.roots), as_pem(timestamp_roots())
    for roots, outcome in (((signing, stamping), 0), ((stamping, signing), 2)):
        trust.write_text(json.dumps(trust_file(*roots)))
        assert run(signed, "--trust", trust).exit_code == outcome


@pytest.mark.parametrize("content", [b"neither", b"{}", b'{"roots": [', b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_trust_file_that_is_none(signed: Path, tmp_path: Path, content: bytes) -> None:
    trust = tmp_path / "trust"
    trust.write_bytes(content)
    result = run(signed, "--trust", trust)
    assert result.exit_code == 3
    assert isinstance(result.exception, SystemExit)


def as_pem(roots: list[bytes]) -> list[str]:
    return [x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM).decode() for root in roots]


def trust_file(signing_roots: list[str], timestamp_roots: list[str]) -> dict[str, object]:
    trusted = contract_package().trust()
    return trusted | {"certificates": {"signing_roots": signing_roots, "timestamp_roots": timestamp_roots}}
