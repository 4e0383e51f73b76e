"""Changing a doctor's working hours: never at the cost of a visit that nobody has looked at."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor
from accounts.operations import record_audit
from booking import orphans
from booking.models import Appointment, Override, Slot, WorkingHours
from booking.operations import changing, slots, steps, sweeping
from booking.operations.errors import BookingError, Busy, NotOffered, ReasonMissing, TooLong
from booking.operations.overriding import LONGEST_REASON
from clinic.lib.actor import Actor


@dataclass(frozen=True)
class Decision:
    """What is to become of a visit that would stand outside of the hours."""

    action: str  # "keep", "move" or "cancel"
    reason: str = ""
    start: dt.datetime | None = None
    doctor_id: uuid.UUID | None = None


class VisitsLeft(BookingError):
    """Nothing was changed: these visits are still to be dealt with, some for a reason."""

    code = "visits-left"
    sentence = _("The hours are as they were: some visits are still to be dealt with.")

    def __init__(
        self, visits: Sequence[Appointment], refusals: Mapping[uuid.UUID, BookingError]
    ) -> None:
        super().__init__()
        self.visits, self.refusals = visits, refusals


def change_hours(
    *,
    doctor: Doctor,
    hours: Sequence[WorkingHours],
    slot_minutes: int,
    decisions: Mapping[uuid.UUID, Decision] | None = None,
    by: Actor,
    now: dt.datetime,
) -> slots.Report:
    """Give a doctor other hours (unsaved rows; all of them) and a grid of that many minutes.

    Visits that these would orphan are first dealt with as `decisions` say, each in a transaction of
    its own. Then all of the doctor's cells are locked, so that whoever is booking at this moment is
    waited for; it is looked once more, and the hours are written only if every orphan is decided to
    be kept. Holds that would be orphaned are ended. Raises VisitsLeft (what was moved or cancelled
    until then stays so), or Busy.
    """
    decided = dict(decisions or {})
    refusals = _deal(doctor, hours, decided, by=by, now=now)
    with steps.short_transaction():
        Doctor.objects.select_for_update(no_key=True).get(pk=doctor.pk)
        future = Slot.objects.filter(doctor=doctor, end__gt=now).order_by("pk")
        list(future.select_for_update(no_key=True).values_list("pk", flat=True))
        standing = orphans.orphans(doctor, hours, now=now)
        kept = [visit for visit in standing if _is_kept(decided.get(visit.pk))]
        if len(kept) < len(standing):
            left = [visit for visit in standing if visit not in kept]
            raise VisitsLeft(left, refusals)
        _end_holds(doctor, hours, by=by, now=now)
        for visit in kept:
            _keep(visit, decided[visit.pk].reason.strip(), by=by, now=now)
        _write(doctor, hours, slot_minutes)
        record_audit(
            action="workinghours.changed",
            subject=doctor,
            by=by,
            now=now,
            data={"rows": len(hours), "slot_minutes": slot_minutes, "kept": len(kept)},
        )
        doctor.slot_minutes = slot_minutes
        return slots.generate_slots(clinic=doctor.clinic, doctors=[doctor], now=now)


def _deal(
    doctor: Doctor,
    hours: Sequence[WorkingHours],
    decided: Mapping[uuid.UUID, Decision],
    *,
    by: Actor,
    now: dt.datetime,
) -> dict[uuid.UUID, BookingError]:
    """Move and cancel what is to be; why some could not be, by the visits' ids."""
    refusals: dict[uuid.UUID, BookingError] = {}
    for visit in orphans.orphans(doctor, hours, now=now):
        decision = decided.get(visit.pk)
        if decision is None:
            continue
        try:
            _act(visit, decision, by=by, now=now)
        except BookingError as error:
            refusals[visit.pk] = error
    return refusals


def _act(visit: Appointment, decision: Decision, *, by: Actor, now: dt.datetime) -> None:
    if decision.action in ("keep", "cancel"):
        _check_reason(decision)
    if decision.action == "cancel":
        changing.cancel(appointment=visit, reason=decision.reason.strip(), by=by, now=now)
    elif decision.action == "move":
        if decision.start is None or decision.doctor_id is None:
            raise NotOffered
        doctor = Doctor.objects.filter(pk=decision.doctor_id).first()
        if doctor is None:
            raise NotOffered
        changing.reschedule(
            appointment=visit, start=decision.start, doctor=doctor, by=by, now=now, for_clinic=True
        )


def _check_reason(decision: Decision) -> None:
    """Raises ReasonMissing or TooLong."""
    reason = decision.reason.strip()
    if not reason:
        raise ReasonMissing
    if len(reason) > LONGEST_REASON:
        raise TooLong


def _end_holds(
    doctor: Doctor, hours: Sequence[WorkingHours], *, by: Actor, now: dt.datetime
) -> None:
    """Raises Busy when one is being confirmed at this moment: then it is a visit to decide on."""
    held = orphans.orphaned_holds(doctor, hours, now=now)
    chosen = Appointment.objects.filter(pk__in=[hold.pk for hold in held])
    if len(sweeping.end_holds(chosen, by=by, now=now)) < len(held):
        raise Busy


def _is_kept(decision: Decision | None) -> bool:
    if decision is None or decision.action != "keep":
        return False
    return 0 < len(decision.reason.strip()) <= LONGEST_REASON


def _keep(visit: Appointment, reason: str, *, by: Actor, now: dt.datetime) -> None:
    """The visit stands outside of the hours from now on, and why is written down."""
    Override.objects.create(
        appointment=visit,
        version=visit.version,
        rules=[Override.Rule.HOURS],
        reason=reason,
        at=now,
        user_id=by.user_id,
    )
    steps.record("kept", visit, by=by, now=now)


def _write(doctor: Doctor, hours: Iterable[WorkingHours], slot_minutes: int) -> None:
    """Rows that are as they were keep their ids."""
    wanted = {_key(row): row for row in hours}
    present = {_key(row): row for row in WorkingHours.objects.filter(doctor=doctor)}
    gone = [row.pk for key, row in present.items() if key not in wanted]
    WorkingHours.objects.filter(pk__in=gone).delete()
    for key, row in wanted.items():
        if key not in present:
            WorkingHours.objects.create(
                doctor=doctor,
                weekday=row.weekday,
                opens=row.opens,
                closes=row.closes,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
    Doctor.objects.filter(pk=doctor.pk).update(slot_minutes=slot_minutes)


def _key(row: WorkingHours) -> tuple[object, ...]:
    return (row.weekday, row.opens, row.closes, row.valid_from, row.valid_until)
