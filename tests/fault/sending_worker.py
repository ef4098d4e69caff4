"""A worker process that kills itself (SIGKILL) at one crash point of sending. Run by `test_sending_kill.py`.

    python sending_worker.py <database url> <instant> <point>

Points: `after-queueing` (rows written, nothing claimed), `before-call` (row claimed, provider not called),
`after-call` (provider has it, nothing recorded), `never`.
"""

import os
import signal
import sys
from datetime import datetime

from core.database import create_database_engine
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from notify.adapters.console import ConsoleChannel
from notify.ports import Outgoing, Report
from notify.service import NotifyService
from tests.support.clock import FixedClock


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyChannel(ConsoleChannel):
    """The console channel, except that the process does not live through its first call."""

    point = "never"

    def send(self, outgoing: Outgoing) -> Report:
        if self.point == "before-call":
            die()
        report = super().send(outgoing)
        if self.point == "after-call":
            die()
        return report


def main(url: str, instant: str, point: str) -> None:
    engine = create_database_engine(url)
    clock = FixedClock(datetime.fromisoformat(instant))
    DeadlyChannel.point = point
    channel = DeadlyChannel(lambda: UnitOfWork(engine, clock))
    notify = NotifyService(channel.unit_of_work, SecretBox(b"-"), channel, "https://dingyue.test")
    if point == "after-queueing":
        notify._sender.queue_due()
        die()
    notify.send_due()


if __name__ == "__main__":
    main(*sys.argv[1:])
