"""The page behind the link that a guest is mailed: confirm the request, see what became of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking import links, lookups, operations
from booking.models import Appointment, Status
from booking.operations import WrongState
from clinic.lib.actor import Actor
from clinic.lib.by_link import by_link


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def guest_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks (mail scanners follow links), POST confirms. Who has the link needs no sign-in."""
    visit = _request_of(token)
    if visit is None:
        return _page(request, None, "unknown", status=404)
    if request.method == "POST":
        try:
            operations.confirm_guest(
                appointment=visit, by=Actor.from_request(request), now=timezone.now()
            )
        except WrongState:
            return _page(request, visit, "over", status=410)
        return redirect("guest_confirm", token=token)
    state = _state(visit)
    return _page(request, visit, state, status=410 if state == "over" else 200)


def _request_of(token: str) -> Appointment | None:
    pk = links.guest_appointment_id(token)
    return None if pk is None else lookups.guest_request(pk)


def _state(visit: Appointment) -> str:
    now = timezone.now()
    if visit.status == Status.PENDING and visit.start > now:
        if visit.confirm_by is None:
            return "confirmed"
        return "open" if visit.confirm_by > now else "over"
    return "accepted" if visit.is_live and visit.status != Status.PENDING else "over"


def _page(
    request: HttpRequest, visit: Appointment | None, state: str, *, status: int
) -> HttpResponse:
    zone = visit.visit_type.clinic.zone if visit is not None else None
    context = {"visit": visit, "state": state, "zone": zone}
    return render(request, "booking/guest_confirm.html", context, status=status)
