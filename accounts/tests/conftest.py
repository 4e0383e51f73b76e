from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Clinic, Role
from accounts.operations import complete_profile, create_login
from clinic.lib.actor import Actor

SYSTEM = Actor.system("test")
PASSWORD = "correct horse battery"


@pytest.fixture
def clinic_row(db) -> Clinic:
    return Clinic.objects.create(name="Riverside Clinic", time_zone="America/New_York")


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def person(db, now):
    """Makes a login with a role, and a profile for patients."""

    def make(email: str = "maria@example.org", role: Role = Role.PATIENT, **changes):
        values = {"password": PASSWORD, "name": "Maria Jones", "by": SYSTEM, "now": now}
        user = create_login(email=email, role=role, **{**values, **changes})
        if role == Role.PATIENT:
            complete_profile(
                user=user,
                name=user.name,
                date_of_birth=dt.date(1985, 3, 27),
                phone="",
                language="en",
                time_zone="",
                by=SYSTEM,
                now=now,
            )
        return user

    return make
