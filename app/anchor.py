"""The `anchor` process: sequences new evidence into the log, has its checkpoints cosigned, and anchors them.

Checkpoints are time-stamped by the worker, which hears of each one (`ledger.service.subscriptions`).
"""

import logging
import signal
import threading
from types import FrameType

from sqlalchemy.exc import OperationalError

from app.composition import Application
from core.errors import DingyueError

logger = logging.getLogger(__name__)


def run_anchor(application: Application, every_seconds: float) -> None:
    """Loops until SIGTERM or SIGINT. A failing pass is logged and tried again: nothing depends on one pass."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    while not stop.is_set():
        one_pass(application)
        stop.wait(every_seconds)


def one_pass(application: Application) -> None:
    """Sequencing doesn't wait for the chain: the log goes on while the chain is down. Witnesses are asked in between:
    what is anchored then has their cosignatures already, if they answer in time.
    """
    services = application.services
    steps = (
        services.ledger.sequence_pending,
        services.ledger.cosign_latest,
        lambda: services.anchors.step(application.clock.now()),
    )
    for step in steps:
        try:
            step()
        except (DingyueError, OSError, OperationalError) as error:
            logger.warning("will be tried again: %s", error)
