"""Why a time is not offered: every reason, for the clinic's people.

Each reason is looked for by itself, so that whoever moves a visit or waives a rule knows what else
stands in the way. A start without any reason is one that `queries.free_times` offers; a test over
whole days holds the two together.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Doctor
from booking import uses
from booking.availability import Fit, Need, Span, whole_cells
from booking.models import Appointment, Resource, Slot, SlotStatus, TimeOff, VisitType
from booking.operations import grid
from booking.queries import need_of
from booking.rooms import FreeRooms, assign
from booking.wording import time_text, when_text
from clinic.lib.times import day_bounds

DAY = dt.timedelta(days=1)
CLOSED = (SlotStatus.BLOCKED, SlotStatus.HOLIDAY)


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` for programs and tests, `sentence` for people."""

    code: str
    sentence: str
    patient_id: uuid.UUID | None = None  # whose visit the sentence names


@dataclass(frozen=True, slots=True)
class Start:
    """A start of a doctor's day, and why it is not offered; no reason means that it is."""

    start: dt.datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DoctorsDay:
    """`reasons` are of the whole day, whatever the start: then no start is offered."""

    doctor: Doctor
    reasons: tuple[Reason, ...]
    starts: tuple[Start, ...]

    @property
    def patient_ids(self) -> set[uuid.UUID]:
        """Of whom it speaks."""
        every = [*self.reasons, *(reason for start in self.starts for reason in start.reasons)]
        return {reason.patient_id for reason in every if reason.patient_id is not None}


def explain(
    *,
    visit_type: VisitType,
    doctor: Doctor,
    day: dt.date,
    start: dt.datetime | None = None,
    now: dt.datetime,
) -> DoctorsDay:
    """Every start of the doctor's grid on the clinic's `day`, or the one `start` alone."""
    facts = _Facts.read(visit_type, doctor, day, now=now)
    chosen = [start] if start is not None else facts.grid_starts()
    starts = tuple(Start(moment, tuple(_reasons(facts, moment))) for moment in chosen)
    return DoctorsDay(doctor, tuple(_of_the_day(facts, starts)), starts)


@dataclass(frozen=True, slots=True)
class _Facts:
    """All that is known of one doctor's day, read once."""

    visit_type: VisitType
    doctor: Doctor
    now: dt.datetime
    need: Need
    window: Span
    offers: bool
    slots: dict[dt.datetime, Slot]  # by their starts, also of the day after
    visits: Sequence[Appointment]
    off: Sequence[TimeOff]
    wanted: Sequence[Span]
    rooms: FreeRooms
    needs: Sequence[tuple[str, list[uuid.UUID]]]

    @classmethod
    def read(
        cls, visit_type: VisitType, doctor: Doctor, day: dt.date, *, now: dt.datetime
    ) -> _Facts:
        clinic = visit_type.clinic
        window = Span(*day_bounds(day, clinic.zone))
        around = Span(window.start - DAY, window.end + DAY)
        slots = Slot.objects.filter(doctor=doctor).between(*around).order_by("start")
        visits = (
            Appointment.objects.live()
            .filter(doctor=doctor, busy_start__lt=around.end, busy_end__gt=around.start)
            .filter(start__gt=around.start - DAY, start__lt=around.end + DAY)
            .exclude(status="held", held_until__lte=now)
            .select_related("patient", "visit_type")
        )
        off = TimeOff.objects.filter(clinic=clinic, start__lt=around.end, end__gt=around.start)
        mine = [some for some in off if some.doctor_id in (None, doctor.pk)]
        needs = visit_type.needs.order_by("pk").values_list("name", flat=True)
        return cls(
            visit_type,
            doctor,
            now,
            need_of(visit_type),
            window,
            visit_type.doctors.filter(pk=doctor.pk).exists(),
            {slot.start: slot for slot in slots},
            list(visits),
            mine,
            list(grid.wanted(doctor, clinic, day, day, mine)),
            uses.free_rooms(visit_type, around, now=now),
            list(zip(needs, uses.needs_of(visit_type), strict=True)),
        )

    def grid_starts(self) -> list[dt.datetime]:
        """The cells that are there; where none are yet, those that the hours would give."""
        there = {start for start in self.slots if self.window.start <= start < self.window.end}
        return sorted(there | {span.start for span in self.wanted})

    def is_open(self, slot: Slot) -> bool:
        return slot.status == SlotStatus.FREE or slot.is_stale(now=self.now)

    def time(self, moment: dt.datetime) -> str:
        return time_text(moment, self.visit_type.clinic.zone)

    def when(self, moment: dt.datetime) -> str:
        return when_text(moment, self.visit_type.clinic.zone)


def _of_the_day(facts: _Facts, starts: Sequence[Start]) -> Iterable[Reason]:
    if not facts.visit_type.active:
        yield Reason("type-inactive", _("This visit type is not offered at present."))
    if not facts.doctor.active:
        yield Reason("doctor-inactive", _("This doctor cannot be booked at present."))
    if not facts.offers:
        yield Reason("not-offered", _("This doctor does not offer this visit type."))
    if not starts:
        yield Reason("no-hours", _("This doctor has no working hours on this day."))


def _reasons(facts: _Facts, start: dt.datetime) -> list[Reason]:
    """Every reason against one start, but for those of the whole day."""
    found = [*_rules(facts, start)]
    slot = facts.slots.get(start)
    if slot is None:
        return [*found, _no_cell(facts, start)]
    end, in_the_way = _run(facts, slot)
    found += in_the_way
    if end is None:
        return found
    fit = _fit(facts, Span(start, end))
    return [*found, *_buffers(facts, fit), *_rooms(facts, fit)]


