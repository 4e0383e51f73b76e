"""What the desk's pages share: who may, which clinic, which visit, and the way back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.urls import register_converter, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor
from accounts.queries import current_clinic
from booking import queries
from booking.forms import plain_text
from booking.models import Appointment, Status, VisitType
from booking.operations import (
    BookingError,
    NotOffered,
    PatientBusy,
    Taken,
    TooFar,
    TooSoon,
)
from clinic.lib.times import instant, local_day

MAY = "booking.change_appointment"
# What a reason helps against. Somebody else's time is nobody's to give.
RULES = (TooSoon, TooFar, NotOffered)
# The operations speak to patients; these are the same refusals for whoever serves them.
FOR_STAFF: dict[type[BookingError], Any] = {
    TooSoon: _("That is sooner than this visit type may be booked."),
    TooFar: _("That is further ahead than this visit type may be booked."),
    NotOffered: _("No visit can start then: it is outside of the hours, or the time is blocked."),
    Taken: _("That time is taken, at least in part."),
    PatientBusy: _("This patient has another visit at that time."),
}


class DayConverter:
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> dt.date:
        day = dt.date.fromisoformat(value)  # a ValueError is "no such page"
        if not 1900 < day.year < 9000:
            raise ValueError(value)
        return day

    def to_url(self, value: dt.date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")


def clinic_or_404() -> Clinic:
    clinic = current_clinic()
    if clinic is None:
        raise Http404
    return clinic


def visit_or_404(pk: uuid.UUID) -> Appointment:
    """A visit of this clinic with somebody's name on it: holds are nobody's yet."""
    visits = Appointment.objects.select_related("visit_type__clinic", "doctor", "patient", "clinic")
    visit = visits.filter(pk=pk, clinic=clinic_or_404(), patient__isnull=False).first()
    if visit is None or visit.status == Status.HELD:
        raise Http404
    return visit


def day_url(moment: dt.datetime, zone: ZoneInfo) -> str:
    return reverse("admin:desk_day", args=[local_day(moment, zone)])


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where the form was: the address that it names, if that is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    # What is no path `redirect` would take for the name of a view.
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return otherwise


def typed(request: HttpRequest, name: str, *, most: int) -> str:
    """What was written in a field. Raises TooLong."""
    return plain_text(request.POST.get(name, ""), most=most)


def wall_to_instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """“2026-06-02T10:30” by the clinic's clock. Raises ValueError."""
    wall = dt.datetime.fromisoformat(text)
    if wall.tzinfo is not None or not 1900 < wall.year < 9000:
        raise ValueError(text)
    return instant(wall.date(), wall.time(), zone)


def staff_sentence(refusal: BookingError) -> str:
    return str(FOR_STAFF.get(type(refusal), refusal))


def not_offered_by(visit_type: VisitType, doctor: Doctor | None) -> str | None:
    """The sentence for a doctor who never sees patients for that: no reason helps against it."""
    if doctor is None or queries.doctor_of(visit_type, doctor.pk) is not None:
        return None
    return _("%(doctor)s does not offer “%(visit)s”.") % {
        "doctor": doctor.display_name,
        "visit": visit_type.name,
    }
