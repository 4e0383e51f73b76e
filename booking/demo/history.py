"""Weeks of a clinic's life, played in the order of time through the same operations as the pages.

Wishes are drawn first; then a queue of events runs from the oldest to now: a booking puts its
arrival, its end, its cancelling or moving into the queue. So the audit trail reads as if it had
happened, and nobody's mailbox is filled: every call says `notify=False` or takes its message back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import heapq
import random
from collections.abc import Callable, Iterator
from itertools import count

from django.db import transaction
from django.db.models import F

from accounts.models import Doctor, Role
from booking import operations, queries
from booking.demo.wishes import Fate, Wish, draw_wishes
from booking.demo.world import World
from booking.models import Appointment, Status
from booking.operations import PatientBusy, WrongState
from clinic.lib.times import local_day
from notifications import outbox

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
CANCEL_REASONS = ["", "", "Feeling better", "Travelling that day", "Found an earlier time"]
# How far a wish gives way: a weekend, a holiday and a day off in a row; doctors tried on a day.
DAYS, DOCTORS = 5, 4


class History:
    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self._number = count()
        self._events: list[tuple[dt.datetime, int, Callable[[dt.datetime], None]]] = []

    def play(self, progress: Callable[[int, int], object]) -> None:
        """Run every event up to now; tells how many wishes are done of how many."""
        wishes = draw_wishes(self.world, self.rng)
        done = count(1)

        def book(wish: Wish, at: dt.datetime) -> None:
            self._book(wish, at)
            progress(next(done), len(wishes))

        for wish in wishes:
            self._at(wish.booked_at, lambda at, wish=wish: book(wish, at))  # type: ignore[misc]
        while self._events:
            at, _number, act = heapq.heappop(self._events)
            # Cancelled before it was answered, or declined before it was cancelled: as in life.
            with contextlib.suppress(WrongState):
                act(at)
        self._remind()

    def _remind(self) -> None:
        """Most of those who booked days ahead were reminded on the day before, as in life."""
        rng = random.Random(len(self.world.adults))  # noqa: S311 (invented data)
        over = self.world.clinic.appointments.filter(
            status__in=[Status.COMPLETED, Status.NO_SHOW], booked_at__lt=F("start") - 2 * DAY
        )
        ids = over.order_by("start", "doctor").values_list("pk", flat=True)
        reminded = [pk for pk in ids if rng.random() < 0.7]
        over.filter(pk__in=reminded).update(reminded_at=F("start") - DAY)

    def _at(self, moment: dt.datetime, act: Callable[[dt.datetime], None]) -> None:
        """Do it when its time comes, if it has come by now."""
        if moment <= self.world.now:
            heapq.heappush(self._events, (moment, next(self._number), act))

    def _book(self, wish: Wish, now: dt.datetime) -> None:
        visit_type = self.world.kinds[wish.kind]
        for day, doctor in self._where(wish):
            times = queries.free_times(
                visit_type=visit_type, first=day, last=day, doctor=doctor, now=now
            )
            if not times:
                continue
            with contextlib.suppress(PatientBusy):  # then perhaps with another doctor
                visit = operations.book(
                    patient=wish.patient,
                    visit_type=visit_type,
                    start=self.rng.choice(times).start,
                    doctor=doctor,
                    reason=wish.reason,
                    source="web" if wish.by.roles == {"patient"} else "phone",
                    notify=False,
                    by=wish.by,
                    now=now,
                )
                self._what_follows(visit, wish)
                return

    def _where(self, wish: Wish) -> Iterator[tuple[dt.date, Doctor]]:
        """Days from the wished one on, and on each a few of the doctors who offer it.

        One doctor at a time: asking for everybody's times costs more than the booking.
        """
        offering = self.world.offering[wish.kind]
        for later in range(DAYS):
            doctors = [wish.doctor] if wish.doctor else self.rng.sample(offering, len(offering))
            for doctor in doctors[:DOCTORS]:
                yield wish.day + later * DAY, doctor

    def _what_follows(self, visit: Appointment, wish: Wish) -> None:
        booked = wish.booked_at
        if visit.status == Status.PENDING and wish.fate != Fate.WAIT:
            self._at(booked + self._between(3, 30) * HOUR, lambda at: self._decide(visit, at))
        changes = self._before(visit, booked)
        if wish.fate == Fate.CANCEL and changes:
            self._at(changes, lambda at: self._cancel(visit, wish, at))
        elif wish.fate == Fate.MOVE and changes and visit.status == Status.BOOKED:
            self._at(changes, lambda at: self._move(visit, wish, at))
        elif wish.fate == Fate.MISS:
            self._at(visit.end, lambda at: self._attend(operations.mark_no_show, visit, at))
        elif wish.fate != Fate.WAIT:
            self._come(visit)

    def _come(self, visit: Appointment) -> None:
        """Arrives a little early or late, and the visit ends about when it should."""
        arrives = visit.start + self._between(-12, 4) * MINUTE
        ends = visit.end + self._between(-3, 9) * MINUTE
        self._at(arrives, lambda at: self._attend(operations.check_in, visit, at))
        self._at(ends, lambda at: self._attend(operations.complete, visit, at))

    def _attend(
        self, verb: Callable[..., Appointment], visit: Appointment, now: dt.datetime
    ) -> None:
        visit.refresh_from_db(fields=["status"])
        if visit.status in (Status.BOOKED, Status.CHECKED_IN):
            verb(appointment=visit, by=self.world.actor(Role.STAFF), now=now)

    def _cancel(self, visit: Appointment, wish: Wish, now: dt.datetime) -> None:
        reason = self.rng.choice(CANCEL_REASONS)
        operations.cancel(appointment=visit, reason=reason, by=wish.by, now=now, notify=False)

    def _move(self, visit: Appointment, wish: Wish, now: dt.datetime) -> None:
        day = local_day(visit.start, self.world.clinic.zone) + self.rng.randint(1, 6) * DAY
        times = queries.free_times_for_move(
            appointment=visit, first=day, last=day + 2 * DAY, doctor=visit.doctor, now=now
        )
        if times:
            start = self.rng.choice(times).start
            with contextlib.suppress(PatientBusy):
                visit = operations.reschedule(
                    appointment=visit, start=start, by=wish.by, now=now, notify=False
                )
        self._come(visit)

    def _decide(self, visit: Appointment, now: dt.datetime) -> None:
        """Answer a request; the mail that it writes is taken back in the same transaction."""
        by = self.world.actor(Role.STAFF)
        with transaction.atomic():
            if self.rng.random() < 0.8:
                operations.accept(appointment=visit, by=by, now=now)
            else:
                operations.decline(
                    appointment=visit,
                    reason="Please see your family doctor first.",
                    by=by,
                    now=now,
                )
            outbox.void(about=f"appointment:{visit.pk}", now=now)

    def _before(self, visit: Appointment, booked: dt.datetime) -> dt.datetime | None:
        """Some time after booking, while patients may still change it by themselves."""
        closes = visit.visit_type.changes_close_at(visit.start)
        if closes <= booked:
            return None
        return booked + self.rng.uniform(0.2, 0.95) * (closes - booked)

    def _between(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)
