"""Who waits in the demonstration: the demo patient has an offer to answer, two others wait on."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence

from accounts.models import Patient, Role
from booking import operations, queries
from booking.demo.world import World
from booking.models import FreedTime, WaitlistEntry
from booking.operations import Wishes, offering
from booking.operations.matching import Match
from clinic.lib.actor import Actor
from notifications import outbox

# Longer than a real one, so that whoever looks around still finds it.
KEPT = dt.timedelta(hours=20)


def wait(world: World) -> None:
    """Written by the operations, as the pages do it; the mail is taken back."""
    first, second = [patient for patient in world.adults if patient.email][3:5]
    _join(world, first, "consultation", days=21, urgent=True, ago=3)
    _join(world, second, "annual-physical", days=30, parts=["morning"])
    entry = _join(world, world.demo_patient, "consultation", days=14, ago=5)
    free = queries.next_free(visit_type=entry.visit_type, after=world.now + 2 * KEPT, now=world.now)
    if free is None:
        return
    freed = FreedTime.objects.create(
        doctor_id=free.doctors[0],
        start=free.start,
        end=free.start + entry.visit_type.length,
        cause=FreedTime.Cause.CANCELLED,
        freed_at=world.now,
        look_after=world.now,
    )
    run = offering.Run(Actor.system("waiting-list"), world.now)
    with contextlib.suppress(operations.BookingError):  # busy just then: no offer today
        offer = offering.make_offer(freed, Match(entry, free.start, world.now + KEPT), run)
        outbox.void(about=f"offer:{offer.pk}", now=world.now)


def _join(
    world: World,
    patient: Patient,
    kind: str,
    *,
    days: int,
    ago: int = 0,
    urgent: bool = False,
    parts: Sequence[str] = (),
) -> WaitlistEntry:
    """Somebody who has waited for `ago` days, for a time within the next `days`."""
    return operations.join_waitlist(
        patient=patient,
        visit_type=world.kinds[kind],
        wish=Wishes(earliest=world.day(1), latest=world.day(days), parts=parts),
        urgent=urgent,
        by=world.actor(Role.STAFF),
        now=world.now - dt.timedelta(days=ago),
    )
