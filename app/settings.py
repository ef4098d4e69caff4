"""All settings, in one frozen class. Only `api`, `web` and `app` may read them.

They come from environment variables: `DINGYUE_` and the path, with `__` between the levels, for instance
`DINGYUE_DATABASE__URL`. Unknown keys, missing secrets and a movable clock in production are refused at start.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.note import COSIGNATURE_V1, VerifierKey

PREFIX = "DINGYUE_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _in_order(value: Any) -> Any:
    """`…__0__…`, `…__1__…` of the environment, as a list; a JSON list is one already."""
    if not isinstance(value, dict):
        return value
    if set(value) != {str(number) for number in range(len(value))}:
        raise ValueError("number the sections 0, 1, 2 …")
    return [value[str(number)] for number in range(len(value))]


class DatabaseSettings(_Section):
    # The service's own role: no UPDATE or DELETE on append-only tables.
    url: str
    # The role that owns the tables; only `dingyue migrate` uses it.
    owner_url: str | None = None
    # Connections each process keeps open.
    pool_size: int = 10


class BrokerSettings(_Section):
    # Redis or RabbitMQ, as Celery writes it. Losing the broker loses nothing.
    url: str


class ObjectSettings(_Section):
    # `file:///folder`, or `s3://bucket/prefix` with the AWS_* variables set.
    url: str


class SecretSettings(_Section):
    # 32 bytes in hex: seals private keys and one-time codes at rest. There is no default.
    master_key: SecretStr | None = None
    # Or a file that holds it (a mounted secret).
    master_key_file: Path | None = None
    # While the master key is being changed: the one before, or its file. It only opens what it sealed.
    previous_master_key: SecretStr | None = None
    previous_master_key_file: Path | None = None

    @model_validator(mode="after")
    def _one_is_given(self) -> Self:
        if (self.master_key is None) == (self.master_key_file is None):
            raise ValueError("give either master_key or master_key_file")
        if self.previous_master_key is not None and self.previous_master_key_file is not None:
            raise ValueError("give either previous_master_key or previous_master_key_file, if at all")
        return self

    def read(self) -> bytes:
        """The 32 bytes. Raises `ValueError` if they aren't."""
        return _master_key(self.master_key, self.master_key_file)

    def read_previous(self) -> list[bytes]:
        """The same of the key before, if there is one."""
        if self.previous_master_key is None and self.previous_master_key_file is None:
            return []
        return [_master_key(self.previous_master_key, self.previous_master_key_file)]


def _master_key(given: SecretStr | None, file: Path | None) -> bytes:
    raw = bytes.fromhex(file.read_text().strip() if file else given.get_secret_value() if given else "")
    if len(raw) != 32:
        raise ValueError("the master key must be 32 bytes in hex")
    return raw


_ADDRESS = "0x[0-9a-fA-F]{40}"


class ChainSettings(_Section):
    # JSON-RPC of a node of ours or of the consortium.
    rpc_url: str
    # Refused at start if the node says otherwise.
    chain_id: int
    # For people: in reports and packages.
    name: str
    # A development chain proves nothing and is labelled so.
    is_development: bool = False
    # `tag`: the node's `finalized`; a number of blocks on top; `seals`: committed seals of a QBFT or IBFT2 quorum.
    finality: Annotated[str, Field(pattern=r"^(tag|seals|\d{1,4})$")] = "tag"
    # With `seals`: the addresses of all validators, comma-separated.
    validators: Annotated[str, Field(pattern=rf"^({_ADDRESS}(,{_ADDRESS})*)?$")] = ""
    # An EvidenceAnchor that is there already. Empty: one is deployed.
    contract: Annotated[str | None, Field(pattern=rf"^{_ADDRESS}$")] = None
    # Anchor here with an account of this chain's own instead of the one all chains share.
    has_own_writer: bool = False
    # What is offered for gas at most, in wei; at this ceiling transactions wait. 0: gas costs nothing on this chain.
    maximum_fee_wei: Annotated[int, Field(ge=0)] = 500 * 10**9
    # How long a transaction waits before more is offered for it, in seconds.
    bump_after_seconds: Annotated[int, Field(gt=0)] = 180
    # Below this balance the account's status is `low_balance`, in wei.
    low_balance_wei: Annotated[int, Field(ge=0)] = 10**16

    @model_validator(mode="after")
    def _seals_have_validators(self) -> Self:
        if (self.finality == "seals") != bool(self.validators):
            raise ValueError("finality `seals` needs validators, and nothing else does")
        named = self.validators.lower().split(",")
        if len(set(named)) < len(named):
            raise ValueError("name each validator once")
        return self


