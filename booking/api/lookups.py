"""Finding what a request names, among what its caller may see. Unknown is 404."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any, NamedTuple

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor
from accounts.queries import current_clinic
from booking import lookups, queries
from booking.models import Appointment, VisitType
from clinic.lib.problems import Problem

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Days(NamedTuple):
    """From the first to the last, both included."""

    first: dt.date
    last: dt.date


def clinic_or_404() -> Clinic:
    clinic = current_clinic()
    if clinic is None:
        raise Problem(404, "not-found", _("No clinic has been set up yet."))
    return clinic


def visit_type_or_404(slug: str) -> VisitType:
    clinic_or_404()
    if (found := lookups.visit_type(slug)) is None:
        raise Problem(404, "not-found", _("There is no such visit type."))
    return found


def doctor_or_404(visit_type: VisitType, doctor_id: object) -> Doctor | None:
    """Of the doctors who offer it; None, for any doctor, when none is named."""
    if doctor_id is None:
        return None
    doctor = queries.doctors_of(visit_type).filter(pk=uuid_or_404(doctor_id)).first()
    if doctor is None:
        raise Problem(404, "not-found", _("There is no such doctor for this visit type."))
    return doctor


def appointment_or_404(user: Any, pk: object) -> Appointment:
    return _or_404(lookups.own_visit(user.pk, uuid_or_404(pk)))


def hold_or_404(holders: list[str], pk: object) -> Appointment:
    return _or_404(lookups.own_hold(holders, uuid_or_404(pk)))


def uuid_or_404(text: object) -> uuid.UUID:
    try:
        return text if isinstance(text, uuid.UUID) else uuid.UUID(str(text))
    except ValueError:
        raise Http404 from None


def days_or_400(first: str | None, last: str | None, *, at_most: int) -> Days:
    """The days `from` to `to` of a query string. Raises Problem (400)."""
    days = in_order_or_400(Days(date_or_400("from", first), date_or_400("to", last)))
    if (days.last - days.first).days >= at_most:
        raise bad_query("to", _("At most %(days)d days can be asked for.") % {"days": at_most})
    return days


def in_order_or_400(days: Days) -> Days:
    if days.first > days.last:
        raise bad_query("to", _("This day is before the first."), "order")
    return days


def date_or_400(name: str, text: str | None) -> dt.date:
    if text is None:
        raise bad_query(name, _("This parameter is required."), "required")
    try:
        if not DATE.fullmatch(text):
            raise ValueError
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise bad_query(name, _("This is not a date like 2026-12-01.")) from None
    if not lookups.is_sensible(day):
        raise bad_query(name, _("This date is out of range."))
    return day


def bad_query(name: str, detail: Any, code: str = "invalid") -> Problem:
    errors = [{"field": name, "detail": str(detail), "code": code}]
    return Problem(400, "invalid", _("The request is not valid."), errors=errors)


def _or_404(found: Appointment | None) -> Appointment:
    if found is None:
        raise Http404
    return found
