"""Bearer tokens of the API."""

from __future__ import annotations

import datetime as dt
import secrets

from django.conf import settings
from django.db import transaction

from accounts.models import ApiToken, User
from accounts.models.token import digest_of
from accounts.operations.audit import record_audit
from accounts.second_factors.missing import SecondFactorMissing, missing
from clinic.lib.actor import Actor


def issue(*, user: User, now: dt.datetime, by: Actor) -> tuple[ApiToken, str]:
    """A new token of `user`, good for API_TOKEN_HOURS, and its text: shown once, never stored.

    Raises SecondFactorMissing for who must have one, has none, and so would get around it.
    """
    if missing(user):
        raise SecondFactorMissing(str(user.pk))
    plaintext = secrets.token_urlsafe(32)
    with transaction.atomic():
        known = User.objects.values_list("session_generation", flat=True)
        token = ApiToken.objects.create(
            user=user,
            digest=digest_of(plaintext),
            generation=known.get(pk=user.pk),
            created_at=now,
            expires_at=now + dt.timedelta(hours=settings.API_TOKEN_HOURS),
        )
        record_audit(
            action="token.issued", subject=token, by=by, now=now, data={"user": str(user.pk)}
        )
    return token, plaintext


def revoke(*, token: ApiToken, now: dt.datetime, by: Actor) -> bool:
    """End a token at once. False when it had ended before."""
    with transaction.atomic():
        ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
        if ended:
            record_audit(
                action="token.revoked",
                subject=token,
                by=by,
                now=now,
                data={"user": str(token.user_id)},
            )
    return bool(ended)


def revoke_all(*, user: User, now: dt.datetime, by: Actor) -> int:
    """End every token of a user. Returns how many ended."""
    live = ApiToken.objects.usable(now=now).filter(user=user)
    return sum(revoke(token=token, now=now, by=by) for token in live)
