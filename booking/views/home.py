"""The first page: what the clinic offers, as the start of a booking."""

from __future__ import annotations

from types import ModuleType

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries import current_clinic
from booking import queries


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    clinic = current_clinic()
    if clinic is None:
        return render(request, "booking/no_clinic.html")
    context = {"visit_types": queries.visit_types(clinic=clinic), "demo": _demonstration()}
    return render(request, "booking/home.html", context)


def _demonstration() -> ModuleType | None:
    """The invented people's logins, where there are any."""
    if not settings.DEMO:
        return None
    from booking.demo import logins

    return logins
