"""What makes the doctor's day of the demonstration one: a request, notes, somebody who is early."""

from __future__ import annotations

import datetime as dt

from accounts.models import Doctor, Patient, Role
from booking import operations, queries
from booking.demo.world import World
from booking.models import Appointment, Status

NOTES = ["Hard of hearing: please speak up.", "Needs an interpreter (Polish)."]
EARLY = dt.timedelta(minutes=50)


def round_off(world: World, doctor: Doctor) -> None:
    """After the history has been played: what is true of this very morning."""
    _request(world, doctor)
    ahead = list(
        Appointment.objects.filter(doctor=doctor, status=Status.BOOKED, start__gt=world.now)
        .select_related("clinic", "visit_type__clinic")
        .order_by("start")[: len(NOTES) + 1]
    )
    staff = world.actor(Role.STAFF)
    for visit, text in zip(ahead[1:], NOTES, strict=False):
        operations.set_note(appointment=visit, text=text, by=staff, now=world.now)
    for visit in ahead[:1]:
        if visit.start - world.now < EARLY:
            operations.check_in(appointment=visit, by=staff, now=world.now)


def _request(world: World, doctor: Doctor) -> None:
    """Somebody without an account asks for a first visit: the doctor answers."""
    guest = Patient.objects.create(
        name="Theodora Winslow",
        email="theodora.winslow@demo.example",
        phone="+13125550142",
        is_guest=True,
    )
    kind = world.kinds["first-visit"]
    first, last = world.day(2), world.day(6)
    times = queries.free_times(
        visit_type=kind, first=first, last=last, doctor=doctor, now=world.now
    )
    if times:
        operations.book(
            patient=guest,
            visit_type=kind,
            start=times[len(times) // 3].start,
            doctor=doctor,
            reason="New in town; a check of my blood pressure medicine",
            source="guest",
            notify=False,
            by=world.actor(Role.STAFF),
            now=world.now - dt.timedelta(hours=2),
        )
