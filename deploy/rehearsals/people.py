"""The people of a rehearsal: doctors with free times, and patients with a token each.

`people.py NUMBER` fills a migrated database and prints, as JSON, for each patient the token, both
logins and the doctor whose times are that patient's to book. It is run by its path, with the code
that is rehearsed on PYTHONPATH: that may be an older release's, which has no such file.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import sys
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from accounts.models import Role, User

SLUG = "consultation"
MINUTES = 5
OPENS, CLOSES = dt.time(8), dt.time(18)
PASSWORD = "amber-orchard-51"  # of invented people, in a database that is thrown away


def fill(number: int) -> list[dict[str, str]]:
    """A clinic that is open every day, with more free times than a run can ask for."""
    from django.core.management import call_command

    from accounts.models import Clinic, Doctor, Role
    from booking.models import VisitType, WorkingHours

    clinic = Clinic.objects.create(
        name="Rehearsal Clinic", address="1 River Street", phone="+13125550100", time_zone="UTC"
    )
    offered = VisitType.objects.create(
        clinic=clinic, slug=SLUG, name="Consultation", minutes=MINUTES
    )
    people = []
    for n in range(number):
        login = _login(f"doctor{n}@rehearsal.example", Role.DOCTOR)
        doctor = Doctor.objects.create(
            clinic=clinic, name=f"Doctor {n}", slot_minutes=MINUTES, user=login
        )
        offered.doctors.add(doctor)
        for day in range(7):
            WorkingHours.objects.create(doctor=doctor, weekday=day, opens=OPENS, closes=CLOSES)
        people.append({"doctor": str(doctor.pk), "doctor_email": login.email, **_patient(n)})
    call_command("generate_slots", stdout=io.StringIO())
    return people


def _patient(number: int) -> dict[str, str]:
    """Somebody who may book: `email` and `token`."""
    from django.utils import timezone

    from accounts.models import Patient, Role
    from accounts.operations import tokens
    from clinic.lib.actor import Actor

    user = _login(f"patient{number}@rehearsal.example", Role.PATIENT)
    Patient.objects.create(
        user=user,
        name=f"Patient {number}",
        email=user.email,
        date_of_birth=dt.date(1980, 1, 1),
    )
    _, token = tokens.issue(user=user, now=timezone.now(), by=Actor.system("rehearsal"))
    return {"email": user.email, "token": token}


def _login(email: str, role: Role) -> User:
    from allauth.account.models import EmailAddress

    from accounts.models import User

    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    user.add_role(role)
    return user


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    print(json.dumps(fill(int(sys.argv[1]))))
