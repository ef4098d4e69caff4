"""A provider that loses requests and answers, and two workers at once: nothing missed, nothing doubled."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.errors import CallbackRefused
from notify.models import Message
from notify.policy import MessageState
from notify.ports import ChannelUnavailable, OutcomeUnknown, Outgoing, Report
from tests.integration.notify.factories import at, code_requested, console_service, handle, scheduled
from tests.support.clock import FixedClock


class LossyProvider:
    """Implements `notify.ports.Channel` over a list that is *not* idempotent: what is sent twice is there twice."""

    medium = "sms"
    provider = "lossy"
    settles_after = timedelta(0)

    def __init__(self, seed: int, *, mishaps: float) -> None:
        self._random = random.Random(seed)
        self._mishaps = mishaps
        self._lock = threading.Lock()
        self.accepted: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Report:
        with self._lock:
            happens = self._random.random() < self._mishaps
            kind = self._random.choice(["lost request", "lost answer", "not now"])
            if happens and kind == "not now":
                raise ChannelUnavailable
            if happens and kind == "lost request":
                raise OutcomeUnknown
            self.accepted.append(outgoing)
            if happens:
                raise OutcomeUnknown
            return self._report(len(self.accepted) - 1)

    def find(self, outgoing: Outgoing, since: datetime) -> Report | None:
        with self._lock:
            if self._random.random() < self._mishaps:
                raise ChannelUnavailable
            for position, message in enumerate(self.accepted):
                if outgoing.reference in message.text:
                    return self._report(position)
            return None

    def read_callback(self, url: str, parameters: Mapping[str, str], signature: str) -> Report:
        raise CallbackRefused

    def _report(self, position: int) -> Report:
        return Report(f"LP{position}", MessageState.SENT, "accepted")


@pytest.mark.parametrize("seed", range(8))
def test_two_workers_and_a_lossy_provider_send_each_message_exactly_once(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock, seed: int
) -> None:
    provider = LossyProvider(seed, mishaps=0.5)
    notify = console_service(unit_of_work, secrets, provider)
    clock.set(at(20, 10, month=11))
    handle(unit_of_work, notify, scheduled())
    clock.set(at(3, 9))
    for number in range(20):
        handle(unit_of_work, notify, code_requested(secrets, f"{number:06d}", valid_minutes=600))

    for _ in range(30):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: notify.send_due(), range(2)))
        clock.advance(timedelta(minutes=10))

    counts = Counter(outgoing.message_id for outgoing in provider.accepted)
    with unit_of_work() as uow:
        states = dict(uow.session.execute(select(Message.id, Message.state)).all())
    assert set(states.values()) == {"sent"}
    assert counts == dict.fromkeys(states, 1)


def test_a_code_whose_fate_is_known_too_late_is_not_sent_again(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    class SilentProvider(LossyProvider):
        def send(self, outgoing: Outgoing) -> Report:
            raise OutcomeUnknown

    provider = SilentProvider(0, mishaps=0)
    notify = console_service(unit_of_work, secrets, provider)
    handle(unit_of_work, notify, code_requested(secrets))
    notify.send_due()
    clock.advance(timedelta(minutes=5))
    notify.send_due()

    with unit_of_work() as uow:
        message = uow.session.scalars(select(Message)).one()
    assert (message.state, message.reason, message.sealed_secret) == ("cancelled", "expired", None)
    assert provider.accepted == []
