"""The `anchor` process: sequences new evidence into the log, timestamps checkpoints and anchors them on the chain."""

import logging
import signal
import threading
from types import FrameType

from app.composition import Application
from core.errors import DingyueError
from core.rpc import RPCError

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
    """Sequencing doesn't wait for the chain: the log goes on while the chain is down."""
    services = application.services
    for step in (services.ledger.sequence_pending, services.anchors.step):
        try:
            step()
        except (DingyueError, RPCError, OSError) as error:
            logger.warning("%s: %s", getattr(step, "__qualname__", step), error)
