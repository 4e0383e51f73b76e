"""Whether a doctor is told in the evening what the next day holds."""

from __future__ import annotations

import datetime as dt

from accounts import operations as people
from accounts.models import Doctor
from booking import messages
from booking.operations import steps
from clinic.lib.actor import Actor


def choose_agenda(*, doctor: Doctor, wanted: bool, by: Actor, now: dt.datetime) -> bool:
    """Whoever wants none any more is not sent the one either that waits to leave. Returns whether
    that is a change. Raises Busy."""
    with steps.short_transaction():
        changed = people.choose_agenda(doctor=doctor, wanted=wanted, by=by, now=now)
        if changed and not wanted:
            messages.take_back_agendas(doctor, now=now)
    return changed
