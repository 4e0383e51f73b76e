"""A doctor's private calendar address: made, shown once, ended."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from accounts.models import Doctor
from accounts.operations import record_audit
from booking.models import CalendarFeed
from booking.operations import steps
from clinic.lib.actor import Actor

SECRET_BYTES = 24  # 192 bits: nobody guesses it


def open_feed(
    *, doctor: Doctor, show_names: bool = False, by: Actor, now: dt.datetime
) -> tuple[CalendarFeed, str]:
    """A new address and its secret, which is kept nowhere; the one before ends. Raises Busy."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with steps.short_transaction():
        Doctor.objects.select_for_update(no_key=True).only("pk").get(pk=doctor.pk)
        _end(doctor, by=by, now=now)
        feed = CalendarFeed.objects.create(
            doctor=doctor, digest=digest_of(secret), show_names=show_names, created_at=now
        )
        record_audit(action="feed.opened", subject=feed, by=by, now=now, data={"names": show_names})
    return feed, secret


def revoke_feed(*, doctor: Doctor, by: Actor, now: dt.datetime) -> int:
    """End the doctor's address, if there is one; returns how many ended. Raises Busy."""
    with steps.short_transaction():
        return _end(doctor, by=by, now=now)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _end(doctor: Doctor, *, by: Actor, now: dt.datetime) -> int:
    live = CalendarFeed.objects.filter(doctor=doctor, revoked_at__isnull=True)
    ended = 0
    for feed in live.select_for_update(no_key=True):
        feed.revoked_at = now
        feed.save(update_fields=["revoked_at"])
        record_audit(action="feed.revoked", subject=feed, by=by, now=now)
        ended += 1
    return ended
