from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from booking.tests.api.conftest import problem
from clinic.lib import throttles
from tests.factories import World


@pytest.fixture
def rates(settings: Any) -> Any:
    def set_rates(**rates: str) -> None:
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
            "DEFAULT_THROTTLE_RATES": {"anonymous": None, "user": None, "hold": None} | rates
        }

    return set_rates


def test_too_many_requests_of_an_address_are_told_to_wait(world: World, rates: Any) -> None:
    rates(anonymous="2/min")
    client = APIClient(REMOTE_ADDR="192.0.2.9")
    assert [client.get("/api/v1/doctors").status_code for _ in range(2)] == [200, 200]
    response = client.get("/api/v1/doctors")
    problem(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert APIClient(REMOTE_ADDR="192.0.2.10").get("/api/v1/doctors").status_code == 200


def test_people_who_are_signed_in_are_counted_by_themselves(
    patient: APIClient, stranger: APIClient, rates: Any
) -> None:
    rates(user="1/min", anonymous="1/min")
    assert patient.get("/api/v1/appointments").status_code == 200
    assert patient.get("/api/v1/appointments").status_code == 429
    assert stranger.get("/api/v1/appointments").status_code == 200


def test_holds_have_a_limit_of_their_own(world: World, rates: Any) -> None:
    rates(hold="1/min")
    statuses = [APIClient().post("/api/v1/holds", {}, format="json").status_code for _ in range(2)]
    assert statuses == [400, 429]


def test_a_claimed_address_does_not_escape_the_limit(world: World, rates: Any) -> None:
    rates(anonymous="1/min")
    statuses = [
        Client().get("/api/v1/doctors", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(2)
    ]
    assert statuses == [200, 429]


def test_without_valkey_nobody_is_refused(world: World, rates: Any, settings: Any) -> None:
    rates(anonymous="1/min")
    cache = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": cache}
    assert [Client().get("/api/v1/doctors").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix:", "unix:"),
    ],
)
def test_a_network_is_counted_as_one(address: str, counted: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    assert throttles.address_of(request) == counted
