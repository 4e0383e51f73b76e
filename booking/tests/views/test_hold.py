from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.settings import api_settings

from booking.models import Appointment, Status
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db

URL = "/book/checkup/hold/"
NINE = {"start": "2026-06-02T09:00:00Z"}


def test_a_chosen_time_is_kept_for_this_browser(world: factories.World, client: Client) -> None:
    response = client.post(URL, NINE)
    held = Appointment.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/book/hold/{held.pk}/"
    assert held.status == Status.HELD
    assert held.start == at("09:00")
    assert held.holder == client.session["holder"]
    assert client.session["hold"]["url"] == f"/book/hold/{held.pk}/"


def test_the_chosen_doctor_is_the_one_who_is_kept(world: factories.World, client: Client) -> None:
    client.post(URL, NINE | {"doctor": str(world.bob.pk)})
    assert Appointment.objects.get().doctor == world.bob


def test_a_browser_keeps_one_time(world: factories.World, client: Client) -> None:
    client.post(URL, NINE)
    client.post(URL, {"start": "2026-06-02T10:00:00Z"})
    assert Appointment.objects.filter(status=Status.HELD).count() == 1


def test_a_time_just_taken_is_said_kindly_with_the_three_nearest(
    world: factories.World, client: Client
) -> None:
    world.book("09:00")
    world.book("09:00")
    response = client.post(URL, NINE)
    page = response.content.decode()
    assert response.status_code == 409
    assert "This time has just been taken." in page
    assert "These are near it" in page
    assert page.count('class="time time-dated"') == 3
    assert Appointment.objects.filter(status=Status.HELD).count() == 0


@pytest.mark.parametrize("start", ["2026-06-01T12:10:00Z", "2026-12-01T09:00:00Z"])
def test_too_soon_and_too_far_are_said(world: factories.World, client: Client, start: str) -> None:
    response = client.post(URL, {"start": start})
    assert response.status_code == 409
    assert 'id="refused-title"' in response.content.decode()


def test_a_time_that_no_doctor_has_is_said(world: factories.World, client: Client) -> None:
    response = client.post(URL, {"start": "2026-06-02T09:07:00Z"})
    assert response.status_code == 409


@pytest.mark.parametrize(
    "start",
    [
        "",
        "garbage",
        "\x00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "٣",
        "1e9",
        "2026-06-02",
        "2026-06-02T09:00:00",
    ],
)
def test_what_is_no_time_is_refused(world: factories.World, client: Client, start: str) -> None:
    response = client.post(URL, {"start": start})
    assert response.status_code == 400
    assert "Please choose one of the times shown" in response.content.decode()
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("doctor", ["x", "\x00", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_doctor_is_refused(world: factories.World, client: Client, doctor: str) -> None:
    assert client.post(URL, NINE | {"doctor": doctor}).status_code == 400
    assert not Appointment.objects.exists()


def test_an_unknown_visit_type_is_not_found(world: factories.World, client: Client) -> None:
    assert client.post("/book/unknown/hold/", NINE).status_code == 404


def test_who_comes_back_to_the_address_sees_the_times(
    world: factories.World, client: Client
) -> None:
    response = client.get(URL)
    assert response.status_code == 302
    assert response["Location"] == "/book/checkup/"


def test_nobody_keeps_times_without_end(
    world: factories.World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {**api_settings.DEFAULT_THROTTLE_RATES, "hold": "2/min"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    answers = [client.post(URL, NINE) for _again in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "Please wait a minute" in answers[-1].content.decode()


def test_another_site_cannot_keep_times(world: factories.World) -> None:
    response = Client(enforce_csrf_checks=True).post(URL, NINE)
    assert response.status_code == 403
    assert "Please send the form again" in response.content.decode()
    assert not Appointment.objects.exists()
