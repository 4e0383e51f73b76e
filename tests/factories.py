"""Builders of what tests need: the least that is valid; name what matters to the test."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from accounts.models import Clinic, Doctor, Patient, Role, User
from booking import operations
from booking.models import (
    Appointment,
    Need,
    Resource,
    Slot,
    SlotStatus,
    VisitType,
    WorkingHours,
)
from clinic.lib.actor import Actor
from documents.models import Document, DocumentStatus

UTC = dt.UTC
# A Monday noon, far from any change of the clocks in the zones that tests use.
NOW = dt.datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TOMORROW = dt.date(2026, 6, 2)
SYSTEM = Actor.system("test")

_numbers = itertools.count(1)


def clinic(**fields: Any) -> Clinic:
    return Clinic.objects.create(
        **{"name": "Test clinic", "time_zone": "UTC", "phone": "+15550100000"} | fields
    )


def doctor(clinic: Clinic, **fields: Any) -> Doctor:
    number = next(_numbers)
    return Doctor.objects.create(
        **{"clinic": clinic, "name": f"Doctor {number}", "slot_minutes": 15} | fields
    )


def visit_type(clinic: Clinic, *doctors: Doctor, **fields: Any) -> VisitType:
    number = next(_numbers)
    made = VisitType.objects.create(
        **{
            "clinic": clinic,
            "slug": f"visit-{number}",
            "name": f"Visit {number}",
            "minutes": 15,
            "notice_minutes": 60,
            "change_notice_minutes": 24 * 60,
            "horizon_days": 60,
        }
        | fields
    )
    made.doctors.set(doctors)
    return made


def room(clinic: Clinic, **fields: Any) -> Resource:
    return Resource.objects.create(**{"clinic": clinic, "name": f"Room {next(_numbers)}"} | fields)


def need(visit_type: VisitType, *resources: Resource, **fields: Any) -> Need:
    """Any one of `resources`."""
    number = next(_numbers)
    made = Need.objects.create(
        **{"visit_type": visit_type, "name": f"Need {number}", "since": NOW - dt.timedelta(days=9)}
        | fields
    )
    made.resources.set(resources)
    return made


def user(role: Role | None = None, **fields: Any) -> User:
    number = next(_numbers)
    password = fields.pop("password", "correct-horse-9")
    made = User.objects.create_user(
        fields.pop("email", f"person{number}@example.org"), password, **fields
    )
    made.emailaddress_set.create(email=made.email, verified=True, primary=True)
    if role is not None:
        made.add_role(role)
    return made


def patient(*, with_login: bool = False, **fields: Any) -> Patient:
    number = next(_numbers)
    if with_login:
        fields["user"] = user(Role.PATIENT)
        fields.setdefault("email", fields["user"].email)
    return Patient.objects.create(
        **{
            "name": f"Patient {number}",
            "email": f"patient{number}@example.org",
            "date_of_birth": dt.date(1980, 1, 1),
        }
        | fields
    )


def document(patient: Patient, *, pages: int = 0, **fields: Any) -> Document:
    """A document that is ready, unless `status` says otherwise. No bytes lie anywhere."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "patient": patient,
        "name": f"file {number}.pdf",
        "status": DocumentStatus.READY,
        "created_at": NOW,
        "created_by": "user",
        "upload_key": f"uploads/{number}",
        "content_type": "application/pdf",
        "size": 1234,
    } | fields
    if values["status"] == DocumentStatus.READY:
        values = {"key": f"files/{number}", "version": "1", "sha256": "0" * 64} | values
    if values["status"] == DocumentStatus.REFUSED:
        values.setdefault("refusal", "encrypted")
    made = Document.objects.create(**values)
    for page in range(1, pages + 1):
        made.pages.create(
            number=page, key=f"pages/{number}-{page}", version="1", width=600, height=800
        )
    return made


def hours(doctor: Doctor, opens: str, closes: str, *, weekdays: Any = range(7)) -> None:
    for weekday in weekdays:
        WorkingHours.objects.create(
            doctor=doctor,
            weekday=weekday,
            opens=dt.time.fromisoformat(opens),
            closes=dt.time.fromisoformat(closes),
        )


def cells(doctor: Doctor, start: dt.datetime, count: int) -> list[Slot]:
    """`count` free cells in a row."""
    length = dt.timedelta(minutes=doctor.slot_minutes)
    return Slot.objects.bulk_create(
        Slot(
            doctor=doctor,
            start=start + index * length,
            end=start + (index + 1) * length,
            status=SlotStatus.FREE,
        )
        for index in range(count)
    )


def at(clock: str, day: dt.date = TOMORROW) -> dt.datetime:
    """An instant (UTC) of tomorrow."""
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=UTC)


class World:
    """A clinic in UTC, two doctors with cells of 15 minutes from 9:00 to 12:00 tomorrow."""

    def __init__(self) -> None:
        self.now = NOW
        self.clinic = clinic()
        self.ada = doctor(self.clinic, name="Ada Adams")
        self.bob = doctor(self.clinic, name="Bob Brown")
        self.checkup = visit_type(self.clinic, self.ada, self.bob, slug="checkup", name="Check-up")
        for someone in (self.ada, self.bob):
            cells(someone, at("09:00"), 12)
        self.patient = patient()

    def book(self, clock: str = "09:00", **fields: Any) -> Appointment:
        wanted = {
            "visit_type": self.checkup,
            "start": at(clock),
            "patient": fields.pop("patient", None) or patient(),
            "by": SYSTEM,
            "now": self.now,
        }
        return operations.book(**wanted | fields)

    def hold(self, clock: str = "09:00", **fields: Any) -> Appointment:
        wanted = {
            "visit_type": self.checkup,
            "start": at(clock),
            "holder": f"holder-{next(_numbers)}",
            "by": Actor.guest(),
            "now": self.now,
        }
        return operations.hold(**wanted | fields)

    def free(self, **fields: Any) -> list[str]:
        """Tomorrow's free times as "HH:MM×doctors"."""
        from booking import queries

        wanted = {
            "visit_type": self.checkup,
            "first": TOMORROW,
            "last": TOMORROW,
            "now": self.now,
        }
        found = queries.free_times(**wanted | fields)
        return [f"{free.start:%H:%M}×{len(free.doctors)}" for free in found]
