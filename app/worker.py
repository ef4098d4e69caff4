"""The Celery application: handling of events, and the periodic sweeps.

Celery knows nothing of the domain and the domain nothing of Celery: every task calls one function that is safe to
run twice. Tasks carry ids only; the database holds the truth.
"""

from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from celery import Celery

from app.broker import celery_client
from app.parts import run_each
from app.processes import settle
from app.settings import load_settings
from core.outbox import relay

if TYPE_CHECKING:
    from app.composition import Application

settings = load_settings()


@cache
def application() -> "Application":
    """One composition per worker process, made at first use: beat, which loads this module too, needs none."""
    from app.composition import build  # noqa: PLC0415 - half of a start's time

    built = build(settings)
    settle()
    return built


def make_celery() -> Celery:
    celery = celery_client(settings.broker.url)
    celery.conf.update(
        task_acks_late=False,  # the outbox re-delivers; a second delivery by the broker would only be work done twice
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        timezone="UTC",
        beat_schedule_filename=str(settings.run_directory / "beat-schedule"),
        beat_schedule={
            "relay": {"task": "relay", "schedule": settings.schedule.relay_seconds},
            "send": {"task": "send_due", "schedule": settings.schedule.send_seconds},
            "deliver": {"task": "deliver_webhooks", "schedule": settings.schedule.deliver_seconds},
            "send_bulk": {"task": "send_bulk_rows", "schedule": settings.schedule.bulk_seconds},
            "register": {"task": "register_rows", "schedule": settings.schedule.bulk_seconds},
            "sweep": {"task": "sweep", "schedule": settings.schedule.sweep_seconds},
            "maintain": {"task": "maintain", "schedule": settings.schedule.maintain_seconds},
        },
    )
    return celery


celery_app = make_celery()


@celery_app.task(name="relay", expires=30)
def relay_outbox() -> None:
    """Offers unhandled events to the workers."""
    relay(application().engine, lambda event_id: handle_event.delay(event_id.hex))


@celery_app.task(name="handle_event")
def handle_event(event_id: str) -> None:
    """Runs the subscribers of one event, then relays what they caused without waiting for the schedule."""
    application().dispatcher.handle(UUID(hex=event_id))


@celery_app.task(name="send_due", expires=30)
def send_due() -> None:
    """Sends reminders and messages that are due, and reconciles those with an unknown outcome."""
    application().services.notify.send_due()


@celery_app.task(name="deliver_webhooks", expires=10)
def deliver_webhooks() -> None:
    """Delivers what organisations' own systems are to hear; a slow one holds up this task and no other."""
    application().services.webhooks.deliver_due()


@celery_app.task(name="send_bulk_rows", expires=10)
def send_bulk_rows() -> None:
    """Sends a batch of confirmed rows; several workers share them out."""
    application().services.bulk.send_due_rows()


@celery_app.task(name="register_rows", expires=10)
def register_rows() -> None:
    """Goes on with chosen rows of uploads whose request died; there is nothing to do if none did."""
    application().services.register.register_chosen_rows()


@celery_app.task(name="sweep", expires=60)
def sweep() -> None:
    """Moves what has become due or expired since the last sweep; the work is that of today's dates alone."""
    services = application().services
    now = services.clock.now()
    run_each(
        services.performance.sweep_due,
        services.supervision.end_expired_demands,
        lambda: services.signing.expire_envelopes(now),
        lambda: services.signing.remind_by_schedule(now),
        lambda: services.signing.upgrade_timestamps(now),
    )


@celery_app.task(name="maintain", expires=600)
def maintain() -> None:
    """Renews certificates (the platform's, seals') and archive time-stamps before they end; destroys keys that are
    never used again."""
    services = application().services
    now = services.clock.now()
    run_each(
        services.pki.ensure_authority,
        lambda: services.seals.renew_certificates(now),
        services.pki.destroy_old_keys,
        lambda: services.signing.renew_timestamps(now),
    )