class TimestampSettings(_Section):
    # An RFC 3161 authority. Empty: the built-in one, labelled so.
    url: str | None = None
    # A PEM file with its root certificates; needed with `url`.
    roots_file: Path | None = None

    @model_validator(mode="after")
    def _external_has_roots(self) -> Self:
        if (self.url is None) != (self.roots_file is None):
            raise ValueError("give url and roots_file together")
        return self


class WitnessSettings(_Section):
    # Where the witness takes checkpoints (C2SP tlog-witness, the submission prefix).
    url: Annotated[str, Field(pattern=r"^https?://")]
    # Its public key, as `dingyue witness keygen` prints it.
    vkey: str

    @field_validator("vkey")
    @classmethod
    def _is_a_witness(cls, value: str) -> str:
        if VerifierKey.parse(value).type != COSIGNATURE_V1:
            raise ValueError("a witness's vkey has the signature type 4")
        return value


class LogSettings(_Section):
    # The log's name in every checkpoint, without a scheme. It belongs to the database's log for ever.
    origin: str
    # How often new evidence is anchored on the chain at most, in seconds.
    anchor_every_seconds: int = 300
    # After a rotation of the log's key the old one signs beside the new one for so many days.
    key_overlap_days: Annotated[int, Field(ge=0)] = 30
    # Further authorities that stamp every checkpoint, besides the one of `timestamp`: `LOG__TIMESTAMPS__0__URL` …
    timestamps: Annotated[tuple[TimestampSettings, ...], BeforeValidator(_in_order)] = ()

    # Independent witnesses that cosign every checkpoint: `LOG__WITNESSES__0__URL`, `LOG__WITNESSES__0__VKEY` …
    witnesses: Annotated[tuple[WitnessSettings, ...], BeforeValidator(_in_order)] = ()
    # How many of them must have cosigned before evidence is court-grade.
    witness_quorum: Annotated[int, Field(ge=0)] = 0
    # How long an answer of theirs is waited for, in seconds; of one that lags a second one. Anchoring goes on without.
    witness_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    # Anchor only checkpoints that have the quorum: while witnesses are down, nothing is anchored.
    anchors_await_witnesses: bool = False

    @model_validator(mode="after")
    def _witnesses_are_others(self) -> Self:
        keys = [VerifierKey.parse(each.vkey) for each in self.witnesses]
        if min(len({key.public_key for key in keys}), len({key.name for key in keys})) < len(keys):
            raise ValueError("each witness has a key and a name of its own")
        if self.witness_quorum > len(keys):
            raise ValueError("witness_quorum is at most the number of witnesses")
        if any(key.name == self.origin for key in keys):
            raise ValueError("a witness isn't named like the log")
        return self

    @field_validator("timestamps")
    @classmethod
    def _further_ones_are_external(cls, value: tuple[TimestampSettings, ...]) -> tuple[TimestampSettings, ...]:
        urls = [each.url for each in value]
        if None in urls or len(set(urls)) < len(urls):
            raise ValueError("give each further authority a url of its own")
        return value


