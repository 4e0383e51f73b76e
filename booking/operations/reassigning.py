"""Dealing with all visits of a time off in one go; each in a transaction of its own."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor
from booking import affected, equivalents
from booking.models import Appointment, TimeOff
from booking.operations import away, proposing
from booking.operations.errors import BookingError
from clinic.lib.actor import Actor


@dataclass(frozen=True)
class Done:
    """What came of one visit: `refusal` says why it stands as it stood, if it does."""

    visit: Appointment
    refusal: BookingError | None = None


class NobodyFree(BookingError):
    code = "nobody-free"
    sentence = _("No colleague is free at that time.")


def reassign_all(*, time_off: TimeOff, by: Actor, now: dt.datetime) -> list[Done]:
    """Give each open visit to a colleague who is free at its very time, where there is one.

    What cannot be moved stays as it was, and the answer says why. Safe to repeat.
    """
    lines = affected.sheet_of(time_off, now=now).open_lines
    free = equivalents.same_time([line.visit for line in lines], now=now)
    doctors = _doctors(option for options in free.values() for option in options)
    return [
        Done(line.visit, _move_to_first(line, free[line.visit.pk], doctors, by=by, now=now))
        for line in lines
    ]


def _move_to_first(
    line: affected.Line,
    options: Iterable[equivalents.Option],
    doctors: Mapping[uuid.UUID, Doctor],
    *,
    by: Actor,
    now: dt.datetime,
) -> BookingError | None:
    """Try one colleague after another; why the last refused, or None when one took it."""
    refusal: BookingError = NobodyFree()
    for start, doctor_id in options:
        try:
            away.move_affected(
                affected=line.affected, start=start, doctor=doctors[doctor_id], by=by, now=now
            )
        except BookingError as error:
            refusal = error
        else:
            return None
    return refusal


def propose_all(*, time_off: TimeOff, by: Actor, now: dt.datetime) -> list[Done]:
    """Send the patients of all open visits the best other times; who was asked is not asked again.

    Safe to repeat: who has declined is called, not written to again.
    """
    lines = [line for line in affected.sheet_of(time_off, now=now).open_lines if not line.proposal]
    found = equivalents.suggested([line.visit for line in lines], now=now)
    doctors = _doctors(option for options in found.values() for option in options)
    done = []
    for line in lines:
        options = [(start, doctors[doctor]) for start, doctor in found[line.visit.pk]]
        try:
            proposing.propose(affected=line.affected, options=options, by=by, now=now)
        except BookingError as error:
            done.append(Done(line.visit, error))
        else:
            done.append(Done(line.visit))
    return done


def _doctors(options: Iterable[equivalents.Option]) -> dict[uuid.UUID, Doctor]:
    return Doctor.objects.in_bulk({option.doctor_id for option in options})
