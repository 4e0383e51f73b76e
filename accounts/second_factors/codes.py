"""Codes that people type: each counts once, and guessing ends after a few.

Both are kept in the database: a limit that a restarted cache forgets is none.
"""

from __future__ import annotations

import datetime as dt
import hmac

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.db import transaction

from accounts.models import AuditEvent, User
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor

LAST_COUNTER = "last_counter"  # of an authenticator app: the step whose code was used last
LOCKED_FOR = dt.timedelta(minutes=15)
FAILED = "mfa.failed"


class WrongCode(Exception):
    """No factor of this person gives this code now."""


class TooManyWrongCodes(Exception):
    """No code is tried, not even a right one, until some time has passed."""


def use_code(*, user: User, code: str, by: Actor, now: dt.datetime) -> Authenticator:
    """Use up a code of the person's authenticator app, or one of the recovery codes.

    Returns the factor that it belongs to. Raises WrongCode (which is recorded, and counted) and
    TooManyWrongCodes. Guesses of one person follow each other: whoever sends a hundred at once
    gets no more of them tried than one after the other.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if is_locked(user, now=now):
            raise TooManyWrongCodes(str(user.pk))
        factor = _factor_of(user, code)
        if factor is None:
            record_audit(action=FAILED, subject=user, by=by, now=now)
        elif factor.type == Authenticator.Type.RECOVERY_CODES:
            record_audit(action="mfa.recovery_used", subject=user, by=by, now=now)
    if factor is None:
        raise WrongCode(str(user.pk))
    return factor


def is_locked(user: User, *, now: dt.datetime) -> bool:
    wrong = AuditEvent.objects.filter(
        subject_id=str(user.pk), action=FAILED, at__gt=now - LOCKED_FOR
    )
    return wrong.count() >= settings.MFA_WRONG_CODES


def counter_of(secret: str, code: str, *, after: int = -1) -> int | None:
    """The step, at most one from now, whose code this is; None for a wrong or an older one."""
    given = normalize_user_code(code)
    for counter in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, counter))
        if counter > after and hmac.compare_digest(given.encode(), expected.encode()):
            return counter
    return None


def _factor_of(user: User, code: str) -> Authenticator | None:
    typed = Authenticator.objects.filter(user_id=user.pk)
    for factor in typed.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        factor.user = user
        if factor.type == Authenticator.Type.TOTP:
            if _use_counter(factor, code):
                return factor
        elif factor.wrap().validate_code(code):
            return factor
    return None


def _use_counter(factor: Authenticator, code: str) -> bool:
    secret = get_adapter().decrypt(factor.data["secret"])
    counter = counter_of(secret, code, after=factor.data.get(LAST_COUNTER, -1))
    if counter is None:
        return False
    factor.data[LAST_COUNTER] = counter
    factor.save(update_fields=["data"])
    return True
