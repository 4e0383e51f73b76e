"""The page of a document that is being checked asks by itself whether it may show more."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Clinic, Doctor, Patient, Role, User
from documents.models import Document, DocumentStatus
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(settings: Any) -> Iterator[Any]:
    settings.IDLE_MINUTES = 15
    with time_machine.travel(NOW, tick=False) as travels:
        yield travels


@pytest.fixture
def document(clock: Any) -> Document:
    factories.clinic()
    patient = factories.patient(with_login=True)
    return factories.document(patient, status=DocumentStatus.CHECKING)


@pytest.fixture
def doctor(document: Document) -> Doctor:
    doctor = factories.doctor(Clinic.objects.get(), user=factories.user(Role.DOCTOR))
    doctor.treating.create(
        patient=document.patient, opened_at=NOW, ends_at=NOW + dt.timedelta(days=1)
    )
    return doctor


def seen_by(user: User | None, document: Document) -> tuple[Client, str]:
    assert user is not None
    client = Client()
    client.force_login(user)
    page = client.get(reverse("document", args=[document.pk]))
    assert page.status_code == 200
    return client, page.content.decode()


def test_waiting_for_the_check_keeps_no_doctor_signed_in(
    document: Document, doctor: Doctor, clock: Any
) -> None:
    client, page = seen_by(doctor.user, document)
    found = re.search(r"hx-get=\"([^\"]+)\".*?hx-headers='([^']+)'", page)
    assert found, "the page asks"
    assert "http-equiv" not in page, "and does not load itself anew"
    headers = json.loads(found[2])
    for _minute in range(14):
        clock.shift(dt.timedelta(minutes=1))
        assert client.get(found[1], headers=headers).status_code == 204
    clock.shift(dt.timedelta(minutes=1))
    assert client.get(found[1], headers=headers).status_code == 302


def test_the_patients_page_goes_on_without_a_script(document: Document) -> None:
    patient: Patient = document.patient
    _client, page = seen_by(patient.user, document)
    assert 'http-equiv="refresh"' in page
