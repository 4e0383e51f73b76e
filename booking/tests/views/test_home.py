from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from booking.models import VisitType
from tests import factories

pytestmark = pytest.mark.django_db


def test_everybody_sees_what_can_be_booked(world: factories.World, client: Client) -> None:
    world.clinic.opening_text = "Monday to Friday"
    world.clinic.save()
    factories.visit_type(world.clinic, world.ada, name="Long talk", minutes=45, price="$80")
    page = client.get("/").content.decode()
    assert "Check-up" in page
    assert "/book/checkup/" in page
    assert "45 minutes" in page
    assert "$80" in page
    assert "Monday to Friday" in page


def test_visit_types_that_are_not_offered_are_not_shown(
    world: factories.World, client: Client
) -> None:
    factories.visit_type(world.clinic, world.ada, name="Closed service", active=False)
    assert "Closed service" not in client.get("/").content.decode()


def test_without_visit_types_it_says_whom_to_call(world: factories.World, client: Client) -> None:
    VisitType.objects.all().delete()
    page = client.get("/").content.decode()
    assert "Nothing can be booked online yet" in page
    assert world.clinic.phone in page


def test_before_the_clinic_is_set_up_it_says_how(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "manage.py setup_clinic" in response.content.decode()


def test_only_a_demonstration_shows_logins_and_its_mailbox(
    world: factories.World, client: Client, settings: Any
) -> None:
    assert "demo.example" not in client.get("/").content.decode()
    settings.DEMO = True
    page = client.get("/").content.decode()
    assert "patient@demo.example" in page
    assert "/mailbox/" in page


def test_it_is_only_for_reading(world: factories.World, client: Client) -> None:
    assert client.post("/").status_code == 405


@pytest.mark.parametrize("address", ["/nothing-here/", "/book/unknown/", "/book/Unknown%00/"])
def test_an_unknown_address_is_a_page_that_helps(
    world: factories.World, client: Client, address: str
) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_the_page_for_broken_things_needs_nothing_that_may_be_broken() -> None:
    from clinic.views import server_error

    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert b"Something went wrong on our side" in response.content


def test_pages_allow_no_script_but_the_site_s_own(world: factories.World, client: Client) -> None:
    response = client.get("/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "<script>" not in page
    assert " style=" not in page
    assert " onclick=" not in page
