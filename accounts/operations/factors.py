"""For who has lost the phone and the codes: the clinic takes the second factor away."""

from __future__ import annotations

import datetime as dt

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User
from accounts.operations.audit import record_audit
from accounts.operations.sessions import end_sessions
from clinic.lib.actor import Actor

# Which words the message has (notifications.notices).
NOTICE = "account/email/factors_removed"


def remove_factors(*, user: User, by: Actor, now: dt.datetime) -> int:
    """Take every factor and code of a person away, sign the person out and tell them.

    Whoever must have one sets it up anew at the next sign-in. Returns how many there were.
    """
    with transaction.atomic():
        known = Authenticator.objects.select_for_update().filter(user_id=user.pk)
        types = sorted(known.values_list("type", flat=True))
        if not types:
            return 0
        known.delete()
        record_audit(action="mfa.removed", subject=user, by=by, now=now, data={"types": types})
        end_sessions(user=user, by=by, now=now)
        get_adapter().send_mail(NOTICE, user.email, {})
    return len(types)
