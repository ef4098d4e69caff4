"""A whole evidence package made of real parts, without database or network: certificates, a time-stamp authority, a
signed PDF, a log, and a block with a receipts trie (built by the library `trie`, not by the code under test)."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import rfc8785
import rlp
from asn1crypto import algos, cms, keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from eth_hash.auto import keccak
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas
from trie import HexaryTrie

from core.clock import rfc3339
from ledger.merkle import inclusion_proof, leaf_hash, nodes_of, root
from ledger.note import Checkpoint, VerifierKey, sign_note
from ledger.package.archive import write_archive
from ledger.policy import NOTARISED_FILE
from ledger.proof import TlogProof, encode_proof
from ledger.record import (
    Entry,
    EvidenceFile,
    Record,
    Subject,
    commitment,
    describe_file,
    entry_bytes,
    record_bytes,
)
from ledger.verifier.receipts import ANCHORED_TOPIC
from ledger.verifier.reports import keywords, report_binding
from ledger.verifier.timestamp import canonical_token

ORIGIN = "evidence.test/log"
CHAIN_ID = 31337
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
WRITER = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
CODE = b"\x60\x00the contract"
AT = datetime(2026, 11, 22, 1, 2, 3, 456000, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A certificate with its key, and helpers to issue others."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    @property
    def asn1_key(self) -> keys.PrivateKeyInfo:
        return keys.PrivateKeyInfo.load(
            self.key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def issue(
    name: str, issuer: Authority | None = None, *, is_authority: bool = False, stamps_time: bool = False
) -> Authority:
    """A certificate valid in 2026 and 2027; self-signed without `issuer`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 12, 31, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                content_commitment=not is_authority and not stamps_time,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if stamps_time:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Authority(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@dataclass(frozen=True)
class PKI:
    """Signing root and signer; time-stamp root, an intermediate, and two stamping certificates."""

    signing_root: Authority
    signer: Authority
    timestamp_root: Authority
    timestamp_issuer: Authority
    stamper: Authority


@cache
def pki() -> PKI:
    """Made once for each test process: RSA keys take time."""
    signing_root = issue("Trial signing root", is_authority=True)
    timestamp_root = issue("Built-in time-stamp root", is_authority=True)
    timestamp_issuer = issue("Time-stamp issuer", timestamp_root, is_authority=True)
    return PKI(
        signing_root,
        issue("张三", signing_root),
        timestamp_root,
        timestamp_issuer,
        issue("Time-stamp unit", timestamp_issuer, stamps_time=True),
    )


def stamper_at(instant: datetime) -> DummyTimeStamper:
    """pyHanko's own RFC 3161 authority, an implementation that isn't ours."""
    certificates = SimpleCertificateStore()
    certificates.register_multiple([pki().timestamp_issuer.asn1, pki().timestamp_root.asn1])
    return DummyTimeStamper(
        pki().stamper.asn1, pki().stamper.asn1_key, certs_to_embed=certificates, fixed_dt=instant, include_nonce=False
    )


def raw_token(digest: bytes, instant: datetime = AT) -> bytes:
    """A token as the authority sends it, not yet canonical."""
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": tsp.MessageImprint(
                {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
            ),
            "cert_req": True,
        }
    )
    return bytes(stamper_at(instant).request_tsa_response(request)["time_stamp_token"].dump())


def token(digest: bytes, instant: datetime = AT) -> bytes:
    return canonical_token(raw_token(digest, instant))


class CanonicalStamper(TimeStamper):
    """Puts tokens into signatures in the form our own signing does."""

    def __init__(self, instant: datetime) -> None:
        super().__init__()
        self._instant = instant

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        assert md_algorithm == "sha256"
        return cms.ContentInfo.load(token(message_digest, self._instant))


@dataclass(frozen=True)
class StubAuthority:
    """Implements `ledger.ports.TimestampAuthority` at a fixed instant."""

    instant: datetime = AT
    name: str = "test"

    def timestamp(self, digest: bytes) -> bytes:
        return raw_token(digest, self.instant)


