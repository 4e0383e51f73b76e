"""No record stays open on a screen that was left: who sees others' has fifteen minutes."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, SignIn
from accounts.tests.conftest import PASSWORD
from clinic import settings as clinic_settings  # what tests change is Django's copy

pytestmark = pytest.mark.django_db

START = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
PAGE = "account_email"  # for whoever is signed in


@pytest.fixture
def clock(clinic_row, settings):
    settings.IDLE_MINUTES = clinic_settings.IDLE_MINUTES
    settings.SESSION_COOKIE_AGE = clinic_settings.SESSION_COOKIE_AGE
    with time_machine.travel(START, tick=False) as travels:
        yield travels


def after(clock, **passed) -> None:
    clock.shift(dt.timedelta(**passed))


def signed_in(person, role: Role, **more) -> Client:
    user = person(f"{role}@example.org", role)
    client = Client(**more)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client, **more) -> bool:
    return client.get(reverse(PAGE), **more).status_code == 200


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.STAFF, Role.OPERATOR])
def test_who_sees_others_records_is_signed_out_after_a_quarter_of_an_hour(person, clock, role):
    client = signed_in(person, role)
    after(clock, minutes=14, seconds=59)
    assert is_in(client)
    after(clock, minutes=15)
    assert not is_in(client)
    assert "_auth_user_id" not in client.session, "on the server"
    assert AuditEvent.objects.filter(action="user.idle").count() == 1
    assert not AuditEvent.objects.filter(action="user.signed_out").exists()
    assert SignIn.objects.get().ended_at
    page = client.get(reverse("account_login")).content.decode()
    assert "nothing was done for 15 minutes" in page


def test_without_the_limit_the_same_browser_is_still_signed_in(person, clock, settings):
    settings.IDLE_MINUTES = 0
    client = signed_in(person, Role.DOCTOR)
    after(clock, minutes=40)
    assert is_in(client)


def test_patients_have_twelve_hours_from_the_sign_in(person, clock):
    client = signed_in(person, Role.PATIENT)
    for _hour in range(11):
        after(clock, hours=1)
        assert is_in(client)
    after(clock, minutes=61)
    assert not is_in(client), "however busy they were"


def test_who_is_busy_stays(person, clock):
    client = signed_in(person, Role.STAFF)
    for _step in range(6):
        after(clock, minutes=10)
        assert is_in(client)


@pytest.mark.parametrize("how", ["header", "cookie"])
def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(person, clock, how):
    client = signed_in(person, Role.STAFF)
    if how == "cookie":
        client.cookies["clinic_background"] = "1"
    headers = {"X-Background": "1"} if how == "header" else {}
    for _look in range(14):
        after(clock, minutes=1)
        assert is_in(client, headers=headers)
    after(clock, minutes=1)
    assert not is_in(client, headers=headers)


def test_being_there_is_written_down_twice_a_minute_at_most(
    person, clock, django_assert_num_queries
):
    client = signed_in(person, Role.DOCTOR)
    active = reverse("active")
    after(clock, seconds=29)
    with django_assert_num_queries(1):  # who it is
        client.get(active)
    after(clock, seconds=1)
    client.get(active)
    assert SignIn.objects.get().seen_at == START + dt.timedelta(seconds=30)


def test_pages_are_told_how_long_is_left_and_patients_are_not(person, clock):
    client = signed_in(person, Role.DOCTOR)
    after(clock, seconds=20)
    left = client.get(reverse("active")).cookies["clinic_idle"].value
    assert left.startswith("880.")
    other = signed_in(person, Role.PATIENT)
    assert "clinic_idle" not in other.get(reverse("active")).cookies


def test_an_open_page_goes_to_the_sign_in_and_back_afterwards(person, clock):
    client = signed_in(person, Role.STAFF)
    assert client.get(reverse("idle"), {"next": "/day/"}).url == "/day/", "busy in another tab"
    after(clock, minutes=15)
    to_sign_in = client.get(reverse("idle"), {"next": "/day/"})
    assert to_sign_in.url == f"{reverse('account_login')}?next=/day/"
    elsewhere = client.get(reverse("idle"), {"next": "https://evil.example/"})
    assert elsewhere.url == reverse("account_login")


def test_a_form_sent_too_late_changes_nothing(person, clock):
    client = signed_in(person, Role.STAFF)
    after(clock, minutes=16)
    response = client.post(reverse("sessions_end_others"))
    assert response.url.startswith(reverse("account_login"))
