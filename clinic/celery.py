"""Celery: where background work is found, and the table of what runs by the clock (beat)."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every entry is a sweep: it may run twice, and finds by itself what an earlier run lost.
app.conf.beat_schedule = {
    "deliver-messages": {"task": "notifications.tasks.deliver_due", "schedule": 15.0},
    "expire-holds": {"task": "booking.tasks.expire_holds", "schedule": 30.0},
    "lapse-requests": {"task": "booking.tasks.lapse_requests", "schedule": 60.0},
    "seal-audit": {"task": "accounts.tasks.seal_audit", "schedule": 30.0},
    "generate-slots": {"task": "booking.tasks.generate_slots", "schedule": 3600.0},
    "clean-up-people": {"task": "accounts.tasks.clean_up", "schedule": 24 * 3600.0},
    "clean-up-messages": {"task": "notifications.tasks.clean_up", "schedule": 24 * 3600.0},
    "clean-up-bookings": {"task": "booking.tasks.clean_up", "schedule": 3600.0},
}


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Celery would replace the structured logs with its own format."""
