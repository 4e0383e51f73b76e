"""Browsers of a patient, of a stranger and of nobody, at the hour in which `world` stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Patient
from accounts.queries import forget_current_clinic
from tests import factories


@pytest.fixture(autouse=True)
def _at_that_hour() -> Iterator[None]:
    forget_current_clinic()
    with time_machine.travel(factories.NOW, tick=False):
        yield
    forget_current_clinic()


def _signed_in(patient: Patient) -> Client:
    client = Client()
    client.force_login(patient.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.patient = patient
    return client


@pytest.fixture
def patient_client(world: factories.World) -> Client:
    return _signed_in(factories.patient(with_login=True, name="Pat Patient"))


@pytest.fixture
def stranger_client(world: factories.World) -> Client:
    return _signed_in(factories.patient(with_login=True, name="Some Stranger"))
