"""Puts the application together: the one place that knows every package and every adapter."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path

from asn1crypto import pem
from sqlalchemy import Engine

from accounts.service import AccountService
from api.services import Platform, Services
from app.broker import RelayKick
from app.fonts import BOLD, REGULAR
from app.platform_seal import open_platform_seal
from app.settings import ChainSettings, IdentitySettings, LogSettings, MessageSettings, SandboxSettings, Settings
from core.clock import Clock, ShiftedClock, SystemClock
from core.database import create_database_engine
from core.dispatch import Dispatcher, Subscriber
from core.events import Subscription
from core.objects import Objects
from core.rpc import json_rpc
from core.sandbox import Sandbox, SandboxLimits
from core.secrets import SecretBox
from core.sheets.sandboxed import SandboxedSheetReader
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from credit.service import CreditService
from ledger.adapters.http_witness import HTTPWitness
from ledger.anchors import policy as anchors
from ledger.anchors.service import AnchorService
from ledger.cosigning import AskedWitness
from ledger.grading import Grading
from ledger.note import VerifierKey
from ledger.package.drawing import ReportFonts
from ledger.package.facts import Honesty, Operator
from ledger.package.sandboxed import SandboxedPackageVerifier, SandboxedPDFVerifier
from ledger.package.service import PackageService
from ledger.package.trust import RootCertificates, WitnessPolicy
from ledger.ports import TimestampAuthority
from ledger.service import LedgerService
from notify.adapters.console import ConsoleChannel
from notify.adapters.twilio import TwilioChannel
from notify.events import LinkMessageSettled
from notify.ports import Channel
from notify.service import NotifyService
from notify.webhooks.adapters.http import HTTPCourier
from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.service import WebhookService
from performance.crosschecks.pdf_text import SandboxedTextReader
from performance.crosschecks.service import CrosscheckService
from performance.determinations.service import DeterminationService
from performance.evaluation.service import EvaluationService
from performance.register.service import RegisterService
from performance.review.pdf_text import SandboxedContractReader
from performance.review.service import ReviewService
from performance.service import PerformanceService
from performance.supervision.service import SupervisionService
from performance.suspensions.service import SuspensionService
from performance.variations.service import VariationService
from signing.bulk.service import BulkService
from signing.identity.adapters.http_provider import HTTPIdentityProvider
from signing.note_delivery import note_delivery
from signing.papers.report_facts import Imprint
from signing.pdf.adapters.http_revocation import RevocationSource
from signing.pdf.sandboxed import SandboxedLocator, SandboxedPreparer, SandboxedScreener
from signing.pdf.sign import PDFSigner
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from signing.pki.service import PKIService
from signing.pki.tsa import BuiltInTSA
from signing.ports import ScreeningLimits
from signing.seals.adapters.trial_pictures import TrialPictures
from signing.seals.service import SealService
from signing.service import SigningService
from signing.templates.service import TemplateService
from signing.validation import ValidationService

SOFTWARE = f"Dingyue {version('dingyue')}"


@dataclass(frozen=True, slots=True)
class Application:
    """Everything a process of ours needs."""

    settings: Settings
    engine: Engine
    clock: Clock
    services: Services
    dispatcher: Dispatcher

    def bootstrap(self) -> None:
        """Makes what must exist once: certificates and the log's key. Running it again is harmless."""
        self.services.pki.ensure_authority()
        self.services.ledger.ensure_log_key()

    def close(self) -> None:
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class EmbeddedClockControl:
    """Moves the clock of an embedded stack, and its development chain with it.

    A crash in between leaves the chain behind; the next move brings it along, and so does the next start of the stack.
    """

    clock: ShiftedClock
    rpc_url: str

    def move_to(self, instant: datetime) -> None:
        self.clock.move_to(instant)
        self.align_chain()

    def align_chain(self) -> None:
        """Sets the chain to the clock's time. Raises `RPCError`."""
        json_rpc(self.rpc_url, "evm_setTime", int(self.clock.now().timestamp()))


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every service stands on."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    objects: Objects
    secrets: SecretBox


def build(settings: Settings) -> Application:
    """Connects nothing yet: connections are opened at first use."""
    engine = create_database_engine(settings.database.url, pool_size=settings.database.pool_size)
    kick = RelayKick(settings.broker.url)
    clock = _clock(settings)

    def unit_of_work() -> UnitOfWork:
        return UnitOfWork(engine, clock, kick)

    base = Foundation(
        unit_of_work=unit_of_work,
        clock=clock,
        objects=Objects.at(settings.objects.url),
        secrets=SecretBox(settings.secrets.read(), settings.secrets.read_previous()),
    )
    services = build_services(settings, base)
    return Application(settings, engine, clock, services, Dispatcher(engine, unit_of_work, subscribers(services)))


