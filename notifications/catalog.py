"""Every message that can be sent, by the name of its folder in templates/notifications/."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from notifications.models import Channel, Priority

CLINIC = {
    "clinic_name": "Riverside Clinic",
    "clinic_phone": "+1 415 555 0100",
    "clinic_address": "12 River Street, Springfield",
}
VISIT = {
    **CLINIC,
    "patient_name": "Maria Jones",
    "for_name": "Leo",
    "when": "Tuesday 3 December, 9:30 am",
    "where": "12 River Street, Springfield",
    "doctor": "Dr Ada Stone",
    "what_to_bring": "Your insurance card",
    "url": "https://clinic.example.org/appointments/0f8b/",
    "calendar": (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//clinic//EN\r\nMETHOD:PUBLISH\r\n"
        "END:VCALENDAR\r\n"
    ),
}
# Leaves by the thousand, so its calendar file is behind the link.
REMINDED = {
    **{key: value for key, value in VISIT.items() if key != "calendar"},
    "is_today": False,
    "is_tomorrow": True,
    "stop_url": "https://clinic.example.org/reminders/stop/0f8b/",
}

EMAIL_ONLY = (Channel.EMAIL,)
BOTH = (Channel.EMAIL, Channel.SMS)


@dataclass(frozen=True)
class Kind:
    """`sample` shows the keys that the templates use. `secret`: what it carries (a code) is
    wiped from the outbox once it has left. `channels`: those that it has words for. `reminder`:
    not sent to who stopped reminders, and carries the link that stops them (`stop_url`). `bulk`:
    leaves by the thousand; its templates only place strings, see `rendering.shapes`."""

    sample: dict[str, Any] = field(default_factory=dict)
    secret: bool = False
    priority: Priority = Priority.NORMAL
    channels: tuple[Channel, ...] = EMAIL_ONLY
    reminder: bool = False
    bulk: bool = False


KINDS: dict[str, Kind] = {
    "code": Kind(
        {**CLINIC, "code": "BCDF-GHJK", "minutes": "15", "is_new": True},
        secret=True,
        priority=Priority.URGENT,
    ),
    "password_reset": Kind(
        {**CLINIC, "code": "BCDF-GHJK", "minutes": "15"}, secret=True, priority=Priority.URGENT
    ),
    "account_exists": Kind({**CLINIC, "url": "https://clinic.example.org/account/login/"}),
    "unknown_account": Kind({**CLINIC, "url": "https://clinic.example.org/account/signup/"}),
    "security_notice": Kind(
        {
            **CLINIC,
            "what": "Your password was changed.",
            "at": "2026-12-03 17:30 UTC",
            "url": "https://clinic.example.org/account/password/reset/",
        }
    ),
    "emergency_opened": Kind(
        {
            **CLINIC,
            "doctor": "Dr Ada Stone",
            "at": "2026-12-03 17:30 UTC",
            "url": "https://clinic.example.org/admin/accounts/emergencyaccess/",
        },
        priority=Priority.URGENT,
    ),
    "welcome": Kind(
        {**CLINIC, "patient_name": "Maria Jones", "url": "https://clinic.example.org/"}
    ),
    "booked": Kind(VISIT, channels=BOTH),
    "booked_together": Kind(
        {
            **CLINIC,
            "patient_name": "Maria Jones",
            "when": "Tuesday 3 December, 9:30 am",
            "where": "12 River Street, Springfield",
            "what_to_bring": "Your insurance card",
            "pending": False,
            "visits": [
                {
                    "when": "Tuesday 3 December, 9:30 am",
                    "doctor": "Dr Ada Stone",
                    "for_name": "Leo",
                },
                {"when": "Tuesday 3 December, 10:00 am", "doctor": "Dr Ben Okoro", "for_name": ""},
            ],
            "url": "https://clinic.example.org/appointments/",
            "calendar": VISIT["calendar"],
        },
        channels=BOTH,
    ),
    "moved": Kind({**VISIT, "previous_when": "Monday 2 December, 2:00 pm"}, channels=BOTH),
    "cancelled": Kind({**VISIT, "reason": "The doctor is away that day."}, channels=BOTH),
    "change_answered": Kind(
        {**VISIT, "reason": "Please come at 9:45 instead.", "refused": True}, channels=BOTH
    ),
    "running_late": Kind({**VISIT, "minutes": "20"}, channels=BOTH, priority=Priority.URGENT),
    "documents_asked": Kind(
        {**VISIT, "documents": "The letter of your last examination"}, channels=BOTH
    ),
    "reminder": Kind(REMINDED, channels=BOTH, priority=Priority.BULK, reminder=True, bulk=True),
    "agenda": Kind(
        {
            **CLINIC,
            "doctor": "Dr Ada Stone",
            "day": "Tuesday 3 December",
            "visits": [
                {"when": "9:30 am – 10:00 am", "pending": False},
                {"when": "10:00 am – 10:15 am", "pending": True},
            ],
            "is_free": False,
            "requests": 3,
            "url": "https://clinic.example.org/day/2026-12-03/",
        },
        priority=Priority.BULK,
    ),
    "request_received": Kind(VISIT, channels=BOTH),
    "request_accepted": Kind(VISIT, channels=BOTH),
    "request_declined": Kind(
        {**VISIT, "reason": "We have no room for new patients this month."}, channels=BOTH
    ),
    "request_lapsed": Kind(VISIT, channels=BOTH),
    "waitlist_offer": Kind(
        {**VISIT, "until": "Sunday 1 December, 10:00 am"}, channels=BOTH, priority=Priority.URGENT
    ),
    "guest_confirm": Kind({**VISIT, "confirm_by": "Sunday 1 December, 9:30 am"}),
    "choose_time": Kind(
        {
            **VISIT,
            "options": [
                "Wednesday 4 December, 9:30 am, with Dr Ben Okoro",
                "Thursday 5 December, 9:00 am, with Dr Ada Stone",
            ],
        },
        channels=BOTH,
    ),
}

REMINDERS = tuple(name for name, kind in KINDS.items() if kind.reminder)
# Those whose contents are wiped once they have left, or never will.
SECRETS: list[str] = [name for name, kind in KINDS.items() if kind.secret]

SAMPLE_CONTEXT: dict[str, dict[str, Any]] = {name: kind.sample for name, kind in KINDS.items()}
