"""Check 7: RFC 3161 time-stamp tokens.

A CMS signature covers the TSTInfo and the signed attributes; other fields of the structure could be changed without
breaking it (RFC 5652 §5.4). So a token in a package has one canonical form, a function of what *is* covered:

- one signer, identified by issuer and serial number; no CRLs, no unsigned attributes;
- the signer's certificate (bound by the ESS signing-certificate attribute, RFC 5035 and RFC 5816), then the issuers
  that lead to, and exclude, a self-signed root: whom to trust is the user's to say;
- `digestAlgorithms` is the signer's digest algorithm; RSA is written `rsaEncryption` (RFC 3370 §3.2).

`canonical_token` makes that form when a package is built, and the verifier accepts nothing else.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.general import check_ess_certid
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from ledger.verifier.layout import CHECKPOINT, CHECKPOINT_TOKEN, MANIFEST, MANIFEST_TOKEN
from ledger.verifier.package import Package
from ledger.verifier.trust import Trust
from ledger.verifier.verdict import Contradiction, Passed, Undecided

MAXIMUM_TOKEN_SIZE = 64 * 1024


class TokenInvalid(ValueError):
    """Not a time-stamp token in the one accepted form, or its signature, digest or certificates don't hold."""


class AuthorityUnknown(TokenInvalid):
    """The token is sound, but its certificate doesn't lead to a trusted root."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """`at` is the authority's genTime; `authority` the subject of its certificate, `root` of the trusted root."""

    at: datetime
    authority: str
    root: str
    serial_number: int
    policy: str


def check_timestamps(package: Package, trust: Trust) -> Passed[dict[str, Timestamp]]:
    """Both tokens hold: the one over the checkpoint and the one over the manifest. Returned by member name."""
    stamped = {CHECKPOINT_TOKEN: package.member(CHECKPOINT), MANIFEST_TOKEN: package.member(MANIFEST)}
    timestamps: dict[str, Timestamp] = {}
    for name, content in stamped.items():
        try:
            timestamps[name] = verify_token(
                package.member(name), hashlib.sha256(content).digest(), trust.timestamp_roots
            )
        except AuthorityUnknown as error:
            raise Undecided(
                f"{name}：时间戳机构不在信任文件之列。",
                f"{name}: the authority isn't one the trust file names.",
                cause=str(error),
            ) from error
        except TokenInvalid as error:
            raise Contradiction(f"{name}：时间戳不成立（{error}）。", f"{name}: {error}.") from error
    first = timestamps[CHECKPOINT_TOKEN]
    return Passed(
        timestamps,
        f"时间戳有效：日志 {first.at.isoformat()}，机构 {first.authority}。",
        f"The time-stamps hold: the log at {first.at.isoformat()} by {first.authority}.",
        {name: _facts(timestamp) for name, timestamp in timestamps.items()},
    )


def canonical_token(token: bytes) -> bytes:
    """The token's one accepted form, DER. Raises `TokenInvalid` if it isn't a token we could bring into it."""
    with _malformed_is_invalid():
        return _rebuild(token)


def verify_token(token: bytes, digest: bytes, roots: Sequence[bytes]) -> Timestamp:
    """What a token over the SHA-256 `digest` says, if it holds at its own time. `roots` are DER certificates.

    Raises `AuthorityUnknown` if only the way to a trusted root is missing, `TokenInvalid` for all else. Revocation
    of the authority's certificate is not asked for: that needs the network.
    """
    if len(token) > MAXIMUM_TOKEN_SIZE or canonical_token(token) != token:
        raise TokenInvalid("the token is not in canonical form")
    with _malformed_is_invalid():
        return _verify(cms.ContentInfo.load(token, strict=True)["content"], digest, roots)


def _verify(signed_data: cms.SignedData, digest: bytes, roots: Sequence[bytes]) -> Timestamp:
    info = signed_data["encap_content_info"]["content"].parsed
    _check_info(info, digest)
    status = _validate(signed_data, info, digest, roots)
    path = status.validation_path
    if path is None:
        raise AuthorityUnknown("no path to a trusted root")
    certificates = {choice.chosen.dump() for choice in signed_data["certificates"]}
    if not certificates <= {certificate.dump() for certificate in path.iter_certs(include_root=True)}:
        raise TokenInvalid("it carries a certificate that isn't part of the chain")
    return Timestamp(
        at=info["gen_time"].native,
        authority=status.signing_cert.subject.human_friendly,
        root=path.first.subject.human_friendly,
        serial_number=info["serial_number"].native,
        policy=info["policy"].dotted,
    )


