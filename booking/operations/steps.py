"""The steps that operations share: lock, take a place, write down what was done."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, OperationalError, transaction

from accounts.models import Patient
from accounts.operations import record_audit
from booking import answers, queries
from booking.availability import Span
from booking.models import Appointment
from booking.operations import cells, outside, rules
from booking.operations.errors import Busy, PatientBusy, PatientErased, PatientGone, Taken
from booking.operations.locks import StaleHoldLeft, is_lock_trouble
from clinic.lib.actor import Actor

TRIES = 3


def take(
    wish: cells.Wish,
    write: Callable[[cells.Place], Appointment],
    *,
    before: Callable[[], cells.Wish | None] | Callable[[], None] | None = None,
) -> Appointment:
    """One short transaction: `before` locks patient and appointment (in that order) and may narrow
    the wish; then the cells are locked, then `write`. Refusals of the database become ours."""
    for _attempt in range(TRIES):
        cells.expire_in_the_way(wish)
        try:
            with transaction.atomic():
                narrowed = _patiently(before) if before else None
                return write(_lock_place(narrowed or wish))
        except StaleHoldLeft:
            continue
        except Taken as error:
            raise rules.why_not(wish) from error
        except IntegrityError as error:
            refused = cells.refusal(error)
            raise (rules.why_not(wish) if isinstance(refused, Taken) else refused) from error
        except OperationalError as error:
            if not is_lock_trouble(error):
                raise
            raise rules.why_not(wish) from error  # others are at work on this very time
    raise rules.why_not(wish)


def _lock_place(wish: cells.Wish) -> cells.Place:
    try:
        return cells.lock_place(wish)
    except Taken:
        if not wish.overrule:
            raise
        return outside.lock_place(wish)


def _patiently(before: Callable[[], cells.Wish | None] | Callable[[], None]) -> cells.Wish | None:
    """A patient or visit that others keep locked says nothing of the time: raises Busy."""
    try:
        return before()
    except OperationalError as error:
        if is_lock_trouble(error):
            raise Busy from error
        raise


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction whose waits for locks are bounded (`lock_timeout`). Raises Busy."""
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if is_lock_trouble(error):
            raise Busy from error
        raise


def lock_patient(patient_id: uuid.UUID) -> None:
    """Make the patient's bookings take turns; raises PatientGone when the record was just put
    together with another, PatientErased when nothing of the patient is kept any more."""
    locked = Patient.objects.select_for_update(no_key=True).only("pk", "erased_at")
    patient = locked.filter(pk=patient_id).first()
    if patient is None:
        raise PatientGone
    if patient.erased_at is not None:
        raise PatientErased


def lock_free_patient(
    patient_id: uuid.UUID, span: Span, *, other_than: uuid.UUID | None = None
) -> None:
    """The same; raises PatientBusy too, if a live visit overlaps."""
    lock_patient(patient_id)
    if queries.patient_is_busy(patient_id=patient_id, span=span, other_than=other_than):
        raise PatientBusy


def lock_appointment(pk: uuid.UUID) -> Appointment:
    """The appointment as it is now, locked until the end of the transaction.

    Locked first and then read: one statement that does both would, after a wait, join the new row
    to the doctor and patient of the old one, and find nobody.
    """
    Appointment.objects.select_for_update(no_key=True).only("pk").get(pk=pk)
    return Appointment.objects.select_related("visit_type__clinic", "doctor", "patient").get(pk=pk)


def record(
    action: str,
    appointment: Appointment,
    *,
    by: Actor,
    now: dt.datetime,
    **more: Any,
) -> None:
    """The audit row of a change, and the cached answers it makes untrue.

    `more` are further ids and codes for the row.
    """
    data = {
        "doctor": str(appointment.doctor_id),
        "start": appointment.start.isoformat(),
        "version": appointment.version,
    }
    record_audit(
        action=f"appointment.{action}",
        subject=appointment,
        patient_id=appointment.patient_id,
        by=by,
        now=now,
        data=data | more,
    )
    answers.forget(appointment)


def forget_time(appointment: Appointment, start: dt.datetime) -> None:
    """A visit that was moved also changes what is free on its former day."""
    length = appointment.busy_end - appointment.busy_start
    answers.forget_span(appointment.clinic, Span(start - length, start + length))
