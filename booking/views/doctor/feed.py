"""The doctor's private calendar: its page, and the calendar itself for whoever has the address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Doctor, Role
from accounts.operations import record_list
from booking import feed as calendar
from booking import operations
from booking.models import CalendarFeed
from booking.operations import BookingError
from booking.operations.feeds import digest_of
from booking.views.doctor.access import own_doctor_or_404
from booking.views.doctor.forms import FeedForm
from clinic.lib.actor import Actor
from clinic.lib.throttles import RateThrottle, address_of


class FeedThrottle(RateThrottle):
    """Calendars ask a few times an hour; who guesses asks more often."""

    scope = "feed"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def feed(request: HttpRequest) -> HttpResponse:
    """Make an address; it is shown in the answer itself, this once."""
    doctor = own_doctor_or_404(request)
    if request.method != "POST":
        return _page(request, doctor)
    form = FeedForm(request.POST)
    if not form.is_valid():
        return _page(request, doctor, status=400)
    try:
        _made, secret = operations.open_feed(
            doctor=doctor,
            show_names=form.cleaned_data["show_names"],
            by=Actor.from_request(request),
            now=timezone.now(),
        )
    except BookingError as error:
        return _page(request, doctor, status=409, refused=str(error))
    address = settings.SITE_URL + reverse("calendar_feed", args=[secret])
    return _page(request, doctor, address=address)


@never_cache
@require_POST
@login_required
def revoke(request: HttpRequest) -> HttpResponse:
    doctor = own_doctor_or_404(request)
    try:
        operations.revoke_feed(doctor=doctor, by=Actor.from_request(request), now=timezone.now())
    except BookingError as error:
        return _page(request, doctor, status=409, refused=str(error))
    messages.success(request, _("The address is ended. Calendars that had it get nothing more."))
    return redirect("feed")


@never_cache
@require_POST
@login_required
def agenda(request: HttpRequest) -> HttpResponse:
    """The evening's mail: wanted, or not."""
    doctor, wanted = own_doctor_or_404(request), request.POST.get("wanted") == "yes"
    by, now = Actor.from_request(request), timezone.now()
    try:
        operations.choose_agenda(doctor=doctor, wanted=wanted, by=by, now=now)
    except BookingError as error:
        return _page(request, doctor, status=409, refused=str(error))
    said = _("You get the mail in the evening.") if wanted else _("The evening’s mail is stopped.")
    messages.success(request, said)
    return redirect("feed")


@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever has the address needs no sign-in; without it there is nothing to see."""
    throttle = FeedThrottle()
    if not throttle.count(address_of(request)):
        response = HttpResponse(_("Please ask again later."), status=429, content_type="text/plain")
        response["Retry-After"] = str(int(throttle.wait() or 60) + 1)
        return response
    found = _live_feeds().filter(digest=digest_of(secret)).first()
    if found is None:
        raise Http404
    now = timezone.now()
    etag = calendar.etag(found, now=now)
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        content = calendar.render(found, now=now)
        # The link is the doctor's, whoever has it.
        whose = str(found.doctor.user_id)
        record_list(
            action="feed.read",
            of=found.doctor,
            patient_ids=calendar.named_in(found, now=now),
            by=Actor(kind="link", user_id=whose, address=address_of(request)),
            now=now,
        )
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="schedule.ics"'
    response["ETag"] = etag
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _live_feeds() -> QuerySet[CalendarFeed]:
    """The address ends with the doctor's own right to look: login, role and row."""
    return CalendarFeed.objects.select_related("doctor__clinic").filter(
        revoked_at__isnull=True,
        doctor__user__is_active=True,
        doctor__user__groups__name=Role.DOCTOR.value,
    )


def _page(request: HttpRequest, doctor: Doctor, *, status: int = 200, **more: Any) -> HttpResponse:
    live = CalendarFeed.objects.filter(doctor=doctor, revoked_at__isnull=True).first()
    context = {
        "feed": live,
        "form": FeedForm(),
        "zone": doctor.clinic.zone,
        "doctor": doctor,
        "agenda_at": settings.AGENDA_AT,
    }
    return render(request, "booking/doctor/feed.html", context | more, status=status)
