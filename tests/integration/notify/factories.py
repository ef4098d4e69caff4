"""Events as performance and signing would emit them, and a service over the console channel."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from core.clock import CHINA
from core.events import Event, Subscription
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.adapters.console import ConsoleChannel
from notify.ports import Channel
from notify.service import NotifyService
from performance.events import (
    ContactFact,
    ContractSuspended,
    FulfilmentClaimed,
    ObligationClosed,
    ObligationOverdue,
    ObligationScheduled,
    PartyFact,
    PausedObligation,
)
from signing.events import RecipientReleased, SigningCodeRequested

CONTRACT = UUID(int=0xC0)
OBLIGATION = UUID(int=0x0B)
DUE_ON = date(2026, 12, 10)
PURCHASER = PartyFact(
    role="purchaser", name="榆林市示例局", uscc="11610800MB2A00000X", kind="government", organisation_id=None
)
SUPPLIER = PartyFact(
    role="supplier", name="示例办公设备有限公司", uscc="91610800MA70000001", kind="enterprise", organisation_id=None
)
CONTACTS = [
    ContactFact(contact_id=UUID(int=number), party_role=role, name=name, phone=phone, email=None, language=language)
    for number, role, name, phone, language in (
        (1, "purchaser", "王伟", "13800000001", "zh"),
        (2, "supplier", "Li Na", "13800000002", "en"),
    )
]


def at(day: int, hour: int, minute: int = 0, *, month: int = 12) -> datetime:
    """An instant in China in 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA).astimezone(UTC)


def console_service(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, channel: Channel | None = None, **options: Any
) -> NotifyService:
    return NotifyService(
        unit_of_work, secrets, channel or ConsoleChannel(unit_of_work), "https://dingyue.test", **options
    )


def handle(unit_of_work: UnitOfWorkFactory, service: NotifyService, event: Event) -> None:
    """What the worker does with an event, without the outbox."""
    for subscriber in service.subscriptions():
        if isinstance(subscriber, Subscription) and isinstance(event, subscriber.event):
            with unit_of_work() as uow:
                subscriber.handle(uow, event)


def _obligation_fields(**changes: Any) -> dict[str, Any]:
    return {
        "obligation_id": OBLIGATION,
        "contract_id": CONTRACT,
        "contract_number": "YL-2026-0001",
        "contract_title": "办公设备采购合同",
        "title": "支付首期款",
        "kind": "payment",
        "debtor_name": PURCHASER.name,
        "due_on": DUE_ON,
        "due_version": 1,
        "contacts": CONTACTS,
        **changes,
    }


def scheduled(**changes: Any) -> ObligationScheduled:
    return ObligationScheduled(**_obligation_fields(**changes))


def overdue(**changes: Any) -> ObligationOverdue:
    return ObligationOverdue(**_obligation_fields(**changes))


def closed(outcome: str = "met") -> ObligationClosed:
    return ObligationClosed(
        obligation_id=OBLIGATION,
        contract_id=CONTRACT,
        contract_title="办公设备采购合同",
        title="支付首期款",
        kind="payment",
        outcome=outcome,
        due_on=DUE_ON,
        closed_on=DUE_ON,
        debtor=PURCHASER,
        creditor=SUPPLIER,
        evidence_id=UUID(int=0xE),
    )


def code_requested(secrets: SecretBox, code: str = "246810", **changes: Any) -> SigningCodeRequested:
    fields = {
        "envelope_id": uuid4(),
        "recipient_id": uuid4(),
        "code_id": uuid4(),
        "phone": "13800000009",
        "language": "zh",
        "sealed_code": secrets.seal(code.encode(), "signing-code").hex(),
        "valid_minutes": 5,
        **changes,
    }
    return SigningCodeRequested(**fields)


def recipient_released(secrets: SecretBox, now: datetime, token: str, **changes: Any) -> RecipientReleased:
    fields = {
        "event_id": uuid4(),
        "envelope_id": uuid4(),
        "organisation_id": uuid4(),
        "external_id": "采-2026-17",
        "recipient_id": uuid4(),
        "recipient_key": "supplier",
        "envelope_title": "办公设备采购合同",
        "sender_name": "榆林市示例局",
        "recipient_name": "李娜",
        "phone": "13800000002",
        "email": None,
        "language": "zh",
        "sealed_token": secrets.seal(token.encode(), "recipient-token").hex(),
        "expires_at": now + timedelta(days=7),
        **changes,
    }
    return RecipientReleased(**fields)


def suspended(due_version: int = 1) -> ContractSuspended:
    return ContractSuspended(
        suspension_id=uuid4(),
        contract_id=CONTRACT,
        contract_number="YL-2026-0001",
        contract_title="办公设备采购合同",
        suspended_on=date(2026, 11, 20),
        obligations=[PausedObligation(obligation_id=OBLIGATION, due_version=due_version)],
        evidence_id=uuid4(),
    )


def claimed(answer_by: date | None) -> FulfilmentClaimed:
    """By the supplier: the purchaser's contact is told."""
    return FulfilmentClaimed(
        fulfilment_id=UUID(int=0xF0),
        obligation_id=OBLIGATION,
        contract_id=CONTRACT,
        contract_number="YL-2026-0001",
        contract_title="办公设备采购合同",
        title="交付设备",
        part=None,
        fulfilled_on=date(2026, 11, 20),
        answer_by=answer_by,
        creditor=PURCHASER,
        contacts=CONTACTS[:1],
        evidence_id=uuid4(),
    )
