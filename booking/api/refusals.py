"""How refusals of the domain look in the API.

409: the world is not as the caller believes, and may change; 422: the wish itself breaks a rule
of the clinic, and repeating it will not help; 404: not the caller's.
"""

from __future__ import annotations

from booking.operations import (
    BookingError,
    Busy,
    ChangeTooLate,
    HoldExpired,
    NotOffered,
    NotYourHold,
    PatientBusy,
    PatientErased,
    PatientGone,
    ReasonMissing,
    Taken,
    TooFar,
    TooMany,
    TooSoon,
    WrongState,
)
from clinic.lib.problems import Problem
from clinic.lib.times import iso_z

STATUS: dict[type[BookingError], int] = {
    Taken: 409,
    PatientBusy: 409,
    PatientErased: 409,
    PatientGone: 409,
    HoldExpired: 409,
    WrongState: 409,
    TooSoon: 422,
    TooFar: 422,
    NotOffered: 422,
    ChangeTooLate: 422,
    ReasonMissing: 400,
    NotYourHold: 404,
    TooMany: 429,
    Busy: 503,
}


def as_problem(exc: Exception) -> Exception:
    """The problem that a refusal is told as; anything else as it came."""
    if not isinstance(exc, BookingError):
        return exc
    status = STATUS.get(type(exc), 409)
    if isinstance(exc, Taken):
        near = [
            {"start": iso_z(free.start), "doctors": len(free.doctors)} for free in exc.alternatives
        ]
        return Problem(status, exc.code, exc, alternatives=near)
    return Problem(status, exc.code, exc)
