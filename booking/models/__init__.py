"""The heart: visit types, working hours, slots and appointments."""

from booking.models.appointment import Appointment, AppointmentSlot, Status
from booking.models.hours import TimeOff, WorkingHours
from booking.models.idempotency import IdempotencyKey
from booking.models.slot import Slot, SlotStatus
from booking.models.visit_type import VisitType

__all__ = [
    "Appointment",
    "AppointmentSlot",
    "IdempotencyKey",
    "Slot",
    "SlotStatus",
    "Status",
    "TimeOff",
    "VisitType",
    "WorkingHours",
]
