"""The page on which a patient says how the clinic writes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AuditEvent, Care, Patient
from notifications import outbox
from notifications.models import Message
from tests import factories
from tests.factories import NOW

URL = "/account/writing/"


@pytest.fixture
def patient(db: None) -> Patient:
    return factories.patient(with_login=True, phone="+15550100300")


def post(patient: Patient, **values: str):
    client = Client()
    client.force_login(patient.user)
    answer = client.post(URL, values)
    patient.refresh_from_db()
    return answer


def test_to_choose_texts_is_to_agree_to_them(patient):
    assert post(patient, contact_by="sms", **{f"reminders-{patient.pk}": "on"}).status_code == 302
    assert patient.contact_by == "sms" and patient.texts_agreed_at is not None
    agreed = patient.texts_agreed_at
    post(patient, contact_by="sms", **{f"reminders-{patient.pk}": "on"})
    assert patient.texts_agreed_at == agreed
    assert AuditEvent.objects.filter(action="patient.channel_chosen").count() == 1


def test_to_choose_mail_takes_the_agreement_back(patient):
    Patient.objects.update(contact_by="sms", texts_agreed_at=NOW)
    post(patient, contact_by="email")
    assert (patient.contact_by, patient.texts_agreed_at) == ("email", None)


def test_no_texts_without_a_number(patient):
    Patient.objects.update(phone="")
    answer = post(patient, contact_by="sms")
    assert answer.status_code == 400
    assert "Add your phone number" in answer.content.decode()
    assert patient.texts_agreed_at is None


def test_reminders_are_stopped_and_taken_up_again(patient):
    post(patient, contact_by="email")
    assert patient.reminders_stopped_at is not None
    post(patient, contact_by="email", **{f"reminders-{patient.pk}": "on"})
    assert patient.reminders_stopped_at is None


def test_a_reminder_that_waits_is_taken_back_at_once(patient):
    waiting = {"recipient": patient.email, "context": {}, "patient_id": patient.pk, "now": NOW}
    outbox.enqueue(template="reminder", dedupe_key="reminder", **waiting)
    outbox.enqueue(template="booked", dedupe_key="booked", **waiting)
    post(patient, contact_by="email", **{f"reminders-{patient.pk}": "on"})
    assert not Message.objects.filter(status="void").exists()
    post(patient, contact_by="email")
    assert [message.template for message in Message.objects.filter(status="void")] == ["reminder"]


def test_also_of_those_in_care_and_of_nobody_else(patient):
    child, stranger = factories.patient(name="Leo Moss"), factories.patient()
    Care.objects.create(user=patient.user, patient=child, opened_at=NOW, opened_by="user")
    kept = {f"reminders-{patient.pk}": "on", f"reminders-{stranger.pk}": ""}
    post(patient, contact_by="email", **kept)
    child.refresh_from_db()
    stranger.refresh_from_db()
    assert child.reminders_stopped_at is not None
    assert (patient.reminders_stopped_at, stranger.reminders_stopped_at) == (None, None)


def test_the_portal_notes_texts_only_with_a_number_and_an_agreement(patient):
    patient.contact_by = "sms"
    with pytest.raises(ValidationError):
        patient.clean()
    patient.texts_agreed_at = NOW
    patient.clean()
    patient.phone = ""
    with pytest.raises(ValidationError):
        patient.clean()
