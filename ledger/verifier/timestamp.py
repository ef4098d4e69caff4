"""Check 7: RFC 3161 time-stamp tokens.

A CMS signature covers the TSTInfo and the signed attributes; other fields of the structure could be changed without
breaking it (RFC 5652 §5.4). So a token in a package has one canonical form, a function of what *is* covered:

- one signer, identified by issuer and serial number; no CRLs, no unsigned attributes;
- the signer's certificate (bound by the ESS signing-certificate attribute, RFC 5035 and RFC 5816), then the issuers
  that lead to, and exclude, a self-signed root: whom to trust is the user's to say;
- `digestAlgorithms` is the signer's digest algorithm; RSA is written `rsaEncryption` (RFC 3370 §3.2).

`canonical_token` makes that form when a package is built, and `verify_token`, the package verifier's, accepts nothing
else. `verify_any_token` judges tokens of other software in whatever form they are.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import algos, cms, core, parser, tsp, x509
from pyhanko.sign.general import SigningError, check_ess_certid, extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    get_signing_cert_attr,
    validate_sig_integrity,
)

from ledger.verifier.algorithms import are_strong
from ledger.verifier.certificate_material import as_seen_before, material_of
from ledger.verifier.certificates import CertificateRefused, Certificates, Judgement
from ledger.verifier.layout import CHECKPOINT_TOKEN, MANIFEST, MANIFEST_TOKEN, checkpoint_tokens
from ledger.verifier.package import Package
from ledger.verifier.pades_findings import Finding
from ledger.verifier.trust import Trust
from ledger.verifier.verdict import Contradiction, Passed, Statement, Undecided

MAXIMUM_TOKEN_SIZE = 64 * 1024


class TokenInvalid(ValueError):
    """Not a time-stamp token in the one accepted form, or its signature, digest or certificates don't hold."""


class AuthorityUnknown(TokenInvalid):
    """The token is sound, but its certificate doesn't lead to a trusted root."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """`at` is the authority's genTime; `authority` the subject of its certificate, `root` of the trusted root.
    `is_fresh`: what was at hand showed that none of its certificates was revoked.
    """

    at: datetime
    authority: str
    root: str
    serial_number: int
    policy: str
    is_fresh: bool = False


def check_timestamps(package: Package, trust: Trust) -> Passed[dict[str, Timestamp]]:
    """The tokens over the checkpoint, and the one over the manifest. Returned by member name, as far as they are known.

    Of several authorities that stamped the checkpoint one must be trusted; the others' tokens must be sound all the
    same, and over this checkpoint.
    """
    checkpoint, manifest = package.logged_checkpoint(), package.member(MANIFEST)
    known: dict[str, Timestamp] = {}
    strangers: dict[str, str] = {}
    for name in [*(checkpoint_tokens(package.members) or [CHECKPOINT_TOKEN]), MANIFEST_TOKEN]:
        content = manifest if name == MANIFEST_TOKEN else checkpoint
        try:
            known[name] = verify_token(package.member(name), hashlib.sha256(content).digest(), trust.timestamp_roots)
        except AuthorityUnknown as error:
            strangers[name] = str(error)
        except TokenInvalid as error:
            raise Contradiction(f"{name}：时间戳不成立（{error}）。", f"{name}: {error}.", member=name) from error
    if MANIFEST_TOKEN in strangers or len(known) < 2:
        name = MANIFEST_TOKEN if MANIFEST_TOKEN in strangers else CHECKPOINT_TOKEN
        raise Undecided(
            f"{name}：时间戳机构不在信任文件之列。",
            f"{name}: the authority isn't one the trust file names.",
            cause=strangers[name],
        )
    first = min((known[name] for name in known if name != MANIFEST_TOKEN), key=lambda timestamp: timestamp.at)
    facts: dict[str, Any] = {name: _facts(timestamp) for name, timestamp in known.items()}
    return Passed(
        known,
        f"时间戳有效：日志 {first.at.isoformat()}，机构 {first.authority}{_others(known, strangers).zh}。",
        f"The time-stamps hold: the log at {first.at.isoformat()} by {first.authority}{_others(known, strangers).en}.",
        facts | ({"authorities_not_trusted": sorted(strangers)} if strangers else {}),
    )


def _others(known: dict[str, Timestamp], strangers: dict[str, str]) -> Statement:
    """How many further authorities stamped the checkpoint, and how many of them the trust file doesn't name."""
    count = len(known) + len(strangers) - 2
    if not count:
        return Statement("", "")
    untrusted = len(strangers)
    return Statement(
        f"，另有 {count} 个机构的时间戳（其中 {untrusted} 个不在信任文件之列）",
        f", and {count} more over the same checkpoint ({untrusted} by an authority the trust file doesn't name)",
    )


@lru_cache(64)
def canonical_token(token: bytes) -> bytes:
    """The token's one accepted form, DER. Raises `TokenInvalid` if it isn't a token we could bring into it."""
    with _malformed_is_invalid():
        return _rebuild(token)


