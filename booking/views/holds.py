"""From a chosen time to a booked visit: keep it, say who comes, check, confirm."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Doctor
from accounts.queries import people_of
from booking import holders, lookups, operations, queries
from booking.forms import ConfirmForm, StartForm
from booking.models import Appointment, Status, VisitType
from booking.operations import BookingError, HoldExpired
from booking.views import kept
from booking.views.times import refusal_context, source_of, times_page, visit_type_or_404
from booking.views.week import Question, choices_of, query_of
from clinic.lib.actor import Actor
from clinic.lib.throttles import address_of
from clinic.lib.times import local_day


class TooOften(BookingError):
    code = "too-often"
    sentence = _("Too many times were chosen from your network. Please wait a minute, then choose.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep a time for this browser. A reader who comes back to the address sees the times."""
    visit_type = visit_type_or_404(slug)
    if request.method != "POST":
        return redirect("times", slug=slug)
    form = StartForm(request.POST, visit_type=visit_type)
    if not form.is_valid():
        return _not_kept(request, visit_type, None, Question(), status=400)
    start = form.cleaned_data["start"]
    day = local_day(start, visit_type.clinic.zone)
    question = Question(day=day, doctor=form.doctor)
    if not holders.HoldThrottle().count(address_of(request)):
        return _not_kept(request, visit_type, TooOften(), question, status=429)
    try:
        held = _hold(request, visit_type, start, form.doctor)
    except BookingError as error:
        return _not_kept(request, visit_type, error, question, status=409)
    kept.remember(request, held)
    return redirect("confirm", pk=held.pk)


def _hold(
    request: HttpRequest, visit_type: VisitType, start: dt.datetime, doctor: Doctor | None
) -> Appointment:
    return holders.hold_once(
        visit_type=visit_type,
        start=start,
        doctor=doctor,
        holder=holders.holder_of(request),
        by=Actor.from_request(request),
        now=timezone.now(),
    )


def _not_kept(
    request: HttpRequest,
    visit_type: VisitType,
    error: BookingError | None,
    question: Question,
    *,
    status: int,
) -> HttpResponse:
    source = source_of(visit_type, now=timezone.now())
    context = refusal_context(error, source)
    return times_page(request, visit_type, source, context, question=question, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Who comes, then a last look at everything, then one button."""
    held = _own_hold(request, pk)
    if held is None:  # looked for first, so that one confirmed at this moment is not missed
        if (visit := _booked_already(request, pk)) is None:
            raise Http404
        return redirect("booked", pk=visit.pk)
    now = timezone.now()
    if request.method == "POST":
        return _book(request, held, now=now)
    if _is_over(held, now=now):
        return _expired(request, held, now=now, status=410)
    if not request.user.is_authenticated:
        return render(request, "booking/who.html", _facts(held))
    people = people_of(request.user)
    if not people:
        return redirect(f"{reverse('profile')}?next={request.path}")
    initial = {"reason": request.session.get(kept.REASON, "")}
    return _confirm_page(request, held, ConfirmForm(initial=initial, people=people))


def _book(request: HttpRequest, held: Appointment, *, now: dt.datetime) -> HttpResponse:
    people = people_of(request.user)
    if not people:  # signed out meanwhile, or no details yet: the GET asks for them
        return redirect("confirm", pk=held.pk)
    form = ConfirmForm(request.POST, people=people)
    if not form.is_valid():
        return _confirm_page(request, held, form, status=400)
    try:
        booked = operations.book(
            hold=held,
            holder=held.holder,
            patient=form.whose,
            reason=form.cleaned_data["reason"],
            by=Actor.from_request(request),
            now=now,
        )
    except BookingError as error:
        if (visit := _booked_already(request, held.pk)) is None:
            return _not_booked(request, held, form, error, now=now)
        booked = visit  # by a press of a moment ago
    kept.forget(request)
    return redirect("booked", pk=booked.pk)


def _not_booked(
    request: HttpRequest,
    held: Appointment,
    form: ConfirmForm,
    error: BookingError,
    *,
    now: dt.datetime,
) -> HttpResponse:
    if isinstance(error, HoldExpired):
        request.session[kept.REASON] = form.cleaned_data["reason"]
        return _expired(request, held, now=now, status=409)
    return _confirm_page(request, held, form, refused=error, status=409)


def _confirm_page(
    request: HttpRequest,
    held: Appointment,
    form: ConfirmForm,
    *,
    refused: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    alone = next(iter(form.people.values())) if len(form.people) == 1 else None
    context = {**_facts(held), "patient": alone, "form": form, "refused": refused}
    return render(request, "booking/confirm.html", context, status=status)


def _facts(held: Appointment) -> dict[str, object]:
    return {"hold": held, "visit_type": held.visit_type, "zone": held.visit_type.clinic.zone}


def _is_over(held: Appointment, *, now: dt.datetime) -> bool:
    return held.status != Status.HELD or held.held_until is None or held.held_until <= now


def _own_hold(request: HttpRequest, pk: uuid.UUID) -> Appointment | None:
    return lookups.own_hold([holders.known_holder(request)], pk)


def _booked_already(request: HttpRequest, pk: uuid.UUID) -> Appointment | None:
    """The visit that this hold became: a repeated click or the back button leads there."""
    return lookups.own_visit(request.user.pk, pk) if request.user.is_authenticated else None


def _kept_again(held: Appointment, *, now: dt.datetime) -> Appointment | None:
    """Of two presses that kept the same time the later one took the place of the earlier."""
    return lookups.live_hold(
        held.holder, visit_type=held.visit_type, start=held.start, doctor=None, now=now
    )


def _expired(
    request: HttpRequest, held: Appointment, *, now: dt.datetime, status: int
) -> HttpResponse:
    if again := _kept_again(held, now=now):
        return redirect("confirm", pk=again.pk)
    request.session.pop(kept.HOLD, None)
    source = source_of(held.visit_type, now=now)
    near = queries.nearest(visit_type=held.visit_type, start=held.start, now=now)
    context = {
        **_facts(held),
        "near": choices_of(near, source, dated=True),
        "over": held.start <= now,
        "day_query": query_of(Question(day=local_day(held.start, source.zone))),
    }
    return render(request, "booking/expired.html", context, status=status)


@never_cache
@require_POST
def release(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give the time back and choose another. One that ran out is as good as given back."""
    held = _own_hold(request, pk)
    if held is None:
        raise Http404
    with suppress(HoldExpired):
        operations.release(hold=held, by=Actor.from_request(request), now=timezone.now())
    kept.forget(request)
    day = local_day(held.start, held.visit_type.clinic.zone)
    return redirect(reverse("times", args=[held.visit_type.slug]) + query_of(Question(day=day)))
