"""Telling the waiting list what became free, in the transaction that freed it."""

from __future__ import annotations

import datetime as dt
import uuid

from booking.availability import Span
from booking.models import FreedTime


def note_freed(
    *, doctor_id: uuid.UUID, span: Span, cause: FreedTime.Cause, now: dt.datetime
) -> None:
    """Write down that `span` of the doctor's time is free again, if any of it is still to come."""
    if span.end <= now:
        return
    FreedTime.objects.create(
        doctor_id=doctor_id,
        start=span.start,
        end=span.end,
        cause=cause,
        freed_at=now,
        look_after=now,
    )
