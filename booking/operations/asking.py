"""A patient asks for a change that it is too late to make alone; the clinic answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.operations import record_audit
from booking import messages
from booking.models import Appointment, ChangeRequest, Status
from booking.operations import steps
from booking.operations.changing import cancel
from booking.operations.errors import BookingError, ReasonMissing, WrongState
from booking.operations.requests import close
from clinic.lib.actor import Actor

ANSWERS = (ChangeRequest.Status.DONE, ChangeRequest.Status.REFUSED)


class NoNeedToAsk(BookingError):
    """The patient may still change the visit without anybody's help."""

    code = "no-need-to-ask"
    sentence = _("You can still move or cancel this visit yourself.")


class AskedAlready(BookingError):
    """One wish at a time: the clinic has not answered the last one."""

    code = "asked-already"
    sentence = _("You have asked the clinic already. It has not answered yet.")


def ask_change(
    *,
    appointment: Appointment,
    kind: ChangeRequest.Kind,
    message: str = "",
    by: Actor,
    now: dt.datetime,
) -> ChangeRequest:
    """Ask the clinic to cancel or move a visit that the patient can no longer change alone.

    The visit stays as it is until the clinic answers. Raises WrongState when it has begun or is
    no longer agreed, NoNeedToAsk while the notice leaves it to the patient, and AskedAlready.
    """
    with steps.short_transaction():
        visit = steps.lock_appointment(appointment.pk)
        if visit.status not in (Status.PENDING, Status.BOOKED) or visit.start <= now:
            raise WrongState
        if visit.can_change(now=now):
            raise NoNeedToAsk
        if visit.change_requests.filter(status=ChangeRequest.Status.OPEN).exists():
            raise AskedAlready
        request = ChangeRequest.objects.create(
            appointment=visit, kind=kind, message=message.strip(), asked_at=now
        )
        _record("change_asked", visit, {"kind": kind}, by=by, now=now)
        return request


def answer_change_request(
    *,
    request: ChangeRequest,
    outcome: ChangeRequest.Status,
    answer: str = "",
    by: Actor,
    now: dt.datetime,
) -> ChangeRequest:
    """Answer an open wish, and tell the patient. `outcome` is DONE or REFUSED.

    A wish to cancel that is done cancels the visit. One to move is done by moving the visit
    (`operations.reschedule`), which closes it; DONE here says that it was settled otherwise.
    A refusal needs words: ReasonMissing. Raises WrongState when the wish was answered already.
    """
    if outcome not in ANSWERS:
        raise ValueError(outcome)
    answer = answer.strip()
    if outcome == ChangeRequest.Status.REFUSED and not answer:
        raise ReasonMissing
    with steps.short_transaction():
        visit = steps.lock_appointment(request.appointment_id)
        found = ChangeRequest.objects.select_for_update().get(pk=request.pk)
        if found.status != ChangeRequest.Status.OPEN:
            raise WrongState
        cancels = outcome == ChangeRequest.Status.DONE and found.kind == ChangeRequest.Kind.CANCEL
        close(found, outcome, answer=answer, by=by, now=now)
        _record("change_answered", visit, {"outcome": outcome}, by=by, now=now)
        if cancels:  # its own message says so, with the answer
            cancel(appointment=visit, reason=answer, by=by, now=now)
        else:
            messages.change_answered(visit, found, now=now)
        return found


def _record(
    action: str, visit: Appointment, data: Mapping[str, str], *, by: Actor, now: dt.datetime
) -> None:
    record_audit(
        action=f"appointment.{action}",
        subject=visit,
        patient_id=visit.patient_id,
        by=by,
        now=now,
        data={name: str(value) for name, value in data.items()},
    )
