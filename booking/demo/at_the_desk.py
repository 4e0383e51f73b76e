"""What waits at the front desk: a wish that comes too late, and a person who is there twice."""

from __future__ import annotations

from accounts.models import Patient, Role
from booking import operations
from booking.demo.world import World
from booking.models import Appointment, ChangeRequest, Status


def leave_something_to_do(world: World) -> None:
    _ask_late(world)
    _write_twice(world)


def _ask_late(world: World) -> None:
    """The next visit that its patient can no longer move alone."""
    visits = (
        Appointment.objects.filter(status=Status.BOOKED, start__gt=world.now)
        .exclude(doctor=world.doctors["Amara Okafor"])
        .select_related("visit_type__clinic")
        .order_by("start", "pk")[:20]
    )
    for visit in visits:
        if not visit.can_change(now=world.now):
            operations.ask_change(
                appointment=visit,
                kind=ChangeRequest.Kind.MOVE,
                message="My train is cancelled. Is there something later in the week?",
                by=world.actor(Role.PATIENT),
                now=world.now,
            )
            return


def _write_twice(world: World) -> None:
    """Somebody was written down on the phone, though the clinic knew them."""
    known = world.adults[7]
    first, *_rest, last = known.name.split()
    Patient.objects.create(
        name=f"{first[0]}. {last}" if len(first) < 3 else f"{first[:-1]} {last}",
        phone=known.phone,
        date_of_birth=known.date_of_birth,
    )
