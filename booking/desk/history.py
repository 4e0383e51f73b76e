"""What happened to a visit, from the audit trail: who, what, when. Looking at it is not told."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEvent, User
from booking.models import Appointment
from booking.wording import time_text, when_text
from clinic.lib.times import local_day

DONE = {
    "requested": gettext_lazy("Requested"),
    "booked": gettext_lazy("Booked"),
    "moved": gettext_lazy("Moved"),
    "accepted": gettext_lazy("Accepted"),
    "declined": gettext_lazy("Declined"),
    "cancelled": gettext_lazy("Cancelled"),
    "checked_in": gettext_lazy("Checked in"),
    "completed": gettext_lazy("Completed"),
    "no_show": gettext_lazy("Marked as not come"),
    "undone": gettext_lazy("Undone"),
    "lapsed": gettext_lazy("Not answered in time"),
    "confirmed": gettext_lazy("Address confirmed"),
    "change_asked": gettext_lazy("Change asked for"),
    "change_answered": gettext_lazy("Wish answered"),
    "documents_asked": gettext_lazy("Documents asked for"),
    "noted": gettext_lazy("Note changed"),
}
MOST = 20


@dataclass(frozen=True, slots=True)
class Happened:
    at: dt.datetime
    text: str


def what_happened(visit: Appointment) -> list[Happened]:
    """Oldest first."""
    events = AuditEvent.objects.filter(
        subject_id=str(visit.pk),
        action__in=[f"appointment.{name}" for name in DONE],
    ).order_by("-at", "-id")[:MOST]
    rows = list(events)
    names = dict(
        User.objects.filter(pk__in={row.user_id for row in rows if row.user_id}).values_list(
            "pk", "name"
        )
    )
    return [Happened(row.at, _text(row, visit, names)) for row in reversed(rows)]


def _text(row: AuditEvent, visit: Appointment, names: dict[uuid.UUID, str]) -> str:
    zone = visit.clinic.zone
    is_same_day = local_day(row.at, zone) == local_day(visit.start, zone)
    return _("%(done)s by %(who)s, %(when)s.") % {
        "done": DONE[row.action.removeprefix("appointment.")],
        "who": (names.get(row.user_id) if row.user_id else "") or _who(row.actor),
        "when": time_text(row.at, zone) if is_same_day else when_text(row.at, zone),
    }


def _who(label: str) -> str:
    if label == "guest":
        return _("a guest")
    return _("the system") if label.startswith("system") else _("somebody")
