"""What the edges (API, web pages) may call: one service for each domain package, put together by `app`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from accounts.service import AccountService
from core.clock import Clock
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory

if TYPE_CHECKING:
    from credit.service import CreditService
    from ledger.anchors.service import AnchorService
    from ledger.grading import Grading
    from ledger.package.service import PackageService
    from ledger.service import LedgerService
    from notify.service import NotifyService
    from notify.webhooks.service import WebhookService
    from performance.crosschecks.service import CrosscheckService
    from performance.determinations.service import DeterminationService
    from performance.evaluation.service import EvaluationService
    from performance.register.service import RegisterService
    from performance.review.service import ReviewService
    from performance.service import PerformanceService
    from performance.supervision.service import SupervisionService
    from performance.suspensions.service import SuspensionService
    from performance.variations.service import VariationService
    from signing.bulk.service import BulkService
    from signing.pki.service import PKIService
    from signing.seals.service import SealService
    from signing.service import SigningService
    from signing.templates.service import TemplateService
    from signing.validation import ValidationService


class ClockControl(Protocol):
    """Moves an embedded stack's clock; there is none in production."""

    def move_to(self, instant: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Platform:
    """What every page and package must say honestly about itself."""

    base_url: str
    is_development_chain: bool
    is_trial_authority: bool
    is_built_in_timestamp: bool
    console_messages: bool


@dataclass(frozen=True, slots=True)
class Services:
    """`clock_control` is None unless the stack is embedded."""

    platform: Platform
    clock: Clock
    clock_control: ClockControl | None
    unit_of_work: UnitOfWorkFactory
    objects: Objects
    secrets: SecretBox
    accounts: AccountService
    pki: "PKIService"
    ledger: "LedgerService"
    anchors: "AnchorService"
    grading: "Grading"
    packages: "PackageService"
    signing: "SigningService"
    templates: "TemplateService"
    bulk: "BulkService"
    seals: "SealService"
    validation: "ValidationService"
    performance: "PerformanceService"
    supervision: "SupervisionService"
    determinations: "DeterminationService"
    register: "RegisterService"
    variations: "VariationService"
    suspensions: "SuspensionService"
    evaluations: "EvaluationService"
    crosschecks: "CrosscheckService"
    reviews: "ReviewService"
    credit: "CreditService"
    notify: "NotifyService"
    webhooks: "WebhookService"
