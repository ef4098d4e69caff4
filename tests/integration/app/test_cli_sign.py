"""`dingyue sign` as a person types it: a trial identity, a PKCS #12 file, a token; and what is refused, how."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import typer
from asn1crypto import pem
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner, Result

from app.cli_sign import sign_command
from core.clock import SystemClock
from ledger.verifier.pades import PDFVerdict, verify_pdf
from signing.pki import tsp
from signing.pki.credentials import SoftwareCredential
from signing.pki.trial_folder import TrialFolder
from tests.support.pdf import add_javascript, changed, contract_pdf

cli = typer.Typer()
cli.command("sign")(sign_command)

PASSPHRASE, PIN = "correct horse", "1234"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
STORE_CERTIFICATE = """
import sys, pkcs11
from pathlib import Path
token = pkcs11.lib(sys.argv[1]).get_token(token_label="dingyue")
with token.open(rw=True, user_pin=sys.argv[2]) as session:
    session.create_object({
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
        pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
        pkcs11.Attribute.TOKEN: True,
        pkcs11.Attribute.LABEL: "signer",
        pkcs11.Attribute.ID: b"\\x01",
        pkcs11.Attribute.SUBJECT: b"",
        pkcs11.Attribute.VALUE: Path(sys.argv[3]).read_bytes(),
    })
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "contract.pdf"
    path.write_bytes(contract_pdf(3))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def authority(tmp_path: Path) -> TrialFolder:
    """Somebody else's authority, for certificates brought along."""
    return TrialFolder(tmp_path / "authority", SystemClock())


@pytest.fixture
def p12(authority: TrialFolder, tmp_path: Path) -> Path:
    path = tmp_path / "signer.p12"
    path.write_bytes(_p12(authority.signer("李四")))
    return path


