"""How long a doctor's calendar of 2,000 visits takes, asked anew and asked again.

`python -m benchmarks.feed` on the database that `make run` serves, in a transaction that is taken
back. Prints medians in milliseconds.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import time

import django

VISITS, ROUNDS = 2000, 15


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    os.environ["THROTTLES"] = "off"
    django.setup()
    from django.db import transaction
    from django.test import Client
    from icalendar import Calendar

    with transaction.atomic():
        address = _feed_of_a_busy_doctor()
        client = Client(headers={"host": "127.0.0.1"})
        first = client.get(address)
        assert len(Calendar.from_ical(first.content).walk("VEVENT")) == VISITS
        anew = _median(lambda: client.get(address))
        etag = {"If-None-Match": first["ETag"]}
        assert client.get(address, headers=etag).status_code == 304
        again = _median(lambda: client.get(address, headers=etag))
        transaction.set_rollback(True)
    print(f"{VISITS} visits, {len(first.content) // 1024} KiB: {anew:.0f} ms, again {again:.0f} ms")


def _feed_of_a_busy_doctor() -> str:
    from django.utils import timezone

    from accounts.models import Clinic, Doctor, Patient, Role, User
    from booking import operations
    from booking.models import Appointment, Status, VisitType
    from clinic.lib.actor import Actor

    now, by = timezone.now(), Actor.system("benchmark")
    clinic = Clinic.objects.create(name="Bench", time_zone="America/Chicago", is_current=False)
    user = User.objects.create(email="busy-bee@bench.example")
    user.add_role(Role.DOCTOR)
    doctor = Doctor.objects.create(clinic=clinic, name="Busy Bee", user=user)
    kind = VisitType.objects.create(clinic=clinic, slug="bench", name="Bench", minutes=15)
    patients = Patient.objects.bulk_create(Patient(name=f"Person {n}") for n in range(VISITS))
    start = now.replace(minute=0, second=0, microsecond=0) - dt.timedelta(days=29)
    Appointment.objects.bulk_create(
        Appointment(
            clinic=clinic, doctor=doctor, visit_type=kind, patient=patient, status=Status.BOOKED,
            start=at, end=at + kind.length, busy_start=at, busy_end=at + kind.length,
            created_at=now, booked_at=now, booked_by=by.label,
        )
        for patient, at in zip(
            patients, (start + n * dt.timedelta(minutes=30) for n in range(VISITS)), strict=True
        )
    )  # fmt: skip
    _made, secret = operations.open_feed(doctor=doctor, show_names=True, by=by, now=now)
    return f"/feeds/{secret}.ics"


def _median(ask: object) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()  # type: ignore[operator]
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
