"""What every view of the API shares: JSON in and out, problems, bounded bodies, who is asking."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Patient
from accounts.queries import has_verified_email, patient_of
from booking import holders
from booking.api.refusals import as_problem
from clinic.lib.api import JsonView
from clinic.lib.problems import Problem


class ApiView(JsonView):
    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(as_problem(exc))

    def caller(self, request: Request) -> str:
        """To whom an idempotency key belongs."""
        if request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return f"session:{_digest(holders.holder_of(_django(request)))}"


class CanBook(BasePermission):
    """A patient whose email address is known to be theirs; others are told what is missing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not IsAuthenticated().has_permission(request, view):
            return False
        patient_or_refusal(request)
        if not has_verified_email(request.user):  # type: ignore[arg-type]
            detail = _("Confirm your email address on the site first.")
            raise Problem(403, "email-unverified", detail)
        return True


def patient_or_refusal(request: Request) -> Patient:
    patient = patient_of(request.user)
    if patient is None:
        raise Problem(403, "profile-missing", _("Complete your profile on the site first."))
    return patient


def holders_of(request: Request) -> list[str]:
    """Whose holds this caller may use: the browser's, and those made with a token of the user."""
    found = []
    if request.user.is_authenticated:
        found.append(_digest(f"user:{request.user.pk}"))
    if not _by_token(request):
        found.append(holders.known_holder(_django(request)))
    return found


def holder_of(request: Request) -> str:
    """In whose name a hold is made: a browser's is the one its pages know, signed in or not."""
    if _by_token(request):
        return _digest(f"user:{request.user.pk}")
    return holders.holder_of(_django(request))


def _by_token(request: Request) -> bool:
    authenticator = request.successful_authenticator
    return authenticator is not None and not isinstance(authenticator, SessionAuthentication)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _django(request: Request) -> HttpRequest:
    return request._request
