"""What a doctor does with a visit: one press, one operation, and back to where it was pressed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Doctor
from booking import operations
from booking.models import Appointment, Status
from booking.operations import BookingError
from booking.views.doctor import rows
from booking.views.doctor.access import note_viewed, own_doctor_or_404, own_visit_or_404
from booking.views.doctor.day import day_page, requests_page
from booking.views.doctor.forms import DayForm, DelayForm, NoteForm, WhyForm
from booking.wording import time_text, when_text
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

REQUESTS = "requests"


class Verb(NamedTuple):
    do: Callable[..., Appointment]
    said: str | Promise


VERBS = {
    rows.ACCEPT: Verb(operations.accept, gettext_lazy("Accepted: %(who)s. The patient is told.")),
    rows.CHECK_IN: Verb(operations.check_in, gettext_lazy("%(who)s has arrived.")),
    rows.COMPLETE: Verb(operations.complete, gettext_lazy("Completed: %(who)s.")),
    rows.TOOK_PLACE: Verb(operations.close_as_completed, gettext_lazy("Completed: %(who)s.")),
    rows.NO_SHOW: Verb(
        operations.mark_no_show, gettext_lazy("%(who)s did not come. The time is free again.")
    ),
    rows.UNDO: Verb(operations.undo, gettext_lazy("Taken back: %(who)s.")),
}


@never_cache
@require_POST
@login_required
def act(request: HttpRequest, pk: uuid.UUID, verb: str) -> HttpResponse:
    doctor = own_doctor_or_404(request)
    visit = own_visit_or_404(doctor, pk)
    if verb not in VERBS:
        raise Http404
    chosen = VERBS[verb]
    more = {"seen": _seen(request)} if verb == rows.UNDO else {}
    try:
        chosen.do(appointment=visit, by=Actor.from_request(request), now=timezone.now(), **more)
    except BookingError as error:
        return refused_page(request, doctor, visit, error)
    messages.success(request, str(chosen.said) % {"who": _name(visit)})
    return redirect(back_to(request, doctor, visit))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decline(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """GET asks for the reason, POST declines."""
    doctor = own_doctor_or_404(request)
    visit = own_visit_or_404(doctor, pk)
    return _with_reason(request, doctor, visit, operations.decline, "decline")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """GET asks for the reason, POST cancels; a visit that is over is only closed."""
    doctor = own_doctor_or_404(request)
    visit = own_visit_or_404(doctor, pk)
    over = visit.end <= timezone.now()
    do = operations.close_as_cancelled if over else operations.cancel
    return _with_reason(request, doctor, visit, do, "cancel", over=over)


def _with_reason(
    request: HttpRequest,
    doctor: Doctor,
    visit: Appointment,
    do: Callable[..., Appointment],
    what: str,
    *,
    over: bool = False,
) -> HttpResponse:
    now = timezone.now()
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by = Actor.from_request(request)
        try:
            do(appointment=visit, reason=form.cleaned_data["reason"], by=by, now=now)
        except BookingError as error:
            return refused_page(request, doctor, visit, error)
        messages.success(request, _done(visit, what, over=over))
        return redirect(back_to(request, doctor, visit))
    context = {
        "form": form,
        "row": rows.VisitRow(visit, doctor.clinic.zone, rows.acts_for(visit, now=now)),
        "zone": doctor.clinic.zone,
        "what": what,
        "over": over,
        "page": _page(request, visit, doctor),
        "back": back_to(request, doctor, visit),
    }
    status = 400 if request.method == "POST" else 200
    note_viewed(request, doctor, [visit], page=what)
    return render(request, "booking/doctor/reason.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def note(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The clinic's own words about a visit; the patient never sees them."""
    doctor = own_doctor_or_404(request)
    visit = own_visit_or_404(doctor, pk)
    back = back_to(request, doctor, visit)
    form = NoteForm(request.POST or None, initial={"text": visit.internal_note})
    if request.method == "POST" and form.is_valid():
        try:
            operations.set_note(
                appointment=visit,
                text=form.cleaned_data["text"],
                by=Actor.from_request(request),
                now=timezone.now(),
            )
        except BookingError as error:
            return refused_page(request, doctor, visit, error)
        messages.success(request, _("The note is saved."))
        return redirect(back)
    context = {
        "form": form,
        "row": rows.VisitRow(visit, doctor.clinic.zone, ()),
        "zone": doctor.clinic.zone,
        "page": _page(request, visit, doctor),
        "back": back,
    }
    status = 400 if request.method == "POST" else 200
    note_viewed(request, doctor, [visit], page="note")
    return render(request, "booking/doctor/note.html", context, status=status)


