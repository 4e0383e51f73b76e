from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.test import Client

from booking.models import Appointment, Status
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db


def hold_as(client: Client, clock: str = "09:00") -> str:
    """Keep a time as this browser; returns the address of its confirmation."""
    start = at(clock).strftime("%Y-%m-%dT%H:%M:%SZ")
    response = client.post("/book/checkup/hold/", {"start": start})
    assert response.status_code == 302
    return response["Location"]


def test_nobody_signed_in_is_asked_who_comes_and_the_time_is_kept(
    world: factories.World, client: Client
) -> None:
    url = hold_as(client)
    page = client.get(url).content.decode()
    assert "Who is coming?" in page
    assert f"?next={url}" in page
    assert "Kept for you until 12:10" in page
    assert 'data-seconds="600"' in page


def test_the_time_survives_signing_in(world: factories.World, client: Client) -> None:
    url = hold_as(client)
    client.force_login(factories.patient(with_login=True).user)
    assert "Check and confirm" in client.get(url).content.decode()


def test_somebody_without_a_profile_is_asked_for_it_first(
    world: factories.World, client: Client
) -> None:
    url = hold_as(client)
    client.force_login(factories.user())
    response = client.get(url)
    assert response.status_code == 302
    assert response["Location"].endswith(f"?next={url}")


def test_everything_is_on_one_card_before_it_is_booked(
    world: factories.World, patient_client: Client
) -> None:
    page = patient_client.get(hold_as(patient_client)).content.decode()
    for fact in ("Tuesday 2 June", "Check-up", "Pat Patient", "Test clinic", "Book this visit"):
        assert fact in page


def test_one_button_books_it(world: factories.World, patient_client: Client) -> None:
    url = hold_as(patient_client)
    response = patient_client.post(url, {"reason": "A cough"})
    visit = Appointment.objects.get()
    assert response["Location"] == f"/appointments/{visit.pk}/booked/"
    assert visit.status == Status.BOOKED
    assert visit.patient == patient_client.patient
    assert visit.reason == "A cough"
    assert "hold" not in patient_client.session


def test_a_second_press_leads_to_the_visit_and_books_nothing_more(
    world: factories.World, patient_client: Client
) -> None:
    url = hold_as(patient_client)
    first = patient_client.post(url, {})
    second = patient_client.post(url, {})
    assert second["Location"] == first["Location"]
    assert Appointment.objects.count() == 1


def test_a_visit_that_needs_approval_is_a_request(
    world: factories.World, patient_client: Client
) -> None:
    world.checkup.needs_approval = True
    world.checkup.save()
    url = hold_as(patient_client)
    assert "Send the request" in patient_client.get(url).content.decode()
    patient_client.post(url, {})
    assert Appointment.objects.get().status == Status.PENDING


def test_a_hold_that_ran_out_is_said_kindly_with_what_is_near(
    world: factories.World, patient_client: Client
) -> None:
    url = hold_as(patient_client)
    with time_machine.travel(NOW + dt.timedelta(minutes=10), tick=False):
        response = patient_client.get(url)
        page = response.content.decode()
    assert response.status_code == 410
    assert "is no longer kept for you" in page
    assert "Ask for this time again" in page
    assert page.count('class="time time-dated"') == 3


def test_what_was_typed_outlives_a_hold_that_ran_out(
    world: factories.World, patient_client: Client
) -> None:
    url = hold_as(patient_client)
    with time_machine.travel(NOW + dt.timedelta(minutes=11), tick=False):
        response = patient_client.post(url, {"reason": "A cough at night"})
        assert response.status_code == 409
        again = hold_as(patient_client)
        assert "A cough at night" in patient_client.get(again).content.decode()
        patient_client.post(again, {"reason": "A cough at night"})
    assert "hold_reason" not in patient_client.session


def test_two_visits_at_once_are_refused_and_nothing_typed_is_lost(
    world: factories.World, patient_client: Client
) -> None:
    world.book("09:00", patient=patient_client.patient)
    url = hold_as(patient_client)
    response = patient_client.post(url, {"reason": "Knee"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "You already have an appointment at that time" in page
    assert ">\nKnee</textarea>" in page


@pytest.mark.parametrize("reason", ["x" * 2001, "a\x00b"])
def test_a_reason_that_cannot_be_kept_is_refused_with_a_word(
    world: factories.World, patient_client: Client, reason: str
) -> None:
    response = patient_client.post(hold_as(patient_client), {"reason": reason})
    assert response.status_code == 400
    assert 'class="field-error"' in response.content.decode()
    assert Appointment.objects.get().status == Status.HELD


def test_somebody_else_s_hold_does_not_exist(
    world: factories.World, patient_client: Client, stranger_client: Client
) -> None:
    url = hold_as(patient_client)
    hold_as(stranger_client, "10:00")
    for browser in (stranger_client, Client()):
        assert browser.get(url).status_code == 404
        assert browser.post(url, {}).status_code == 404
        assert browser.post(url + "release/").status_code == 404
    assert Appointment.objects.filter(start=at("09:00"), status=Status.HELD).exists()


def test_an_unknown_hold_does_not_exist(world: factories.World, patient_client: Client) -> None:
    assert patient_client.get(f"/book/hold/{uuid.uuid4()}/").status_code == 404
    assert patient_client.get("/book/hold/1/").status_code == 404


def test_signed_out_in_between_books_nothing_and_asks_who_comes(
    world: factories.World, client: Client
) -> None:
    url = hold_as(client)
    response = client.post(url, {"reason": "x"})
    assert response["Location"] == url
    assert Appointment.objects.get().status == Status.HELD


def test_a_time_can_be_given_back(world: factories.World, client: Client) -> None:
    url = hold_as(client)
    response = client.post(url + "release/")
    assert response["Location"] == "/book/checkup/?day=2026-06-02"
    assert Appointment.objects.get().status == Status.EXPIRED
    assert "hold" not in client.session


def test_giving_back_twice_or_too_late_is_as_good(world: factories.World, client: Client) -> None:
    url = hold_as(client)
    client.post(url + "release/")
    assert client.post(url + "release/").status_code == 302


def test_nothing_is_given_back_by_reading(world: factories.World, client: Client) -> None:
    assert client.get(hold_as(client) + "release/").status_code == 405


def test_another_site_cannot_book(world: factories.World) -> None:
    browser = Client(enforce_csrf_checks=True)
    response = browser.post(f"/book/hold/{uuid.uuid4()}/", {})
    assert response.status_code == 403
