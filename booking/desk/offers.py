"""Free times as the desk offers them: without the notice that patients are bound to."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from accounts.models import Doctor, Patient
from booking import queries
from booking.models import Appointment, VisitType
from booking.wording import short_day_text, time_text
from clinic.lib.times import local_day

DAY = dt.timedelta(days=1)
LOOK_AHEAD = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Offer:
    """A start with one doctor, as a form sends it back."""

    start: dt.datetime
    doctor: Doctor
    time: str
    day: str
    value: str  # of the clinic's clock: 2026-06-02T10:30
    is_soon: bool  # nearer than the notice


def without_notice(visit_type: VisitType) -> VisitType:
    """The same with no notice: whoever stands at the desk is served as soon as somebody is free."""
    prompt = copy.copy(visit_type)
    prompt.notice_minutes = 0
    return prompt


def day_offers(
    *, visit_type: VisitType, day: dt.date, doctor: Doctor | None = None, now: dt.datetime
) -> list[tuple[Doctor, list[Offer]]]:
    """A day's free times, doctor by doctor in the order of names."""
    found = queries.free_times(
        visit_type=without_notice(visit_type), first=day, last=day, doctor=doctor, now=now
    )
    return _by_doctor(found, visit_type, now=now)


def move_offers(
    *, appointment: Appointment, day: dt.date, now: dt.datetime
) -> list[tuple[Doctor, list[Offer]]]:
    """Where on a day a visit could go; its own doctor first."""
    prompt = copy.copy(appointment)
    prompt.visit_type = without_notice(appointment.visit_type)
    found = queries.free_times_for_move(appointment=prompt, first=day, last=day, now=now)
    offers = _by_doctor(found, appointment.visit_type, now=now)
    return sorted(offers, key=lambda each: each[0].pk != appointment.doctor_id)


def soonest(
    *,
    visit_type: VisitType,
    after: dt.datetime,
    doctor: Doctor | None = None,
    patient: Patient | None = None,
    now: dt.datetime,
) -> dt.datetime | None:
    """The first free start from `after` on, on that day or in the two weeks after it; and one at
    which the patient has no other visit."""
    found = _from(visit_type, after, doctor, patient, now=now)
    return found[0].start if found else None


def next_offers(
    *,
    visit_type: VisitType | None,
    after: dt.datetime,
    doctor: Doctor | None = None,
    patient: Patient | None = None,
    now: dt.datetime,
    limit: int = 8,
) -> list[Offer]:
    """The first free times from `after` on, each with one doctor who is free then; none at which
    the patient has another visit."""
    if visit_type is None:
        return []
    doctors = {each.pk: each for each in queries.doctors_of(visit_type)}
    return [
        offer_of(free.start, doctors[free.doctors[0]], visit_type, now=now)
        for free in _from(visit_type, after, doctor, patient, now=now)[:limit]
        if free.doctors[0] in doctors
    ]


def offer_of(
    start: dt.datetime, doctor: Doctor, visit_type: VisitType, *, now: dt.datetime
) -> Offer:
    zone = visit_type.clinic.zone
    return Offer(
        start,
        doctor,
        time_text(start, zone),
        _day_word(local_day(start, zone), local_day(now, zone)),
        start.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes"),
        start < visit_type.earliest(now),
    )


def _day_word(day: dt.date, today: dt.date) -> str:
    return _("today") if day == today else short_day_text(day)


def _from(
    visit_type: VisitType,
    after: dt.datetime,
    doctor: Doctor | None,
    patient: Patient | None,
    *,
    now: dt.datetime,
) -> list[queries.FreeTime]:
    day = local_day(after, visit_type.clinic.zone)
    prompt = without_notice(visit_type)
    for first, last in ((day, day), (day + DAY, day + LOOK_AHEAD)):
        found = queries.free_times(
            visit_type=prompt, first=first, last=last, doctor=doctor, now=now
        )
        later = [free for free in found if free.start >= after]
        if fits := _beside_other_visits(later, visit_type, patient):
            return fits
    return []


def _beside_other_visits(
    found: list[queries.FreeTime], visit_type: VisitType, patient: Patient | None
) -> list[queries.FreeTime]:
    """A time that would be refused (PatientBusy) helps nobody at the desk."""
    if patient is None or not found:
        return found
    first, last = found[0].start, found[-1].start + visit_type.length
    visits = Appointment.objects.live().filter(patient=patient, start__lt=last, end__gt=first)
    taken = list(visits.values_list("start", "end"))
    return [
        free
        for free in found
        if not any(
            start < free.start + visit_type.length and free.start < end for start, end in taken
        )
    ]


def _by_doctor(
    found: list[queries.FreeTime], visit_type: VisitType, *, now: dt.datetime
) -> list[tuple[Doctor, list[Offer]]]:
    doctors = {doctor.pk: doctor for doctor in queries.doctors_of(visit_type)}
    offers = [
        offer_of(free.start, doctors[doctor_id], visit_type, now=now)
        for free in found
        for doctor_id in free.doctors
        if doctor_id in doctors
    ]
    offers.sort(key=lambda offer: (offer.doctor.name, str(offer.doctor.pk), offer.start))
    return [(doctor, list(some)) for doctor, some in groupby(offers, key=lambda o: o.doctor)]
