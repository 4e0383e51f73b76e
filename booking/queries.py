"""Reads that join: free times, candidates for a booking, a patient's visits."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db.models import Count, Exists, Q, QuerySet

from accounts.models import Clinic, Doctor, User
from booking import uses
from booking.availability import Fit, Need, Span, starts, whole_cells
from booking.models import Appointment, Slot, SlotStatus, VisitType
from booking.models.appointment import MOVABLE
from clinic.lib.times import day_bounds, local_day

DAY = dt.timedelta(days=1)
# How far from a wish the nearest alternatives are looked for.
NEAR = dt.timedelta(days=14)


class FreeTime(NamedTuple):
    """A start, and the doctors who are free for the whole visit then."""

    start: dt.datetime
    doctors: tuple[uuid.UUID, ...]


def visit_types(*, clinic: Clinic) -> QuerySet[VisitType]:
    return VisitType.objects.filter(clinic=clinic, active=True).select_related("clinic")


def doctors_of(visit_type: VisitType) -> QuerySet[Doctor]:
    """The doctors who can be booked for it."""
    return Doctor.objects.filter(visit_types=visit_type, active=True)


def doctor_of(visit_type: VisitType, doctor_id: uuid.UUID | None) -> Doctor | None:
    """The doctor with that id, if he can be booked for it."""
    return doctors_of(visit_type).filter(pk=doctor_id).first() if doctor_id else None


def need_of(visit_type: VisitType) -> Need:
    return Need(visit_type.minutes, visit_type.buffer_before, visit_type.buffer_after)


def free_times(
    *,
    visit_type: VisitType,
    first: dt.date,
    last: dt.date,
    doctor: Doctor | None = None,
    now: dt.datetime,
    own: Appointment | None = None,
) -> list[FreeTime]:
    """The free times of the clinic's days `first` to `last` (both included), in order.

    `own` is a visit about to be moved: its time counts as free.
    """
    zone = visit_type.clinic.zone
    window = Span(day_bounds(first, zone)[0], day_bounds(last, zone)[1])
    fits = fits_between(visit_type=visit_type, window=window, doctor=doctor, now=now, own=own)
    by_start: dict[dt.datetime, list[uuid.UUID]] = defaultdict(list)
    for doctor_id, doctor_fits in fits.items():
        for fit in doctor_fits:
            by_start[fit.visit.start].append(doctor_id)
    return [FreeTime(start, tuple(by_start[start])) for start in sorted(by_start)]


def free_times_for_move(
    *,
    appointment: Appointment,
    first: dt.date,
    last: dt.date,
    doctor: Doctor | None = None,
    now: dt.datetime,
) -> list[FreeTime]:
    """Where a visit could go; its present time is free for itself, but not offered again."""
    found = free_times(
        visit_type=appointment.visit_type,
        first=first,
        last=last,
        doctor=doctor,
        now=now,
        own=appointment,
    )
    return [free for free in found if free.start != appointment.start]


def fits_between(
    *,
    visit_type: VisitType,
    window: Span,
    doctor: Doctor | None = None,
    now: dt.datetime,
    own: Appointment | None = None,
    overrule: bool = False,
) -> dict[uuid.UUID, list[Fit]]:
    """For each doctor the starts within `window` that hold, by the rules at `now`.

    `overrule` looks past notice and horizon, as the clinic may.
    """
    need = need_of(visit_type)
    earliest, latest = window.start, window.end - dt.timedelta(microseconds=1)
    if not overrule:
        earliest = max(earliest, visit_type.earliest(now))
        latest = min(latest, visit_type.latest(now))
    if earliest > latest:
        return {}
    cell_minutes, needs_rooms = _doctors(visit_type, doctor)
    reach = Span(earliest, min(window.end, latest + need.length) + need.length)
    # Time outside of the hours stays the clinic's to give, also to the visit that has it.
    kept = None if own is not None and own.outside_hours and not overrule else own
    free = _open_cells(cell_minutes, reach, now=now, own=kept)
    taken = _taken(cell_minutes, reach, need, now=now, own=own) if need.has_buffers else {}
    fits = {
        doctor_id: starts(
            cells,
            taken.get(doctor_id, []),
            need,
            cell_minutes=cell_minutes[doctor_id],
            earliest=earliest,
            latest=latest,
        )
        for doctor_id, cells in free.items()
    }
    if not needs_rooms:
        return fits
    busy = [fit.busy for some in fits.values() for fit in some]
    if not busy:
        return fits
    around = Span(min(span.start for span in busy), max(span.end for span in busy))
    rooms = uses.free_rooms(visit_type, around, now=now, own=own)
    return {
        doctor_id: [fit._replace(needs_rooms=True) for fit in some if rooms.have_room_for(fit)]
        for doctor_id, some in fits.items()
    }


def _doctors(visit_type: VisitType, doctor: Doctor | None) -> tuple[dict[uuid.UUID, int], bool]:
    """Each doctor's length of a cell, and whether the visit type needs any room or equipment."""
    doctors = doctors_of(visit_type)
    if doctor is not None:
        doctors = doctors.filter(pk=doctor.pk)
    needs = Exists(VisitType.objects.filter(pk=visit_type.pk, needs__isnull=False))
    rows = list(doctors.values_list("id", "slot_minutes", needs))
    return {pk: minutes for pk, minutes, _ in rows}, any(needy for _pk, _minutes, needy in rows)


