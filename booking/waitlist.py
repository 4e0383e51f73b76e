"""What people see of the waiting list: what they wait for, and what suits them already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Doctor, Patient, User
from booking import links, queries
from booking.models import Appointment, Offer, PartOfDay, WaitlistEntry
from booking.models.appointment import AGREED
from booking.models.hours import WorkingHours
from booking.queries import FreeTime
from booking.waiting import suits
from booking.wording import short_day_text
from clinic.lib.times import local_day

WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry as its patient sees it; `offer` is what is kept for him at this moment."""

    entry: WaitlistEntry
    offer: Offer | None
    for_other: bool  # somebody in care, who has to be named

    @property
    def offer_path(self) -> str:
        return links.offer_path(self.offer) if self.offer else ""

    @property
    def wishes(self) -> str:
        return wish_text(self.entry)


def waiting_of(user: User, *, now: dt.datetime) -> list[Waiting]:
    """What the user and those in care wait for; an offer that awaits an answer first."""
    patients = Patient.objects.looked_after_by(user.pk).values("pk")
    entries = (
        WaitlistEntry.objects.filter(
            patient__in=patients,
            status__in=[WaitlistEntry.Status.WAITING, WaitlistEntry.Status.OFFERED],
        )
        .select_related("visit_type__clinic", "patient")
        .prefetch_related("doctors")
        .order_by("created_at")
    )
    offers = {
        offer.entry_id: offer
        for offer in Offer.objects.filter(
            entry__in=[entry.pk for entry in entries],
            status=Offer.Status.OPEN,
            expires_at__gt=now,
        ).select_related("hold__doctor")
    }
    shown = [
        Waiting(entry, offers.get(entry.pk), entry.patient.user_id != user.pk) for entry in entries
    ]
    return sorted(shown, key=lambda some: some.offer is None)


def waits_for(visit: Appointment) -> WaitlistEntry | None:
    """The open entry of the visit's patient for such visits: who has one may want to leave."""
    return WaitlistEntry.objects.filter(
        patient=visit.patient_id,
        visit_type=visit.visit_type_id,
        status__in=[WaitlistEntry.Status.WAITING, WaitlistEntry.Status.OFFERED],
    ).first()


def later_visits(visit: Appointment, *, now: dt.datetime) -> list[Appointment]:
    """Other visits of the same kind that the patient has from then on: perhaps needed no more."""
    return list(
        Appointment.objects.filter(
            patient=visit.patient_id,
            visit_type=visit.visit_type_id,
            status__in=AGREED,
            start__gt=max(visit.start, now),
        )
        .exclude(pk=visit.pk)
        .select_related("doctor")
        .order_by("start")
    )


def free_now(entry: WaitlistEntry, *, now: dt.datetime, limit: int = 6) -> list[FreeTime]:
    """The first times that suit the wish and are free already, a week looked at after the other."""
    visit_type = entry.visit_type
    zone = visit_type.clinic.zone
    day = max(entry.earliest, local_day(now, zone))
    last = min(entry.latest, local_day(visit_type.latest(now), zone))
    doctors = {doctor.pk for doctor in entry.doctors.all()}
    found: list[FreeTime] = []
    while day <= last and len(found) < limit:
        end = min(day + WEEK - DAY, last)
        for free in queries.free_times(visit_type=visit_type, first=day, last=end, now=now):
            able = tuple(pk for pk in free.doctors if not doctors or pk in doctors)
            if able and suits(entry, free.start, zone):
                found.append(FreeTime(free.start, able))
        day = end + DAY
    return found[:limit]


def wish_text(entry: WaitlistEntry) -> str:
    """“Dr Ada Stone · Mon, Fri · mornings · Tue 3 Dec – Fri 20 Dec”."""
    parts = [_doctors_text(list(entry.doctors.all()))]
    if entry.weekdays:
        names = dict(WorkingHours.WEEKDAYS)
        parts.append(", ".join(str(names[day]) for day in entry.weekdays))
    if entry.parts:
        labels = dict(PartOfDay.choices)
        parts.append(", ".join(str(labels[part]) for part in entry.parts))
    parts.append(
        _("%(first)s – %(last)s")
        % {"first": short_day_text(entry.earliest), "last": short_day_text(entry.latest)}
    )
    return " · ".join(parts)


def _doctors_text(doctors: list[Doctor]) -> str:
    return ", ".join(str(doctor) for doctor in doctors) if doctors else _("any doctor")
