"""Any order of hold, book, move, cancel, answer, undo, override, expire and regenerate keeps every
promise, rooms included.

Besides the invariants after each step, two promises of the pages are held at each: what is offered
can be booked, and what is not offered is refused.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Role
from booking import operations, queries
from booking.invariants import prove
from booking.invariants.time import CHECKS as TIME_CHECKS
from booking.models import Appointment, Status, TimeOff
from clinic.lib.actor import Actor
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, at

indexes = st.integers(0, 40)
MINUTE = dt.timedelta(minutes=1)


class Bookings(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = NOW
        self.clinic = factories.clinic()
        ada = factories.doctor(self.clinic, slot_minutes=15)
        bob = factories.doctor(self.clinic, slot_minutes=20)
        for someone in (ada, bob):
            factories.hours(someone, "09:00", "10:30")
            # A break that is no whole cell: buffers end in the middle of cells.
            factories.hours(someone, "10:40", "12:00")
        self.doctors = [ada, bob]
        self.types = [
            factories.visit_type(self.clinic, ada, bob, minutes=15),
            factories.visit_type(self.clinic, ada, bob, minutes=40),
            factories.visit_type(
                self.clinic, ada, bob, minutes=20, buffer_before=10, buffer_after=20
            ),
            factories.visit_type(self.clinic, ada, minutes=15, needs_approval=True),
        ]
        # Two visit types that share one device, one of them with a buffer that keeps it too.
        device = factories.room(self.clinic)
        for fields in ({"minutes": 30}, {"minutes": 20, "buffer_after": 10}):
            scan = factories.visit_type(self.clinic, ada, bob, **fields)
            factories.need(scan, device)
            self.types.append(scan)
        self.staff = Actor.of_user(factories.user(Role.STAFF))
        self.patients = [factories.patient() for _ in range(3)]
        self._regenerate()

    def teardown(self) -> None:
        """At the end, the whole of the proof that operators run."""
        try:
            assert [result for result in prove() if result.broken] == []
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # -- choices -----------------------------------------------------------------------------

    def _offered(self, index: int, visit_type: Any) -> queries.FreeTime | None:
        free = queries.free_times(
            visit_type=visit_type, first=TOMORROW, last=TOMORROW, now=self.now
        )
        return free[index % len(free)] if free else None

    def _one(self, index: int, *statuses: Status) -> Appointment | None:
        some = list(Appointment.objects.filter(status__in=statuses).order_by("created_at", "pk"))
        return some[index % len(some)] if some else None

    def _regenerate(self) -> None:
        operations.generate_slots(clinic=self.clinic, now=self.now, first=TOMORROW, last=TOMORROW)

    # -- what people do ----------------------------------------------------------------------

    @rule(kind=indexes, index=indexes, who=indexes)
    def book_what_is_offered(self, kind: int, index: int, who: int) -> None:
        visit_type = self.types[kind % len(self.types)]
        offered = self._offered(index, visit_type)
        if offered is None:
            return
        patient = self.patients[who % len(self.patients)]
        try:
            visit = self._book(visit_type, offered.start, patient)
        except operations.PatientBusy:
            return
        assert visit.doctor_id in offered.doctors

    @rule(kind=indexes, quarter=st.integers(0, 15), who=indexes)
    def book_what_is_not_offered(self, kind: int, quarter: int, who: int) -> None:
        visit_type = self.types[kind % len(self.types)]
        start = at("08:45") + quarter * 15 * MINUTE
        free = queries.free_times(
            visit_type=visit_type, first=TOMORROW, last=TOMORROW, now=self.now
        )
        if start in {some.start for some in free}:
            return
        with pytest.raises(operations.BookingError):
            self._book(visit_type, start, self.patients[who % len(self.patients)])

    def _book(self, visit_type: Any, start: dt.datetime, patient: Any) -> Appointment:
        return operations.book(
            visit_type=visit_type, start=start, patient=patient, by=SYSTEM, now=self.now
        )

    @rule(kind=indexes, index=indexes, holder=st.sampled_from(["x", "y", "z"]))
    def hold_what_is_offered(self, kind: int, index: int, holder: str) -> None:
        visit_type = self.types[kind % len(self.types)]
        offered = self._offered(index, visit_type)
        if offered is not None:
            operations.hold(
                visit_type=visit_type,
                start=offered.start,
                holder=holder,
                by=Actor.guest(),
                now=self.now,
            )

    @rule(index=indexes, who=indexes)
    def book_a_hold(self, index: int, who: int) -> None:
        hold = self._one(index, Status.HELD)
        if hold is None:
            return
        ran_out = hold.held_until <= self.now
        try:
            operations.book(
                hold=hold,
                holder=hold.holder,
                patient=self.patients[who % len(self.patients)],
                by=SYSTEM,
                now=self.now,
            )
        except operations.HoldExpired:
            assert ran_out
        except operations.PatientBusy:
            pass
        else:
            assert not ran_out

    @rule(index=indexes)
    def give_a_hold_back(self, index: int) -> None:
        hold = self._one(index, Status.HELD)
        if hold is not None:
            operations.release(hold=hold, by=Actor.guest(), now=self.now)

    @rule(index=indexes)
    def cancel(self, index: int) -> None:
        visit = self._one(index, Status.BOOKED, Status.PENDING)
        if visit is not None:
            operations.cancel(appointment=visit, by=SYSTEM, now=self.now)

    @rule(index=indexes, to=indexes)
    def move(self, index: int, to: int) -> None:
        visit = self._one(index, Status.BOOKED, Status.PENDING)
        if visit is None:
            return
        free = queries.free_times_for_move(
            appointment=visit, first=TOMORROW, last=TOMORROW, now=self.now
        )
        if not free:
            return
        with contextlib.suppress(operations.PatientBusy):
            operations.reschedule(
                appointment=visit, start=free[to % len(free)].start, by=SYSTEM, now=self.now
            )

    @rule(index=indexes, yes=st.booleans())
    def answer(self, index: int, yes: bool) -> None:
        visit = self._one(index, Status.PENDING)
        if visit is None:
            return
        if yes:
            operations.accept(appointment=visit, by=SYSTEM, now=self.now)
        else:
            operations.decline(appointment=visit, reason="no", by=SYSTEM, now=self.now)

    @rule(index=indexes, end=st.sampled_from(["complete", "no-show"]))
    def see_or_miss(self, index: int, end: str) -> None:
        visit = self._one(index, Status.BOOKED)
        if visit is None:
            return
        then = {"appointment": visit, "by": SYSTEM, "now": max(self.now, visit.start)}
        if end == "no-show":
            operations.mark_no_show(**then)
        else:
            operations.check_in(**then)
            operations.complete(**then)

    @rule(index=indexes)
    def undo(self, index: int) -> None:
        visit = self._one(index, Status.COMPLETED, Status.CHECKED_IN, Status.NO_SHOW)
        if visit is None:
            return
        with contextlib.suppress(operations.Taken, operations.PatientBusy):
            operations.undo(appointment=visit, by=SYSTEM, now=self.now)

    @rule(kind=indexes, five=st.integers(0, 50), who=indexes, doctor=st.integers(0, 1))
    def override(self, kind: int, five: int, who: int, doctor: int) -> None:
        """At any time at all: booked, or refused by a guarantee."""
        with contextlib.suppress(operations.BookingError):
            operations.book(
                visit_type=self.types[kind % len(self.types)],
                start=at("08:30") + five * 5 * MINUTE,
                doctor=self.doctors[doctor],
                patient=self.patients[who % len(self.patients)],
                override="Because",
                by=self.staff,
                now=self.now,
            )

    @rule(index=indexes, five=st.integers(0, 50), doctor=st.integers(0, 1))
    def override_a_move(self, index: int, five: int, doctor: int) -> None:
        visit = self._one(index, Status.BOOKED, Status.PENDING)
        if visit is None:
            return
        with contextlib.suppress(operations.BookingError):
            operations.reschedule(
                appointment=visit,
                start=at("08:30") + five * 5 * MINUTE,
                doctor=self.doctors[doctor],
                override="Because",
                by=self.staff,
                now=self.now,
            )

    # -- what time and the clinic do ---------------------------------------------------------

    @rule(count=st.integers(1, 15))
    def time_passes(self, count: int) -> None:
        self.now += count * MINUTE

    @rule()
    def sweep(self) -> None:
        operations.expire_holds(now=self.now)
        operations.lapse_requests(now=self.now)

    @rule(cell=st.sampled_from([10, 15, 30]), who=st.integers(0, 1))
    def change_the_grid(self, cell: int, who: int) -> None:
        self.doctors[who].slot_minutes = cell
        self.doctors[who].save()
        self._regenerate()

    @rule(who=st.integers(0, 1), quarter=st.integers(0, 11))
    def block(self, who: int, quarter: int) -> None:
        start = at("09:00") + quarter * 15 * MINUTE
        TimeOff.objects.create(
            clinic=self.clinic, doctor=self.doctors[who], start=start, end=start + 20 * MINUTE
        )
        self._regenerate()

    @precondition(lambda self: TimeOff.objects.exists())
    @rule()
    def unblock(self) -> None:
        TimeOff.objects.all().delete()
        self._regenerate()

    # -- what must always hold ---------------------------------------------------------------

    @invariant()
    def nobodys_time_is_given_away_twice(self) -> None:
        assert [result for check in TIME_CHECKS if (result := check.run(None)).broken] == []


@pytest.mark.django_db
def test_any_order_of_operations_keeps_the_promises() -> None:
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
