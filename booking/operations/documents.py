"""What the clinic asks a patient to bring to one visit, beside what its kind of visit needs."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from booking import messages
from booking.models import Appointment, Status
from booking.operations import steps, wanted
from booking.operations.errors import BookingError, TooLong, WrongState
from clinic.lib.actor import Actor

LONGEST = 500


class NothingAsked(BookingError):
    code = "nothing-asked"
    sentence = _("Please write which documents are needed.")


def ask_documents(*, appointment: Appointment, text: str, by: Actor, now: dt.datetime) -> bool:
    """Ask for documents, in place of what was asked for before, and tell the patient. The same
    words a second time are said once. Returns whether anybody could be told.

    Raises NothingAsked, TooLong, and WrongState unless the visit is agreed or requested and ahead.
    The trail tells that something was asked for, not what.
    """
    text = " ".join(text.split())
    if not text:
        raise NothingAsked
    if len(text) > LONGEST:
        raise TooLong
    with steps.short_transaction():
        visit = steps.lock_appointment(appointment.pk)
        if visit.status not in (Status.PENDING, Status.BOOKED) or visit.start <= now:
            raise WrongState
        if visit.documents_asked != text:
            before, visit.documents_asked = visit.documents_asked, text
            visit.save(update_fields=["documents_asked"])
            wanted.want_instead(visit, before=before, now=now)
            steps.record("documents_asked", visit, by=by, now=now)
            messages.documents_asked(visit, now=now)
        return messages.can_tell(visit)
