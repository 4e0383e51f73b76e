"""Making years of a clinic's life: people and offer by the ORM, their visits in the database."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Clinic, Doctor, Patient, Role, User
from accounts.operations import create_login
from accounts.operations.roles import sync_role_permissions
from accounts.queries import forget_current_clinic
from booking.demo.people import FIRST_NAMES, LAST_NAMES
from booking.load import statements
from booking.load.resting import resting
from booking.models import VisitType, WorkingHours
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

DOCTORS = 60
# A doctor's usual day: what BLOCKS and WISHES of `statements` come to.
VISITS_A_DAY = 16 * (0.20 + 0.70 + 0.52)
VISITS_A_PATIENT = 10
FEWEST_PATIENTS = 60
AHEAD_DAYS = 60
SYSTEM = Actor.system("seed_load")
PASSWORD_LOGINS = {
    Role.STAFF: "staff@load.example",
    Role.DOCTOR: "doctor@load.example",
    Role.PATIENT: "patient@load.example",
}
TABLES = [
    "booking_slot",
    "booking_appointment",
    "booking_appointmentslot",
    "accounts_treatingrelationship",
    "accounts_auditevent",
]
STEPS = (
    statements.PANELS,
    statements.BLOCKS,
    statements.WISHES,
    statements.VISITS,
    statements.SLOTS,
    statements.APPOINTMENTS,
    statements.CLAIMS,
    statements.TREATING,
    statements.TRAIL,
)


class AlreadyLoaded(Exception):
    """The database has these doctors and visits already."""


@dataclass(slots=True)
class Summary:
    clinic: str
    doctors: int
    patients: int
    appointments: int

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def load(
    *,
    appointments: int,
    password: str,
    now: dt.datetime,
    progress: Callable[[], object] = lambda: None,
) -> Summary:
    """Add sixty doctors, their patients and `appointments` visits to the current clinic, or to a
    new one. All or nothing; `progress` is told of each of STEPS. Raises AlreadyLoaded."""
    if User.objects.filter(email=PASSWORD_LOGINS[Role.STAFF]).exists():
        raise AlreadyLoaded
    with transaction.atomic():
        sync_role_permissions()
        clinic = Clinic.objects.filter(is_current=True).first() or _clinic()
        users = _logins(password, now=now)
        doctors = _doctors(clinic, users[Role.DOCTOR])
        params = _params(clinic, doctors, users, appointments=appointments, now=now)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute(statements.PATIENTS, params)
            _give_a_login(users[Role.PATIENT])
            with resting(TABLES):
                for statement in STEPS:
                    for one in statement.split(";\n"):
                        cursor.execute(one, params)
                    progress()
            progress()
            cursor.execute("SELECT count(*) FROM load_visit")
            made = cursor.fetchone()[0]
    forget_current_clinic()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_patient")
    return Summary(clinic.name, len(doctors), params["patients"], made)


def _clinic() -> Clinic:
    return Clinic.objects.create(
        name="Load Clinic", time_zone="America/Chicago", phone="+13125550100"
    )


def _logins(password: str, *, now: dt.datetime) -> dict[Role, User]:
    return {
        role: create_login(
            email=email, password=password, name=f"Load {role.label}", role=role, by=SYSTEM, now=now
        )
        for role, email in PASSWORD_LOGINS.items()
    }


def _doctors(clinic: Clinic, login: User) -> list[Doctor]:
    names = [
        f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {LAST_NAMES[(7 * n) % len(LAST_NAMES)]}"
        for n in range(DOCTORS)
    ]
    doctors = Doctor.objects.bulk_create(
        Doctor(
            clinic=clinic,
            user=None if number else login,
            name=name,
            title="Dr",
            slot_minutes=15,
        )
        for number, name in enumerate(names)
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(doctor=doctor, weekday=weekday, opens=dt.time(opens), closes=dt.time(closes))
        for doctor in doctors
        for weekday in range(5)
        for opens, closes in ((8, 12), (13, 17))
    )
    return doctors


def _visit_types(clinic: Clinic, doctors: list[Doctor]) -> dict[str, VisitType]:
    made = {}
    for slug, name, minutes in (
        ("short", "Short visit", 15),
        ("long", "Long visit", 30),
        ("asked", "Visit on request", 15),
    ):
        made[slug] = VisitType.objects.create(
            clinic=clinic,
            slug=f"load-{slug}",
            name=name,
            minutes=minutes,
            needs_approval=slug == "asked",
        )
        made[slug].doctors.set(doctors)
    return made


def _params(
    clinic: Clinic,
    doctors: list[Doctor],
    users: dict[Role, User],
    *,
    appointments: int,
    now: dt.datetime,
) -> dict[str, Any]:
    today = local_day(now, clinic.zone)
    # A fifth of the days ahead is booked; of the days behind, all but weekends.
    days = math.ceil(appointments / DOCTORS / VISITS_A_DAY * 7 / 5 * 1.03) + 7
    patients = max(FEWEST_PATIENTS * DOCTORS, appointments // VISITS_A_PATIENT)
    kinds = _visit_types(clinic, doctors)
    return {
        "clinic": clinic.pk,
        "zone": clinic.time_zone,
        "now": now,
        "today": today,
        "first": today - dt.timedelta(days=days),
        "last": today + dt.timedelta(days=AHEAD_DAYS),
        "doctor_ids": [doctor.pk for doctor in doctors],
        "doctors": len(doctors),
        "patients": patients,
        "panel": patients // len(doctors),
        "appointments": appointments,
        "given": list(FIRST_NAMES),
        "givens": len(FIRST_NAMES),
        "family": list(LAST_NAMES),
        "families": len(LAST_NAMES),
        "staff": users[Role.STAFF].pk,
        "treating": settings.TREATING_DAYS_AFTER_VISIT,
        **{name: visit_type.pk for name, visit_type in kinds.items()},
    }


def _give_a_login(user: User) -> None:
    """One of the patients is the one who signs in."""
    patient = Patient.objects.filter(email__endswith="@load.example", user=None).earliest("id")
    patient.user, patient.email, patient.name = user, user.email, user.name
    patient.save(update_fields=["user", "email", "name"])
