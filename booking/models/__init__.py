"""The heart: visit types, working hours, slots and appointments."""

from booking.models.appointment import Appointment, AppointmentSlot, Status
from booking.models.away import AffectedVisit, Proposal
from booking.models.change_request import ChangeRequest
from booking.models.day import CalendarFeed, Delay
from booking.models.hours import TimeOff, WorkingHours
from booking.models.idempotency import IdempotencyKey
from booking.models.override import Override
from booking.models.reminding import ReminderClock
from booking.models.resource import Need, Resource, ResourceUse
from booking.models.slot import Slot, SlotStatus
from booking.models.visit_type import VisitType
from booking.models.waiting import FreedTime, Offer, PartOfDay, WaitlistEntry
from booking.models.wanted import Sent, WantedDocument

__all__ = [
    "AffectedVisit",
    "Appointment",
    "AppointmentSlot",
    "CalendarFeed",
    "ChangeRequest",
    "Delay",
    "FreedTime",
    "IdempotencyKey",
    "Need",
    "Offer",
    "Override",
    "PartOfDay",
    "Proposal",
    "ReminderClock",
    "Resource",
    "ResourceUse",
    "Sent",
    "Slot",
    "SlotStatus",
    "Status",
    "TimeOff",
    "VisitType",
    "WaitlistEntry",
    "WantedDocument",
    "WorkingHours",
]
