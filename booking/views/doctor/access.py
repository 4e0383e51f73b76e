"""Who may see a doctor's pages: that doctor alone."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest

from accounts.models import Doctor, User
from booking import schedule
from booking.looks import note_visits
from booking.models import Appointment


def own_doctor_or_404(request: HttpRequest) -> Doctor:
    """The doctor who is signed in; to everybody else these pages do not exist."""
    assert isinstance(request.user, User)
    doctor = request.user.own_doctor
    if doctor is None:
        raise Http404
    return doctor


def own_visit_or_404(doctor: Doctor, pk: uuid.UUID) -> Appointment:
    """Through the doctor's own set: a colleague's visit does not exist."""
    visit = schedule.of_doctor(doctor).filter(pk=pk).first()
    if visit is None:
        raise Http404
    # One and the same, so that nobody asks for it again.
    visit.doctor = doctor
    return visit


def note_viewed(
    request: HttpRequest, doctor: Doctor, visits: list[Appointment], **where: Any
) -> None:
    """`where`: codes of the page and the day it was."""
    note_visits(request, "schedule.viewed", visits, of=doctor, **where)
