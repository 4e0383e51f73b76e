"""Where somebody is signed in, seen and ended; and what open pages ask while nobody is there."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import signed_in
from accounts.models import ApiToken, SignIn, User
from accounts.operations import sessions
from accounts.views.people import safe_next
from clinic.lib.actor import Actor


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    now = timezone.now()
    context = {
        "sign_ins": sessions.live(user=user, now=now),
        "here": request.session.get(signed_in.ROW, ""),
        "tokens": ApiToken.objects.usable(now=now).filter(user=user).count(),
        "minutes": settings.IDLE_MINUTES
        if signed_in.roles_here(request) & signed_in.IDLE_ROLES
        else 0,
    }
    return render(request, "account/sessions.html", context)


@never_cache
@login_required
@require_POST
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    sign_in = get_object_or_404(SignIn.objects.select_related("user"), pk=pk, user=request.user)
    sessions.end(sign_in=sign_in, by=Actor.from_request(request), now=timezone.now())
    messages.success(request, _("That device is signed out."))
    return redirect("sessions")


@never_cache
@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Also those that nobody knows of, and the tokens: only this session goes on."""
    user = request.user
    assert isinstance(user, User)
    keep = request.session.get(signed_in.ROW)
    by = Actor.from_request(request)
    sessions.end_all_but(user=user, keep=keep, by=by, now=timezone.now())
    update_session_auth_hash(request, user)
    sessions.moved(pk=keep, session_key=str(request.session.session_key))
    messages.success(request, _("You are signed out everywhere but here."))
    return redirect("sessions")


@never_cache
@require_safe
def active(request: HttpRequest) -> HttpResponse:
    """Asked by a page whose reader wants to stay, or types; that it is asked is all."""
    return HttpResponse(status=204)


@never_cache
@require_safe
def idle(request: HttpRequest) -> HttpResponse:
    """Where open pages go when the time is over. The middleware has signed the person out by then,
    unless somebody was busy in another window: then back to the page."""
    target = safe_next(request)
    if request.user.is_authenticated:
        return redirect(target or "after_login")
    return redirect_to_login(target) if target else redirect("account_login")
