"""How long a sign-in lasts: who may be idle for how long, and what a session knows of its person.

A session carries its person's roles, so that no request asks the database for them; a change of
roles ends the session (a trigger, see migration 0016), so they are never out of date.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.operations import sessions
from accounts.second_factors.missing import roles_of

ROLES = "roles"  # of the person, in the session
SINCE = "since"  # the moment of signing in; seconds since 1970
SEEN = "seen"  # the last request that somebody made by hand
ROW = "sign_in"  # the SignIn of this session

# Those who see the records of others.
IDLE_ROLES = frozenset({Role.DOCTOR.value, Role.STAFF.value, Role.OPERATOR.value})
# Activity is written down this often, in seconds, and no oftener: a write is a row.
WRITE_EVERY = 30
WRITE_EVERY_OTHERS = 5 * 60
# What a page asks for by itself says so; it keeps nobody signed in.
BACKGROUND_HEADER = "X-Background"
BACKGROUND_COOKIE = "clinic_background"  # a reload by script cannot send a header
# Tells scripts how many seconds are left; read by static/js/idle.js in every open tab.
COOKIE = "clinic_idle"


def roles_here(request: HttpRequest) -> frozenset[str]:
    """Of whoever is signed in with this session; kept in it since the sign-in."""
    kept = request.session.get(ROLES)
    return frozenset(kept) if kept is not None else roles_of(request.user)


def begin(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """What a session knows from its first moment (Django's signal `user_logged_in`)."""
    request.session[ROLES] = sorted(roles_of(user))
    request.session[SINCE] = request.session[SEEN] = int(time.time())


def is_background(request: HttpRequest) -> bool:
    return BACKGROUND_HEADER in request.headers or BACKGROUND_COOKIE in request.COOKIES


class IdleMiddleware:
    """Signs doctors, staff and operators out on the server after IDLE_MINUTES without a request.

    The request that comes too late is answered as a stranger's, with a word about why.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        left = self._seconds_left(request) if is_signed_in(request) else None
        response = self.get_response(request)
        if left is not None and is_signed_in(request):
            # Changes with every answer, so that each tab notices what another one did.
            value = f"{left}.{time.time_ns() // 1_000_000}"
            response.set_cookie(COOKIE, value, secure=settings.HTTPS, samesite="Lax")
        elif COOKIE in request.COOKIES and left is None:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response

    def _seconds_left(self, request: HttpRequest) -> int | None:
        """None for whom it has no bounds, or who was signed out just now."""
        now = int(time.time())
        if now - request.session.get(SINCE, now) >= settings.SESSION_COOKIE_AGE:
            request.signed_out_as = "user.expired"  # type: ignore[attr-defined]
            logout(request)
            return None
        allowed = settings.IDLE_MINUTES * 60 if roles_here(request) & IDLE_ROLES else 0
        since = now - request.session.get(SEEN, now)
        if allowed and since >= allowed:
            _sign_out(request)
            return None
        if SEEN not in request.session or since >= (WRITE_EVERY if allowed else WRITE_EVERY_OTHERS):
            if is_background(request):
                return allowed - since if allowed else None
            if not _note(request, now):
                return None
            since = 0
        return allowed - since if allowed else None


def is_signed_in(request: HttpRequest) -> bool:
    """Without reading the session of who has none."""
    has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_cookie and SESSION_KEY in request.session and request.user.is_authenticated


def _note(request: HttpRequest, now: int) -> bool:
    """Write down that somebody is there. False when this sign-in was ended from elsewhere."""
    request.session[SEEN] = now
    request.session.setdefault(ROLES, sorted(roles_of(request.user)))
    row, key = request.session.get(ROW), request.session.session_key
    if row and key and not sessions.seen(pk=row, session_key=key, now=timezone.now()):
        request.signed_out_as = ""  # type: ignore[attr-defined] # whoever ended it is on record
        logout(request)
        return False
    return True


def _sign_out(request: HttpRequest) -> None:
    request.signed_out_as = "user.idle"  # type: ignore[attr-defined]
    logout(request)
    said = _("You were signed out because nothing was done for %(minutes)d minutes.")
    messages.info(request, said % {"minutes": settings.IDLE_MINUTES})
