"""The demonstration's patient looks after a child, and has a course of visits."""

from __future__ import annotations

import datetime as dt

from accounts.models import Care, Role
from accounts.operations import add_dependant
from booking import operations, queries
from booking.demo.world import World
from booking.operations import Part
from booking.together import Course, propose
from clinic.lib.times import local_day

CHILD = "Maya Ellis"


def add_family(world: World) -> None:
    """A child with a visit next week, and follow-ups every other week."""
    by = world.actor(Role.PATIENT)
    child = add_dependant(
        user=world.users[Role.PATIENT],
        name=CHILD,
        date_of_birth=dt.date(world.today.year - 8, 3, 27),
        relation=Care.Relation.PARENT,
        by=by,
        now=world.now,
    )
    vaccination, follow_up = world.kinds["vaccination"], world.kinds["follow-up"]
    for visit_type, after in ((vaccination, 8), (follow_up, 9)):
        day = world.day(after)
        while not (
            times := queries.free_times(visit_type=visit_type, first=day, last=day, now=world.now)
        ):
            day += dt.timedelta(days=1)
            if day > local_day(visit_type.latest(world.now), world.clinic.zone):
                return
        first = times[len(times) // 2].start
        person = child if visit_type == vaccination else world.demo_patient
        count = 1 if person == child else 3
        course = Course(visit_type, person, first, weeks=2, count=count)
        seats = [
            date.seat or next(iter(date.others), None) for date in propose(course, now=world.now)
        ]
        operations.book_together(
            bookings=[
                Part(seat.patient, visit_type, seat.start, seat.doctor) for seat in seats if seat
            ],
            notify=False,
            by=by,
            now=world.now,
        )
