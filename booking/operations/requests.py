"""What becomes of a patient's open wish when the visit itself is changed."""

from __future__ import annotations

import datetime as dt

from booking.models import Appointment, ChangeRequest
from clinic.lib.actor import Actor

OPEN, DONE, VOID = (
    ChangeRequest.Status.OPEN,
    ChangeRequest.Status.DONE,
    ChangeRequest.Status.VOID,
)


def settle(
    visit: Appointment, granted: ChangeRequest.Kind | None = None, *, by: Actor, now: dt.datetime
) -> None:
    """Close the visit's open wish, in the transaction that locked and changed the visit.

    `granted` is the wish that the change fulfils; any other has nothing to ask for any more.
    """
    for request in visit.change_requests.filter(status=OPEN):
        close(request, DONE if request.kind == granted else VOID, by=by, now=now)


def close(
    request: ChangeRequest,
    outcome: ChangeRequest.Status,
    *,
    answer: str = "",
    by: Actor,
    now: dt.datetime,
) -> None:
    """Write down how it ended."""
    request.status, request.answer = outcome, answer
    request.answered_at, request.answered_by = now, by.label
    request.save(update_fields=["status", "answer", "answered_at", "answered_by"])
