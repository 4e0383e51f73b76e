"""A person's own API tokens: make one, see which there are, end one."""

from __future__ import annotations

import uuid

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import ApiToken
from accounts.operations import tokens
from clinic.lib.actor import Actor


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Here also those make a token whom the API refuses one: people with a second factor."""
    if request.method == "POST":
        return _issue(request)
    return _page(request)


@reauthentication_required(allow_get=True)
def _issue(request: HttpRequest) -> HttpResponse:
    _token, plaintext = tokens.issue(
        user=request.user,  # type: ignore[arg-type]
        now=timezone.now(),
        by=Actor.from_request(request),
    )
    # Shown in the answer itself: a redirect would have to keep it somewhere on the way.
    return _page(request, plaintext)


@never_cache
@login_required
@require_POST
def revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=request.user)
    tokens.revoke(token=token, now=timezone.now(), by=Actor.from_request(request))
    messages.success(request, _("The token is ended."))
    return redirect("tokens")


def _page(request: HttpRequest, plaintext: str = "") -> HttpResponse:
    live = ApiToken.objects.usable(now=timezone.now()).filter(user=request.user.pk)
    context = {"tokens": live.order_by("-created_at"), "plaintext": plaintext}
    return render(request, "account/tokens.html", context)
