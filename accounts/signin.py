"""Limits on sign-in: whom an attempt is for, and what a locked-out person sees (django-axes)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from clinic.lib import problems

FIELDS = ("email", "username", "login")


def attempted_email(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The address somebody tries to sign in with, however the attempt came in.

    The site's form calls it `login`, the API `email`, Django's own forms `username`.
    """
    for source in (credentials or {}, getattr(request, "POST", {})):
        for field in FIELDS:
            if value := source.get(field):
                return str(value).strip().lower()[:254]
    return ""


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429, with the time to wait: a page for people, a problem document for programs."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    if problems.is_for_programs(request.path):
        detail = _("Too many failed attempts. Try again in %(minutes)s minutes.")
        problem = problems.Problem(429, "throttled", detail % {"minutes": minutes})
        answer = problems.response_to(problem)
    else:
        answer = render(request, "account/lockout.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer


def admin_sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """The portal's sign-in is the site's, with its codes, limits and second factors.

    Whoever is signed in already is never given Django's own form: it knows none of those.
    """
    user = request.user
    target = request.GET.get(REDIRECT_FIELD_NAME, "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    destination = target if safe else reverse("admin:index")
    if not user.is_authenticated:
        return redirect_to_login(destination)
    if not user.is_staff:
        raise PermissionDenied
    return redirect(destination)
