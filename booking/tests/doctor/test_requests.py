from __future__ import annotations

import pytest
from django.test import Client

from booking.models import Appointment, Status
from notifications.models import Message
from tests import factories
from tests.factories import World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world: World) -> Appointment:
    kind = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    patient = factories.patient(name="Asking Person")
    return world.book("11:00", visit_type=kind, patient=patient)


def test_a_request_is_shown_on_the_day_in_the_list_and_counted(
    ada: Client, asked: Appointment
) -> None:
    for address in ("/day/", "/day/requests/"):
        text = ada.get(address).content.decode()
        assert "Asking Person" in text and "Awaits your answer" in text
        assert '<span class="nav-count">1<' in text


def test_a_colleague_has_nothing_to_answer(bob: Client, asked: Appointment) -> None:
    text = bob.get("/day/requests/").content.decode()
    assert "Nothing awaits your answer" in text and "nav-count" not in text
    for verb in ("accept", "decline"):
        answer = bob.post(f"/day/visits/{asked.pk}/{verb}/", {"reason": "no"})
        assert answer.status_code == 404


def test_one_press_accepts_and_comes_back_to_the_requests(ada: Client, asked: Appointment) -> None:
    response = ada.post(f"/day/visits/{asked.pk}/accept/", {"page": "requests"})

    assert response["Location"].startswith("/day/requests/#")
    asked.refresh_from_db()
    assert asked.status == Status.BOOKED
    assert Message.objects.filter(template="request_accepted").exists()


def test_declining_asks_for_a_reason_and_tells_it(ada: Client, asked: Appointment) -> None:
    address = f"/day/visits/{asked.pk}/decline/"
    assert "Decline this request?" in ada.get(address).content.decode()
    empty = ada.post(address, {"reason": " "})
    assert empty.status_code == 400 and "Please say why" in empty.content.decode()

    assert ada.post(address, {"reason": "See a colleague first"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.status, asked.decision_reason) == (Status.DECLINED, "See a colleague first")


def test_a_request_whose_time_has_come_is_not_offered_for_an_answer(
    ada: Client, asked: Appointment, clock
) -> None:
    clock("11:00")
    assert "Accept" not in ada.get("/day/").content.decode()
    response = ada.post(f"/day/visits/{asked.pk}/accept/")
    assert response.status_code == 409


def test_a_guests_request_that_ran_out_is_not_shown(world: World, ada: Client, clock) -> None:
    guest = factories.patient(name="Gone Guest", is_guest=True)
    world.book("11:00", doctor=world.ada, patient=guest, confirm_by=at("09:00"))
    assert "Gone Guest" in ada.get("/day/requests/").content.decode()
    clock("09:01")
    assert "Gone Guest" not in ada.get("/day/requests/").content.decode()
