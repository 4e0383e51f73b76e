"""What should have left by now and has not: by when it was due, or by when it was first tried."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet

from notifications.catalog import REMINDERS
from notifications.models import Attempt, Message, MessageStatus


@dataclass(frozen=True)
class Waiting:
    due: int
    # Seconds; 0: none waits.
    oldest: float
    oldest_reminder: float


def read(*, now: dt.datetime) -> Waiting:
    queued = Message.objects.filter(status=MessageStatus.QUEUED)
    due = queued.filter(send_after__lte=now).aggregate(number=Count("pk"))["number"]
    return Waiting(
        due=due,
        oldest=_longest(queued, now=now),
        oldest_reminder=_longest(queued.filter(template__in=REMINDERS), now=now),
    )


def _longest(queued: QuerySet[Message], *, now: dt.datetime) -> float:
    """A message whose try failed is meant for later, and waits all the same."""
    moments = [
        queued.filter(send_after__lte=now).aggregate(first=Min("send_after"))["first"],
        Attempt.objects.filter(message__in=queued).aggregate(first=Min("begun_at"))["first"],
    ]
    return max(((now - moment).total_seconds() for moment in moments if moment), default=0.0)
