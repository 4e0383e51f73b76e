"""Patients found by what they say of themselves, and those who may be the same person."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent, Patient
from accounts.operations import register_patient
from accounts.queries import find_patients, likely_duplicates
from clinic.lib.dates import dates_in
from tests import factories
from tests.factories import NOW, SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Patient:
    factories.patient(name="Bruno Keller", phone="+13125550999", email="bruno@example.org")
    return factories.patient(
        name="Ana María Reyes",
        date_of_birth=dt.date(1985, 3, 27),
        phone="+13125550182",
        email="Ana.Reyes@example.org",
    )


@pytest.mark.parametrize(
    "said",
    [
        "ana", "reyes ana", "REYES", "María", "Anna Maria Reyes", "1985-03-27", "27.3.1985",
        "3/27/1985", "27 March 1985", "(312) 555-0182", "+1 312 555 0182", "0182",
        "ana.reyes@example.org", "reyes@",
    ],
)  # fmt: skip
def test_a_patient_is_found_by_whatever_is_said(ana: Patient, said: str) -> None:
    assert find_patients(said) == [ana]


@pytest.mark.parametrize("said", ["", "a", " ", "Zacharias", "1999-01-01", "5559", "\0", "%", "_"])
def test_what_fits_nobody_finds_nobody(ana: Patient, said: str) -> None:
    assert find_patients(said) == []


def test_guests_are_not_found(ana: Patient) -> None:
    ana.is_guest = True
    ana.save()
    assert find_patients("Reyes") == []
    assert likely_duplicates(name=ana.name, date_of_birth=ana.date_of_birth) == []


def test_a_day_that_can_be_read_in_two_ways_is_both() -> None:
    assert dates_in("3/4/1985") == [dt.date(1985, 4, 3), dt.date(1985, 3, 4)]
    assert dates_in("31/4/1985") == []


@pytest.mark.parametrize(
    "entered",
    [
        {"name": "Ana Maria Reyes", "date_of_birth": dt.date(1985, 3, 27)},
        {"name": "Anna Reyes", "date_of_birth": None},
        {"name": "Somebody Else", "date_of_birth": None, "phone": "+13125550182"},
        {"name": "Somebody Else", "date_of_birth": None, "email": "ANA.reyes@example.org"},
    ],
)
def test_who_may_be_the_same_person_is_shown(ana: Patient, entered: dict) -> None:
    assert likely_duplicates(**entered) == [ana]


def test_the_same_name_born_on_another_day_is_somebody_else(ana: Patient) -> None:
    assert likely_duplicates(name=ana.name, date_of_birth=dt.date(2001, 1, 1)) == []


def test_registering_is_written_down_without_the_values() -> None:
    patient = register_patient(name="  Nora   New ", email="Nora@Example.org", by=SYSTEM, now=NOW)
    event = AuditEvent.objects.get(action="patient.created")

    assert (patient.name, patient.email) == ("Nora New", "nora@example.org")
    assert (event.patient_id, event.data) == (patient.pk, {})
