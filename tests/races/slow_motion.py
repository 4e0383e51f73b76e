"""The application in slow motion, and on demand without its locks: for the race tests alone.

A pause between looking and writing makes every race that can happen happen. `GUARDS=locks` leaves
the code as it is; `GUARDS=none` takes the row locks and the conditional update out of it, so that
what still prevents a double booking then are the constraints of the database, if they are left.
"""

import os
import time

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from booking.models import AppointmentSlot, Slot  # noqa: E402
from booking.operations import cells  # noqa: E402

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


cells.lock_place = lock_place_slowly
if os.environ["GUARDS"] == "none":
    cells.lock_cells = read_cells
    cells.claim = claim_blindly
