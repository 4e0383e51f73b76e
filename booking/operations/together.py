"""Several visits at once, all of them or none: a family's morning, a course of six."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Doctor, Patient
from booking import messages
from booking.models import Appointment, Slot, VisitType
from booking.operations import cells, rooms, rules, steps
from booking.operations.booking import book
from booking.operations.changing import cancel
from booking.operations.counting import counts_refusals
from booking.operations.errors import BookingError, Busy
from booking.operations.locks import StaleHoldLeft
from booking.wording import when_text
from clinic.lib.actor import Actor

MOST_TOGETHER = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One visit of those that are booked together."""

    patient: Patient
    visit_type: VisitType
    start: dt.datetime
    doctor: Doctor
    reason: str = ""


class NotTogether(BookingError):
    """Nothing was done: `index` names the one that stood in the way, `cause` why."""

    code = "not-together"

    def __init__(self, index: int, start: dt.datetime, visit_type: VisitType, cause: BookingError):
        self.index, self.cause = index, cause
        super().__init__(f"{when_text(start, visit_type.clinic.zone)}: {cause}")


@counts_refusals
def book_together(
    *,
    bookings: Sequence[Part],
    source: str = "web",
    notify: bool = True,
    by: Actor,
    now: dt.datetime,
) -> list[Appointment]:
    """Book every one of these visits, in one transaction and with one `group`, or none of them.

    Locks patients, then all cells, then all rooms, each in the order of their ids, so that two
    families who want overlapping times wait for each other instead of for ever. Raises NotTogether,
    whose `cause` is what `book` raises; or Busy.
    """
    if not 0 < len(bookings) <= MOST_TOGETHER:
        raise ValueError("between one and MOST_TOGETHER visits")
    wishes = [cells.Wish(part.visit_type, part.start, now, part.doctor.pk) for part in bookings]
    for index, wish in enumerate(wishes):
        with _naming(index, wish.start, wish.visit_type):
            rules.check_time(wish.visit_type, wish.start, now=now)
    for _attempt in range(steps.TRIES):
        for wish in wishes:
            cells.expire_in_the_way(wish)
        try:
            with steps.short_transaction():
                _lock_patients(part.patient.pk for part in bookings)
                _lock_wished(wishes, now=now)
                visits = _book_each(bookings, source=source, by=by, now=now)
                if notify:
                    messages.booked_together(visits, now=now)
                return visits
        except StaleHoldLeft:
            continue
    raise Busy


def _book_each(
    bookings: Sequence[Part], *, source: str, by: Actor, now: dt.datetime
) -> list[Appointment]:
    group = uuid.uuid4()
    visits: dict[int, Appointment] = {}
    for index in sorted(range(len(bookings)), key=lambda index: bookings[index].start):
        part = bookings[index]
        with _naming(index, part.start, part.visit_type):
            visits[index] = book(
                patient=part.patient,
                visit_type=part.visit_type,
                start=part.start,
                doctor=part.doctor,
                reason=part.reason,
                source=source,
                group=group,
                notify=False,
                by=by,
                now=now,
            )
    return [visits[index] for index in range(len(bookings))]


def cancel_together(
    *, appointments: Sequence[Appointment], reason: str = "", by: Actor, now: dt.datetime
) -> list[Appointment]:
    """Cancel every one of these visits, each by its own rules, or none of them.

    Raises NotTogether, whose `cause` is what `cancel` raises; or Busy.
    """
    ids = [visit.pk for visit in appointments]
    with steps.short_transaction():
        locked = Appointment.objects.filter(pk__in=ids).order_by("pk")
        list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
        held = Slot.objects.filter(
            claims__appointment__in=ids, claims__released_at__isnull=True
        ).values("pk")
        _lock(Slot.objects.filter(pk__in=held))
        cancelled = []
        for index, visit in enumerate(appointments):
            with _naming(index, visit.start, visit.visit_type):
                cancelled.append(cancel(appointment=visit, reason=reason, by=by, now=now))
        return cancelled


@contextmanager
def _naming(index: int, start: dt.datetime, visit_type: VisitType) -> Iterator[None]:
    """Whatever is refused in here is refused because of this one."""
    try:
        yield
    except BookingError as error:
        raise NotTogether(index, start, visit_type, error) from error


def _lock_patients(ids: Iterable[uuid.UUID]) -> None:
    patients = Patient.objects.filter(pk__in=set(ids)).order_by("pk")
    list(patients.select_for_update(no_key=True).values_list("pk", flat=True))


def _lock_wished(wishes: Sequence[cells.Wish], *, now: dt.datetime) -> None:
    """Lock the cells of every wish at once; one that looks taken is found out when it is booked."""
    wanted = Q()
    for wish in wishes:
        for doctor_id, fit in cells.candidates(wish):
            wanted |= Q(doctor_id=doctor_id, start__lt=fit.busy.end, end__gt=fit.busy.start)
    if not wanted:
        return
    if any(slot.is_stale(now=now) for slot in _lock(Slot.objects.filter(wanted))):
        raise StaleHoldLeft
    rooms.lock_needed(wish.visit_type for wish in wishes)


def _lock(slots: QuerySet[Slot]) -> list[Slot]:
    return list(slots.order_by("pk").select_for_update(no_key=True))