@pytest.fixture
def tsa(authority: TrialFolder) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = tsp.answer(authority.timestamps, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tsa"
    server.shutdown()
    server.server_close()


@pytest.fixture
def crls(authority: TrialFolder, tmp_path: Path) -> list[str]:
    arguments = []
    for number, der in enumerate(authority.revocation_lists()):
        path = tmp_path / f"{number}.crl"
        path.write_bytes(der)
        arguments += ["--crl", str(path)]
    return arguments


def sign(source: Path, target: Path, *arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(cli, [str(source), str(target), *map(str, arguments)], env=environment or None)


def signed(source: Path, target: Path, *arguments: object, **environment: str) -> dict[str, object]:
    result = sign(source, target, *arguments, "--json", **environment)
    assert result.exit_code == 0, result.output
    facts: dict[str, object] = json.loads(result.stdout)
    return facts


def verdict(path: Path, authority: TrialFolder) -> PDFVerdict:
    return verify_pdf(path.read_bytes(), signing_roots=authority.roots(), timestamp_roots=authority.roots())


def test_a_trial_identity_is_kept_and_says_what_it_is(contract: Path, keys: Path, tmp_path: Path) -> None:
    before = contract.read_bytes()
    target = tmp_path / "signed.pdf"
    facts = signed(contract, target, "--name", "张三", "--organisation", "某某公司", "--page", 1, "--keys", keys)
    assert contract.read_bytes() == before
    assert (facts["level"], facts["is_trial"], facts["trust"]) == ("B-LTA", True, str(keys / "roots.pem"))
    roots = [der for _, _, der in pem.unarmor((keys / "roots.pem").read_bytes(), multiple=True)]
    found = verify_pdf(target.read_bytes(), signing_roots=roots, timestamp_roots=roots)
    assert found.outcome == "authentic"
    assert (found.signatures[0].signer, found.signatures[0].level) == ("张三", "B-LTA")
    assert "trial" in found.signatures[0].subject
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys.glob("*.key"))
    again = signed(contract, tmp_path / "again.pdf", "--name", "张三", "--organisation", "某某公司", "--keys", keys)
    assert again["certificate"] == facts["certificate"]


def test_however_long_a_name_is_it_signs(contract: Path, keys: Path, tmp_path: Path) -> None:
    target = tmp_path / "signed.pdf"
    name = "买买提" * 30
    assert sign(contract, target, "--name", name, "--keys", keys, "--level", "B-B").exit_code == 0
    (signature,) = verdict(target, TrialFolder(keys, SystemClock())).signatures
    assert signature.signer.endswith("…")
    assert name.startswith(signature.signer[:-1])


def test_a_second_person_signs_beside_the_first(contract: Path, keys: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    signed(contract, first, "--name", "张三", "--keys", keys)
    assert signed(first, second, "--name", "李四", "--keys", keys)["field"] == "Signature 2"
    assert second.read_bytes().startswith(first.read_bytes())
    found = verdict(second, TrialFolder(keys, SystemClock()))
    assert found.outcome == "authentic"
    assert [each.signer for each in found.signatures if not each.is_document_timestamp] == ["张三", "李四"]


def test_a_final_signature_is_the_last(contract: Path, keys: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.pdf"
    signed(contract, first, "--name", "张三", "--final", "--keys", keys)
    result = sign(first, tmp_path / "second.pdf", "--name", "李四", "--keys", keys, "--json")
    assert (result.exit_code, json.loads(result.stdout)["code"]) == (1, "changes_forbidden")
    assert not (tmp_path / "second.pdf").exists()


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_a_certificate_of_ones_own(level: str, contract: Path, p12: Path, tsa: str, crls: list[str]) -> None:
    target = contract.with_name("signed.pdf")
    arguments = ["--p12", p12, "--level", level, "--offline", *crls, *(["--tsa", tsa] if level != "B-B" else [])]
    facts = signed(contract, target, *arguments, DINGYUE_P12_PASSWORD=PASSPHRASE)
    assert (facts["signer"], facts["is_trial"]) == ("李四", False)
    found = verdict(target, TrialFolder(contract.with_name("authority"), SystemClock()))
    assert (found.outcome, found.signatures[0].level) == ("authentic", level)


def test_a_level_that_cant_be_backed_up_is_refused(contract: Path, p12: Path, tsa: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSPHRASE + "\n")
    target = tmp_path / "signed.pdf"
    arguments = ["--p12", p12, "--p12-password-file", password, "--offline", "--tsa", tsa, "--json"]
    result = sign(contract, target, *arguments)
    assert (result.exit_code, json.loads(result.stdout)["code"]) == (1, "revocation_unknown")
    assert not target.exists()


def test_an_authority_that_is_away_is_worth_another_try(contract: Path, p12: Path, tmp_path: Path) -> None:
    arguments = ["--p12", p12, "--tsa", "http://127.0.0.1:9/tsa", "--level", "B-T", "--json"]
    result = sign(contract, tmp_path / "signed.pdf", *arguments, DINGYUE_P12_PASSWORD=PASSPHRASE)
    assert (result.exit_code, json.loads(result.stdout)["code"]) == (3, "timestamp_unavailable")


def test_what_is_refused_leaves_nothing_behind(contract: Path, p12: Path, keys: Path, tmp_path: Path) -> None:
    scripted = tmp_path / "scripted.pdf"
    scripted.write_bytes(changed(add_javascript))
    rubbish = tmp_path / "rubbish.pdf"
    rubbish.write_bytes(b"%PDF-1.7 rubbish")
    target = tmp_path / "signed.pdf"
    trial = ["--name", "张三", "--keys", keys]
    for source, arguments, code in (
        (scripted, trial, "active_content"),
        (rubbish, trial, "broken_pdf"),
        (contract, [*trial, "--page", 9], "field_misplaced"),
        (contract, [*trial, "--page", 1, "--x", 0.9], "field_misplaced"),
        (contract, [*trial, "--page", 1, "--x", "nan"], "field_misplaced"),
        (contract, [*trial, "--page", 1, "--height", "nan"], "field_misplaced"),
        (contract, ["--name", "张" * 101, "--keys", keys], "text_invalid"),
        (contract, ["--name", "张\u202e三", "--keys", keys], "text_invalid"),
        (contract, [*trial, "--uscc", "91441900MA4UJ8888X"], "invalid_uscc"),
        (contract, [*trial, "--field", "nowhere"], "signature_field_taken"),
        (contract, ["--p12", p12, "--level", "B-B"], "passphrase_wrong"),
        (tmp_path / "missing.pdf", trial, "file"),
    ):
        result = sign(source, target, *arguments, "--json", DINGYUE_P12_PASSWORD="wrong")
        assert (result.exit_code, json.loads(result.stdout)["code"]) == (1, code)
    assert not list(tmp_path.glob("*signed.pdf*"))


def test_wrong_usage(contract: Path, p12: Path, keys: Path, tmp_path: Path) -> None:
    target = tmp_path / "signed.pdf"
    for arguments in (
        [contract, contract, "--name", "张三", "--keys", keys],
        [contract, target],
        [contract, target, "--name", "张三", "--keys", keys, "--tsa", "http://127.0.0.1:9"],
        [contract, target, "--p12", p12],
        [contract, target, "--p12", p12, "--level", "B-B", "--p12-password-file", p12],
        [contract, target, "--name", "张三", "--level", "B-X"],
    ):
        assert sign(*arguments, DINGYUE_P12_PASSWORD=PASSPHRASE).exit_code == 2
    assert not target.exists()


def test_a_key_in_a_token(contract: Path, authority: TrialFolder, tmp_path: Path) -> None:
    """In a process of its own: the token's library is one per process."""
    credential = authority.signer("王五")
    environment = _token(credential, tmp_path)
    target = tmp_path / "signed.pdf"
    options = ["--pkcs11-module", SOFTHSM, "--pkcs11-token", "dingyue", "--pkcs11-key", "signer", "--level", "B-B"]
    command = [sys.executable, "-m", "app.cli", "sign", str(contract), str(target), *options]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    found = verify_pdf(target.read_bytes(), signing_roots=authority.roots(), timestamp_roots=[])
    assert found.signatures[0].is_intact
    assert found.signatures[0].signer == "王五"


def _p12(credential: SoftwareCredential) -> bytes:
    chain: list[x509.Certificate] = [x509.load_der_x509_certificate(der) for der in credential.chain]
    encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(
        b"signer", credential.private_key, credential.certificate, chain, encryption
    )


def _token(credential: SoftwareCredential, folder: Path) -> dict[str, str]:
    """A SoftHSM token with the credential in it; returns the environment that finds it."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration), "DINGYUE_PKCS11_PIN": PIN}
    key, certificate = folder / "key.pem", folder / "certificate.der"
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(credential.private_key.private_bytes(*encoding))
    certificate.write_bytes(credential.der)
    run: Callable[..., object] = subprocess.run
    initialise = ["--init-token", "--free", "--label", "dingyue", "--pin", PIN, "--so-pin", PIN]
    load = ["--import", str(key), "--token", "dingyue", "--label", "signer", "--id", "01", "--pin", PIN]
    for arguments in (initialise, load):
        run(["softhsm2-util", *arguments], check=True, capture_output=True, env=environment)
    store = [sys.executable, "-c", STORE_CERTIFICATE, SOFTHSM, PIN, str(certificate)]
    run(store, check=True, capture_output=True, env=environment)
    return environment