def _rules(facts: _Facts, start: dt.datetime) -> Iterable[Reason]:
    """Notice and horizon."""
    if start < facts.visit_type.earliest(facts.now):
        closed = start - dt.timedelta(minutes=facts.visit_type.notice_minutes)
        text = _("Too soon: it could be booked until %(when)s.") % {"when": facts.when(closed)}
        yield Reason("notice", text)
    if start > facts.visit_type.latest(facts.now):
        opens = start - dt.timedelta(days=facts.visit_type.horizon_days)
        text = _("Too far ahead: it can be booked from %(when)s.") % {"when": facts.when(opens)}
        yield Reason("horizon", text)


def _no_cell(facts: _Facts, start: dt.datetime) -> Reason:
    """Why nothing can start then at all."""
    spans = [Span(slot.start, slot.end) for slot in facts.slots.values()]
    if any(cell.start < start < cell.end for cell in (spans or facts.wanted)):
        near = sorted(facts.slots or facts.grid_starts(), key=lambda one: abs(one - start))[:2]
        names = _(" and ").join(facts.time(one) for one in sorted(near))
        text = _("Visits cannot start then, but at %(times)s.") % {"times": names}
        return Reason("off-grid", text)
    if any(cell.start <= start < cell.end for cell in facts.wanted):
        return Reason("no-cells", _("The free times of this day have not been made yet."))
    return Reason("outside-hours", _("Outside of the working hours."))


def _run(facts: _Facts, first: Slot) -> tuple[dt.datetime | None, list[Reason]]:
    """The end of the cells from `first` that hold the visit, and what stands in the way of it."""
    found: list[Reason] = []
    slot: Slot | None = first
    end, count = first.start, 0
    while slot is not None and end - first.start < facts.need.length:
        if not facts.is_open(slot):
            reason = _not_open(facts, slot)
            if reason not in found:
                found.append(reason)
        count += 1
        end = slot.end
        slot = facts.slots.get(end)
    if end - first.start >= facts.need.length:
        return (None if found else end), found
    cell = facts.doctor.slot_minutes
    needed = count + (
        whole_cells(_minutes(facts.need.length - (end - first.start)), cell)
        // (dt.timedelta(minutes=cell))
    )
    text = _("Not enough time in one piece: %(there)d of %(needed)d cells.")
    found.append(Reason("too-short", text % {"there": count, "needed": needed}))
    return None, found


def _minutes(length: dt.timedelta) -> int:
    return int(length.total_seconds() // 60)


def _not_open(facts: _Facts, slot: Slot) -> Reason:
    span = Span(slot.start, slot.end)
    if slot.status in CLOSED:
        for off in facts.off:
            if span.overlaps(Span(off.start, off.end)):
                text = _("Time off (%(kind)s) until %(when)s.")
                values = {"kind": off.get_kind_display(), "when": facts.when(off.end)}
                return Reason("time-off", text % values)
        return Reason("closed", _("Closed."))
    if slot.status == SlotStatus.HELD and slot.held_until is not None:
        text = _("Held for somebody until %(time)s.") % {"time": facts.time(slot.held_until)}
        return Reason("held", text)
    for visit in facts.visits:
        if span.overlaps(Span(visit.busy_start, visit.busy_end)):
            text = _("Taken: %(visit)s.") % {"visit": _visit(facts, visit)}
            return Reason("taken", text, visit.patient_id)
    return Reason("taken", _("Taken."))


def _visit(facts: _Facts, visit: Appointment) -> str:
    name = visit.patient.name if visit.patient else _("a hold")
    return f"{name}, {facts.time(visit.start)} – {facts.time(visit.end)}"


def _fit(facts: _Facts, visit: Span) -> Fit:
    cell = facts.doctor.slot_minutes
    before = whole_cells(facts.need.buffer_before, cell)
    after = whole_cells(facts.need.buffer_after, cell)
    return Fit(visit, Span(visit.start - before, visit.end + after))


def _buffers(facts: _Facts, fit: Fit) -> Iterable[Reason]:
    """What the minutes kept free before and after would stand on."""
    if not facts.need.has_buffers:
        return
    text = _("The minutes kept free around it would stand on %(what)s.")
    for visit in facts.visits:
        if fit.busy.overlaps(Span(visit.busy_start, visit.busy_end)):
            yield Reason("buffer", text % {"what": _visit(facts, visit)}, visit.patient_id)
    for slot in facts.slots.values():
        if slot.status in CLOSED and fit.busy.overlaps(Span(slot.start, slot.end)):
            yield Reason("buffer", text % {"what": _("closed time")})
            return


def _rooms(facts: _Facts, fit: Fit) -> Iterable[Reason]:
    """Which of the needs cannot be met: each by itself, or all of them together."""
    if not facts.needs or facts.rooms.have_room_for(fit):
        return
    free = facts.rooms.at(fit.busy)
    missing = [(name, some) for name, some in facts.needs if assign([some], free) is None]
    names = dict(Resource.objects.values_list("pk", "name"))
    if not missing:
        text = _("No room is free for all that it needs at once: %(needs)s.")
        needs = ", ".join(name for name, _some in facts.needs)
        yield Reason("no-room", text % {"needs": needs})
    for need, some in missing:
        if some:
            text = _("%(need)s: %(rooms)s is in use.")
            rooms = ", ".join(names[one] for one in some)
            yield Reason("no-room", text % {"need": need, "rooms": rooms})
        else:
            text = _("%(need)s: no room or equipment is set up for it.")
            yield Reason("no-room", text % {"need": need})
