"""Time off, and what becomes of the visits that stand in it: each is moved, kept or cancelled."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor
from accounts.operations import record_audit
from booking import answers
from booking.availability import Span, joined
from booking.models import (
    AffectedVisit,
    Appointment,
    FreedTime,
    Proposal,
    Slot,
    SlotStatus,
    Status,
    TimeOff,
)
from booking.models.appointment import MOVABLE
from booking.operations import changing, steps, sweeping
from booking.operations.errors import BookingError, ReasonMissing, WrongState
from booking.operations.freed import note_freed
from clinic.lib.actor import Actor

UNTAKEN = (SlotStatus.FREE, SlotStatus.BLOCKED, SlotStatus.HOLIDAY)


class EmptyTime(BookingError):
    code = "empty-time"
    sentence = _("The end must be later than the beginning.")


def add_time_off(
    *,
    clinic: Clinic,
    doctor: Doctor | None = None,
    kind: str = TimeOff.Kind.LEAVE,
    start: dt.datetime,
    end: dt.datetime,
    note: str = "",
    by: Actor,
    now: dt.datetime,
) -> TimeOff:
    """Close the time of a doctor, or with none of the whole clinic, and note the visits in it.

    All cells of that time are locked before it is looked for visits: who is booking there at this
    moment is waited for and noted, who comes after finds the time closed. Holds are noted too, in
    case one becomes a visit in the meantime; then they are ended. The visits themselves stay until
    somebody has dealt with each. The same time off is not written twice. Raises EmptyTime or Busy.
    """
    if end <= start:
        raise EmptyTime
    with steps.short_transaction():
        cells = _lock_cells(clinic, doctor, Span(start, end))
        time_off, is_new = TimeOff.objects.get_or_create(
            clinic=clinic, doctor=doctor, kind=kind, start=start, end=end, defaults={"note": note}
        )
        if not is_new:
            return time_off
        Slot.objects.filter(pk__in=cells, status__in=UNTAKEN).settle()
        standing = _standing_in(time_off, now=now)
        AffectedVisit.objects.bulk_create(
            AffectedVisit(time_off=time_off, appointment_id=pk, noted_at=now) for pk in standing
        )
        _record("created", time_off, by=by, now=now)
        answers.forget_span(clinic, Span(start, end))
    _end_holds(time_off, by=by, now=now)
    return time_off


def remove_time_off(*, time_off: TimeOff, by: Actor, now: dt.datetime) -> None:
    """Open the time again. Visits that were moved or cancelled stay so; offers of other times end.

    Raises Busy.
    """
    span = Span(time_off.start, time_off.end)
    with steps.short_transaction():
        list(
            time_off.affected.order_by("pk").select_for_update()
        )  # somebody may be dealing with one
        Proposal.objects.filter(affected__time_off=time_off, status=Proposal.Status.OPEN).update(
            status=Proposal.Status.VOID, answered_at=now
        )
        cells = _lock_cells(time_off.clinic, time_off.doctor, span)
        _record("deleted", time_off, by=by, now=now)
        time_off.delete()
        Slot.objects.filter(pk__in=cells, status__in=UNTAKEN).settle()
        for doctor_id, run in _free_runs(cells):
            note_freed(doctor_id=doctor_id, span=run, cause=FreedTime.Cause.NEW, now=now)
        answers.forget_span(time_off.clinic, span)


def keep(*, affected: AffectedVisit, reason: str, by: Actor, now: dt.datetime) -> AffectedVisit:
    """The visit takes place all the same, for a reason that is written down.

    Raises ReasonMissing, and WrongState when it no longer stands in the time off.
    """
    if not reason.strip():
        raise ReasonMissing
    with steps.short_transaction():
        visit = steps.lock_appointment(affected.appointment_id)
        check_stands(affected, visit)
        affected.kept_at, affected.kept_by = now, by.label
        affected.kept_reason = reason.strip()
        affected.save(update_fields=["kept_at", "kept_by", "kept_reason"])
        void_proposals(visit, now=now)
        steps.record("kept", visit, by=by, now=now)
        return affected


def move_affected(
    *, affected: AffectedVisit, start: dt.datetime, doctor: Doctor, by: Actor, now: dt.datetime
) -> Appointment:
    """Give the visit another time or doctor; notice and horizon do not bind the clinic here.

    Raises WrongState when it has been dealt with already, and what `reschedule` raises.
    """

    def within(visit: Appointment) -> None:
        check_open(affected, visit, now=now)
        void_proposals(visit, now=now)

    return changing.reschedule(
        appointment=affected.appointment,
        start=start,
        doctor=doctor,
        by=by,
        now=now,
        for_clinic=True,
        within=within,
    )


def cancel_affected(
    *, affected: AffectedVisit, reason: str, by: Actor, now: dt.datetime
) -> Appointment:
    """Cancel a visit for the time off, and for nothing else: one that has gone to a colleague in
    the meantime is the colleague's. Raises ReasonMissing, WrongState, and what `cancel` raises.
    """
    if not reason.strip():
        raise ReasonMissing
    with steps.short_transaction():
        visit = steps.lock_appointment(affected.appointment_id)
        check_open(affected, visit, now=now)
        void_proposals(visit, now=now)
        return changing.cancel(appointment=visit, reason=reason.strip(), by=by, now=now)


def check_stands(affected: AffectedVisit, visit: Appointment) -> None:
    """Raises WrongState unless the locked visit is agreed and stands in the time off, which is
    locked to it until the end of the transaction: it may be taken back at this moment."""
    rows = AffectedVisit.objects.select_for_update(no_key=True)
    row = rows.filter(pk=affected.pk).first()
    if row is None:
        raise WrongState
    affected.kept_at = row.kept_at
    off = affected.time_off
    elsewhere = off.doctor_id is not None and visit.doctor_id != off.doctor_id
    outside = visit.end <= off.start or visit.start >= off.end
    if visit.status not in MOVABLE or elsewhere or outside:
        raise WrongState


def check_open(affected: AffectedVisit, visit: Appointment, *, now: dt.datetime) -> None:
    """Raises WrongState unless the locked visit still waits for somebody to deal with it."""
    check_stands(affected, visit)
    if affected.kept_at is not None or visit.end <= now:
        raise WrongState


def void_proposals(visit: Appointment, *, now: dt.datetime) -> None:
    """The other times that were offered for it are offered no longer."""
    Proposal.objects.filter(appointment=visit, status=Proposal.Status.OPEN).update(
        status=Proposal.Status.VOID, answered_at=now
    )


def _lock_cells(clinic: Clinic, doctor: Doctor | None, span: Span) -> list[int]:
    """Lock every cell of that time, whatever its status, in the order of their ids."""
    whose = Q(doctor__clinic=clinic) if doctor is None else Q(doctor=doctor)
    cells = Slot.objects.filter(whose).touching(*span).order_by("pk")
    return list(cells.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def _standing_in(time_off: TimeOff, *, now: dt.datetime) -> Sequence[uuid.UUID]:
    """What is agreed in that time and has not ended, and what is held in it."""
    visits = Appointment.objects.filter(
        Q(status__in=MOVABLE) | Q(status=Status.HELD, held_until__gt=now),
        clinic_id=time_off.clinic_id,
        start__lt=time_off.end,
        end__gt=max(time_off.start, now),
    )
    if time_off.doctor_id is not None:
        visits = visits.filter(doctor_id=time_off.doctor_id)
    return list(visits.order_by("start").values_list("pk", flat=True))


def _end_holds(time_off: TimeOff, *, by: Actor, now: dt.datetime) -> None:
    held = Appointment.objects.filter(affected_by__time_off=time_off, status=Status.HELD)
    if not held.exists():
        return
    with transaction.atomic():
        chosen = Appointment.objects.filter(pk__in=held.values("pk"))
        ended = sweeping.end_holds(chosen, by=by, now=now)
        AffectedVisit.objects.filter(time_off=time_off, appointment__in=ended).delete()


def _free_runs(cells: Iterable[int]) -> list[tuple[uuid.UUID, Span]]:
    """The stretches of neighbouring cells that are free now, a doctor at a time."""
    free = Slot.objects.filter(pk__in=list(cells), status=SlotStatus.FREE)
    spans: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for doctor_id, start, end in free.values_list("doctor_id", "start", "end"):
        spans[doctor_id].append(Span(start, end))
    return [(doctor_id, run) for doctor_id, some in spans.items() for run in joined(some)]


def _record(verb: str, time_off: TimeOff, *, by: Actor, now: dt.datetime) -> None:
    record_audit(
        action=f"timeoff.{verb}",
        subject=time_off,
        by=by,
        now=now,
        data={
            "doctor": str(time_off.doctor_id) if time_off.doctor_id else None,
            "kind": str(time_off.kind),
            "start": time_off.start.isoformat(),
            "end": time_off.end.isoformat(),
            "affected": time_off.affected.count(),
        },
    )
