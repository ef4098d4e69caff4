"""The console channel: messages land in a table that a page shows. For embedded stacks only: it keeps full texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy.dialects.postgresql import insert

from core.unit_of_work import UnitOfWorkFactory
from notify.errors import CallbackRefused
from notify.models import ConsoleMessage
from notify.policy import MessageState
from notify.ports import Outgoing, Report


@dataclass(frozen=True, slots=True)
class ConsoleChannel:
    """Implements `notify.ports.Channel`. Idempotent by message id: sending again leaves the first text."""

    unit_of_work: UnitOfWorkFactory

    medium: ClassVar[str] = "sms"
    provider: ClassVar[str] = "console"
    settles_after: ClassVar[timedelta] = timedelta(0)

    def send(self, outgoing: Outgoing) -> Report:
        with self.unit_of_work() as uow:
            uow.session.execute(
                insert(ConsoleMessage)
                .values(message_id=outgoing.message_id, phone=outgoing.phone, text=outgoing.text, sent_at=uow.now)
                .on_conflict_do_nothing()
            )
        return _report(outgoing)

    def find(self, outgoing: Outgoing, since: datetime) -> Report | None:
        del since  # found by its primary key, however old it is
        with self.unit_of_work() as uow:
            found = uow.session.get(ConsoleMessage, outgoing.message_id)
        return None if found is None else _report(outgoing)

    def read_callback(self, url: str, parameters: Mapping[str, str], signature: str) -> Report:
        del url, parameters, signature  # nobody calls back: whoever does is not our provider
        raise CallbackRefused


def _report(outgoing: Outgoing) -> Report:
    return Report(outgoing.message_id.hex, MessageState.SENT, "printed")