class PlatformSealSettings(_Section):
    # PEM: the authorities above the seal's certificate, the root among them. The root is trusted for seals.
    authorities_file: Path
    # Either a PKCS #12 file …
    pkcs12_file: Path | None = None
    passphrase: SecretStr | None = None
    # … or a key in a PKCS #11 token: the vendor's library, the token's label, the PIN, the key's label or id (hex).
    pkcs11_module: Path | None = None
    token_label: str | None = None
    pin: SecretStr | None = None
    key_label: str | None = None
    key_id: Annotated[str | None, Field(pattern=r"^([0-9a-fA-F]{2})+$")] = None
    # PEM: the certificate of the key in the token, if the token doesn't hold it.
    certificate_file: Path | None = None

    @model_validator(mode="after")
    def _one_is_complete(self) -> Self:
        file, token = (self.pkcs12_file, self.passphrase), (self.pkcs11_module, self.token_label, self.pin)
        if any(each is not None for each in file) == any(each is not None for each in token):
            raise ValueError("give either pkcs12_file or pkcs11_module")
        if None in (file if self.pkcs12_file is not None else token):
            raise ValueError("give pkcs12_file and passphrase, or pkcs11_module, token_label and pin")
        if self.pkcs11_module is not None and self.key_label is None and self.key_id is None:
            raise ValueError("give key_label or key_id")
        return self


