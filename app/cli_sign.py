"""`dingyue sign`: signs a PDF on this machine. It needs no settings, no database and no server.

    without a certificate   a trial identity is made and kept in `--keys`: it proves nothing about who signed
    --p12, --pkcs11-…       the certificate of a file or of a token; --tsa names the time-stamp authority

The result is validated before it gets its name; the input is never written to.
"""

import hashlib
import json
import mmap
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from cryptography.x509.oid import NameOID

from accounts.policy import check_uscc
from core.clock import SystemClock, rfc3339
from core.errors import DingyueError, Unavailable
from ledger.ports import TimestampAuthority
from ledger.verifier.pades import verify_pdf
from signing.pdf.adapters.http_revocation import RevocationSource
from signing.pdf.embed import Embedder
from signing.pdf.errors import SignatureBroken
from signing.pdf.form import Form
from signing.pdf.growing import GrowingPDF
from signing.pdf.screen import PDFScreener
from signing.pdf.sign_file import Box, FileOrder, SignedFile, sign_file
from signing.pdf.validation_material import Material, MaterialSource
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from signing.pki.credentials import SigningCredential
from signing.pki.trial_folder import TrialFolder
from signing.plan import check_text
from signing.ports import ScreeningLimits

_MEGABYTE = 1024 * 1024
_BIG = 8 * _MEGABYTE
_LIMITS = ScreeningLimits(bytes=1024 * _MEGABYTE, pages=20_000, decompressed_bytes=8192 * _MEGABYTE, time_seconds=600)
_REFUSED, _TRY_AGAIN = 1, 3


