"""Two presses of one button: the second is never told that somebody took the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from booking import lookups, operations
from booking.models import Appointment, Status
from tests import factories
from tests.factories import World

pytestmark = pytest.mark.django_db(transaction=True)

HOLD = "/book/checkup/hold/"
NINE = {"start": "2026-06-02T09:00:00Z"}


@pytest.fixture
def world(world: World) -> World:
    """With one doctor: there is nobody else to whom the second press could go."""
    world.checkup.doctors.set([world.ada])
    return world


def same_browser(client: Client, count: int = 2) -> list[Client]:
    """As many that send the same cookies, each from a thread of its own."""
    browsers = [Client() for _each in range(count)]
    for browser in browsers:
        browser.cookies.update(client.cookies)
    return browsers


def at_once(browsers: list[Client], url: str, data: dict[str, str]) -> list[HttpResponse]:
    def press(browser: Client) -> Any:
        try:
            return browser.post(url, data)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(browsers)) as threads:
        return list(threads.map(press, browsers))


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """`meet("hold")`: what an operation does happens once more right before it, by another press,
    so that this one works with what is true no more."""

    def twice(name: str) -> None:
        real = getattr(operations, name)

        def second(**asked: Any) -> Any:
            monkeypatch.setattr(operations, name, real)
            real(**asked)
            raise operations.WrongState

        monkeypatch.setattr(operations, name, second)

    yield twice


def test_a_time_is_kept_once_and_both_presses_lead_to_it(world: World, client: Client) -> None:
    client.post(HOLD, {"start": "2026-06-02T11:00:00Z"})
    answers = at_once(same_browser(client, 4), HOLD, NINE)
    assert [answer.status_code for answer in answers] == [302] * 4
    url = f"/book/hold/{Appointment.objects.get(status=Status.HELD).pk}/"
    for address in {answer["Location"] for answer in answers}:
        shown = client.get(address, follow=True)
        assert shown.status_code == 200
        assert shown.request["PATH_INFO"] == url


def test_the_first_time_of_a_browser_too(world: World, client: Client) -> None:
    client.cookies["csrftoken"] = _get_new_csrf_string()
    answers = at_once(same_browser(client), HOLD, NINE)
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Appointment.objects.filter(status=Status.HELD).count() == 1


def test_a_press_that_comes_too_late_gets_what_the_other_kept(
    world: World, client: Client, meet: Callable[[str], None]
) -> None:
    meet("hold")
    response = client.post(HOLD, NINE)
    assert response["Location"] == f"/book/hold/{Appointment.objects.get().pk}/"
    assert client.session["hold"]["url"] == response["Location"]


def test_another_time_than_the_one_that_is_kept_is_still_refused(
    world: World, client: Client
) -> None:
    client.post(HOLD, NINE)
    world.book("10:00")
    assert client.post(HOLD, {"start": "2026-06-02T10:00:00Z"}).status_code == 409
    assert Appointment.objects.filter(status=Status.HELD).count() == 1


def test_another_doctor_than_the_one_who_is_kept_is_not_what_was_asked_for(
    world: World, client: Client
) -> None:
    world.checkup.doctors.set([world.ada, world.bob])
    world.book("09:00", doctor=world.bob)
    client.post(HOLD, NINE)
    assert client.post(HOLD, NINE | {"doctor": str(world.bob.pk)}).status_code == 409


def test_a_stranger_who_wants_the_same_time_is_told_that_it_is_taken(
    world: World, client: Client
) -> None:
    client.post(HOLD, NINE)
    assert Client().post(HOLD, NINE).status_code == 409


def test_both_presses_that_confirm_lead_to_the_one_visit(
    world: World, patient_client: Client
) -> None:
    url = patient_client.post(HOLD, NINE)["Location"]
    answers = at_once(same_browser(patient_client, 4), url, {"reason": "A cough"})
    visit = Appointment.objects.get()
    assert visit.status == Status.BOOKED
    assert {answer["Location"] for answer in answers} == {f"/appointments/{visit.pk}/booked/"}


@pytest.fixture
def stale_url(world: World, patient_client: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a hold is confirmed that has been booked since the browser's request was read."""
    url = patient_client.post(HOLD, NINE)["Location"]
    stale = lookups.own_hold([patient_client.session["holder"]], Appointment.objects.get().pk)
    patient_client.post(url, {})
    monkeypatch.setattr(lookups, "own_hold", lambda *asked: stale)
    return url


def test_a_press_with_what_was_a_hold_a_moment_ago_leads_to_the_visit(
    patient_client: Client, stale_url: str
) -> None:
    response = patient_client.post(stale_url, {})
    assert response["Location"] == f"/appointments/{Appointment.objects.get().pk}/booked/"


def test_of_two_people_at_one_browser_only_who_booked_is_led_to_the_visit(
    patient_client: Client, stale_url: str
) -> None:
    patient_client.force_login(
        factories.patient(with_login=True).user,
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    assert patient_client.post(stale_url, {}).status_code == 409