@contextmanager
def _malformed_is_invalid() -> Iterator[None]:
    """asn1crypto parses lazily, so hostile DER may fail at any access, with any of these."""
    try:
        yield
    except TokenInvalid:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise TokenInvalid("it is not a time-stamp token") from error


def _validate(
    signed_data: cms.SignedData, info: tsp.TSTInfo, digest: bytes, roots: Sequence[bytes]
) -> TimestampSignatureStatus:
    """Signature, signed attributes, key usage, and the path to a root at genTime, by pyHanko."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots],
        moment=info["gen_time"].native,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    try:
        facts: dict[str, Any] = asyncio.run(validate_tst_signed_data(signed_data, context, lambda _: digest))
    except Exception as error:  # pyHanko raises many kinds for hostile input; all of them mean the same here.
        raise TokenInvalid("its signature or certificates can't be read") from error
    status = TimestampSignatureStatus(**facts)
    if not (status.intact and status.valid):
        raise TokenInvalid("its signature doesn't fit")
    if status.trust_problem_indic is AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND:
        raise AuthorityUnknown("no path to a trusted root")
    if not status.trusted:
        raise TokenInvalid(f"its certificates don't hold ({status.trust_problem_indic})")
    return status


def _check_info(info: tsp.TSTInfo, digest: bytes) -> None:
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise TokenInvalid("it is over another digest than SHA-256")
    if imprint["hashed_message"].native != digest:
        raise TokenInvalid("it is over something else")


def _rebuild(token: bytes) -> bytes:
    content_info = cms.ContentInfo.load(token, strict=True)
    if content_info["content_type"].native != "signed_data":
        raise TokenInvalid("it is not signed data")
    signed_data = content_info["content"]
    encapsulated = signed_data["encap_content_info"]
    signers = signed_data["signer_infos"]
    if encapsulated["content_type"].native != "tst_info" or len(signers) != 1:
        raise TokenInvalid("it is not a time-stamp token with one signer")
    signer = signers[0]
    attributes = signer["signed_attrs"]
    path = _certificate_path([choice.chosen for choice in signed_data["certificates"]], attributes)
    digest_algorithm = {"algorithm": signer["digest_algorithm"]["algorithm"].native}
    rebuilt = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [digest_algorithm],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(bytes(encapsulated["content"])),
            },
            "certificates": path,
            "signer_infos": [
                {
                    "version": "v1",
                    "sid": cms.SignerIdentifier(
                        "issuer_and_serial_number",
                        {"issuer": path[0].issuer, "serial_number": path[0].serial_number},
                    ),
                    "digest_algorithm": digest_algorithm,
                    "signed_attrs": attributes.untag(),
                    "signature_algorithm": _signature_algorithm(signer["signature_algorithm"]),
                    "signature": signer["signature"].native,
                }
            ],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": rebuilt}).dump())


def _certificate_path(
    certificates: Sequence[x509.Certificate], attributes: cms.CMSAttributes
) -> list[x509.Certificate]:
    """The signer's certificate as the signed attributes name it, then its issuers, without a self-signed root.

    A certificate's outer algorithm identifier isn't covered by its signature, so it must repeat the inner one
    (RFC 5280 §4.1.1.2).
    """
    named = get_signing_cert_attr(attributes)
    if named is None:
        raise TokenInvalid("the signer's certificate isn't bound by a signed attribute")
    signer = next((c for c in certificates if check_ess_certid(c, named["certs"][0])), None)
    if signer is None:
        raise TokenInvalid("the signer's certificate isn't in the token")
    path = [signer]
    while path[-1].self_issued is False:
        issuer = next((c for c in certificates if c.subject == path[-1].issuer and c not in path), None)
        if issuer is None or issuer.self_issued:
            break
        path.append(issuer)
    for certificate in path:
        if certificate["signature_algorithm"].dump() != certificate["tbs_certificate"]["signature"].dump():
            raise TokenInvalid("a certificate names two signature algorithms")
    return path


def _signature_algorithm(algorithm: algos.SignedDigestAlgorithm) -> dict[str, Any]:
    name = algorithm["algorithm"].native
    if name == "rsassa_pkcs1v15" or name.endswith("_rsa"):
        return {"algorithm": "rsassa_pkcs1v15", "parameters": core.Null()}
    if name.endswith("_ecdsa") or name in {"ed25519", "ed448"}:
        return {"algorithm": name}
    raise TokenInvalid(f"signatures with {name} are not supported")


def _facts(timestamp: Timestamp) -> dict[str, str]:
    return {
        "at": timestamp.at.isoformat(),
        "authority": timestamp.authority,
        "root": timestamp.root,
        "serial_number": str(timestamp.serial_number),
        "policy": timestamp.policy,
    }
