"""The staff portal's rooms for bookings."""

from booking.admin import figures, holidays, hours, merging, why
from booking.admin.appointments import AppointmentAdmin
from booking.admin.offer import ResourceAdmin, TimeOffAdmin, VisitTypeAdmin, WorkingHoursAdmin
from booking.admin.waiting import FreedTimeAdmin, OfferAdmin, WaitlistEntryAdmin
from booking.desk import (
    booking,
    day_pages,
    finding,
    moving,
    not_reached,
    requests,
    visit_pages,
)

__all__ = [
    "AppointmentAdmin",
    "FreedTimeAdmin",
    "OfferAdmin",
    "ResourceAdmin",
    "TimeOffAdmin",
    "VisitTypeAdmin",
    "WaitlistEntryAdmin",
    "WorkingHoursAdmin",
    "booking",
    "day_pages",
    "figures",
    "finding",
    "holidays",
    "hours",
    "merging",
    "moving",
    "not_reached",
    "requests",
    "visit_pages",
    "why",
]
