"""How much of the clinic's time people may keep who have not shown who they are.

Rates alone do not bound it: ten holds a minute, each for ten minutes, would add up to a hundred.
Counted by network, in the rows themselves, by a digest that only this installation can make.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils.crypto import salted_hmac

from booking.models import Appointment, Status
from booking.models.appointment import AppointmentQuerySet
from booking.operations.errors import TooMany
from clinic.lib.actor import Actor
from clinic.lib.addresses import network_of


def origin_of(by: Actor) -> str:
    """A digest of where a guest's request comes from; empty for everybody else."""
    if by.kind != "guest" or not by.address:
        return ""
    return salted_hmac("booking.origin", network_of(by.address)).hexdigest()[:32]


def check_holds(*, holder: str, by: Actor, now: dt.datetime) -> None:
    """Raise TooMany when others of the same network already hold as many times as may be."""
    live = Appointment.objects.filter(status=Status.HELD, held_until__gt=now)
    _check(live.exclude(holder=holder), settings.HOLDS_PER_ADDRESS, by=by)


def check_requests(*, by: Actor, now: dt.datetime) -> None:
    """Raise TooMany when too many requests of the same network wait for their mailed link."""
    waiting = Appointment.objects.filter(status=Status.PENDING, confirm_by__gt=now)
    _check(waiting, settings.GUEST_REQUESTS_PER_ADDRESS, by=by)


def _check(visits: AppointmentQuerySet, most: int, *, by: Actor) -> None:
    origin = origin_of(by)
    if not settings.THROTTLES or not origin:
        return
    if visits.filter(origin=origin).count() >= most:
        raise TooMany
