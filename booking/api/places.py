"""The plain endpoints' items: one doctor's place for the visit type that guests are offered.

An item's id is made of the doctor and the start. It names the same place before and after somebody
asks for it, and says no more than what is on the list: free, asked for, or not to be had. What
became of a request is told under the request's own id, which only who made it has been given.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
import uuid
from itertools import groupby
from typing import NamedTuple

import orjson
from django.conf import settings
from django.http import Http404

from accounts.models import Clinic, Doctor
from booking import answers, queries
from booking.api.lookups import Days, clinic_or_404
from booking.availability import Span
from booking.lookups import is_sensible
from booking.models import Appointment, Status, VisitType
from clinic.lib.times import day_bounds, local_day

AVAILABLE, PENDING, UNAVAILABLE = "AVAILABLE", "PENDING", "UNAVAILABLE"
PLACE = re.compile(r"([0-9a-f]{32})-([0-9]{8}T[0-9]{6})Z")
STAMP = "%Y%m%dT%H%M%S"
MADE_SECONDS = 10.0
MOST_MADE = 50

# How a request's status is called; what was agreed stays "accepted" whatever comes of the day.
TOLD = {
    Status.PENDING: PENDING,
    Status.BOOKED: "ACCEPTED",
    Status.CHECKED_IN: "ACCEPTED",
    Status.COMPLETED: "ACCEPTED",
    Status.NO_SHOW: "ACCEPTED",
    Status.DECLINED: "DECLINED",
    Status.CANCELLED: "CANCELLED",
    Status.LAPSED: "LAPSED",
}


# The last list of a visit type and days: until when (monotonic clock), of which state, its bytes.
_made: dict[tuple[uuid.UUID, Days], tuple[float, object, bytes]] = {}
_making = threading.Lock()


class Place(NamedTuple):
    start: dt.datetime
    doctor_id: uuid.UUID

    @property
    def public_id(self) -> str:
        return f"{self.doctor_id.hex}-{_stamp(self.start)}"


def _stamp(start: dt.datetime) -> str:
    return f"{start.astimezone(dt.UTC):{STAMP}}Z"


def place_of(public_id: str) -> Place | None:
    """None for what is no place's id."""
    match = PLACE.fullmatch(public_id)
    if match is None:
        return None
    try:
        start = dt.datetime.strptime(match[2], STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return Place(start, uuid.UUID(match[1])) if is_sensible(start) else None


def offered_or_404() -> VisitType:
    """The visit type that guests may ask for: GUEST_VISIT_TYPE, or else the first."""
    offered = queries.visit_types(clinic=clinic_or_404())
    if settings.GUEST_VISIT_TYPE:
        offered = offered.filter(slug=settings.GUEST_VISIT_TYPE)
    visit_type = offered.first()
    if visit_type is None:
        raise Http404
    return visit_type


def doctor_of_or_404(visit_type: VisitType, place: Place) -> Doctor:
    doctor = queries.doctors_of(visit_type).filter(pk=place.doctor_id).first()
    if doctor is None:
        raise Http404
    return doctor


def window(clinic: Clinic, *, now: dt.datetime) -> Days:
    today = local_day(now, clinic.zone)
    return Days(today, today + dt.timedelta(days=max(1, settings.GUEST_DAYS) - 1))


def listed(visit_type: VisitType, days: Days, *, now: dt.datetime) -> bytes:
    """The free and the asked-for places of the clinic's days, in order, as JSON.

    A list of thousands, made anew only when it has changed: when the free times' cached answer or
    the requests have. (Two doctors who change places at one start look the same to that; hence
    the few seconds.)
    """
    asked_for = _asked_for(visit_type, days, now=now)
    free = answers.free_times(visit_type=visit_type, first=days.first, last=days.last, now=now)
    state = (free.etag, tuple(asked_for))
    key = (visit_type.pk, days)
    if (body := _still_true(key, state)) is not None:
        return body
    with _making:  # whoever asks meanwhile waits for this one, rather than making it too
        if (body := _still_true(key, state)) is None:
            body = orjson.dumps(_items(visit_type, days, asked_for, now=now))
            if len(_made) >= MOST_MADE:
                _made.clear()
            _made[key] = (time.monotonic() + MADE_SECONDS, state, body)
    return body


def _still_true(key: tuple[uuid.UUID, Days], state: object) -> bytes | None:
    until, known_state, body = _made.get(key, (0.0, None, b""))
    return body if known_state == state and time.monotonic() < until else None


def _asked_for(visit_type: VisitType, days: Days, *, now: dt.datetime) -> list[Place]:
    zone = visit_type.clinic.zone
    start, end = day_bounds(days.first, zone)[0], day_bounds(days.last, zone)[1]
    requests = Appointment.objects.filter(
        visit_type=visit_type, status=Status.PENDING, start__gte=max(start, now), start__lt=end
    )
    rows = requests.order_by("start", "pk").values_list("start", "doctor_id")
    return [Place(*row) for row in rows]


def _items(
    visit_type: VisitType, days: Days, asked_for: list[Place], *, now: dt.datetime
) -> list[dict[str, str]]:
    found = {
        Place(free.start, doctor_id): AVAILABLE
        for free in queries.free_times(
            visit_type=visit_type, first=days.first, last=days.last, now=now
        )
        for doctor_id in free.doctors
    } | dict.fromkeys(asked_for, PENDING)
    items = []
    # Thousands of places share some hundred starts: what follows from a start is made once.
    for moment, some in groupby(sorted(found), key=lambda place: place.start):
        shared, stamp = item("", moment, visit_type.clinic, ""), _stamp(moment)
        items += [
            {**shared, "appointmentId": f"{place.doctor_id.hex}-{stamp}", "status": found[place]}
            for place in some
        ]
    return items


def status_of(visit_type: VisitType, doctor: Doctor, place: Place, *, now: dt.datetime) -> str:
    moment = Span(place.start, place.start + dt.timedelta(microseconds=1))
    fits = queries.fits_between(visit_type=visit_type, window=moment, doctor=doctor, now=now)
    if any(fits.values()):
        return AVAILABLE
    asked_for = Appointment.objects.filter(
        visit_type=visit_type, doctor=doctor, start=place.start, status=Status.PENDING
    )
    return PENDING if asked_for.exists() else UNAVAILABLE


def item(public_id: str, start: dt.datetime, clinic: Clinic, status: str) -> dict[str, str]:
    wall = start.astimezone(clinic.zone)
    return {
        "appointmentId": public_id,
        "appointmentDate": f"{wall:%Y-%m-%d}",
        "appointmentTime": f"{wall:%H:%M}",
        "status": status,
    }


def request_item(visit: Appointment) -> dict[str, str]:
    """What whoever holds a request's own id is told: its status, and the clinic's reason."""
    told = item(str(visit.pk), visit.start, visit.clinic, TOLD[Status(visit.status)])
    if visit.decision_reason:
        told["decisionReason"] = visit.decision_reason
    return told
