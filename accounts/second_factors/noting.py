"""What happens around signing in goes on record, and a changed factor ends other sessions."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import user_logged_in
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import signed_in
from accounts.devices import browser_and_system
from accounts.models import User
from accounts.operations import sessions
from accounts.operations.audit import record_audit
from accounts.second_factors.codes import LAST_COUNTER
from accounts.second_factors.forms import FIRST_COUNTER
from accounts.second_factors.missing import has_second_factor
from accounts.second_factors.required import has_passed
from accounts.signin import attempted_email
from clinic.lib import metrics
from clinic.lib.actor import Actor
from clinic.lib.metrics import names


def connect() -> None:
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    user_login_failed.connect(_failed)
    mfa.authenticator_added.connect(_added)
    mfa.authenticator_reset.connect(_reset)
    mfa.authenticator_removed.connect(_removed)


def _signed_in(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    session = request.session
    if not session.session_key:
        session.create()
    browser, system = browser_and_system(request.headers.get("User-Agent", ""))
    sign_in = sessions.begin(
        user=user,
        session_key=str(session.session_key),
        browser=browser,
        system=system,
        second_factor=has_passed(request),
        by=_actor(request, user),
        now=timezone.now(),
    )
    session[signed_in.ROW] = str(sign_in.pk)


def _signed_out(
    sender: object, request: HttpRequest | None, user: User | None, **kwargs: object
) -> None:
    action = getattr(request, "signed_out_as", "user.signed_out")
    if user is None or request is None or not action:
        return
    sessions.close(
        user=user,
        pk=request.session.get(signed_in.ROW),
        action=action,
        by=_actor(request, user),
        now=timezone.now(),
    )


def _failed(
    sender: object,
    credentials: dict[str, Any],
    request: HttpRequest | None = None,
    **kwargs: object,
) -> None:
    """Of logins that exist: what is typed for others may be a password, and belongs nowhere."""
    if request is None:
        return
    metrics.count(names.SIGN_IN_FAILURES)
    user = get_user_model().objects.filter(email=attempted_email(request, credentials)).first()
    if user is not None:
        by = Actor.guest(getattr(request, "client_address", ""))
        record_audit(action="user.signin_failed", subject=user, by=by, now=timezone.now())


def _added(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object
) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        authenticator.data[LAST_COUNTER] = request.session.pop(FIRST_COUNTER, None) or -1
        authenticator.save(update_fields=["data"])
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        # It was in hand just now; asking for it once more would prove nothing.
        shown = {"id": authenticator.pk, "type": authenticator.type}
        record_authentication(request, user, "mfa", **shown)
    _changed(request, user, "mfa.added", authenticator)


def _reset(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object
) -> None:
    _changed(request, user, "mfa.codes_made", authenticator)


def _removed(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object
) -> None:
    _changed(request, user, "mfa.removed", authenticator)
    if not has_second_factor(user):
        # What was shown is no more: who must have one is back at the set-up.
        records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
        kept = [record for record in records if record.get("method") != "mfa"]
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def _changed(request: HttpRequest, user: User, action: str, authenticator: Authenticator) -> None:
    """Other browsers, which may never have shown a second factor, sign in anew."""
    by, now = _actor(request, user), timezone.now()
    with transaction.atomic():
        record_audit(action=action, subject=user, by=by, now=now, data={"type": authenticator.type})
        keep = request.session.get(signed_in.ROW)
        sessions.end_all_but(user=user, keep=keep, by=by, now=now)
    update_session_auth_hash(request, user)
    sessions.moved(pk=keep, session_key=str(request.session.session_key))


def _actor(request: HttpRequest, user: User) -> Actor:
    return Actor.of_user(user, getattr(request, "client_address", ""))