def _open_cells(
    doctors: Iterable[uuid.UUID], reach: Span, *, now: dt.datetime, own: Appointment | None
) -> dict[uuid.UUID, list[Span]]:
    cells = Slot.objects.filter(doctor__in=list(doctors)).between(*reach)
    opened = cells.open(now=now)
    if own is not None:
        mine = own.cells.filter(released_at__isnull=True).values("slot")
        opened = (opened | cells.filter(pk__in=mine)).distinct()
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    rows = opened.order_by("start").values_list("doctor_id", "start", "end")
    for doctor_id, start, end in rows:
        found[doctor_id].append(Span(start, end))
    return found


def _taken(
    doctors: dict[uuid.UUID, int],
    reach: Span,
    need: Need,
    *,
    now: dt.datetime,
    own: Appointment | None,
) -> dict[uuid.UUID, list[Span]]:
    """What buffers keep clear of: live visits with their buffers, and blocked cells."""
    widest = max(need.buffer_before, need.buffer_after)
    margin = max((whole_cells(widest, cell) for cell in doctors.values()), default=DAY)
    low, high = reach.start - margin, reach.end + margin
    visits = (
        Appointment.objects.live()
        .filter(doctor__in=doctors, busy_start__lt=high, busy_end__gt=low)
        # Bounds the range by an index; no visit with its buffers lasts longer than this.
        .filter(start__gt=low - 2 * DAY, start__lt=high + DAY)
        .exclude(status="held", held_until__lte=now)
    )
    if own is not None:
        visits = visits.exclude(pk=own.pk)
    closed = Slot.objects.filter(
        doctor__in=doctors, status__in=[SlotStatus.BLOCKED, SlotStatus.HOLIDAY]
    ).between(low - DAY, high)
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for doctor_id, start, end in visits.values_list("doctor_id", "busy_start", "busy_end"):
        found[doctor_id].append(Span(start, end))
    for doctor_id, start, end in closed.values_list("doctor_id", "start", "end"):
        found[doctor_id].append(Span(start, end))
    return found


def next_free(
    *,
    visit_type: VisitType,
    after: dt.datetime,
    doctor: Doctor | None = None,
    now: dt.datetime,
) -> FreeTime | None:
    """The first free time at or after `after`, up to the horizon."""

    def find(first: dt.date, last: dt.date) -> list[FreeTime]:
        return free_times(visit_type=visit_type, first=first, last=last, doctor=doctor, now=now)

    return first_found(find, visit_type=visit_type, after=after, now=now)


