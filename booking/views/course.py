"""The same visit every few weeks: choose the first time, look at the dates, book all of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import people_of
from booking import operations, queries
from booking.forms import CourseForm
from booking.operations import BookingError, NotTogether
from booking.together import Course, Proposed, Seat, propose
from booking.views.seats import part_of, seat_of, value_of
from booking.views.times import question_of, source_of, times_page, visit_type_or_404
from clinic.lib.actor import Actor

LEFT_OUT = "none"


@never_cache
@require_safe
@login_required
def first(request: HttpRequest, slug: str) -> HttpResponse:
    """The first of the times; the others follow from it."""
    visit_type = visit_type_or_404(slug)
    if not people_of(request.user):
        return redirect(f"{reverse('profile')}?{urlencode({'next': request.path})}")
    context = {
        "choosing": {"action": reverse("course", args=[slug]), "hidden": ()},
        "course": True,
    }
    source = source_of(visit_type, now=timezone.now())
    question = question_of(request, visit_type)
    return times_page(request, visit_type, source, context, question=question)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """A proposal for each date. Conflicts are decided one by one, then all are booked or none."""
    visit_type = visit_type_or_404(slug)
    people = people_of(request.user)
    asked = request.POST if request.method == "POST" else request.GET
    form = CourseForm(asked, visit_type=visit_type, people=people)
    if not people or not form.is_valid():
        return redirect("course_first", slug=slug)
    wish = form.course
    now = timezone.now()
    if request.method != "POST":
        return _page(request, form, wish, now=now)
    seats = _picked(request, wish)
    if not seats:
        return _page(request, form, wish, now=now, status=400)
    try:
        visits = operations.book_together(
            bookings=[part_of(seat, visit_type, form.cleaned_data["reason"]) for seat in seats],
            by=Actor.from_request(request),
            now=now,
        )
    except BookingError as error:
        return _page(request, form, wish, refused=error, seats=seats, now=now, status=409)
    return redirect("group", group=visits[0].group)


def _picked(request: HttpRequest, wish: Course) -> list[Seat] | None:
    """One seat a date, but for those left out; None when a date was not decided."""
    doctors = list(queries.doctors_of(wish.visit_type))
    seats = []
    for number in range(wish.count):
        value = request.POST.get(f"visit-{number}", "")
        if value == LEFT_OUT:
            continue
        seat = seat_of(value, people=[wish.patient], doctors=doctors)
        if seat is None:
            return None
        seats.append(seat)
    return seats


def _page(
    request: HttpRequest,
    form: CourseForm,
    wish: Course,
    *,
    refused: BookingError | None = None,
    seats: list[Seat] | None = None,
    now: dt.datetime,
    status: int = 200,
) -> HttpResponse:
    """`seats` are what was asked for and refused: what of it is still free stays chosen."""
    dates = propose(wish, now=now)
    blocked = seats[refused.index] if seats and isinstance(refused, NotTogether) else None
    if blocked and len(dates) > 1:
        dates = [_without(date, blocked) for date in dates]
    context = {
        "visit_type": wish.visit_type,
        "zone": wish.visit_type.clinic.zone,
        "form": form,
        "wish": wish,
        "dates": [_row(date, number, request) for number, date in enumerate(dates)],
        "conflicts": sum(date.seat is None for date in dates),
        "open": sum(date.seat is not None or bool(date.others) for date in dates),
        "refused": refused,
        "undecided": status == 400,
    }
    return render(request, "booking/course.html", context, status=status)


def _without(date: Proposed, blocked: Seat) -> Proposed:
    """What was refused a moment ago is not offered again as it was."""
    if date.seat == blocked:
        return replace(date, seat=None, why=operations.Taken.sentence)
    return replace(date, others=tuple(seat for seat in date.others if seat != blocked))


def _row(date: Proposed, number: int, request: HttpRequest) -> dict[str, object]:
    picked = request.POST.get(f"visit-{number}", "")
    options = [(value_of(seat), seat) for seat in date.others]
    only = not options
    return {
        "name": f"visit-{number}",
        "number": number + 1,
        "start": date.start,
        "seat": date.seat,
        "value": value_of(date.seat) if date.seat else "",
        "why": date.why,
        "options": [(value, seat, value == picked) for value, seat in options],
        "left_out": only or picked == LEFT_OUT,
    }
