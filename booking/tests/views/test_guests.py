"""The page behind the link that a guest is mailed."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client

from booking import links, operations
from booking.models import Appointment, Status, VisitType
from booking.operations.guests import request_as_guest
from clinic.lib.actor import Actor
from tests.factories import NOW, SYSTEM, World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world: World) -> Appointment:
    return request_as_guest(
        name="Gus Guest",
        email="gus@example.org",
        language="en",
        visit_type=world.checkup,
        start=at("09:00"),
        doctor=world.ada,
        by=Actor.guest(),
        now=NOW,
    )


def link(asked: Appointment) -> str:
    return re.sub(r"^https?://[^/]+", "", links.guest_url(asked))


def test_the_mailed_link_asks_before_it_confirms(client: Client, asked: Appointment) -> None:
    page = client.get(link(asked))
    assert page.status_code == 200
    assert "Confirm my request" in page.content.decode()
    asked.refresh_from_db()
    assert asked.confirm_by is not None


def test_confirming_keeps_the_request_until_the_clinic_answers(
    client: Client, asked: Appointment
) -> None:
    page = client.post(link(asked), follow=True)
    assert page.status_code == 200
    assert "Your request is confirmed" in page.content.decode()
    asked.refresh_from_db()
    assert asked.confirm_by is None
    assert asked.status == Status.PENDING
    assert client.post(link(asked), follow=True).status_code == 200  # again changes nothing


def test_the_form_is_protected(asked: Appointment) -> None:
    assert Client(enforce_csrf_checks=True).post(link(asked)).status_code == 403


def test_an_accepted_request_says_so(client: Client, asked: Appointment) -> None:
    operations.accept(appointment=asked, by=SYSTEM, now=NOW)
    assert "Your visit is booked" in client.get(link(asked)).content.decode()


def test_a_declined_request_says_why(client: Client, asked: Appointment) -> None:
    operations.decline(appointment=asked, reason="Full that day", by=SYSTEM, now=NOW)
    page = client.get(link(asked))
    assert page.status_code == 410
    assert "Full that day" in page.content.decode()
    assert client.post(link(asked)).status_code == 410


def test_a_request_that_was_not_confirmed_in_time_has_ended(
    client: Client, asked: Appointment
) -> None:
    with time_machine.travel(at("09:00") + dt.timedelta(minutes=1), tick=False):
        assert client.post(link(asked)).status_code == 410
        page = client.get(link(asked))
    assert page.status_code == 410
    assert "not confirmed in time" in page.content.decode()


@pytest.mark.parametrize("token", ["forged", "a:b:c", "%00", "x" * 2000])
def test_a_forged_link_gets_a_kind_page(client: Client, token: str) -> None:
    for response in (client.get(f"/request/{token}/"), client.post(f"/request/{token}/")):
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()


def test_a_link_made_for_a_patients_visit_opens_nothing(client: Client, world: World) -> None:
    assert client.get(link(world.book("09:00"))).status_code == 404


@pytest.mark.parametrize("confirmed", [False, True])
def test_who_opens_a_mail_sent_to_a_mistyped_address_learns_neither_name_nor_kind_of_visit(
    client: Client, asked: Appointment, confirmed: bool
) -> None:
    VisitType.objects.update(name="Pregnancy test", price="40 euros")
    if confirmed:
        client.post(link(asked))
    page = client.get(link(asked)).content.decode()
    assert str(asked.doctor) in page
    for private in ("Gus Guest", "Pregnancy test", "40 euros"):
        assert private not in page
