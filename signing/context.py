"""What the use cases of signing work with: ports, stores and the settings of this installation."""

from dataclasses import dataclass
from datetime import timedelta

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.ports import DocumentSealer
from signing.papers.report_facts import Imprint
from signing.ports import (
    CertificateIssuer,
    DocumentPreparer,
    DocumentScreener,
    DocumentSigner,
    IdentityProvider,
    TextLocator,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningContext:
    """Put together once, by `app`.

    `software` and `clock_source` go into every signature's evidence. `work_lifetime` is how long one step may own an
    envelope before another attempt may take over: longer than a slow time-stamp, shorter than a person's patience.
    `remote_lifetime` is how long a signature that is made elsewhere may take.
    `identity` asks about recipients' real names; without it nobody is asked. `is_identity_required`: nobody acts
    without a match.
    `sealer` seals completion reports; `imprint` is what they say of this installation.
    """

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    secrets: SecretBox
    screener: DocumentScreener
    locator: TextLocator
    preparer: DocumentPreparer
    signer: DocumentSigner
    issuer: CertificateIssuer
    sealer: DocumentSealer
    imprint: Imprint
    software: str
    clock_source: str
    identity: IdentityProvider | None = None
    is_identity_required: bool = False
    session_lifetime: timedelta = timedelta(hours=2)
    authentication_lifetime: timedelta = timedelta(minutes=15)
    reading_lifetime: timedelta = timedelta(days=30)
    work_lifetime: timedelta = timedelta(seconds=30)
    remote_lifetime: timedelta = timedelta(minutes=10)
