"""Booking a visit."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import IntegrityError

from accounts.models import Doctor, Patient
from booking.availability import Span
from booking.models import Appointment, Override, SlotStatus, VisitType
from booking.operations import cells, limits, overriding, rules, steps
from booking.operations.counting import counts_refusals
from booking.operations.errors import HoldExpired, NotYourHold
from booking.operations.writing import agreed, first_status, insert
from clinic.lib.actor import Actor


@dataclass(frozen=True, slots=True)
class _Details:
    """What a booking says besides its time."""

    reason: str
    source: str
    confirm_by: dt.datetime | None
    notify: bool
    group: uuid.UUID | None = None
    override: str = ""
    broken: tuple[Override.Rule, ...] = ()


@counts_refusals
def book(
    *,
    patient: Patient,
    visit_type: VisitType | None = None,
    start: dt.datetime | None = None,
    doctor: Doctor | None = None,
    hold: Appointment | None = None,
    holder: str = "",
    reason: str = "",
    source: str = "web",
    confirm_by: dt.datetime | None = None,
    notify: bool = True,
    group: uuid.UUID | None = None,
    override: str = "",
    by: Actor,
    now: dt.datetime,
) -> Appointment:
    """Book a visit: from a hold and its `holder`, or directly with visit type and start (UTC).

    When the visit type needs approval, or the patient is a guest, it is a request: `pending`, its
    time occupied all the same. A guest's lapses at `confirm_by` unless the mailed link is followed.
    `group` is of visits booked together; see `book_together`.

    With `override`, a reason, the clinic's people may break notice and horizon, and with a chosen
    doctor the hours (cells are made or opened for it); what was broken is written down as an
    Override. The time of others, the patient's other visits and rooms stay as they are.

    Raises TooSoon, TooFar, NotOffered, Taken or PatientBusy, OverrideNotAllowed or TooLong; from a
    hold, which leaves nothing to override, HoldExpired, NotYourHold or PatientBusy.
    """
    details = _Details(reason, source, confirm_by, notify, group)
    if hold is not None:
        if not holder or hold.holder != holder:
            raise NotYourHold
        return _book_held(hold, patient, details, by=by, now=now)
    if visit_type is None or start is None:
        raise TypeError("book() needs a hold, or a visit type and a start")
    override = overriding.check_reason(override, patient_id=patient.pk, by=by)
    broken = rules.check_time(visit_type, start, now=now, override=override)
    details = dataclasses.replace(details, override=override, broken=tuple(broken))
    wish = cells.Wish(
        visit_type, start, now, doctor.pk if doctor else None, overrule=bool(override)
    )
    return _book_free(wish, patient, details, by=by, now=now)


def _book_free(
    wish: cells.Wish, patient: Patient, details: _Details, *, by: Actor, now: dt.datetime
) -> Appointment:
    span = Span(wish.start, wish.start + wish.visit_type.length)

    def before() -> None:
        steps.lock_free_patient(patient.pk, span)

    def write(place: cells.Place) -> Appointment:
        appointment = insert(
            wish,
            place,
            patient=patient,
            status=first_status(wish.visit_type, is_guest=patient.is_guest),
            booked_at=now,
            booked_by=by.label,
            reason=details.reason,
            source=details.source,
            confirm_by=details.confirm_by,
            group=details.group,
            origin=limits.origin_of(by) if details.confirm_by else "",
        )
        cells.claim(place, appointment, status=SlotStatus.BOOKED, now=now)
        overrode = overriding.write_down(
            appointment, place, details.broken, reason=details.override, by=by, now=now
        )
        agreed(appointment, notify=details.notify, by=by, now=now, **overrode)
        return appointment

    return steps.take(wish, write, before=before)


def _book_held(
    hold: Appointment, patient: Patient, details: _Details, *, by: Actor, now: dt.datetime
) -> Appointment:
    try:
        with steps.short_transaction():
            span = Span(hold.start, hold.end)
            steps.lock_free_patient(patient.pk, span, other_than=hold.pk)
            appointment = steps.lock_appointment(hold.pk)
            if not appointment.is_held(now=now):
                raise HoldExpired
            appointment.patient = patient
            appointment.status = first_status(appointment.visit_type, is_guest=patient.is_guest)
            appointment.booked_at, appointment.booked_by = now, by.label
            appointment.held_until, appointment.holder, appointment.origin = None, "", ""
            appointment.reason = details.reason
            appointment.source = details.source
            appointment.confirm_by = details.confirm_by
            appointment.save()
            cells.mark(appointment, status=SlotStatus.BOOKED)
            agreed(appointment, notify=details.notify, by=by, now=now)
            return appointment
    except IntegrityError as error:
        raise cells.refusal(error) from error
