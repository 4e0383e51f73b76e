"""A clinic that does not live in UTC, a doctor with free times, and somebody of the staff."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from accounts.queries import forget_current_clinic
from booking import operations
from tests import factories


@pytest.fixture
def clinic() -> factories.Clinic:
    forget_current_clinic()
    return factories.clinic(time_zone="America/New_York")


@pytest.fixture
def doctor(clinic: factories.Clinic) -> factories.Doctor:
    doctor = factories.doctor(clinic, slot_minutes=30)
    factories.hours(doctor, "09:00", "17:00")
    operations.generate_slots(clinic=clinic, now=timezone.now())
    return doctor


@pytest.fixture
def staff(client: Client) -> Client:
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client
