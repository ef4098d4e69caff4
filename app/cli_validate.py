"""`dingyue validate`: what the signatures of any PDF prove, offline. It needs no settings, no database, no network."""

import json
import logging
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ledger.verifier.pades import PDFVerdict, SignatureVerdict

_LARGEST_FILE = 2 * 1024 * 1024 * 1024
_LARGEST_TRUST_FILE = 4 * 1024 * 1024
_HEADLINES = {
    "authentic": ("真实有效", "Authentic"),
    "altered": ("已被改动，不应采信", "Altered: don't rely on it"),
    "unrecognised": ("签名人无法确认", "Unrecognised: the signer can't be confirmed"),
    "unsigned": ("没有签名", "Unsigned"),
    "malformed": ("文件异常，无法验证", "Malformed: it can't be judged"),
}
_TIME_SOURCES = {
    "signature_timestamp": "签名时间戳 signature time-stamp",
    "document_timestamp": "文件时间戳 document timestamp",
    "claimed": "签名人自述，未经证明 claimed, not proven",
}
_COVERAGE = {
    "entire_file": "整个文件 the whole file",
    "entire_revision": "签署时的整个文件 the whole file as it was then",
    "partial": "部分内容 only a part",
}
_MODIFICATIONS = {
    "none": "无 none",
    "validation_data": "仅验证资料和时间戳 validation data and time-stamps only",
    "form_filling": "后续签署或填写 later signatures or filled-in fields",
    "other": "有不允许的改动 changes that may not be",
}
_REVOCATION = {"good": "未吊销 not revoked", "revoked": "已吊销 revoked", "unknown": "无法判断 unknown"}


class ExitCode(IntEnum):
    """What the command's exit code means."""

    AUTHENTIC = 0
    ALTERED = 1
    UNRECOGNISED = 2
    MALFORMED = 3
    UNSIGNED = 4


class _Unusable(Exception):
    """The input can't be used; says why, in both languages."""


def validate_command(
    file: Annotated[Path, typer.Argument(help="The PDF")],
    trust: Annotated[
        list[Path] | None, typer.Option(help="Roots you trust: PEM or DER certificates, or a trust.json; repeatable")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON")] = False,
) -> None:
    """Validates the signatures of a PDF, whoever made them.

    Without --trust no root is trusted, and the best a signature can be is intact.

    Exit code: 0 authentic, 1 altered, 2 unrecognised (or wrong usage, and then no verdict is printed), 3 malformed or
    unusable, 4 unsigned.
    """
    # The verdict says it; a trace would only frighten.
    for library in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        signing_roots, timestamp_roots = _roots(trust or [])
        verdict, digest = _validate(file, signing_roots, timestamp_roots)
    except _Unusable as unusable:
        typer.echo(json.dumps({"error": str(unusable)}, ensure_ascii=False) if as_json else str(unusable))
        raise typer.Exit(ExitCode.MALFORMED) from unusable
    is_anything_trusted = bool(signing_roots)
    if as_json:
        typer.echo(json.dumps(_as_json(verdict, digest, is_anything_trusted), ensure_ascii=False, indent=2))
    else:
        typer.echo(_for_people(verdict, digest, is_anything_trusted))
    raise typer.Exit(ExitCode[verdict.outcome.upper()])


def _validate(file: Path, signing_roots: list[bytes], timestamp_roots: list[bytes]) -> "tuple[PDFVerdict, str]":
    """The verdict, and the file's SHA-256."""
    import hashlib

    from core.clock import SystemClock
    from ledger.verifier.pades import verify_pdf

    with _mapped(file) as data:
        verdict = verify_pdf(
            data, signing_roots=signing_roots, timestamp_roots=timestamp_roots, form="any", at=SystemClock().now()
        )
        return verdict, hashlib.sha256(data).hexdigest()


@contextmanager
def _mapped(file: Path) -> "Iterator[bytes | mmap.mmap]":
    """The file's bytes without reading it into memory. Raises `_Unusable`."""
    try:
        with file.open("rb") as opened:
            size = file.stat().st_size
            if size > _LARGEST_FILE:
                raise _Unusable(f"{file} 太大，未读取。 {file} is too large; it wasn't read.")
            if size == 0 or not file.is_file():
                raise _Unusable(f"{file} 是空的，或不是文件。 {file} is empty, or isn't a file.")
            # Not closed here: views of it may live until they are collected, and then it closes itself.
            yield mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise _Unusable(f"无法读取 {file}。 {file} can't be read: {error.strerror}.") from error


def _roots(files: list[Path]) -> tuple[list[bytes], list[bytes]]:
    """For signatures and for time-stamps. A PEM file stands for both. Raises `_Unusable`."""
    signing: list[bytes] = []
    stamping: list[bytes] = []
    for file in files:
        with _mapped(file) as mapped:
            data = bytes(mapped[:_LARGEST_TRUST_FILE])
        try:
            both = _from_trust_file(data) if data.lstrip()[:1] == b"{" else _from_certificates(data)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _Unusable(
                f"{file} 不是证书，也不是信任文件。 {file} is neither certificates nor a trust file."
            ) from error
        signing += both[0]
        stamping += both[1]
    return signing, stamping


def _from_trust_file(data: bytes) -> tuple[list[bytes], list[bytes]]:
    from ledger.verifier.trust import parse_trust
    from ledger.verifier.verdict import Unusable

    try:
        trusted = parse_trust(json.loads(data))
    except Unusable as unusable:
        raise _Unusable(f"{unusable.statement.zh} {unusable.statement.en}") from unusable
    return list(trusted.signing_roots), list(trusted.timestamp_roots)


def _from_certificates(data: bytes) -> tuple[list[bytes], list[bytes]]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    is_pem = b"-----BEGIN CERTIFICATE-----" in data
    certificates = x509.load_pem_x509_certificates(data) if is_pem else [x509.load_der_x509_certificate(data)]
    encoded = [certificate.public_bytes(Encoding.DER) for certificate in certificates]
    return encoded, list(encoded)


def _as_json(verdict: "PDFVerdict", digest: str, is_anything_trusted: bool) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome,
        "finding": verdict.finding,
        "reason": verdict.reason,
        "reason_zh": verdict.reason_zh,
        "sha256": digest,
        "trusts_nothing": not is_anything_trusted,
        "signatures": [
            {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(found).items()}
            | {"finding_en": found.finding_en, "finding_zh": found.finding_zh}
            for found in verdict.signatures
        ],
    }


