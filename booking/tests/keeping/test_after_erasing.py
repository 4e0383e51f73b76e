"""Who was erased is nobody to be found, booked for or written to; the row stands for its visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Care, Patient, Role
from accounts.operations import open_care
from accounts.operations.care import RecordErased
from accounts.operations.roles import sync_role_permissions
from accounts.queries import find_patients, likely_duplicates, patients_matching
from booking import operations
from booking.models import Appointment, WaitlistEntry
from booking.operations import Part, PatientErased, Wishes
from documents import operations as documents
from documents.models import Document, Kind
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

BORN = dt.date(1933, 3, 3)
# As `erase_patient` leaves it, with words that a search would find were it asked.
LEFT = {
    "name": "erased",
    "email": "gone@example.org",
    "phone": "+15550107788",
    "erased_at": NOW,
    "date_of_birth": BORN,
}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def erased(world: World) -> Patient:
    patient = factories.patient()
    Patient.objects.filter(pk=patient.pk).update(**LEFT)
    return patient  # as somebody read it a moment before


@pytest.fixture
def staff(db: None) -> Client:
    sync_role_permissions()
    client = Client()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(factories.user(Role.STAFF, is_staff=True), backend=backend)
    return client


def book(world: World, patient: Patient) -> Any:
    return world.book("10:00", patient=patient)


def book_what_was_held(world: World, patient: Patient) -> Any:
    hold = world.hold("10:00")
    return operations.book(patient=patient, hold=hold, holder=hold.holder, by=SYSTEM, now=NOW)


def book_together(world: World, patient: Patient) -> Any:
    part = Part(patient, world.checkup, at("10:00"), world.ada)
    return operations.book_together(bookings=[part], by=SYSTEM, now=NOW)


def wait(world: World, patient: Patient) -> Any:
    return operations.join_waitlist(
        patient=patient,
        visit_type=world.checkup,
        wish=Wishes(earliest=TOMORROW, latest=TOMORROW),
        by=SYSTEM,
        now=NOW,
    )


@pytest.mark.parametrize("verb", [book, book_what_was_held, wait])
def test_nothing_is_booked(
    world: World, erased: Patient, verb: Callable[[World, Patient], Any]
) -> None:
    with pytest.raises(PatientErased):
        verb(world, erased)
    assert not Appointment.objects.filter(patient=erased).exists()
    assert not WaitlistEntry.objects.exists()


def test_nor_together_with_others(world: World, erased: Patient) -> None:
    with pytest.raises(operations.NotTogether) as refused:
        book_together(world, erased)
    assert isinstance(refused.value.cause, PatientErased)
    assert not Appointment.objects.exists()


def test_nobody_is_found_by_what_is_left(erased: Patient) -> None:
    for word in ("erased", "gone@example.org", "5550107788", "1933-03-03"):
        assert find_patients(word) == []
        assert not patients_matching(word).exists()
    same = {"name": "erased", "date_of_birth": BORN}
    assert likely_duplicates(**same, phone=LEFT["phone"], email=LEFT["email"]) == []  # type: ignore[arg-type]


def test_the_desk_and_the_portal_know_nobody(world: World, erased: Patient, staff: Client) -> None:
    said = staff.get(reverse("admin:desk_book"), {"patient": erased.pk}).content.decode()
    assert "gone@example.org" not in said and LEFT["phone"] not in said
    listed = staff.get(reverse("admin:accounts_patient_changelist")).content.decode()
    assert "gone@example.org" not in listed
    change = reverse("admin:accounts_patient_change", args=[erased.pk])
    assert staff.post(change, {"name": "Somebody else"}).status_code == 302  # back to the list
    assert Patient.objects.get(pk=erased.pk).name == "erased"
    assert staff.get(reverse("admin:documents_scan"), {"patient": erased.pk}).status_code == 404


def test_nothing_is_put_into_the_record(world: World, erased: Patient) -> None:
    erased.refresh_from_db()
    carer = factories.patient(with_login=True)
    with pytest.raises(RecordErased):
        open_care(
            email=carer.email,
            patient=erased,
            relation=Care.Relation.PARENT,
            by=SYSTEM,
            now=NOW,
        )
    assert operations.why_not_merge(factories.patient(), erased)
    staff = factories.user(Role.STAFF, is_staff=True, is_superuser=True)
    with pytest.raises(documents.NotYours):
        documents.hand_in(
            patient=erased,
            user=staff,
            kind=Kind.OTHER,
            name="late.pdf",
            content=b"%PDF-1.7",
            content_type="application/pdf",
            by=SYSTEM,
            now=NOW,
        )
    assert not Document.objects.exists()