@dataclass(frozen=True, slots=True)
class _Signatures:
    """What signs, stamps and vouches. `remote_roots` are those of other people's signers, `external_roots` those of
    the time-stamp authority that signatures use. All DER."""

    pki: PKIService
    authority: TimestampAuthority
    signer: PDFSigner
    remote_roots: list[bytes]
    external_roots: list[bytes]


@dataclass(frozen=True, slots=True)
class _Evidence:
    ledger: LedgerService
    anchors: AnchorService
    grading: Grading
    packages: PackageService


def build_services(settings: Settings, base: Foundation) -> Services:
    """Every service with its real adapters, as the settings say."""
    unit_of_work, sandbox, platform = base.unit_of_work, sandbox_of(settings.sandbox), _platform(settings)
    signatures = _signatures(settings, base)
    evidence = _evidence(settings, base, signatures, platform)
    signing = _signing(settings, base, signatures, platform)
    validation = ValidationService(
        signatures.pki,
        signing_roots=signatures.remote_roots,
        timestamp_roots=signatures.external_roots,
        verify=SandboxedPDFVerifier(sandbox),
        clock=base.clock,
    )
    return Services(
        platform=platform,
        clock=base.clock,
        clock_control=_clock_control(settings, base.clock),
        unit_of_work=unit_of_work,
        objects=base.objects,
        secrets=base.secrets,
        accounts=AccountService(unit_of_work),
        pki=signatures.pki,
        ledger=evidence.ledger,
        anchors=evidence.anchors,
        grading=evidence.grading,
        packages=evidence.packages,
        signing=signing,
        templates=TemplateService(context=signing),
        bulk=BulkService(signing=signing, read=SandboxedSheetReader(sandbox)),
        seals=SealService(
            unit_of_work=unit_of_work,
            objects=base.objects,
            certificates=signatures.pki,
            pictures=TrialPictures(),
            software=SOFTWARE,
        ),
        validation=validation,
        performance=PerformanceService(unit_of_work),
        supervision=SupervisionService(unit_of_work),
        determinations=DeterminationService(
            unit_of_work, base.objects, signatures.signer, _imprint(settings, signatures, platform), SOFTWARE
        ),
        register=RegisterService(
            unit_of_work=unit_of_work,
            objects=base.objects,
            read=SandboxedSheetReader(sandbox),
            validate=validation.validate,
        ),
        variations=VariationService(unit_of_work, base.objects, validation.validate),
        suspensions=SuspensionService(unit_of_work),
        evaluations=EvaluationService(unit_of_work),
        crosschecks=CrosscheckService(unit_of_work, base.objects, SandboxedTextReader(sandbox)),
        reviews=ReviewService(unit_of_work, base.objects, SandboxedContractReader(sandbox), SOFTWARE),
        credit=CreditService(unit_of_work),
        notify=NotifyService(
            unit_of_work=unit_of_work,
            secrets=base.secrets,
            channel=_channel(settings.messages, settings.base_url, unit_of_work),
            base_url=settings.base_url,
            signature=settings.messages.signature,
        ),
        webhooks=_webhooks(settings, base),
    )


def _signatures(settings: Settings, base: Foundation) -> _Signatures:
    seal = open_platform_seal(settings.signing.seal, base.clock.now()) if settings.signing.seal else None
    pki = PKIService(
        unit_of_work=base.unit_of_work,
        secrets=base.secrets,
        base_url=settings.base_url,
        clock=base.clock,
        external_seal=seal,
    )
    authority = _timestamp_authority(settings, pki, base.clock)
    external_roots = _roots_in(settings.timestamp.roots_file)
    remote_roots = _roots_in(settings.signing.remote_roots_file)
    others = [*external_roots, *remote_roots, *(seal.roots if seal else ())]
    signer = PDFSigner(
        pki,
        authority,
        base.clock,
        signing_roots=remote_roots,
        timestamp_roots=external_roots,
        others=RevocationSource(clock=base.clock, roots=others).material if others else None,
        level=settings.signing.level,
    )
    return _Signatures(pki, authority, signer, remote_roots, external_roots)