def first_found(
    find: Callable[[dt.date, dt.date], list[FreeTime]],
    *,
    visit_type: VisitType,
    after: dt.datetime,
    now: dt.datetime,
) -> FreeTime | None:
    """The first of the times that `find` knows between two days, at or after `after`: looked for a
    week at a time up to the visit type's horizon."""
    zone = visit_type.clinic.zone
    day = local_day(max(after, now), zone)
    horizon = local_day(visit_type.latest(now), zone)
    while day <= horizon:
        last = min(day + 6 * DAY, horizon)
        later = [free for free in find(day, last) if free.start >= after]
        if later:
            return later[0]
        day = last + DAY
    return None


def nearest(
    *,
    visit_type: VisitType,
    start: dt.datetime,
    doctor: Doctor | None = None,
    now: dt.datetime,
    limit: int = 3,
) -> list[FreeTime]:
    """The free times nearest to `start`, nearest first; within two weeks of it."""
    zone = visit_type.clinic.zone
    day = local_day(start, zone)
    for reach in (1, NEAR.days):
        found = free_times(
            visit_type=visit_type,
            first=day - reach * DAY,
            last=day + reach * DAY,
            doctor=doctor,
            now=now,
        )
        found = [free for free in found if free.start != start]
        if len(found) >= limit:
            break
    return sorted(found, key=lambda free: abs(free.start - start))[:limit]


def doctors_in_order(
    doctor_ids: Iterable[uuid.UUID], *, day: Span, prefer: uuid.UUID | None = None
) -> list[uuid.UUID]:
    """Whom "any doctor" takes first: who offers the fewest other visit types, then who has least.

    So scarce doctors stay free for what only they offer, and work is shared. `day` is the clinic's
    day of the visit; `prefer` comes before all (a visit that is moved keeps its doctor).
    """
    ids = list(doctor_ids)
    offered = VisitType.doctors.through.objects.filter(doctor__in=ids, visittype__active=True)
    offers = Counter(offered.values_list("doctor_id", flat=True))
    visits = Appointment.objects.live().filter(
        doctor__in=ids, start__gte=day.start, start__lt=day.end
    )
    load = dict(visits.values_list("doctor_id").annotate(Count("pk")))
    return sorted(ids, key=lambda pk: (pk != prefer, offers[pk], load.get(pk, 0), pk))


def patient_is_busy(
    *, patient_id: uuid.UUID, span: Span, other_than: uuid.UUID | None = None
) -> bool:
    """Whether the patient has a live visit that overlaps `span`."""
    visits = Appointment.objects.live().filter(
        patient_id=patient_id, start__lt=span.end, end__gt=span.start
    )
    if other_than is not None:
        visits = visits.exclude(pk=other_than)
    return visits.exists()


def rest_of_group(appointment: Appointment, *, user_id: object) -> list[Appointment]:
    """This visit and the later ones that were booked together with it and are still agreed, of
    those that the user may see."""
    if appointment.group is None:
        return []
    visits = Appointment.objects.of_patient_user(user_id).filter(
        group=appointment.group,
        start__gte=appointment.start,
        status__in=MOVABLE,
    )
    return list(visits.select_related("visit_type__clinic", "doctor", "patient").order_by("start"))


def appointments_of(user: User, *, now: dt.datetime) -> list[Appointment]:
    """A patient's visits, never holds: the next first, then what is past, latest first."""
    visits = list(
        Appointment.objects.of_patient_user(user.pk)
        .select_related("doctor", "visit_type__clinic", "patient")
        .order_by("start")
    )
    upcoming = [visit for visit in visits if visit.is_upcoming(now=now)]
    over = [visit for visit in reversed(visits) if not visit.is_upcoming(now=now)]
    return upcoming + over


def first_free_start(
    *, visit_type: VisitType, window: Span, patient_id: uuid.UUID, now: dt.datetime
) -> dt.datetime | None:
    """The first start within `window` for a visit of one cell when the patient is free too."""
    cells = Slot.objects.filter(doctor__visit_types=visit_type).open(now=now).between(*window)
    visits = Appointment.objects.live().filter(
        patient_id=patient_id, start__lt=window.end, end__gt=window.start
    )
    busy = Q()
    for start, end in visits.values_list("start", "end"):
        busy |= Q(start__gt=start - visit_type.length, start__lt=end)
    return cells.exclude(busy).order_by("start").values_list("start", flat=True).first()
