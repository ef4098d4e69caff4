"""What signing does when events arrive."""

from typing import Any

from core.events import Reaction, Subscription
from signing.context import SigningContext
from signing.events import EnvelopeCompleted, SealingRequested
from signing.make_report import make_report
from signing.seal_envelope import seal_envelope


def subscriptions(context: SigningContext) -> list[Subscription[Any] | Reaction[Any]]:
    """Both call the time-stamp authority, so they are reactions; a failed one is delivered again."""

    def seal(event: SealingRequested) -> None:
        seal_envelope(context, event.envelope_id)

    def report(event: EnvelopeCompleted) -> None:
        make_report(context, event.envelope_id)

    return [
        Reaction("signing.seal_envelope", SealingRequested, seal),
        Reaction("signing.make_report", EnvelopeCompleted, report),
    ]
