"""CMS SignedData (RFC 5652) with one ECDSA signature, as CAdES and RFC 3161 want it.

Built directly, not through a signing framework: the framework would load the key and rebuild every structure for
each signature, which costs more than the signature itself.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from asn1crypto import cms, core, tsp, x509

from signing.pki.keys import Credential


def signed_data(
    credential: Credential,
    digest: bytes,
    *,
    content_type: str,
    content: bytes | None = None,
    certificates: Sequence[bytes] = (),
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """A DER ContentInfo over content whose SHA-256 is `digest`; detached unless `content` is given.

    The signer's certificate is bound by signing-certificate-v2 (RFC 5035), its default digest being SHA-256.
    `certificates` are carried along, DER. `timestamp` makes a token over the SHA-256 of the signature (CAdES-T).
    """
    signer_certificate = x509.Certificate.load(credential.der)
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", content_type),
            _attribute("message_digest", digest),
            _attribute("signing_certificate_v2", _signing_certificate(credential.der)),
        ]
    )
    signature = credential.sign(attributes.dump())
    signer: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": signer_certificate.issuer, "serial_number": signer_certificate.serial_number},
        ),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    if timestamp is not None:
        token = cms.ContentInfo.load(timestamp(hashlib.sha256(signature).digest()))
        signer["unsigned_attrs"] = cms.CMSAttributes([_attribute("signature_time_stamp_token", token)])
    encapsulated: dict[str, Any] = {"content_type": content_type}
    if content is not None:
        encapsulated["content"] = core.ParsableOctetString(content)
    fields: dict[str, Any] = {
        "version": "v1" if content_type == "data" else "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": encapsulated,
        "signer_infos": [signer],
    }
    if certificates:
        fields["certificates"] = [x509.Certificate.load(certificate) for certificate in certificates]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(fields)}).dump())


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


def _signing_certificate(certificate: bytes) -> tsp.SigningCertificateV2:
    identifier = tsp.ESSCertIDv2(
        {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(certificate).digest()}
    )
    return tsp.SigningCertificateV2({"certs": [identifier]})
