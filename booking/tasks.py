"""Housekeeping by the clock. Each may run twice; each finds what an earlier run left."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from accounts.models import Clinic
from booking import messages, operations, reminders
from booking.models import FreedTime, IdempotencyKey
from booking.models.idempotency import KEPT

# Freed times that nobody was offered say nothing to anybody after a while.
KEEP_FREED = dt.timedelta(days=30)


@shared_task
def expire_holds() -> int:
    return operations.expire_holds(now=timezone.now())


@shared_task
def lapse_requests() -> int:
    return operations.lapse_requests(now=timezone.now())


@shared_task
def offer_freed_times() -> int:
    """On a hint when something became free, and as a sweep."""
    operations.FREED.heard()
    return operations.offer_freed_times(now=timezone.now())


@shared_task
def generate_slots() -> None:
    """Keep the rolling horizon filled, for the clinic whose pages these are."""
    now = timezone.now()
    for clinic in Clinic.objects.filter(is_current=True):
        operations.generate_slots(clinic=clinic, now=now)


@shared_task
def send_reminders() -> int:
    """Into the outbox, for the clinic whose pages these are."""
    now = timezone.now()
    clinics = Clinic.objects.filter(is_current=True)
    return sum(reminders.send_reminders(clinic=clinic, now=now).total for clinic in clinics)


@shared_task
def send_agendas() -> int:
    """What doctors' next day holds, for the clinic whose pages these are."""
    now = timezone.now()
    clinics = Clinic.objects.filter(is_current=True)
    return sum(messages.send_agendas(clinic=clinic, now=now) for clinic in clinics)


@shared_task
def note_reminded() -> int:
    return reminders.note_reminded(now=timezone.now())


@shared_task
def clean_up() -> int:
    """Forget answers to repeated requests, and freed times that led to no offer."""
    now = timezone.now()
    answers = IdempotencyKey.objects.filter(created_at__lt=now - KEPT)
    freed = FreedTime.objects.filter(done_at__lt=now - KEEP_FREED, offers_made=0)
    return answers.delete()[0] + freed.delete()[0]
