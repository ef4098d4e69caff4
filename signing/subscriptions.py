"""What signing does when events arrive."""

from typing import Any

from core.events import Reaction, Subscription
from signing.context import SigningContext
from signing.events import SealingRequested
from signing.seal_envelope import seal_envelope


def subscriptions(context: SigningContext) -> list[Subscription[Any] | Reaction[Any]]:
    """Sealing calls the time-stamp authority, so it is a reaction; a failed one is delivered again."""

    def seal(event: SealingRequested) -> None:
        seal_envelope(context, event.envelope_id)

    return [Reaction("signing.seal_envelope", SealingRequested, seal)]
