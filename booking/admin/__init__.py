"""The staff portal's rooms for bookings."""

from booking.admin import figures
from booking.admin.appointments import AppointmentAdmin
from booking.admin.offer import TimeOffAdmin, VisitTypeAdmin, WorkingHoursAdmin

__all__ = ["AppointmentAdmin", "TimeOffAdmin", "VisitTypeAdmin", "WorkingHoursAdmin", "figures"]