class LevelName(StrEnum):
    """PAdES levels (ETSI EN 319 142-1)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


@dataclass(frozen=True, slots=True)
class Means:
    """With what is signed. `roots` are DER of what is known to be trusted; `trust` is their file, for a trial."""

    credential: SigningCredential
    timestamps: TimestampAuthority | None
    material: MaterialSource
    roots: list[bytes]
    trust: Path | None


def sign_command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The PDF to sign; it isn't changed")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Where the signed PDF goes")],
    *,
    name: Annotated[str, typer.Option(help="Who signs, as shown and as a trial certificate says")] = "",
    organisation: Annotated[str, typer.Option(help="For whom")] = "",
    uscc: Annotated[str, typer.Option(help="The organisation's unified social credit code")] = "",
    reason: Annotated[str, typer.Option(help="Why")] = "同意签署 / I agree to sign",
    level: Annotated[LevelName, typer.Option(help="PAdES level")] = LevelName.B_LTA,
    p12: Annotated[Path | None, typer.Option(help="A PKCS #12 file with key and certificate")] = None,
    p12_password_file: Annotated[
        Path | None, typer.Option(help="Its password; else DINGYUE_P12_PASSWORD, else it is asked for")
    ] = None,
    pkcs11_module: Annotated[Path | None, typer.Option(help="The library of a cryptographic token")] = None,
    pkcs11_token: Annotated[str, typer.Option(help="The token's label")] = "",
    pkcs11_key: Annotated[str, typer.Option(help="The label of key and certificate in it")] = "",
    pkcs11_pin_file: Annotated[
        Path | None, typer.Option(help="Its PIN; else DINGYUE_PKCS11_PIN, else it is asked for")
    ] = None,
    tsa: Annotated[str | None, typer.Option(help="URL of an RFC 3161 time-stamp authority")] = None,
    crl: Annotated[list[Path] | None, typer.Option(help="A revocation list; may be given several times")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch no revocation information")] = False,
    page: Annotated[int | None, typer.Option(help="Show the signature on this page, from 1")] = None,
    x: Annotated[float, typer.Option(help="Its left edge, 0 to 1 of the page's width")] = 0.55,
    y: Annotated[float, typer.Option(help="Its upper edge, 0 to 1 of the page's height")] = 0.85,
    width: Annotated[float, typer.Option(help="0 to 1 of the page's width")] = 0.38,
    height: Annotated[float, typer.Option(help="0 to 1 of the page's height")] = 0.1,
    field: Annotated[str | None, typer.Option(help="Sign this empty signature field of the PDF")] = None,
    final: Annotated[bool, typer.Option("--final", help="Certify that nothing may be added afterwards")] = False,
    keys: Annotated[Path | None, typer.Option(help="Where a trial identity is kept")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON")] = False,
) -> None:
    """Signs a PDF (PAdES).

    Exit code: 0 signed, 1 refused, 2 wrong usage, 3 something needed doesn't answer: try again.
    """
    if source.exists() and target.exists() and source.samefile(target):
        raise typer.BadParameter("OUT must be another file than IN")
    try:
        _check_texts(name, organisation, uscc, reason)
        lists = RevocationSource([each.read_bytes() for each in crl or ()], clock=SystemClock(), is_offline=offline)
        if p12 is not None:
            credential = _from_p12(p12, _secret(p12_password_file, "DINGYUE_P12_PASSWORD", "Password of the PKCS #12"))
            means = _external(credential, lists, tsa, level)
        elif pkcs11_module is not None:
            pin = _secret(pkcs11_pin_file, "DINGYUE_PKCS11_PIN", "PIN of the token")
            means = _external(_from_token(pkcs11_module, pkcs11_token, pkcs11_key, pin), lists, tsa, level)
        elif tsa is not None:
            raise typer.BadParameter("a trial identity has its own trial time-stamps: --tsa goes with a certificate")
        else:
            means = _trial(keys or _default_keys(), name, organisation, uscc)
        order = FileOrder(
            name=name or _common_name(means.credential),
            organisation_name=organisation,
            reason=reason,
            signed_at=SystemClock().now(),
            level=level.value,
            box=Box(page, x, y, width, height) if page is not None else None,
            field=field,
            is_final=final,
        )
        signed = _sign(source, target, order, means, is_quiet=as_json)
    except DingyueError as error:
        code = _TRY_AGAIN if isinstance(error, Unavailable) else _REFUSED
        _fail(error.message("zh"), error.message("en"), error.code, code=code, as_json=as_json)
    except OSError as error:
        _fail(f"无法读写 {error.filename}。", f"{error.filename}: {error.strerror}.", "file", code=1, as_json=as_json)
    _tell(target, order, means, signed, as_json=as_json)


def _check_texts(name: str, organisation: str, uscc: str, reason: str) -> None:
    """What is shown in the file and named in a certificate. Raises `TextInvalid` or `InvalidUSCC`."""
    for what, text, longest in (
        ("--name", name, 100),
        ("--organisation", organisation, 200),
        ("--reason", reason, 200),
    ):
        if text:
            check_text(what, text, longest)
    if uscc:
        check_uscc(uscc)


def _trial(folder: Path, name: str, organisation: str, uscc: str) -> Means:
    if not name:
        raise typer.BadParameter("say who signs with --name, or give a certificate with --p12 or --pkcs11-module")
    authority = TrialFolder(folder, SystemClock())

    def material(carried: object) -> Material:  # noqa: ARG001 - all certificates are the authority's own
        return Material(authority.authorities(), authority.revocation_lists())

    credential = authority.signer(name, organisation, uscc)
    return Means(credential, authority.timestamps, material, authority.roots(), authority.roots_file)


def _external(credential: SigningCredential, lists: RevocationSource, tsa: str | None, level: LevelName) -> Means:
    """Nobody's roots are known here, so the result is validated as far as it goes without them."""
    if tsa is None and level is not LevelName.B_B:
        raise typer.BadParameter(f"{level} needs a time-stamp: name an authority with --tsa, or ask for --level B-B")
    timestamps = HTTPTimestampAuthority(tsa) if tsa is not None else None
    return Means(credential, timestamps, lists.material, [], None)


def _sign(source: Path, target: Path, order: FileOrder, means: Means, *, is_quiet: bool) -> SignedFile:
    """Everything happens beside the target, which gets its name last."""
    is_big = source.stat().st_size >= _BIG and not is_quiet
    with typer.progressbar(length=3, label="Checking", file=sys.stderr, hidden=not is_big) as progress:
        _screen(source)
        progress.label = "Signing"
        progress.update(1)
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with source.open("rb") as reader, partial.open("xb") as writer:
                signed = sign_file(
                    reader,
                    writer,
                    order,
                    credential=means.credential,
                    embedder=Embedder(means.timestamps),
                    material=means.material,
                )
                writer.flush()
                os.fsync(writer.fileno())
            progress.label = "Validating"
            progress.update(1)
            _validate(partial, signed.field, means)
            partial.replace(target)
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()
        progress.update(1)
    return signed


