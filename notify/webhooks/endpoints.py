"""Setting up: endpoints and their secrets. A secret is shown once, when it is made; from then on it is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from accounts.policy import Actor, Scope
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from notify.webhooks import policy, repository
from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.delivering import disable
from notify.webhooks.errors import (
    LastWebhookSecret,
    TooManyWebhookEndpoints,
    TooManyWebhookSecrets,
    WebhookEndpointNotFound,
    WebhookSecretNotFound,
)
from notify.webhooks.models import WebhookEndpoint, WebhookSecret
from notify.webhooks.policy import DisabledReason, EndpointState
from notify.webhooks.signature import new_secret


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint and its secrets in force, newest first. `new_secret`: the one just made, in clear."""

    endpoint: WebhookEndpoint
    secrets: Sequence[WebhookSecret]
    new_secret: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointChanges:
    """What to change; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    event_types: list[str] | None = None
    state: EndpointState | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The use cases. All raise `ScopeMissing`; those about one endpoint raise `WebhookEndpointNotFound`."""

    unit_of_work: UnitOfWorkFactory
    secrets: SecretBox
    addresses: AddressPolicy

    def create(self, actor: Actor, *, url: str, event_types: list[str], description: str) -> EndpointView:
        """Raises `WebhookURLRefused`, `WebhookEventTypesInvalid`, `TooManyWebhookEndpoints`."""
        require_webhooks(actor)
        self.addresses.check_url(url)
        chosen = policy.check_event_types(event_types)
        with self.unit_of_work() as uow:
            repository.lock_organisation(uow.session, actor.organisation_id)
            if len(repository.endpoints(uow.session, actor.organisation_id)) >= policy.MOST_ENDPOINTS:
                raise TooManyWebhookEndpoints(most=policy.MOST_ENDPOINTS)
            endpoint = WebhookEndpoint(
                id=uow.new_id(),
                organisation_id=actor.organisation_id,
                created_by=actor.person_id,
                url=url,
                description=description,
                event_types=chosen,
                state=EndpointState.ACTIVE,
                failures=0,
                created_at=uow.now,
            )
            uow.session.add(endpoint)
            uow.session.flush()
            return self._with_new_secret(uow, endpoint, [])

    def all(self, actor: Actor) -> list[EndpointView]:
        """Oldest first; there are few."""
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            found = repository.endpoints(uow.session, actor.organisation_id)
            secrets = repository.secrets_in_force(uow.session, [each.id for each in found], uow.now)
        return [EndpointView(each, [one for one in secrets if one.endpoint_id == each.id]) for each in found]

    def one(self, actor: Actor, endpoint_id: UUID) -> EndpointView:
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            endpoint = find_endpoint(uow, actor, endpoint_id)
            return EndpointView(endpoint, repository.secrets_in_force(uow.session, [endpoint.id], uow.now))

    def change(self, actor: Actor, endpoint_id: UUID, changes: EndpointChanges) -> EndpointView:
        """Made active again, an endpoint begins with a clean slate; what it missed is not sent by itself.

        Raises `WebhookURLRefused`, `WebhookEventTypesInvalid`.
        """
        require_webhooks(actor)
        if changes.url is not None:
            self.addresses.check_url(changes.url)
        chosen = None if changes.event_types is None else policy.check_event_types(changes.event_types)
        with self.unit_of_work() as uow:
            endpoint = find_endpoint(uow, actor, endpoint_id, is_locked=True)
            endpoint.url = changes.url or endpoint.url
            endpoint.event_types = chosen or endpoint.event_types
            if changes.description is not None:
                endpoint.description = changes.description
            if changes.state is not None:
                _switch(uow, endpoint, changes.state)
            return EndpointView(endpoint, repository.secrets_in_force(uow.session, [endpoint.id], uow.now))

    def delete(self, actor: Actor, endpoint_id: UUID) -> None:
        """Its secrets are destroyed, its log stays."""
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            endpoint = find_endpoint(uow, actor, endpoint_id, is_locked=True)
            if endpoint.state == EndpointState.ACTIVE:
                disable(uow, endpoint, DisabledReason.BY_HAND)
            endpoint.deleted_at = uow.now
            repository.drop_secrets(uow.session, endpoint.id)

    def add_secret(self, actor: Actor, endpoint_id: UUID, *, old_valid_for: timedelta | None) -> EndpointView:
        """A new secret beside the old one, which ends after `old_valid_for`, or when told to if that is None.

        Raises `TooManyWebhookSecrets`.
        """
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            endpoint = find_endpoint(uow, actor, endpoint_id, is_locked=True)
            current = repository.secrets_in_force(uow.session, [endpoint.id], uow.now)
            if len(current) >= policy.MOST_SECRETS:
                raise TooManyWebhookSecrets(most=policy.MOST_SECRETS)
            if old_valid_for is not None:
                for secret in current:
                    secret.expires_at = uow.now + old_valid_for
            return self._with_new_secret(uow, endpoint, current)

    def remove_secret(self, actor: Actor, endpoint_id: UUID, secret_id: UUID) -> None:
        """At once. The last one without an end stays: with nothing to sign with, nothing could be sent.

        Raises `WebhookSecretNotFound`, `LastWebhookSecret`.
        """
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            endpoint = find_endpoint(uow, actor, endpoint_id, is_locked=True)
            current = repository.secrets_in_force(uow.session, [endpoint.id], uow.now)
            secret = next((each for each in current if each.id == secret_id), None)
            if secret is None:
                raise WebhookSecretNotFound
            if all(each.expires_at is not None for each in current if each is not secret):
                raise LastWebhookSecret
            uow.session.delete(secret)

    def _with_new_secret(
        self, uow: UnitOfWork, endpoint: WebhookEndpoint, others: Sequence[WebhookSecret]
    ) -> EndpointView:
        value = new_secret()
        secret = WebhookSecret(
            id=uow.new_id(),
            endpoint_id=endpoint.id,
            sealed=self.secrets.seal(value.encode(), policy.secret_purpose(endpoint.id)),
            created_at=uow.now,
        )
        uow.session.add(secret)
        return EndpointView(endpoint, [secret, *others], value)


def require_webhooks(actor: Actor) -> None:
    """A webhook tells what `envelopes:read` reads, so it needs both. Raises `ScopeMissing`."""
    actor.require(Scope.WEBHOOKS_WRITE)
    actor.require(Scope.ENVELOPES_READ)


def find_endpoint(uow: UnitOfWork, actor: Actor, endpoint_id: UUID, *, is_locked: bool = False) -> WebhookEndpoint:
    """Raises `WebhookEndpointNotFound`."""
    endpoint = repository.endpoint(uow.session, actor.organisation_id, endpoint_id, is_locked=is_locked)
    if endpoint is None:
        raise WebhookEndpointNotFound
    return endpoint


def _switch(uow: UnitOfWork, endpoint: WebhookEndpoint, state: EndpointState) -> None:
    if state == endpoint.state:
        return
    if state == EndpointState.DISABLED:
        disable(uow, endpoint, DisabledReason.BY_HAND)
        return
    endpoint.state = EndpointState.ACTIVE
    endpoint.disabled_reason = endpoint.disabled_at = None
    endpoint.failing_since, endpoint.failures, endpoint.held_until = None, 0, None
