"""Without the second factor that a role asks for, there is nothing to see but its set-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.second_factors.missing import has_second_factor, is_required
from accounts.signed_in import is_signed_in, roles_here
from clinic.lib import problems

# For everybody, however far the sign-in has come.
ALWAYS = {
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "choose_language",
    "active",
    "idle",
    "livez",
    "readyz",
}
# For who has no factor yet. Who has one shows it first, or a password alone would add another.
SET_UP = {"mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"}
DETAIL = gettext_lazy("This account needs a second factor: set one up on the site, then sign in.")


class SecondFactorMiddleware:
    """Holds back whoever has a role of MFA_REQUIRED until this session has seen the factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not settings.MFA_REQUIRED or not is_signed_in(request) or has_passed(request):
            return None
        if not is_required(roles_here(request)):
            return None
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in ALWAYS:
            return None
        has_one = has_second_factor(request.user)  # type: ignore[arg-type]
        if not has_one and name in SET_UP:
            return None
        return _held_back(request, has_one=has_one)


def has_passed(request: HttpRequest) -> bool:
    """Whether a second factor was shown, or set up, in this very session."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def _held_back(request: HttpRequest, *, has_one: bool) -> HttpResponse:
    if problems.is_for_programs(request.path):
        return problems.response_to(problems.Problem(403, "second-factor-required", DETAIL))
    if has_one:
        keys = Authenticator.objects.filter(
            user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN
        )
        name = "mfa_reauthenticate_webauthn" if keys.exists() else "mfa_reauthenticate"
        url = f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: _page(request)})}"
    else:
        url = reverse("mfa_index")
        messages.info(request, _("Your role needs a second factor: set one up to go on."))
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204, headers={"HX-Redirect": url})
    else:
        response = redirect(url)
    patch_cache_control(response, no_store=True)
    return response


def _page(request: HttpRequest) -> str:
    """Where to go on afterwards: what answered a form cannot be asked for once more."""
    return request.get_full_path() if request.method == "GET" else reverse("after_login")