def verify_token(token: bytes, digest: bytes, roots: Sequence[bytes]) -> Timestamp:
    """What a token over the SHA-256 `digest` says, if it holds at its own time. `roots` are DER certificates.

    Raises `AuthorityUnknown` if only the way to a trusted root is missing, `TokenInvalid` for all else. Revocation
    of the authority's certificate is not asked for: that needs the network.
    """
    return verify_canonical_token(token, digest, Certificates(roots))


def verify_canonical_token(token: bytes, digest: bytes, certificates: Certificates) -> Timestamp:
    """As `verify_token`, with revocation as far as the file at hand tells."""
    if len(token) > MAXIMUM_TOKEN_SIZE or canonical_token(token) != token:
        raise TokenInvalid("the token is not in canonical form")

    def digest_of(algorithm: str) -> bytes:
        if algorithm != "sha256":
            raise TokenInvalid("it is over another digest than SHA-256")
        return digest

    with _malformed_is_invalid():
        signed_data = cms.ContentInfo.load(token, strict=True)["content"]
        timestamp, judgement = _verify(signed_data, digest_of, certificates)
        carried = {choice.chosen.dump() for choice in signed_data["certificates"]}
        if not carried <= {member.dump() for member in judgement.path}:
            raise TokenInvalid("it carries a certificate that isn't part of the chain")
        return timestamp


def verify_any_token(token: bytes, digest_of: Callable[[str], bytes], certificates: Certificates) -> Timestamp:
    """What a token in any form says, if it holds at its own time. `digest_of` gives the digest it should be over, by
    the name of the algorithm. Raises as `verify_token` does.
    """
    with _malformed_is_invalid():
        content_info = cms.ContentInfo.load(token)
        if content_info["content_type"].native != "signed_data":
            raise TokenInvalid("it is not signed data")
        return _verify(content_info["content"], digest_of, certificates)[0]


def _verify(
    signed_data: cms.SignedData, digest_of: Callable[[str], bytes], certificates: Certificates
) -> tuple[Timestamp, Judgement]:
    info = _token_info(signed_data)
    imprint = info["message_imprint"]
    if imprint["hashed_message"].native != digest_of(imprint["hash_algorithm"]["algorithm"].native):
        raise TokenInvalid("it is over something else")
    authority = _signer(signed_data)
    at: datetime = info["gen_time"].native
    certificates.add(material_of(signed_data))
    try:
        judgement = certificates.judge(authority, at, "time_stamping")
    except CertificateRefused as refusal:
        if refusal.finding is Finding.UNTRUSTED_ROOT:
            raise AuthorityUnknown("no path to a trusted root") from refusal
        raise TokenInvalid(f"its authority: {refusal}") from refusal
    timestamp = Timestamp(
        at=at,
        authority=authority.subject.human_friendly,
        root=judgement.path[0].subject.human_friendly,
        serial_number=info["serial_number"].native,
        policy=info["policy"].dotted,
        is_fresh=judgement.is_fresh,
    )
    return timestamp, judgement


def _token_info(signed_data: cms.SignedData) -> tsp.TSTInfo:
    encapsulated = signed_data["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise TokenInvalid("it is not a time-stamp token")
    return encapsulated["content"].parsed


def _signer(signed_data: cms.SignedData) -> x509.Certificate:
    """The authority's certificate, if its signature over the TSTInfo fits (RFC 5652 §5.4, RFC 5816)."""
    signer = extract_signer_info(signed_data)
    content = bytes(signed_data["encap_content_info"]["content"])
    if not are_strong(signer["digest_algorithm"], signer["signature_algorithm"]):
        raise TokenInvalid("it uses an algorithm that is no longer safe")
    digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native, content).digest()
    try:
        certificate: x509.Certificate = extract_certs_for_validation(signed_data).signer_cert
        fits = validate_sig_integrity(signer, certificate, "tst_info", digest)
    except (SignatureValidationError, SigningError) as error:
        raise TokenInvalid("its signature or certificates can't be read") from error
    if not all(fits):
        raise TokenInvalid("its signature doesn't fit")
    return certificate


@contextmanager
def _malformed_is_invalid() -> Iterator[None]:
    """asn1crypto parses lazily, so hostile DER may fail at any access, with any of these."""
    try:
        yield
    except TokenInvalid:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise TokenInvalid("it is not a time-stamp token") from error


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
    path = _certificate_path([as_seen_before(choice.chosen) for choice in signed_data["certificates"]], attributes)
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
    (RFC 5280 §4.1.1.2); nor is the signature's own encoding, which must be DER.
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
        if certificate.dump() != _spelt_out(certificate):
            raise TokenInvalid("a certificate isn't DER")
    return path


def _spelt_out(certificate: x509.Certificate) -> bytes:
    """What a certificate's signature doesn't cover, itself and the lengths around it, in the one spelling DER has."""
    signature = core.OctetBitString(certificate["signature_value"].native).dump()
    parts = certificate["tbs_certificate"].dump() + certificate["signature_algorithm"].dump() + signature
    return bytes(parser.emit(0, 1, x509.Certificate.tag, parts))


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
