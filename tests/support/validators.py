"""Other people's validators: poppler, MuPDF, OpenSSL, pyHanko. What each says of a file, as plain values."""

import asyncio
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.ades import ades_basic_validation, ades_lta_validation, ades_with_time_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

_BYTE_RANGE = re.compile(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]")


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def poppler(path: Path) -> dict[str, str]:
    """By field: what `pdfsig` says of its signature."""
    reported = run("pdfsig", "-nocert", str(path)).split("Signature #")[1:]
    return {_found(r"Field Name: (.*)", each): _found(r"Signature Validation: (.*)", each) for each in reported}


def mupdf(path: Path) -> list[str]:
    """In the order of its search: what `mutool sign -v` says of each signature field."""
    verdicts = re.split(r"Verifying signature \d+:", run("mutool", "sign", "-v", str(path)))[1:]
    return [each.strip().splitlines()[-1].strip() for each in verdicts]


@dataclass(frozen=True)
class Part:
    """A signature in a file: the bytes it covers, and its contents with their padding."""

    covered: bytes
    contents: bytes
    is_timestamp: bool


def parts(data: bytes) -> list[Part]:
    """All signatures in a file, found by their byte ranges alone."""
    found = []
    for each in _BYTE_RANGE.finditer(data):
        before, after, length = (int(number) for number in each.groups())
        start = data.rfind(b" obj\n", 0, before)
        is_timestamp = b"/DocTimeStamp" in data[start:before]
        contents = bytes.fromhex(data[before + 1 : after - 1].decode())
        found.append(Part(data[:before] + data[after : after + length], contents, is_timestamp))
    return found


def openssl(part: Part, roots: Sequence[bytes], at: datetime, folder: Path) -> str:
    """What OpenSSL says of a detached CMS or a time-stamp token, `at` being the time of asking."""
    covered, contents, trusted = folder / "covered", folder / "contents", folder / "roots.pem"
    covered.write_bytes(part.covered)
    contents.write_bytes(part.contents)
    trusted.write_bytes(b"".join(pem.armor("CERTIFICATE", root) for root in roots))
    common = ["-in", str(contents), "-CAfile", str(trusted), "-attime", str(int(at.timestamp()))]
    if part.is_timestamp:
        return run("openssl", "ts", "-verify", "-data", str(covered), "-token_in", *common)
    options = ["-binary", "-inform", "DER", "-purpose", "any", "-content", str(covered), "-out", "/dev/null"]
    return run("openssl", "cms", "-verify", "-cades", *options, *common)


@dataclass(frozen=True)
class PyHankoVerdict:
    """`evidence_at` is the oldest document timestamp that proves the signature, for B-LT and above."""

    field: str
    is_passed: bool
    is_changed: bool
    evidence_at: datetime | None


def pyhanko(data: bytes, level: str, roots: Sequence[bytes], at: datetime) -> list[PyHankoVerdict]:
    """ETSI EN 319 102-1 as pyHanko has it, offline, for each signature at its claimed level.

    B-LT and B-LTA must bring their revocation information along; the levels below have none.
    """
    has_material = level in ("B-LT", "B-LTA")
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[x509.Certificate.load(root) for root in roots]),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO if has_material else NO_REVOCATION),
    )
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    reader = PdfFileReader(BytesIO(data))
    spec = SignatureValidationSpec(
        policy,
        revinfo_gathering_policy=offline,
        local_knowledge=_from_security_store(reader) if has_material else LocalKnowledge(),
    )
    now = at + timedelta(minutes=1)
    timing = ValidationTimingInfo(now, best_signature_time=now, point_in_time_validation=False)
    verdicts = []
    for found in reader.embedded_regular_signatures:
        found.compute_integrity_info()
        result: Any
        if level == "B-LTA":
            judged = ades_lta_validation(found, PdfSignatureValidationSpec(spec), timing_info=timing)
            result = asyncio.run(judged)
        else:
            validate = ades_basic_validation if level == "B-B" else ades_with_time_validation
            result = asyncio.run(
                validate(found.signed_data, spec, timing_info=timing, raw_digest=found.compute_digest())
            )
        changes = found.diff_result
        verdicts.append(
            PyHankoVerdict(
                field=found.field_name,
                is_passed=result.ades_subindic == AdESPassed.OK,
                is_changed=getattr(changes, "modification_level", ModificationLevel.OTHER) == ModificationLevel.OTHER,
                evidence_at=getattr(result, "oldest_evidence_record_timestamp", None),
            )
        )
    return verdicts


def _from_security_store(reader: PdfFileReader) -> LocalKnowledge:
    """A file without a document timestamp is judged as of now, with what it brings along."""
    store: Any = DocumentSecurityStore.read_dss(reader)
    lists = [crl.CertificateList.load(reference.get_object().data) for reference in store.crls]
    answers = [ocsp.OCSPResponse.load(reference.get_object().data) for reference in store.ocsps]
    return LocalKnowledge(
        known_crls=[CRLContainer(each) for each in lists],
        known_ocsps=[container for each in answers for container in OCSPContainer.load_multi(each)],
        known_certs=list(store.load_certs()),
    )


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
