"""The application in slow motion, and with only those of its guards that a test leaves it.

A pause between looking and writing makes every race that can happen happen. `GUARDS` names what
stays: `lock` (the row locks of cells), `update` (the conditional update), `rooms` (the row locks of
rooms), any of them or none. What the database's constraints prevent besides is for the test to
leave or to take away.
"""

import os
import time

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from booking.models import AppointmentSlot, Resource, Slot  # noqa: E402
from booking.operations import cells, rooms  # noqa: E402

PAUSE = 0.05

_lock_place = cells.lock_place


def lock_place_slowly(wish):
    place = _lock_place(wish)
    time.sleep(PAUSE)
    return place


def read_cells(doctor_id, span, own, *, wait):
    wanted = Slot.objects.filter(doctor_id=doctor_id).touching(*span)
    found = wanted if not own else wanted | Slot.objects.filter(pk__in=own)
    return list(found.order_by("pk"))


def claim_blindly(place, appointment, *, status, now, kept=frozenset()):
    held_until = appointment.held_until if status == "held" else None
    wanted = set(place.cell_ids) - kept
    Slot.objects.filter(pk__in=wanted).update(status=status, held_until=held_until)
    AppointmentSlot.objects.bulk_create(
        AppointmentSlot(appointment=appointment, slot_id=pk, claimed_at=now) for pk in wanted
    )
    rooms.claim(place.uses, appointment, now=now)


def read_resources(ids):
    found = Resource.objects.filter(pk__in=list(ids), active=True)
    return frozenset(found.values_list("pk", flat=True))


cells.lock_place = lock_place_slowly
guards = os.environ["GUARDS"].split()
if "lock" not in guards:
    cells.lock_cells = read_cells
if "update" not in guards:
    cells.claim = claim_blindly
if "rooms" not in guards:
    rooms.lock_resources = read_resources
