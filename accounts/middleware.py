"""The staff portal speaks in the clinic's time: what staff read and type is its wall clock."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.queries import current_clinic


class PortalTimeMiddleware:
    """Pages and API name the zone of every time; Django's admin takes the current one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        clinic = current_clinic() if request.path.startswith("/admin/") else None
        if clinic is None:
            return self.get_response(request)
        with timezone.override(clinic.zone):
            return self.get_response(request)
