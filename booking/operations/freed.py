"""Telling the waiting list what became free, in the transaction that freed it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from booking.availability import Span, joined
from booking.models import Appointment, FreedTime, Slot, WaitlistEntry
from booking.models.waiting import WAITLIST_HOLDER
from clinic.lib.hints import Hint

Cause = FreedTime.Cause

FREED = Hint("freed-ping", "booking.tasks.offer_freed_times")


def note_freed(*, doctor_id: uuid.UUID, span: Span, cause: Cause, now: dt.datetime) -> None:
    """Write down that `span` of the doctor's time is free again, if any of it is still to come."""
    _note([(doctor_id, span)], cause=cause, now=now)


def note_visit(visit: Appointment, *, cause: Cause, now: dt.datetime) -> None:
    """All that the visit took of the doctor's time is free again."""
    note_all([visit], cause=cause, now=now)


def note_all(visits: Iterable[Appointment], *, cause: Cause, now: dt.datetime) -> None:
    """The same for many. What an offer held is not freed anew: its freed time is still at work.

    Holds come and go by the minute, so of theirs only what somebody waits for is written down.
    """
    times = [time_of(some) for some in visits if not some.holder.startswith(WAITLIST_HOLDER)]
    if times and cause == Cause.EXPIRED:
        awaited = _awaited({doctor_id for doctor_id, _span in times})
        times = [(doctor_id, span) for doctor_id, span in times if doctor_id in awaited]
    _note(times, cause=cause, now=now)


def note_left(doctor_id: uuid.UUID, was: Span, visit: Appointment, *, now: dt.datetime) -> None:
    """What a visit that moved has left behind: all of its old time, or what it does not keep."""
    start, end = was
    if visit.doctor_id == doctor_id and was.overlaps(Span(visit.busy_start, visit.busy_end)):
        pieces = [Span(start, visit.busy_start), Span(visit.busy_end, end)]
    else:
        pieces = [was]
    left = [(doctor_id, piece) for piece in pieces if piece.start < piece.end]
    _note(left, cause=Cause.MOVED, now=now)


def note_new(
    doctor_id: uuid.UUID, opened: Iterable[Span], changed: Sequence[int], *, now: dt.datetime
) -> None:
    """Cells that the grid did not have, and those (by id) that are not blocked any more.

    The grid grows by itself every day: only what somebody waits for is written down.
    """
    spans = list(opened)
    if not (spans or changed) or not _awaited({doctor_id}):
        return
    rows = Slot.objects.filter(pk__in=changed).values_list("start", "end")
    spans += [Span(start, end) for start, end in rows]
    _note([(doctor_id, span) for span in joined(spans)], cause=Cause.NEW, now=now)


def time_of(visit: Appointment) -> tuple[uuid.UUID, Span]:
    return visit.doctor_id, Span(visit.busy_start, visit.busy_end)


def _note(times: Iterable[tuple[uuid.UUID, Span]], *, cause: Cause, now: dt.datetime) -> None:
    ahead = [(doctor_id, span) for doctor_id, span in times if span.end > now]
    if not ahead:
        return
    FreedTime.objects.bulk_create(
        FreedTime(
            doctor_id=doctor_id,
            start=max(span.start, now),
            end=span.end,
            cause=cause,
            freed_at=now,
            look_after=now,
        )
        for doctor_id, span in ahead
    )
    FREED.on_commit()


def _awaited(doctor_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the doctors who offer something that somebody waits for."""
    waiting = WaitlistEntry.objects.filter(
        status__in=[WaitlistEntry.Status.WAITING, WaitlistEntry.Status.OFFERED],
        visit_type__doctors__in=doctor_ids,
    )
    return set(waiting.values_list("visit_type__doctors", flat=True)) & doctor_ids