def _evidence(settings: Settings, base: Foundation, signatures: _Signatures, platform: Platform) -> _Evidence:
    authorities = (signatures.authority, *_further_authorities(settings))
    ledger = LedgerService(
        base.unit_of_work,
        base.objects,
        base.secrets,
        settings.log.origin,
        authorities,
        witnesses=_witnesses(settings.log),
    )
    chains = [_chain(chain, settings) for chain in settings.all_chains]
    anchors = AnchorService(base.unit_of_work, chains, base.secrets, ledger)
    witnesses = WitnessPolicy(settings.log.witness_quorum, tuple(each.vkey for each in settings.log.witnesses))
    stamp_roots, sandbox = _timestamp_roots(settings), sandbox_of(settings.sandbox)
    packages = PackageService(
        unit_of_work=base.unit_of_work,
        objects=base.objects,
        ledger=ledger,
        anchors=anchors,
        timestamp_authority=signatures.authority,
        sealer=signatures.signer,
        roots=lambda: _roots(signatures.pki, signatures.remote_roots, stamp_roots),
        operator=Operator(settings.operator.name, settings.base_url, SOFTWARE, settings.operator.filing_number),
        honesty=Honesty(
            is_development_chain=platform.is_development_chain,
            is_trial_authority=platform.is_trial_authority,
            is_built_in_timestamp=platform.is_built_in_timestamp,
        ),
        fonts=ReportFonts(REGULAR, BOLD),
        witnesses=witnesses,
        verify=SandboxedPackageVerifier(sandbox),
        verify_document=SandboxedPDFVerifier(sandbox),
    )
    return _Evidence(ledger, anchors, Grading(ledger, anchors, witnesses), packages)


def _signing(settings: Settings, base: Foundation, signatures: _Signatures, platform: Platform) -> SigningService:
    sandbox, identity = sandbox_of(settings.sandbox), settings.signing.identity
    return SigningService(
        unit_of_work=base.unit_of_work,
        objects=base.objects,
        secrets=base.secrets,
        screener=SandboxedScreener(sandbox, _screening_limits(settings)),
        locator=SandboxedLocator(sandbox),
        preparer=SandboxedPreparer(sandbox),
        signer=signatures.signer,
        issuer=signatures.pki,
        sealer=signatures.signer,
        imprint=_imprint(settings, signatures, platform),
        software=SOFTWARE,
        clock_source="demonstration clock" if settings.clock.offset_file else "system clock (NTP)",
        identity=_identity_provider(identity) if identity else None,
        is_identity_required=identity is not None and identity.is_required,
    )


def _identity_provider(identity: IdentitySettings) -> HTTPIdentityProvider:
    return HTTPIdentityProvider(
        identity.provider,
        identity.url,
        identity.secret.get_secret_value(),
        needs_id_number=identity.needs_id_number,
        timeout_seconds=identity.timeout_seconds,
    )


def _imprint(settings: Settings, signatures: _Signatures, platform: Platform) -> Imprint:
    return Imprint(
        base_url=settings.base_url,
        timestamp_authority=signatures.authority.name,
        is_trial_authority=platform.is_trial_authority,
        is_built_in_timestamp=platform.is_built_in_timestamp,
    )


def subscribers(services: Services) -> list[Subscriber]:
    """Everybody who wants to hear of events."""
    packages = (
        services.ledger,
        services.signing,
        services.performance,
        services.determinations,
        services.variations,
        services.crosschecks,
        services.credit,
        services.notify,
        services.webhooks,
    )
    own = [subscriber for package in packages for subscriber in package.subscriptions()]
    return [*own, Subscription("signing.note_delivery", LinkMessageSettled, _note_delivery)]


def _note_delivery(uow: UnitOfWork, event: LinkMessageSettled) -> None:
    """What notify learns of a link is told to signing here: neither of them may import the other."""
    problem = None if event.outcome == "sent" else event.reason or "failed"
    note_delivery(uow, event.envelope_id, event.recipient_id, problem=problem, link_issued_at=event.queued_at)


@cache
def sandbox_of(settings: SandboxSettings) -> Sandbox:
    """One for the whole process, however often it is put together; it starts nothing before it is used."""
    memory = settings.memory_megabytes * 1024 * 1024
    modules = ("signing.pdf.sandboxed", "ledger.package.sandboxed")
    return Sandbox(SandboxLimits(settings.workers, memory, modules=modules))


def _screening_limits(settings: Settings) -> ScreeningLimits:
    megabyte, uploads = 1024 * 1024, settings.uploads
    return ScreeningLimits(
        bytes=settings.upload_limit_megabytes * megabyte,
        pages=uploads.pages,
        objects=uploads.objects,
        decompressed_bytes=uploads.unpacked_megabytes * megabyte,
        depth=uploads.depth,
        time_seconds=uploads.seconds,
    )


