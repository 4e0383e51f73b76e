"""In which language a page comes, and by which clock the staff portal speaks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from accounts.languages import API_PATHS, for_staff, language_for
from accounts.queries import current_clinic


class LanguageMiddleware(LocaleMiddleware):
    """Pages speak the language of `language_for`, and say what that depended on."""

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(language_for(request))
        request.LANGUAGE_CODE = translation.get_language()
        # What answers a form has an address that cannot be asked for once more.
        asked = request.method in ("GET", "HEAD")
        request.may_switch_language = asked and not for_staff(request.path)  # type: ignore[attr-defined]

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path.startswith(API_PATHS):
            patch_vary_headers(response, ["Cookie"])
        return super().process_response(request, response)


class PortalTimeMiddleware:
    """The staff portal speaks in the clinic's time: what staff read and type is its wall clock.

    Pages and API name the zone of every time; Django's admin takes the current one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        clinic = current_clinic() if request.path.startswith("/admin/") else None
        if clinic is None:
            return self.get_response(request)
        with timezone.override(clinic.zone):
            return self.get_response(request)
