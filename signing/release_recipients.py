"""Gives recipients their links.

The token goes nowhere but into the `RecipientReleased` event, sealed for whoever delivers it to the recipient's own
phone or e-mail; only its hash is kept. The sender never sees it, so nobody can sign in a recipient's place by having
sent the envelope.
"""

from collections.abc import Iterable
from uuid import UUID

from accounts import repository as accounts
from accounts.errors import OrganisationNotFound
from core.secrets import hash_token, new_token
from core.unit_of_work import UnitOfWork
from signing import repository
from signing.context import SigningContext
from signing.events import RecipientReleased
from signing.models import Envelope, Recipient
from signing.policy import EnvelopeState

LINK_PURPOSE = "recipient-token"


def release_recipients(
    uow: UnitOfWork,
    context: SigningContext,
    envelope: Envelope,
    recipients: Iterable[Recipient],
    released: Iterable[UUID],
) -> None:
    """A new link for each of the `released` recipients. An older link and the sessions it opened die at once."""
    released = tuple(released)
    if not released:
        return
    with uow.session.no_autoflush:  # what happened to the recipients so far goes to the database with their links
        sender = accounts.organisation(uow.session, envelope.organisation_id)
    if sender is None:
        raise OrganisationNotFound
    is_open = envelope.state == EnvelopeState.IN_PROGRESS
    by_id = {recipient.id: recipient for recipient in recipients}
    for recipient_id in released:
        recipient = by_id[recipient_id]
        if recipient.token_hash is not None:
            repository.end_sessions(uow.session, recipient.id, uow.now)
        token = new_token()
        recipient.token_hash = hash_token(token)
        recipient.released_at = uow.now
        recipient.link_expires_at = max(envelope.expires_at, uow.now) + context.reading_lifetime
        uow.emit(
            RecipientReleased(
                event_id=uow.new_id(),
                envelope_id=envelope.id,
                organisation_id=envelope.organisation_id,
                external_id=envelope.external_id,
                recipient_id=recipient.id,
                recipient_key=recipient.key,
                envelope_title=envelope.title,
                sender_name=sender.name,
                recipient_name=recipient.name,
                phone=recipient.phone,
                email=recipient.email,
                language=recipient.language,
                sealed_token=context.secrets.seal(token.encode(), LINK_PURPOSE).hex(),
                expires_at=envelope.expires_at if is_open else recipient.link_expires_at,
            )
        )
