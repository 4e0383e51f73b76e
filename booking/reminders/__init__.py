"""Which visits' patients are reminded, and when; see docs/decisions/reminders.md."""

from booking.reminders.noting import note_reminded
from booking.reminders.sending import Sent, send_reminders

__all__ = ["Sent", "note_reminded", "send_reminders"]
