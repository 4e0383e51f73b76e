"""What is counted because the audit trail tells it: one place for all ways in which it happens."""

from __future__ import annotations

from clinic.lib import metrics
from clinic.lib.metrics import names

OF_ACTION = {
    "appointment.held": names.HOLDS,
    "appointment.booked": names.BOOKINGS,
    "appointment.requested": names.BOOKINGS,
    "appointment.cancelled": names.CANCELLATIONS,
    "emergency.opened": names.EMERGENCY_ACCESSES,
    "mfa.failed": names.SIGN_IN_FAILURES,
}


def note(action: str) -> None:
    """Once the transaction that wrote the row has committed."""
    if metric := OF_ACTION.get(action):
        metrics.count_when_committed(metric)
