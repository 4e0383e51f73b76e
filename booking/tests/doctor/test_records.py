"""A doctor reads documents on a ground: treating, shared, or an emergency with a reason."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from rest_framework.settings import api_settings

from accounts.models import AuditEvent, EmergencyAccess, Patient, Role, TreatingRelationship
from documents.models import Document, DocumentStatus, Share
from notifications.models import Message
from tests import factories
from tests.factories import World, at

pytestmark = pytest.mark.django_db
REASON = "Unconscious in our emergency room"


@pytest.fixture
def maria(world: World) -> Patient:
    return factories.patient(name="Maria Jones", date_of_birth=dt.date(1985, 3, 27))


def document(patient: Patient, name: str = "Blood test.pdf", **fields: object) -> Document:
    values = {
        "patient": patient,
        "name": name,
        "status": DocumentStatus.READY,
        "created_at": at("08:00"),
        "created_by": "user",
        "upload_key": uuid.uuid4().hex,
        "key": uuid.uuid4().hex,
        "version": "1",
        "size": 1000,
        "sha256": "a" * 64,
    }
    return Document.objects.create(**values | fields)


def words(page: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))


def records_of(client: Client, patient: Patient) -> HttpResponse:
    return client.get(reverse("patient_documents", args=[patient.pk]))


class TestOfPatientsOneTreats:
    def test_they_are_listed_and_the_list_is_recorded(
        self, world: World, ada: Client, maria: Patient
    ) -> None:
        world.book(patient=maria, doctor=world.ada)
        found = document(maria)
        page = records_of(ada, maria)
        assert "Blood test.pdf" in words(page)
        assert reverse("document", args=[found.pk]) in page.content.decode()
        event = AuditEvent.objects.get(action="documents.listed")
        assert (event.patient_id, event.data["ground"]) == (maria.pk, "treating")

    def test_the_day_leads_there(self, world: World, ada: Client, maria: Patient) -> None:
        world.checkup.documents_asked = "A letter"
        world.checkup.save()
        world.book(patient=maria, doctor=world.ada)
        there = reverse("patient_documents", args=[maria.pk])
        assert there in ada.get(reverse("today")).content.decode()
        assert "Asked for, and missing: A letter" in words(ada.get(there))

    def test_a_colleagues_patient_does_not_exist(
        self, world: World, bob: Client, maria: Patient
    ) -> None:
        world.book(patient=maria, doctor=world.ada)
        document(maria)
        assert records_of(bob, maria).status_code == 404
        assert records_of(bob, Patient(pk=uuid.uuid4())).status_code == 404

    def test_of_who_is_treated_no_more_the_doctor_is_told_that_it_is_closed(
        self, world: World, ada: Client, maria: Patient
    ) -> None:
        world.book(patient=maria, doctor=world.ada)
        document(maria)
        TreatingRelationship.objects.update(ends_at=at("08:00"))
        page = records_of(ada, maria)
        assert page.status_code == 403
        assert "This record is closed to you" in words(page)
        assert "Blood test" not in words(page)


class TestShared:
    def test_only_what_was_shared_and_only_while_it_is(
        self, world: World, bob: Client, maria: Patient
    ) -> None:
        shown = document(maria, "Shown.pdf")
        document(maria, "Hidden.pdf")
        share = Share.objects.create(
            document=shown, doctor=world.bob, opened_at=at("08:00"), opened_by=uuid.uuid4()
        )
        address = reverse("shared_with_me")
        for page in (bob.get(address), records_of(bob, maria)):
            assert "Shown.pdf" in words(page) and "Hidden.pdf" not in words(page)
        assert AuditEvent.objects.filter(
            action="documents.listed", data__patients__contains=[str(maria.pk)]
        ).exists()
        Share.objects.filter(pk=share.pk).update(ended_at=at("08:10"), ended_by=uuid.uuid4())
        assert "Shown.pdf" not in words(bob.get(address))
        assert records_of(bob, maria).status_code == 404

    def test_not_what_a_colleague_was_shown(
        self, world: World, ada: Client, bob: Client, maria: Patient
    ) -> None:
        Share.objects.create(
            document=document(maria),
            doctor=world.bob,
            opened_at=at("08:00"),
            opened_by=uuid.uuid4(),
        )
        assert "Nothing is shared with you" in words(ada.get(reverse("shared_with_me")))
        assert records_of(ada, maria).status_code == 404


class TestEmergency:
    FORM = {
        "name": "maria jones",
        "date_of_birth": "1985-03-27",
        "reason": REASON,
        "understood": "on",
    }

    def open(self, client: Client, **fields: str) -> HttpResponse:
        return client.post(reverse("emergency"), self.FORM | fields)

    def test_it_opens_the_record_for_an_hour_and_tells_the_operators(
        self, bob: Client, maria: Patient, clock: Callable[[str], None]
    ) -> None:
        operator = factories.user(Role.OPERATOR)
        document(maria)
        assert self.open(bob)["Location"] == reverse("patient_documents", args=[maria.pk])
        page = words(records_of(bob, maria))
        assert "Blood test.pdf" in page and "Open until" in page
        [access] = EmergencyAccess.objects.all()
        event = AuditEvent.objects.get(action="documents.listed")
        assert event.data == {"ground": "emergency", "emergency": str(access.pk)}
        assert Message.objects.get(template="emergency_opened").recipient == operator.email
        clock("09:30")
        assert records_of(bob, maria).status_code == 404

    def test_closed_early_it_is_closed(
        self, bob: Client, maria: Patient, clock: Callable[[str], None]
    ) -> None:
        document(maria)
        self.open(bob)
        [access] = EmergencyAccess.objects.all()
        clock("08:45")
        assert "Maria Jones" in words(bob.get(reverse("emergency")))
        bob.post(reverse("emergency_end", args=[access.pk]))
        assert records_of(bob, maria).status_code == 404
        assert "Maria Jones" not in words(bob.get(reverse("emergency")))

    def test_whose_records_are_open_is_shown_and_on_record(
        self, bob: Client, maria: Patient
    ) -> None:
        listed = AuditEvent.objects.filter(action="emergencies.listed")
        bob.get(reverse("emergency"))
        assert not listed.exists()
        self.open(bob)
        bob.get(reverse("emergency"))
        assert listed.get().data["patients"] == [str(maria.pk)]

    def test_not_by_a_colleague(self, ada: Client, bob: Client, maria: Patient) -> None:
        self.open(bob)
        [access] = EmergencyAccess.objects.all()
        assert records_of(ada, maria).status_code == 404
        assert ada.post(reverse("emergency_end", args=[access.pk])).status_code == 404

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"reason": ""}, 400),
            ({"reason": "urgent"}, 400),
            ({"reason": "x" * 301}, 400),
            ({"understood": ""}, 400),
            ({"name": "Maria"}, 404),
            ({"name": "Maria\0Jones"}, 400),
            ({"date_of_birth": "1985-03-28"}, 404),
            ({"date_of_birth": "99999-03-28"}, 400),
        ],
    )
    def test_not_without_a_reason_or_by_half_a_name(
        self, bob: Client, maria: Patient, fields: dict[str, str], status: int
    ) -> None:
        page = self.open(bob, **fields)
        assert page.status_code == status
        assert not EmergencyAccess.objects.exists()
        assert page.content.decode().count("Error") >= 1

    def test_not_one_name_after_the_other(self, bob: Client, maria: Patient, settings: Any) -> None:
        rates = {**api_settings.DEFAULT_THROTTLE_RATES, "emergency": "2/hour"}
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
        for _try in range(2):
            assert self.open(bob, name="Somebody Else").status_code == 404
        assert self.open(bob).status_code == 429
        assert not EmergencyAccess.objects.exists()

    def test_of_a_patient_whom_the_doctor_knows_by_a_visit(
        self, world: World, ada: Client, bob: Client, maria: Patient
    ) -> None:
        world.book(patient=maria, doctor=world.ada)
        TreatingRelationship.objects.update(ends_at=at("08:00"))
        address = reverse("emergency_open", args=[maria.pk])
        form = {"reason": REASON, "understood": "on"}
        assert bob.post(address, form).status_code == 404
        assert ada.post(address, {"reason": REASON}).status_code == 400
        assert ada.post(address, form).status_code == 302
        assert records_of(ada, maria).status_code == 200

    def test_who_treats_the_patient_is_sent_to_the_documents(
        self, world: World, ada: Client, maria: Patient
    ) -> None:
        world.book(patient=maria, doctor=world.ada)
        assert self.open(ada).status_code == 302
        assert not EmergencyAccess.objects.exists()

    def test_nobody_but_doctors_finds_the_page(self, maria: Patient) -> None:
        for role in (Role.PATIENT, Role.STAFF, Role.OPERATOR):
            client = Client()
            backend = "allauth.account.auth_backends.AuthenticationBackend"
            client.force_login(factories.user(role), backend=backend)
            assert self.open(client).status_code == 404
