"""In which language a person's pages come: the patient's own, else what the browser asks for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.queries import patient_of

SESSION_KEY = "language"
# Pages of the clinic's people alone; their words are in no catalogue (deploy/local/catalogue.py).
STAFF_PATHS = ("/admin/", "/day/", "/week/", "/away/", "/mailbox/")
API_PATHS = ("/api/", "/appointment-slot", "/book-appointment", "/feeds/")


def for_staff(path: str) -> bool:
    return path.startswith(STAFF_PATHS)


def language_for(request: HttpRequest) -> str:
    """What somebody chose here, or is kept of the patient since the sign-in; else the cookie of an
    earlier choice, else the browser's wish."""
    if for_staff(request.path):
        return settings.LANGUAGE_CODE
    if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(API_PATHS):
        chosen = request.session.get(SESSION_KEY)
        if is_offered(chosen):
            return str(chosen)
    return translation.get_language_from_request(request)


def speak_as_written(request: HttpRequest, language: str) -> None:
    """For a page behind the link of a message: it comes in that message's language, unless its
    reader is signed in or has chosen another here."""
    chosen = request.user.is_authenticated or settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    if is_offered(language) and not chosen:
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


def is_offered(language: Any) -> bool:
    return language in dict(settings.LANGUAGES)


def remember(request: HttpRequest, language: str) -> None:
    """For this session; a cookie outlives it (`keep_in_cookie`)."""
    request.session[SESSION_KEY] = language


def keep_in_cookie(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def use_own(sender: object, request: HttpRequest, user: Any, **_signal: object) -> None:
    """At sign-in: pages come as the patient's messages do."""
    patient = patient_of(user)
    if patient is not None and is_offered(patient.language):
        remember(request, patient.language)
