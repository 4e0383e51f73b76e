"""A patient's place on the waiting list: take it, see what suits already, change it, leave it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Patient
from booking import lookups, operations, waitlist
from booking.looks import note_visit
from booking.models import WaitlistEntry
from booking.operations import BookingError
from booking.views.times import source_of, visit_type_or_404
from booking.views.week import choices_of
from booking.waiting_form import JoinForm, WaitingForm
from clinic.lib.actor import Actor


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def join(request: HttpRequest, slug: str) -> HttpResponse:
    visit_type = visit_type_or_404(slug)
    patients = _patients(request)
    if not patients:
        return redirect(f"{reverse('profile')}?next={request.path}")
    now = timezone.now()
    data = request.POST if request.method == "POST" else None
    form = JoinForm(data, visit_type=visit_type, patients=patients, now=now)
    context = {"form": form, "visit_type": visit_type}
    if data is None:
        return render(request, "booking/waiting_join.html", context)
    if not form.is_valid():
        return render(request, "booking/waiting_join.html", context, status=400)
    try:
        entry = operations.join_waitlist(
            patient=form.who_waits,
            visit_type=visit_type,
            wish=form.wishes,
            by=Actor.from_request(request),
            now=now,
        )
    except BookingError as error:
        context["refused"] = error
        return render(request, "booking/waiting_join.html", context, status=409)
    messages.success(request, _("You are on the waiting list. We write to you as soon as we can."))
    return redirect("waiting", pk=entry.pk)


def _patients(request: HttpRequest) -> list[Patient]:
    """Who may be meant: first the user, then those in care."""
    user_id = request.user.pk
    found = Patient.objects.looked_after_by(user_id).order_by("name")
    return sorted(found, key=lambda patient: patient.user_id != user_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def entry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What is wished for and what suits it already; POST wishes for something else."""
    mine = own_entry_or_404(request, pk)
    now = timezone.now()
    if request.method != "POST":
        form = WaitingForm(visit_type=mine.visit_type, entry=mine, now=now)
        return _entry_page(request, mine, form, now=now)
    form = WaitingForm(request.POST, visit_type=mine.visit_type, now=now)
    if not form.is_valid():
        return _entry_page(request, mine, form, now=now, status=400)
    try:
        operations.change_wish(
            entry=mine, wish=form.wishes, by=Actor.from_request(request), now=now
        )
    except BookingError as error:
        return _entry_page(request, mine, form, now=now, refused=error, status=409)
    messages.success(request, _("Changed. You keep your place on the list."))
    return redirect("waiting", pk=mine.pk)


def own_entry_or_404(request: HttpRequest, pk: uuid.UUID) -> WaitlistEntry:
    if (own := lookups.own_entry(request.user.pk, pk)) is None:
        raise Http404
    if request.method in ("GET", "HEAD"):  # else the change itself is written down
        note_visit(request, own)
    return own


def _entry_page(
    request: HttpRequest,
    mine: WaitlistEntry,
    form: WaitingForm,
    *,
    now: dt.datetime,
    refused: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = [some for some in waitlist.waiting_of(request.user, now=now) if some.entry == mine]  # type: ignore[arg-type]
    free = waitlist.free_now(mine, now=now) if shown else []
    context = {
        "entry": mine,
        "waiting": shown[0] if shown else None,
        "visit_type": mine.visit_type,
        "zone": mine.visit_type.clinic.zone,
        "near": choices_of(free, source_of(mine.visit_type, now=now), dated=True),
        "form": form,
        "refused": refused,
    }
    return render(request, "booking/waiting.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """GET asks, POST does."""
    mine = own_entry_or_404(request, pk)
    context = {"entry": mine, "wishes": waitlist.wish_text(mine)}
    if request.method != "POST":
        return render(request, "booking/waiting_leave.html", context)
    try:
        operations.leave_waitlist(entry=mine, by=Actor.from_request(request), now=timezone.now())
    except BookingError as error:
        context["refused"] = error
        return render(request, "booking/waiting_leave.html", context, status=409)
    messages.success(request, _("You are no longer on the waiting list."))
    return redirect("appointments")
