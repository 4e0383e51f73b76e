"""The link that stops reminders: nothing by looking, no sign-in, and reminders only."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Patient
from notifications import outbox
from notifications.catalog import SAMPLE_CONTEXT
from notifications.models import Message
from notifications.rendering import words
from notifications.stopping import links
from notifications.stopping.links import stop_token, stop_url, stopping_patient_id
from notifications.tests.letters import letter
from tests import factories

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def patient() -> Patient:
    return factories.patient()


@pytest.fixture
def client() -> Client:
    """As a mail provider's machine comes: no cookies, no token."""
    return Client(enforce_csrf_checks=True)


def path(patient: Patient) -> str:
    return f"/reminders/stop/{stop_token(patient.pk)}/"


def stopped(patient: Patient) -> bool:
    patient.refresh_from_db()
    return patient.reminders_stopped_at is not None


def put(patient: Patient, *, template: str = "reminder", **changes: Any) -> Message:
    message = outbox.enqueue(
        template=template,
        recipient="maria@example.org",
        dedupe_key=f"test:{uuid.uuid4()}",
        context=SAMPLE_CONTEXT[template],
        patient_id=patient.pk,
        now=timezone.now(),
        **changes,
    )
    assert message is not None
    return message


def test_looking_at_the_page_changes_nothing(client, patient):
    for _scanner in range(2):
        page = client.get(path(patient))
        assert page.status_code == 200 and "Stop reminders?" in page.content.decode()
    client.head(path(patient))
    assert not stopped(patient)
    assert "no-store" in page["Cache-Control"]


def test_the_mail_programs_button_stops_them_at_once(client, patient):
    page = client.post(path(patient), ONE_CLICK)
    assert page.status_code == 200, "it follows no redirects"
    assert stopped(patient)


def test_the_pages_own_button_stops_them_and_says_so(client, patient):
    page = client.post(path(patient), {"answer": "stop"}, follow=True)
    assert page.redirect_chain == [(path(patient), 302)]
    assert "Reminders are stopped" in page.content.decode()
    assert stopped(patient)


def test_a_second_time_changes_nothing(client, patient):
    client.post(path(patient), ONE_CLICK)
    first = Patient.objects.get().reminders_stopped_at
    client.post(path(patient), ONE_CLICK)
    assert Patient.objects.get().reminders_stopped_at == first
    (event,) = AuditEvent.objects.filter(action="patient.reminders_stopped")
    assert (event.patient_id, event.actor, event.data) == (patient.pk, "guest", {"via": "link"})


def test_they_can_be_turned_on_again(client, patient):
    client.post(path(patient), ONE_CLICK)
    page = client.post(path(patient), {"answer": "resume"}, follow=True)
    assert not stopped(patient)
    assert "We will remind you again." in page.content.decode()
    assert "Stop reminders?" in page.content.decode()
    assert AuditEvent.objects.filter(action="patient.reminders_resumed").count() == 1


def test_what_waits_to_leave_is_taken_back_and_nothing_but_reminders(client, patient):
    waiting = put(patient, send_after=timezone.now() + dt.timedelta(hours=1))
    begun, change, other = put(patient), put(patient, template="moved"), put(factories.patient())
    now = timezone.now()
    Message.objects.filter(pk=begun.pk).update(
        status="sending", begun_at=now, lease=uuid.uuid4(), leased_until=now
    )
    client.post(path(patient), ONE_CLICK)
    for message in (waiting, begun, change, other):
        message.refresh_from_db()
    assert waiting.status == "void"
    assert begun.status == "sending" and begun.overtaken_at is not None
    assert (change.status, other.status) == ("queued", "queued")


def test_a_page_names_nobody_and_speaks_the_language_of_the_mail(client, patient):
    Patient.objects.update(name="Maria Canary", language="es")
    page = client.get(path(patient))
    assert "Canary" not in page.content.decode()
    assert 'lang="es"' in page.content.decode()


class TestTokens:
    def test_a_forged_link_finds_nothing(self, client, patient):
        token = stop_token(patient.pk)
        other = stop_token(uuid.uuid4())
        forged = [
            token[:-2],
            token[:20],
            token[:21] + other[21:],
            other[:21] + token[21:],
            str(patient.pk),
            "a" * 43,
            "x",
            "é" * 43,
            stop_token(uuid.uuid4()),
        ]
        for each in forged:
            for page in (
                client.get(f"/reminders/stop/{each}/"),
                client.post(f"/reminders/stop/{each}/", ONE_CLICK),
            ):
                assert page.status_code == 404
                assert "This link does not work" in page.content.decode()
        assert not stopped(patient)

    def test_a_key_that_was_replaced_still_counts_while_it_is_kept(self, patient, settings):
        token = stop_token(patient.pk)
        old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 9
        assert stopping_patient_id(token) is None
        settings.SECRET_KEY_FALLBACKS = [old]
        assert stopping_patient_id(token) == patient.pk

    def test_it_is_one_link_a_patient_and_says_nothing(self, patient):
        assert stop_url(patient.pk) == stop_url(patient.pk)
        assert str(patient.pk) not in stop_url(patient.pk)
        assert links.stopping_patient_id(stop_token(patient.pk)) == patient.pk


def test_only_reminders_have_the_link(patient):
    url = stop_url(patient.pk)
    said = words.write(letter(patient_id=patient.pk))
    assert url in said.text and url in said.html and url not in said.subject
    assert url not in words.write(letter(template="moved", patient_id=patient.pk)).text