@never_cache
@require_POST
@login_required
def delay(request: HttpRequest) -> HttpResponse:
    """Say how late the doctor runs today; 0 takes it back."""
    doctor = own_doctor_or_404(request)
    now = timezone.now()
    today = local_day(now, doctor.clinic.zone)
    form = DelayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose how late you run."))
        return redirect("today")
    minutes = form.cleaned_data["minutes"]
    by = Actor.from_request(request)
    try:
        operations.record_delay(doctor=doctor, day=today, minutes=minutes, by=by, now=now)
    except BookingError as error:
        return day_page(request, doctor, today, status=409, refused=str(error))
    if minutes:
        said = _("Noted: about %(minutes)d minutes late. Those who come later are told.")
        messages.success(request, said % {"minutes": minutes})
    else:
        messages.success(request, _("Noted: you are on time again."))
    return redirect("today")


def refused_page(
    request: HttpRequest, doctor: Doctor, visit: Appointment, error: BookingError
) -> HttpResponse:
    """The page on which it was pressed, with what happened meanwhile."""
    now_so = own_visit_or_404(doctor, visit.pk)
    refusal = {"refused": what_happened(now_so, doctor, error), "refused_visit": now_so}
    page = _page(request, visit, doctor)
    if page == REQUESTS:
        return requests_page(request, doctor, status=409, **refusal)
    return day_page(request, doctor, dt.date.fromisoformat(page), status=409, **refusal)


def what_happened(visit: Appointment, doctor: Doctor, error: BookingError) -> str:
    """Somebody was faster, or the clock was: what the visit is now."""
    if error.code != "wrong-state":
        return str(error)
    state = visit.get_status_display()
    if visit.status == Status.CHECKED_IN and visit.arrived_at:
        arrived = time_text(visit.arrived_at, doctor.clinic.zone)
        state = _("checked in, arrived %(time)s") % {"time": arrived}
    return _("Nothing was changed. The visit of %(who)s is now: %(state)s.") % {
        "who": _name(visit),
        "state": state,
    }


def back_to(request: HttpRequest, doctor: Doctor, visit: Appointment) -> str:
    """The page on which it was pressed, at the visit."""
    page = _page(request, visit, doctor)
    address = reverse("requests") if page == REQUESTS else reverse("day", args=[page])
    if page == local_day(timezone.now(), doctor.clinic.zone).isoformat():
        address = reverse("today")
    return f"{address}#visit-{visit.pk}"


def _page(request: HttpRequest, visit: Appointment, doctor: Doctor) -> str:
    """Which page asked: a day, the requests; of neither, the visit's own day."""
    asked = request.POST.get("page") or request.GET.get("page") or ""
    form = DayForm({"on": asked})
    if asked == REQUESTS:
        return REQUESTS
    if form.is_valid() and form.cleaned_data["on"]:
        return str(form.cleaned_data["on"].isoformat())
    return local_day(visit.start, doctor.clinic.zone).isoformat()


def _seen(request: HttpRequest) -> Status | None:
    """What the visit was on the page: undoing twice by a double press takes back one step."""
    seen = request.POST.get("seen")
    return Status(seen) if seen in Status.values else None


def _done(visit: Appointment, what: str, *, over: bool) -> str:
    values = {"who": _name(visit), "when": when_text(visit.start, visit.clinic.zone)}
    if what == "decline":
        return _("Declined: %(who)s. The patient is told why.") % values
    if over:
        return _("Closed as cancelled: %(who)s, %(when)s.") % values
    return _("Cancelled: %(who)s, %(when)s. The patient is told.") % values


def _name(visit: Appointment) -> str:
    return visit.patient.name if visit.patient else ""
