"""A clinic in which everything has happened once, and hands that reach past the operations."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import connection

from booking import operations
from booking.models import Appointment, Offer
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

BY = {"by": SYSTEM, "now": NOW}
AFTERWARDS = {"by": SYSTEM, "now": at("12:00")}


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def without(table: str, *constraints: str) -> None:
    for name in constraints:
        sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def change(visit: Appointment, **fields: object) -> None:
    """Past every operation, as a mistake or a hand on the database would."""
    Appointment.objects.filter(pk=visit.pk).update(**fields)


def second(visit: Appointment, **fields: object) -> Appointment:
    """Another appointment like it, with no cells."""
    copied = Appointment.objects.get(pk=visit.pk)
    copied.pk = uuid.uuid4()
    for name, value in fields.items():
        setattr(copied, name, value)
    copied.save(force_insert=True)
    return copied


class Lived(World):
    """A world in which a visit has come to each of its states."""

    def __init__(self) -> None:
        super().__init__()
        approved = factories.visit_type(self.clinic, self.ada, self.bob, needs_approval=True)
        long = factories.visit_type(
            self.clinic, self.ada, minutes=25, buffer_before=5, buffer_after=5
        )
        self.room = factories.room(self.clinic)
        scan = factories.visit_type(self.clinic, self.bob)
        factories.need(scan, self.room)
        self.booked = self.book("09:00", patient=self.patient, doctor=self.ada)
        self.scanned = self.book("10:00", doctor=self.bob, visit_type=scan)
        rescanned = self.book("10:15", doctor=self.bob, visit_type=scan)
        operations.reschedule(appointment=rescanned, start=at("10:30"), **BY)
        operations.cancel(appointment=rescanned, **BY)
        self.held = self.hold("09:15", doctor=self.ada)
        self.request = self.book("09:30", visit_type=approved)
        self.buffered = self.book("10:15", visit_type=long)
        self.guest = factories.patient(is_guest=True)
        self.book("09:45", patient=self.guest, confirm_by=NOW + dt.timedelta(days=1))
        cancelled = self.book("11:00")
        operations.cancel(appointment=cancelled, **BY)
        moved = self.book("11:00")
        self.moved = operations.reschedule(appointment=moved, start=at("11:15"), **BY)
        declined = self.book("11:30", visit_type=approved)
        operations.decline(appointment=declined, reason="No", **BY)
        accepted = self.book("11:30", visit_type=approved)
        operations.accept(appointment=accepted, **BY)
        released = self.hold("10:45")
        operations.release(hold=released, **BY)
        from_hold = self.hold("09:15", doctor=self.bob)
        operations.book(hold=from_hold, holder=from_hold.holder, patient=factories.patient(), **BY)
        self.done = self.book("09:00", doctor=self.bob)
        operations.check_in(appointment=self.done, **AFTERWARDS)
        operations.complete(appointment=self.done, **AFTERWARDS)
        operations.undo(appointment=self.done, **AFTERWARDS)
        operations.complete(appointment=self.done, **AFTERWARDS)
        operations.mark_no_show(appointment=accepted, **AFTERWARDS)
        self._wait()
        self.expired = self.hold("10:45", doctor=self.bob)
        operations.expire_holds(
            now=NOW + dt.timedelta(hours=1),
            only=Appointment.objects.filter(pk=self.expired.pk),
        )

    def _wait(self) -> None:
        """On the waiting list one has said yes, one no, one is silent, one waits for nothing."""
        day = TOMORROW + dt.timedelta(days=1)
        kind = factories.visit_type(self.clinic, self.bob)
        factories.cells(self.bob, at("09:00", day), 3)
        for _ in range(4):
            operations.join_waitlist(
                patient=factories.patient(),
                visit_type=kind,
                wish=operations.Wishes(earliest=day, latest=day),
                **BY,
            )
        for clock in ("09:00", "09:15", "09:30"):
            visit = self.book(start=at(clock, day), visit_type=kind)
            operations.cancel(appointment=visit, **BY)
        operations.offer_freed_times(now=NOW)
        self.said_yes, said_no, self.offer = Offer.objects.order_by("hold__start")
        operations.accept_offer(offer=self.said_yes, **BY)
        operations.decline_offer(offer=said_no, **BY)