def _clock(settings: Settings) -> Clock:
    return ShiftedClock(settings.clock.offset_file) if settings.clock.offset_file else SystemClock()


def _clock_control(settings: Settings, clock: Clock) -> EmbeddedClockControl | None:
    """The development chain of an embedded stack moves along; without one the clock can't be moved."""
    development = next((chain.rpc_url for chain in settings.all_chains if chain.is_development), None)
    if development is None or not isinstance(clock, ShiftedClock):
        return None
    return EmbeddedClockControl(clock, development)


def _platform(settings: Settings) -> Platform:
    return Platform(
        base_url=settings.base_url,
        is_development_chain=all(chain.is_development for chain in settings.all_chains),
        is_trial_authority=True,
        is_built_in_timestamp=settings.timestamp.url is None,
        console_messages=settings.messages.channel == "console",
    )


def _timestamp_authority(settings: Settings, pki: PKIService, clock: Clock) -> TimestampAuthority:
    if settings.timestamp.url is not None:
        return HTTPTimestampAuthority(settings.timestamp.url)
    return BuiltInTSA(pki.timestamp_credential, clock)


def _further_authorities(settings: Settings) -> list[TimestampAuthority]:
    """Those that stamp checkpoints besides the first."""
    return [HTTPTimestampAuthority(each.url) for each in settings.log.timestamps if each.url is not None]


def _witnesses(settings: LogSettings) -> tuple[AskedWitness, ...]:
    return tuple(
        AskedWitness(VerifierKey.parse(each.vkey), HTTPWitness(each.url, settings.witness_seconds))
        for each in settings.witnesses
    )


def _chain(chain: ChainSettings, settings: Settings) -> anchors.ChainSettings:
    return anchors.ChainSettings(
        chain_id=chain.chain_id,
        name=chain.name,
        url=chain.rpc_url,
        development=chain.is_development,
        contract=chain.contract,
        finality=_finality(chain),
        validators=tuple(chain.validators.lower().split(",")) if chain.validators else (),
        has_own_writer=chain.has_own_writer,
        cadence=timedelta(seconds=settings.log.anchor_every_seconds),
        bump_after=timedelta(seconds=chain.bump_after_seconds),
        low_balance=chain.low_balance_wei,
        maximum_fee=chain.maximum_fee_wei,
        awaited_witnesses=tuple(each.vkey for each in settings.log.witnesses),
        quorum=settings.log.witness_quorum if settings.log.anchors_await_witnesses else 0,
    )


def _finality(chain: ChainSettings) -> anchors.Finality:
    if chain.finality == "seals":
        return "seals"
    return "finalized" if chain.finality == "tag" else int(chain.finality)


def _roots_in(file: Path | None) -> list[bytes]:
    """DER. The roots of others' authorities must be named: nobody else vouches for their signers and their time."""
    return [] if file is None else [der for _, _, der in pem.unarmor(file.read_bytes(), multiple=True)]


def _timestamp_roots(settings: Settings) -> list[bytes]:
    """DER, of all external authorities, each once."""
    files = [settings.timestamp.roots_file, *(each.roots_file for each in settings.log.timestamps)]
    return list(dict.fromkeys(root for file in files for root in _roots_in(file)))


def _roots(pki: PKIService, signing_roots: list[bytes], timestamp_roots: list[bytes]) -> RootCertificates:
    """Our root signs signers, the seal and the built-in timestamps; the others are those the settings name."""
    own = list(pki.roots())
    return RootCertificates(signing=_armoured([*own, *signing_roots]), timestamp=_armoured([*own, *timestamp_roots]))


def _armoured(certificates: list[bytes]) -> tuple[str, ...]:
    return tuple(pem.armor("CERTIFICATE", certificate).decode() for certificate in certificates)


def _webhooks(settings: Settings, base: Foundation) -> WebhookService:
    is_loopback_allowed = settings.mode == "embedded" and settings.webhooks.allow_loopback
    addresses = AddressPolicy(allows_loopback=is_loopback_allowed)
    return WebhookService(base.unit_of_work, base.secrets, HTTPCourier(addresses), addresses)


def _channel(messages: MessageSettings, base_url: str, unit_of_work: UnitOfWorkFactory) -> Channel:
    if messages.twilio is None or messages.channel == "console":
        return ConsoleChannel(unit_of_work)
    return TwilioChannel(
        account_sid=messages.twilio.account_sid,
        auth_token=messages.twilio.auth_token.get_secret_value(),
        sender=messages.twilio.sender,
        public_url=base_url,
    )