class IdentitySettings(_Section):
    # Who checks real names, as evidence names them.
    provider: Annotated[str, Field(min_length=1, max_length=100)]
    # Where (ADR 0040 has the few lines of JSON). https; plain http only to this machine: names and numbers go there.
    url: str
    secret: SecretStr
    # Nobody signs, seals or approves without a match. False: evidence tells what came of the check, whatever it was.
    is_required: bool = False
    # Recipients are asked for their identity number, which goes to the provider and is kept nowhere here.
    needs_id_number: bool = False
    # After this the outcome is unknown.
    timeout_seconds: Annotated[float, Field(gt=0, le=20)] = 5

    @field_validator("url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if not parts.hostname or not (parts.scheme == "https" or is_here):
            raise ValueError("an https address, or http on this machine")
        return url


class SigningSettings(_Section):
    # PAdES level of sealed contracts: B-LTA, with a document timestamp over everything, or B-LT, without it.
    level: Literal["B-LT", "B-LTA"] = "B-LTA"
    # The platform seals with somebody else's certificate instead of the built-in trial one.
    seal: PlatformSealSettings | None = None
    # A PEM file with the roots of authorities whose signers may sign with keys of their own (remote signatures).
    remote_roots_file: Path | None = None
    # An outside register of real names; none: evidence says that names weren't checked.
    identity: IdentitySettings | None = None


class UploadSettings(_Section):
    # What a PDF may be at most; its size is `upload_limit_megabytes`.
    pages: int = 500
    objects: int = 200_000
    # What all its streams together may unpack to.
    unpacked_megabytes: int = 512
    # How deep dictionaries and arrays may lie inside each other.
    depth: int = 64
    # How long reading it may take; then the process that reads it is killed.
    seconds: float = 8


class SandboxSettings(_Section):
    # Processes that read strangers' PDFs, started at the first upload; as many files are read at once.
    workers: Annotated[int, Field(ge=1)] = 2
    # The address space of each. Below 512 even an ordinary file may find too little room.
    memory_megabytes: Annotated[int, Field(ge=256)] = 896


class OperatorSettings(_Section):
    # Who runs the platform, as certificates name them.
    name: Annotated[str, Field(min_length=1)] = "鼎约 Dingyue"
    # Of the filing as a blockchain information service (区块链信息服务备案). Empty: certificates say so.
    filing_number: str | None = None


class TwilioSettings(_Section):
    account_sid: str
    auth_token: SecretStr
    # Either a Messaging Service or a number.
    messaging_service_sid: str | None = None
    from_number: str | None = None

    @property
    def sender(self) -> str:
        return self.messaging_service_sid or self.from_number or ""

    @model_validator(mode="after")
    def _has_a_sender(self) -> Self:
        if not self.sender:
            raise ValueError("give messaging_service_sid or from_number")
        return self


class MessageSettings(_Section):
    # `console` keeps messages on a page for the operator; nothing leaves the machine.
    channel: Literal["console", "twilio"]
    twilio: TwilioSettings | None = None
    # The signature carriers want in front of every SMS.
    signature: str = "鼎约"

    @model_validator(mode="after")
    def _twilio_is_complete(self) -> Self:
        if self.channel == "twilio" and self.twilio is None:
            raise ValueError("channel twilio needs the twilio section")
        return self


class WebhookSettings(_Section):
    # An embedded stack may also deliver to this machine, by plain http; production never does.
    allow_loopback: bool = True


class ClockSettings(_Section):
    # A file with an offset, for demonstrations; only an embedded stack may have one.
    offset_file: Path | None = None


class ScheduleSettings(_Section):
    # Seconds between two runs of each periodic task.
    relay_seconds: float = 2
    send_seconds: float = 5
    deliver_seconds: float = 2
    bulk_seconds: float = 2
    sweep_seconds: float = 60
    maintain_seconds: float = 3600
    anchor_loop_seconds: float = 5


class Settings(BaseSettings):
    """See the sections."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid")

    # `embedded` may use the built-in parts and a movable clock; `production` may not.
    mode: Literal["embedded", "production"]
    # Where people reach the service; it stands in links, certificates and QR codes.
    base_url: str
    # Where the service listens.
    host: str = "127.0.0.1"
    port: int = 8000
    # Addresses of the proxies in front, comma-separated: only theirs are believed about where a request came from.
    trusted_proxies: str = "127.0.0.1"
    # Celery's beat keeps its schedule here, and the font and binaries are found from the repository.
    run_directory: Path
    # The largest upload, in megabytes.
    upload_limit_megabytes: int = 50
    # How often one address may have a file checked without an account, in each process. 0: as often as it likes.
    checks_per_minute: Annotated[int, Field(ge=0)] = 30

    database: DatabaseSettings
    broker: BrokerSettings
    objects: ObjectSettings
    secrets: SecretSettings
    log: LogSettings
    # One chain …
    chain: ChainSettings | None = None
    # … or several, or both: `CHAINS__0__RPC_URL`, `CHAINS__1__RPC_URL` …, or a JSON list.
    chains: Annotated[tuple[ChainSettings, ...], BeforeValidator(_in_order)] = ()
    timestamp: TimestampSettings = TimestampSettings()
    messages: MessageSettings
    signing: SigningSettings = SigningSettings()
    uploads: UploadSettings = UploadSettings()
    sandbox: SandboxSettings = SandboxSettings()
    operator: OperatorSettings = OperatorSettings()
    webhooks: WebhookSettings = WebhookSettings()
    clock: ClockSettings = ClockSettings()
    schedule: ScheduleSettings = ScheduleSettings()

    @property
    def all_chains(self) -> tuple[ChainSettings, ...]:
        """Every chain that the log is anchored on."""
        return (self.chain, *self.chains) if self.chain else self.chains

    @model_validator(mode="after")
    def _chains_differ(self) -> Self:
        ids = [chain.chain_id for chain in self.all_chains]
        if not ids or len(set(ids)) < len(ids):
            raise ValueError("give chain or chains, each with a chain_id of its own")
        return self

    @field_validator("base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _production_is_real(self) -> Self:
        if self.mode == "production":
            if self.clock.offset_file is not None:
                raise ValueError("production keeps real time: clock.offset_file is refused")
            if self.messages.channel == "console":
                raise ValueError("production must send messages: channel console is refused")
            if any(chain.is_development for chain in self.all_chains):
                raise ValueError("production must not anchor on a development chain")
        return self


def load_settings() -> Settings:
    """Reads the environment. Raises `pydantic.ValidationError`, or `ValueError` naming unknown keys."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = [key for key in os.environ if key.startswith(PREFIX) and key.split("__")[0] not in known]
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    return Settings()