def plain_pdf(text: str = "Contract 480,000.00 CNY", keywords: str = "") -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.setKeywords(keywords)
    canvas.drawString(72, 720, text)
    canvas.save()
    return buffer.getvalue()


def sign(pdf: bytes, instant: datetime) -> bytes:
    """One PAdES B-T signature, with the signer's own certificate."""
    certificates = SimpleCertificateStore()
    certificates.register(pki().signing_root.asn1)
    output = sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES),
        SimpleSigner(pki().signer.asn1, pki().signer.asn1_key, certificates),
        timestamper=CanonicalStamper(instant),
    )
    return bytes(output.getvalue())


@cache
def signed_pdf(instant: datetime = AT, text: str = "Contract 480,000.00 CNY") -> bytes:
    """A signed one-page PDF."""
    return sign(plain_pdf(text), instant)


@cache
def signed_report(instant: datetime, binding: str) -> bytes:
    """What a package has for a report, as far as the verifier looks."""
    return sign(plain_pdf("report", keywords(binding)), instant)


@dataclass
class PackageFactory:
    """Makes packages; change a field and `build` again.

    `records` are (type, facts, files) of one envelope; a file is the name of a document, or what the record says of it.
    `notarised` are the numbers, from 1, of those records that are somebody's notarising of a file as they found it.
    """

    documents: dict[str, bytes] = field(default_factory=dict)
    records: list[tuple[str, dict[str, object], Sequence[str | EvidenceFile]]] = field(default_factory=list)
    notarised: frozenset[int] = frozenset()
    recorded_at: datetime = AT
    logged_at: datetime = AT + timedelta(seconds=10)
    block_time: datetime = AT + timedelta(seconds=20)
    packaged_at: datetime = AT + timedelta(seconds=60)
    is_forked: bool = False
    subject_kind: str = "envelope"
    log_key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"l" * 32))

    def build(self) -> bytes:
        return self.pack(self.content())

    def pack(self, content: Mapping[str, bytes]) -> bytes:
        """The package of these members, with manifest and time assertion."""
        return write_archive(content, StubAuthority(self.packaged_at).timestamp)

    def content(self) -> dict[str, bytes]:
        """All members but those `write_archive` adds."""
        members = {f"documents/{name}": data for name, data in self.documents.items()}
        entries = self._exhibits(members)
        others = [entry_bytes(Entry(bytes([n]) * 32, f"{n:032x}", rfc3339(AT))) for n in range(5)]
        leaves = [leaf_hash(entry) for entry in [*others, *entries]]
        checkpoint = Checkpoint(ORIGIN, len(leaves), root(leaves))
        note = sign_note(checkpoint.text(), ORIGIN, self.log_key).to_bytes()
        for number in range(len(entries)):
            index = len(others) + number
            proof = TlogProof(index, tuple(inclusion_proof(index, len(leaves), nodes_of(leaves))), note)
            members[f"evidence/{number + 1:03d}/proof.tlog-proof"] = encode_proof(proof)
        members["anchors/checkpoint"] = note
        members["anchors/evm.json"] = rfc8785.dumps(self.anchor(checkpoint, hashlib.sha256(note).digest()))
        members["anchors/checkpoint.tsr"] = token(hashlib.sha256(note).digest(), self.logged_at)
        records = [members[name] for name in sorted(members) if name.endswith("record.json")]
        binding = report_binding(note, records)
        members["report/report.zh.pdf"] = signed_report(self.packaged_at, binding)
        members["report/report.en.pdf"] = signed_report(self.packaged_at, binding)
        members["VERIFY.md"] = b"# verify\n"
        members["verify.html"] = b"<!doctype html>\n"
        members["trust/README.txt"] = b"informative only\n"
        return members

    def _exhibits(self, members: dict[str, bytes]) -> list[bytes]:
        entries: list[bytes] = []
        previous: str | None = None
        for number, (kind, facts, files) in enumerate(self.records, 1):
            is_notarised = number in self.notarised
            subject = Subject(NOTARISED_FILE, f"evd_{number}") if is_notarised else self.subject
            record = record_bytes(
                Record(
                    type=kind,
                    id=f"{number + 100:032x}",
                    at=rfc3339(self.recorded_at),
                    subject=subject,
                    files=tuple(map(self._described, files)),
                    facts=facts,
                    previous=None if is_notarised else previous,
                )
            )
            salt = hashlib.sha256(f"salt {number}".encode()).digest()
            entry = entry_bytes(Entry(commitment(salt, record), f"{number + 100:032x}", rfc3339(self.recorded_at)))
            folder = f"evidence/{number:03d}/"
            members |= {
                folder + "record.json": record,
                folder + "salt.hex": salt.hex().encode(),
                folder + "entry.json": entry,
            }
            entries.append(entry)
            if not is_notarised:
                previous = None if self.is_forked else f"{number + 100:032x}"
        return entries

    @property
    def subject(self) -> Subject:
        return Subject(self.subject_kind, "env_" + "0" * 32)

    def _described(self, file: str | EvidenceFile) -> EvidenceFile:
        return describe_file(file, "application/pdf", self.documents[file]) if isinstance(file, str) else file

    def anchor(self, checkpoint: Checkpoint, note_hash: bytes) -> dict[str, object]:
        """`anchors/evm.json` for a block with three receipts, the second of which anchors the checkpoint."""
        event = [
            CONTRACT,
            [ANCHORED_TOPIC, keccak(ORIGIN.encode()), checkpoint.size.to_bytes(32)],
            checkpoint.root + note_hash + (0).to_bytes(32),
        ]
        receipts = [
            b"\x02" + rlp.encode([b"\x01", 21000 * (n + 1), bytes(256), [event] if n == 1 else []]) for n in range(3)
        ]
        trie = HexaryTrie({})
        for n, receipt in enumerate(receipts):
            trie[rlp.encode(n)] = receipt
        header = rlp.encode(
            [bytes(32)] * 5
            + [trie.root_hash, bytes(256), 0, 42, 30_000_000, 63000, self._seconds(), b""]
            + [bytes(32), bytes(8), 7]
        )
        return {
            "chain_id": CHAIN_ID,
            "contract": "0x" + CONTRACT.hex(),
            "log_id": "0x" + keccak(ORIGIN.encode()).hex(),
            "size": checkpoint.size,
            "root": "0x" + checkpoint.root.hex(),
            "tx_hash": "0x" + keccak(b"transaction").hex(),
            "block_number": 42,
            "block_hash": "0x" + keccak(header).hex(),
            "block_time": self._seconds(),
            "header_rlp": "0x" + header.hex(),
            "receipt_index": 1,
            "receipt_proof": ["0x" + rlp.encode(node).hex() for node in trie.get_proof(rlp.encode(1))],
            "finality": "finalized tag",
        }

    def _seconds(self) -> int:
        return int(self.block_time.timestamp())

    def trust(self, **chain: object) -> dict[str, object]:
        """A trust file that fits; `chain` changes members of its only chain."""
        return {
            "v": 1,
            "log": {"origin": ORIGIN, "vkeys": [str(VerifierKey.of(ORIGIN, self.log_key))]},
            "witnesses": {"quorum": 0, "vkeys": []},
            "chains": [
                {
                    "chain_id": CHAIN_ID,
                    "name": "test chain",
                    "development": False,
                    "contract": "0x" + CONTRACT.hex(),
                    "code_hash": "0x" + keccak(CODE).hex(),
                    "log_id": "0x" + keccak(ORIGIN.encode()).hex(),
                    "writers": ["0x" + WRITER.hex()],
                }
                | chain
            ],
            "certificates": {
                "signing_roots": [pki().signing_root.pem],
                "timestamp_roots": [pki().timestamp_root.pem],
            },
        }


def contract_package() -> PackageFactory:
    """An envelope: sent, then completed with a signed PDF."""
    return PackageFactory(
        documents={"采购合同.pdf": signed_pdf()},
        records=[
            ("envelope.sent", {"sender": "org_1"}, []),
            ("envelope.completed", {"signers": [{"name": "张三", "method": "sms-code"}]}, ["采购合同.pdf"]),
        ],
    )


def members_of(package: bytes) -> Mapping[str, bytes]:
    """Read by Python's own `zipfile`."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
