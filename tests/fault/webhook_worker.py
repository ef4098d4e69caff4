"""A worker process that kills itself (SIGKILL) at one crash point of delivering. Run by `test_webhooks.py`.

    python webhook_worker.py <database url> <instant> <point>

Points: `before-call` (delivery claimed, endpoint not called), `after-call` (endpoint has it, nothing recorded),
`before-commit` (the result is written but not committed).
"""

import os
import signal
import sys
from datetime import datetime

from core.database import create_database_engine
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from notify.webhooks import delivering
from notify.webhooks.adapters.http import HTTPCourier
from notify.webhooks.policy import Answer
from notify.webhooks.ports import Parcel
from tests.integration.notify.webhook_factories import EMBEDDED, webhook_service
from tests.support.clock import FixedClock

MASTER_KEY = b"a master key that only tests use"


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyCourier(HTTPCourier):
    """The real one, except that the process does not live through its first call."""

    point = "never"

    def post(self, parcel: Parcel) -> Answer:
        if self.point == "before-call":
            die()
        answer = super().post(parcel)
        if self.point == "after-call":
            die()
        return answer


def main(url: str, instant: str, point: str) -> None:
    engine = create_database_engine(url)
    clock = FixedClock(datetime.fromisoformat(instant))
    DeadlyCourier.point = point
    if point == "before-commit":
        delivering._judge_delivery = die
    service = webhook_service(
        lambda: UnitOfWork(engine, clock), SecretBox(MASTER_KEY), courier=DeadlyCourier(EMBEDDED, timeout_seconds=5)
    )
    service.deliver_due()


if __name__ == "__main__":
    main(*sys.argv[1:])
