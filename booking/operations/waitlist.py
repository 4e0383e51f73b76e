"""A place on the waiting list: taking it, changing what is wished for, leaving it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError

from accounts.models import Doctor, Patient
from booking import messages, queries
from booking.models import Offer, VisitType, WaitlistEntry
from booking.operations import answering, offering, rules, steps
from booking.operations.errors import (
    AlreadyWaiting,
    Unreachable,
    WishImpossible,
    WrongState,
)
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

# Nobody means a date that is further away.
FURTHEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wishes:
    """When, and with whom. Empty `doctors`, `weekdays` (Monday is 0) or `parts` mean any."""

    earliest: dt.date
    latest: dt.date
    doctors: Sequence[Doctor] = ()
    weekdays: Sequence[int] = ()
    parts: Sequence[str] = ()


def join_waitlist(
    *,
    patient: Patient,
    visit_type: VisitType,
    wish: Wishes,
    urgent: bool = False,
    by: Actor,
    now: dt.datetime,
) -> WaitlistEntry:
    """Put a patient on the waiting list; the place is that of this moment.

    Only the clinic makes an entry `urgent`, and nobody an own one. Raises AlreadyWaiting,
    Unreachable or WishImpossible, or PatientGone when the record was just put together with
    another.
    """
    _check(visit_type, wish, now=now)
    if patient.is_guest or not messages.readers_for(patient):
        raise Unreachable
    entry = WaitlistEntry(
        clinic=visit_type.clinic,
        patient=patient,
        visit_type=visit_type,
        urgent=urgent and _may_hurry(by, patient.pk),
        created_at=now,
        created_by=by.label,
    )
    try:
        with steps.short_transaction():
            steps.lock_patient(patient.pk)
            _write(entry, wish)
            offering.note("waitlist.joined", entry, by=by, now=now, data=_codes(entry))
    except IntegrityError as error:
        if "one_wish_per_visit_type" in str(error):
            raise AlreadyWaiting from error
        raise
    return entry


def change_wish(
    *,
    entry: WaitlistEntry,
    wish: Wishes,
    urgent: bool | None = None,
    by: Actor,
    now: dt.datetime,
) -> WaitlistEntry:
    """Wish for other times; the place in the list stays. An offer that is open stays too.

    Raises WishImpossible, and WrongState when the entry has ended.
    """
    with steps.short_transaction():
        entries = WaitlistEntry.objects.select_related("visit_type__clinic")
        mine = entries.select_for_update(no_key=True, of=("self",)).get(pk=entry.pk)
        if not mine.is_open:
            raise WrongState
        _check(mine.visit_type, wish, now=now)
        if urgent is not None and _may_hurry(by, mine.patient_id):
            mine.urgent = urgent
        _write(mine, wish)
        offering.note("waitlist.changed", mine, by=by, now=now, data=_codes(mine))
        return mine


def leave_waitlist(*, entry: WaitlistEntry, by: Actor, now: dt.datetime) -> None:
    """Leave the list; an open offer is given back. Raises WrongState when it has ended otherwise.

    To leave again changes nothing.
    """
    with steps.short_transaction():
        offer = Offer.objects.filter(entry=entry, status=Offer.Status.OPEN).first()
        if offer is not None:
            offer = offering.lock_offer(offer)
            if offer.status == Offer.Status.OPEN:
                answering.give_back(offer, by=by, now=now)
        left = WaitlistEntry.objects.filter(pk=entry.pk, status=WaitlistEntry.Status.WAITING)
        if left.update(status=WaitlistEntry.Status.LEFT, ended_at=now):
            offering.note("waitlist.left", entry, by=by, now=now)
        elif not WaitlistEntry.objects.filter(pk=entry.pk, status=WaitlistEntry.Status.LEFT):
            raise WrongState  # booked or ended meanwhile; or offered a time this very moment


def _may_hurry(by: Actor, patient_id: uuid.UUID) -> bool:
    return by.is_clinic and not rules.looks_after(by, patient_id)


def _check(visit_type: VisitType, wish: Wishes, *, now: dt.datetime) -> None:
    today = local_day(now, visit_type.clinic.zone)
    if not today <= wish.latest <= today + FURTHEST or wish.earliest > wish.latest:
        raise WishImpossible
    offering_it = set(queries.doctors_of(visit_type).values_list("pk", flat=True))
    if not offering_it or not {doctor.pk for doctor in wish.doctors} <= offering_it:
        raise WishImpossible
    if not set(wish.weekdays) <= set(range(7)):
        raise WishImpossible


def _write(entry: WaitlistEntry, wish: Wishes) -> None:
    entry.earliest, entry.latest = wish.earliest, wish.latest
    entry.weekdays, entry.parts = sorted(set(wish.weekdays)), list(wish.parts)
    entry.save()
    entry.doctors.set(wish.doctors)


def _codes(entry: WaitlistEntry) -> dict[str, object]:
    return {"visit_type": str(entry.visit_type_id), "urgent": entry.urgent}