def _screen(source: Path) -> None:
    """What may change its look after signing is refused, as in uploads; a signed file was for its first signer."""
    with source.open("rb") as reader:
        with GrowingPDF(reader) as growing:
            is_signed = bool(Form(growing).signed)
        if not is_signed:
            PDFScreener().screen(reader, _LIMITS)


def _validate(path: Path, field: str, means: Means) -> None:
    """Raises `SignatureBroken`. Other signatures may be under roots we don't know; ours isn't, if it is a trial's."""
    with path.open("rb") as file:
        # Not closed here: views of it may live until they are collected, and then it closes itself.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    verdict = verify_pdf(data, signing_roots=means.roots, timestamp_roots=means.roots)
    problems = [f"{found.field}: {found.problem}" for found in verdict.signatures if found.problem]
    ours = next((found for found in verdict.signatures if found.field == field), None)
    is_sound = verdict.outcome in {"authentic", "unrecognised"}
    if not is_sound or ours is None or (means.roots and not ours.is_trusted):
        raise SignatureBroken(why="; ".join([verdict.reason, *problems]))


def _from_p12(path: Path, passphrase: str) -> SigningCredential:
    from signing.pki.adapters.pkcs12 import PKCS12Credential

    return PKCS12Credential.load(path.read_bytes(), passphrase, now=SystemClock().now())


def _from_token(module: Path, token: str, key: str, pin: str) -> SigningCredential:
    from signing.pki.adapters.pkcs11 import PKCS11Credential, TokenKey

    place = TokenKey(module=module, token_label=token, pin=pin, key_label=key)
    return PKCS11Credential(place, now=SystemClock().now())


def _secret(file: Path | None, variable: str, prompt: str) -> str:
    """From its file, from the environment, or from the keyboard; never from the command line, which others can read."""
    if file is not None:
        try:
            return file.read_text("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise typer.BadParameter(f"{file} holds no text") from error
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"give the secret in a file, or in {variable}")
    entered: str = typer.prompt(prompt, hide_input=True, err=True)
    return entered


def _default_keys() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    return Path(home) / "dingyue" / "trial-keys"


def _common_name(credential: SigningCredential) -> str:
    names = credential.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else credential.certificate.subject.rfc4514_string()


def _fail(zh: str, en: str, error_code: str, *, code: int, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"signed": False, "code": error_code, "zh": zh, "en": en}, ensure_ascii=False))
    else:
        typer.echo(f"dingyue: {zh}\n         {en}", err=True)
    raise typer.Exit(code)


def _tell(target: Path, order: FileOrder, means: Means, signed: SignedFile, *, as_json: bool) -> None:
    with target.open("rb") as file:
        fingerprint = hashlib.file_digest(file, "sha256").hexdigest()
    facts = {
        "signed": True,
        "output": str(target),
        "sha256": fingerprint,
        "field": signed.field,
        "level": order.level,
        "signer": order.name,
        "certificate": means.credential.certificate.subject.rfc4514_string(),
        "signed_at": rfc3339(order.signed_at),
        "timestamp_authority": means.timestamps.name if means.timestamps and order.level != "B-B" else None,
        "renew_before": rfc3339(signed.renew_before) if signed.renew_before else None,
        "is_trial": means.trust is not None,
        "trust": str(means.trust) if means.trust else None,
    }
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    typer.echo(f"已签署 Signed: {target}  ({order.level}, {order.name})\nSHA-256 {fingerprint}")
    if means.trust is not None:
        typer.echo(
            "试用身份：未核实签署人，不具证明力。\nA trial identity: nobody checked who signed; it proves nothing.\n"
            f"验证 Validate: dingyue validate {target} --trust {means.trust}"
        )
