"""Where people are signed in: noted, seen, ended."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.models import SignIn, User
from accounts.operations.audit import record_audit
from accounts.operations.tokens import revoke_all
from clinic.lib.actor import Actor


def begin(
    *,
    user: User,
    session_key: str,
    browser: str,
    system: str,
    second_factor: bool,
    by: Actor,
    now: dt.datetime,
) -> SignIn:
    """Somebody has signed in with a browser."""
    with transaction.atomic():
        sign_in = SignIn.objects.create(
            user=user,
            session_key=session_key,
            generation=user.session_generation,
            started_at=now,
            seen_at=now,
            address=by.address[:45],
            browser=browser,
            system=system,
        )
        data = {"second_factor": second_factor}
        record_audit(action="user.signed_in", subject=user, by=by, now=now, data=data)
    return sign_in


def seen(*, pk: str, session_key: str, now: dt.datetime) -> bool:
    """The person was there again. False when this sign-in was ended."""
    here = SignIn.objects.open().filter(pk=pk)
    return bool(here.update(seen_at=now, session_key=session_key))


def live(*, user: User, now: dt.datetime) -> list[SignIn]:
    """The browsers in which a person is signed in, the one seen last first."""
    since = now - dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    alive = SignIn.objects.open().filter(user=user, generation=user.session_generation)
    return list(alive.filter(started_at__gt=since).order_by("-seen_at"))


def moved(*, pk: str | None, session_key: str) -> None:
    """The same browser's session has a new key."""
    if pk:
        SignIn.objects.open().filter(pk=pk).update(session_key=session_key)


def close(*, user: User, pk: str | None, action: str, by: Actor, now: dt.datetime) -> None:
    """A sign-in is over, there and then: `user.signed_out`, `user.idle` or `user.expired`."""
    with transaction.atomic():
        if pk:
            SignIn.objects.open().filter(pk=pk).update(ended_at=now)
        record_audit(action=action, subject=user, by=by, now=now)


def end(*, sign_in: SignIn, by: Actor, now: dt.datetime) -> bool:
    """Sign one browser out from elsewhere. False when it had ended before."""
    with transaction.atomic():
        ended = SignIn.objects.open().filter(pk=sign_in.pk).update(ended_at=now)
        if ended:
            data = {"sign_in": str(sign_in.pk)}
            user = sign_in.user
            record_audit(action="user.session_ended", subject=user, by=by, now=now, data=data)
        # Should the store be away, the row above ends the session a moment later.
        transaction.on_commit(lambda: _forget(sign_in.session_key))
    return bool(ended)


def end_all_but(*, user: User, keep: str | None, by: Actor, now: dt.datetime) -> None:
    """Sign every other browser of a person out, and end the API's tokens. The session that calls
    this takes the person's new hash (`update_session_auth_hash`), or it ends as well."""
    with transaction.atomic():
        revoke_all(user=user, by=by, now=now)
        _step(user)
        own = SignIn.objects.filter(pk=keep) if keep else SignIn.objects.none()
        ended = SignIn.objects.open().filter(user=user).exclude(pk__in=own).update(ended_at=now)
        own.update(generation=user.session_generation)
        data = {"count": ended, "all": False}
        record_audit(action="user.sessions_ended", subject=user, by=by, now=now, data=data)


def end_sessions(*, user: User, by: Actor, now: dt.datetime) -> None:
    """Sign a person out everywhere at once, and end the API's tokens."""
    with transaction.atomic():
        # Tokens first: those of the old generation would no longer be found, and told of.
        revoke_all(user=user, by=by, now=now)
        _step(user)
        SignIn.objects.open().filter(user=user).update(ended_at=now)
        record_audit(action="user.sessions_ended", subject=user, by=by, now=now)


def _step(user: User) -> None:
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])


def _forget(session_key: str) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    store(session_key).delete(session_key)
