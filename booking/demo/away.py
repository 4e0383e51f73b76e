"""A doctor who will be away, with visits in every state: moved, asked about, still open."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections import Counter

from django.db import transaction

from accounts.models import Doctor, Role
from booking import equivalents, operations, queries
from booking.demo.world import World
from booking.models import AffectedVisit, Appointment, Status, TimeOff
from booking.operations import PatientBusy
from clinic.lib.times import day_bounds, local_day
from notifications import outbox

DAYS = range(2, 9)
VISITS = 3
KIND = "consultation"


def play(world: World) -> None:
    """One of the next days of a doctor who has much to do on it."""
    doctor, day = _busiest(world)
    start, end = day_bounds(day, world.clinic.zone)
    _fill_up(world, doctor, day)
    by = world.actor(Role.STAFF)
    time_off = operations.add_time_off(
        clinic=world.clinic, doctor=doctor, kind=TimeOff.Kind.LEAVE, start=start, end=end,
        note="Ill", by=by, now=world.now,
    )  # fmt: skip
    rows = list(
        time_off.affected.select_related(
            "appointment__visit_type__clinic", "appointment__doctor", "appointment__patient"
        ).order_by("appointment__start")
    )
    found = equivalents.suggested([row.appointment for row in rows], now=world.now)
    ready = [row for row in rows if found[row.appointment_id]]
    for row, settle in zip(ready, (_move, _ask), strict=False):
        with transaction.atomic():
            settle(world, row, found[row.appointment_id])
            # Nobody's mailbox is filled.
            outbox.void(about=f"appointment:{row.appointment_id}", now=world.now)


def _busiest(world: World) -> tuple[Doctor, dt.date]:
    zone = world.clinic.zone
    doctors = {doctor.pk: doctor for doctor in world.offering[KIND] if doctor.user_id is None}
    visits = Appointment.objects.filter(
        doctor__in=doctors,
        status__in=[Status.PENDING, Status.BOOKED],
        start__gte=day_bounds(world.day(DAYS.start), zone)[0],
        start__lt=day_bounds(world.day(DAYS.stop - 1), zone)[1],
    ).exclude(patient=world.demo_patient)
    rows = visits.order_by("start", "pk").values_list("doctor_id", "start")
    counts = Counter((doctor, local_day(start, zone)) for doctor, start in rows)
    (doctor_id, day), _number = counts.most_common(1)[0]
    return doctors[doctor_id], day


def _fill_up(world: World, doctor: Doctor, day: dt.date) -> None:
    """As many visits as the page is to show."""
    kind = world.kinds[KIND]
    start, end = day_bounds(day, world.clinic.zone)
    have = Appointment.objects.live().filter(doctor=doctor, start__gte=start, start__lt=end).count()
    free = queries.free_times(visit_type=kind, first=day, last=day, doctor=doctor, now=world.now)
    for time, patient in itertools.islice(zip(free[::4], world.adults, strict=False), VISITS):
        if have >= VISITS:
            return
        with contextlib.suppress(PatientBusy):
            operations.book(
                patient=patient, visit_type=kind, start=time.start, doctor=doctor,
                source="phone", notify=False, by=world.actor(Role.STAFF), now=world.now,
            )  # fmt: skip
            have += 1


def _move(world: World, row: AffectedVisit, options: list[equivalents.Option]) -> None:
    (start, doctor_id), *_more = options
    operations.move_affected(
        affected=row, start=start, doctor=Doctor.objects.get(pk=doctor_id),
        by=world.actor(Role.STAFF), now=world.now,
    )  # fmt: skip


def _ask(world: World, row: AffectedVisit, options: list[equivalents.Option]) -> None:
    doctors = Doctor.objects.in_bulk({option.doctor_id for option in options})
    operations.propose(
        affected=row, options=[(start, doctors[pk]) for start, pk in options],
        by=world.actor(Role.STAFF), now=world.now,
    )  # fmt: skip
