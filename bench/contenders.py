# ruff: noqa: PLC0415
"""Those that are measured. Each signs the file at one path and writes the result to another.

Everything is imported by the process that needs it, so that nobody's peak memory holds somebody else's library.
"""

import hashlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.keys import Keys

Run = Callable[[Path, Path], object]
_REASON = "bench"

FLOOR = "floor: SHA-256 + RSA-2048"
LIBPDF = "@libpdf/core B-B"
"""Runs in node (`libpdf.mjs`)."""
COMMAND = "dingyue sign, the command"
"""B-LTA with all around it: the file is screened before, validated after, and flushed to the disk."""


def _floor(keys: Keys) -> Run:
    """What no signature can do without: the digest of the file's bytes, and one operation with the key."""
    credential = keys.rsa

    def run(source: Path, _target: Path) -> None:
        with source.open("rb") as file:
            credential.sign(hashlib.file_digest(file, "sha256").digest())

    return run


def _ours(keys: Keys, level: Any, *, is_rsa: bool = True) -> Run:
    from signing.pdf.embed import Embedder
    from signing.pdf.sign_file import FileOrder, sign_file
    from signing.pdf.validation_material import Material

    credential = keys.rsa if is_rsa else keys.ecdsa
    embedder = Embedder(keys.authority.timestamps)
    material = Material(keys.authority.authorities(), keys.authority.revocation_lists())

    def run(source: Path, target: Path) -> None:
        order = FileOrder("Bench", "Bench Ltd", _REASON, datetime.now(UTC), level)
        with source.open("rb") as reader, target.open("wb") as writer:
            sign_file(
                reader, writer, order, credential=credential, embedder=embedder, material=lambda _carried: material
            )

    return run


def _command(keys: Keys) -> Run:
    from app.cli_sign import sign_command

    def run(source: Path, target: Path) -> None:
        sign_command(source, target, name="Bench", keys=keys.authority.roots_file.parent, as_json=True)

    return run


def _pyhanko(keys: Keys, level: str) -> Run:
    """As its documentation says: `SimpleSigner`, with all revocation information at hand."""
    from asn1crypto import crl, x509
    from asn1crypto.keys import PrivateKeyInfo
    from cryptography.hazmat.primitives import serialization
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    load: Any = x509.Certificate.load
    store: Any = SimpleCertificateStore
    encoded = keys.rsa.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = SimpleSigner(
        signing_cert=load(keys.rsa.der),
        signing_key=PrivateKeyInfo.load(encoded),
        cert_registry=store.from_certs([load(der) for der in keys.rsa.chain]),
    )
    context = ValidationContext(
        trust_roots=[load(der) for der in keys.authority.roots()],
        other_certs=[load(der) for der in keys.authority.authorities()],
        crls=[crl.CertificateList.load(der) for der in keys.authority.revocation_lists()],
        allow_fetching=False,
    )
    has_material = level == "B-LTA"
    metadata = PdfSignatureMetadata(
        field_name="Signature",
        reason=_REASON,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=has_material,
        use_pades_lta=has_material,
        validation_context=context if has_material else None,
    )
    timestamper = None if level == "B-B" else _pyhanko_timestamper(keys)

    def run(source: Path, target: Path) -> None:
        writer = IncrementalPdfFileWriter(BytesIO(source.read_bytes()))
        signed: Any = sign_pdf(writer, metadata, signer=signer, timestamper=timestamper)
        target.write_bytes(signed.getbuffer())

    return run


def _pyhanko_timestamper(keys: Keys) -> Any:
    """The same time-stamp authority for all."""
    from asn1crypto import cms
    from pyhanko.sign.timestamps import TimeStamper

    class OurAuthority(TimeStamper):
        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:  # noqa: ARG002
            return cms.ContentInfo.load(keys.authority.timestamps.timestamp(message_digest))

        async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
            return await self.async_timestamp(hashlib.sha256(b"").digest(), md_algorithm)

    return OurAuthority()


def _endesive(keys: Keys) -> Run:
    from signing.pki.policy import CertificateKind

    endesive = _import_endesive()
    facts = {"aligned": 16384, "sigflags": 3, "sigpage": 0, "reason": _REASON, "contact": "", "location": ""}
    chain = [keys.authority.issuer(CertificateKind.ISSUING).certificate]

    def run(source: Path, target: Path) -> None:
        data = source.read_bytes()
        stamped = {**facts, "signingdate": datetime.now(UTC).strftime("%Y%m%d%H%M%S+00'00'")}
        signed = endesive.sign(data, stamped, keys.rsa.private_key, keys.rsa.certificate, chain, "sha256")
        with target.open("wb") as file:
            file.write(data)
            file.write(signed)

    return run


def _import_endesive() -> Any:
    """Its signer, past two mismatches of its release with today's libraries that have nothing to do with speed."""
    # The package loads a verifier, whose library doesn't understand OpenSSL's newer version numbers.
    sys.modules.setdefault("certvalidator", ModuleType("certvalidator"))
    # It writes dictionaries with an argument that pypdf took away.
    dictionary: Any = import_module("pypdf.generic").DictionaryObject
    write = dictionary.write_to_stream
    dictionary.write_to_stream = lambda self, stream, *_: write(self, stream)
    return import_module("endesive.pdf.cms")


CONTENDERS: dict[str, Callable[[Keys], Run] | None] = {
    FLOOR: _floor,
    "dingyue B-B": partial(_ours, level="B-B"),
    "dingyue B-B, P-256": partial(_ours, level="B-B", is_rsa=False),
    LIBPDF: None,
    "endesive B-B": _endesive,
    "pyHanko B-B": partial(_pyhanko, level="B-B"),
    "dingyue B-T": partial(_ours, level="B-T"),
    "pyHanko B-T": partial(_pyhanko, level="B-T"),
    "dingyue B-LT": partial(_ours, level="B-LT"),
    "dingyue B-LTA": partial(_ours, level="B-LTA"),
    "dingyue B-LTA, P-256": partial(_ours, level="B-LTA", is_rsa=False),
    "pyHanko B-LTA": partial(_pyhanko, level="B-LTA"),
    COMMAND: _command,
}

LEVELS = {
    "dingyue B-B": "B-B",
    "dingyue B-B, P-256": "B-B",
    "dingyue B-T": "B-T",
    "dingyue B-LT": "B-LT",
    "dingyue B-LTA": "B-LTA",
    "dingyue B-LTA, P-256": "B-LTA",
    COMMAND: "B-LTA",
}
"""Of ours: the level whose rules its output must meet."""