def _for_people(verdict: "PDFVerdict", digest: str, is_anything_trusted: bool) -> str:
    zh, en = _HEADLINES[verdict.outcome]
    lines = [f"SHA-256 {digest}"]
    if not is_anything_trusted:
        lines += [
            "未指定信任的根证书（--trust），因此不信任任何签名人。",
            "No roots were given (--trust), so nobody is trusted.",
        ]
    for number, found in enumerate(verdict.signatures, 1):
        lines += ["", *_signature(number, found)]
    lines += ["", f"{zh} · {en}", verdict.reason_zh, verdict.reason]
    code = ExitCode[verdict.outcome.upper()]
    return "\n".join([*lines, f"[{verdict.finding or verdict.outcome}, exit code {int(code)}]"])


def _signature(number: int, found: "SignatureVerdict") -> Iterator[str]:
    mark = "✔" if found.finding is None else "✘" if not found.is_intact or not found.is_modification_allowed else "?"
    kind = "文件时间戳 document timestamp" if found.is_document_timestamp else found.signer or "签名 signature"
    yield f"{mark} {number} {kind}  [{found.field}]"
    facts = {
        "单位 organisation": " ".join(filter(None, (found.organisation, found.organisation_identifier))),
        "颁发者 issuer": found.issuer,
        "序列号 serial number": found.serial_number,
        "时间 time": _time(found),
        "完好 intact": _yes(found.is_intact),
        "可信 trusted": _yes(found.is_trusted),
        "覆盖 coverage": _COVERAGE[found.coverage],
        "此后改动 changes since": _MODIFICATIONS[found.modifications],
        "吊销 revocation": _REVOCATION[found.revocation],
        "级别 level": f"PAdES {found.level}" if found.level else "",
        "理由 reason": found.reason or "",
        "发现 finding": f"{found.finding}: {found.finding_zh}" if found.finding else "",
        "": " ".join(filter(None, (found.finding_en, f"({found.problem})" if found.problem else ""))),
        "备注 notes": " ".join(found.notes),
    }
    for name, value in facts.items():
        if value:
            yield f"      {name}{': ' if name else ''}{value}"


def _time(found: "SignatureVerdict") -> str:
    if found.proven_at is None or found.time_source is None:
        return ""
    by = f" · {found.authority}" if found.authority else ""
    return f"{found.proven_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC · {_TIME_SOURCES[found.time_source]}{by}"


def _yes(value: bool) -> str:
    return "是 yes" if value else "否 no"
