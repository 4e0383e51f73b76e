from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from booking.models import VisitType
from booking.tests.api.conftest import problem
from tests import factories
from tests.factories import World, at

URL = "/api/v1/availability"
QUERY = {"from": "2026-06-02", "to": "2026-06-02", "visit_type": "checkup"}


def ask(client: Client, **changes: Any) -> Any:
    query = {name: value for name, value in (QUERY | changes).items() if value is not None}
    return client.get(URL, query)


def test_anybody_is_told_the_free_times(anonymous: APIClient, world: World) -> None:
    world.book("09:00", doctor=world.ada)
    response = ask(anonymous)
    answer = response.json()
    assert response["Content-Type"] == "application/json"
    assert list(answer) == ["timezone", "visit_type", "slots"]
    assert answer["timezone"] == "UTC"
    assert answer["visit_type"] == "checkup"
    assert answer["slots"][:2] == [
        {"start": "2026-06-02T09:00:00Z", "doctors": 1},
        {"start": "2026-06-02T09:15:00Z", "doctors": 2},
    ]


def test_of_one_doctor_only_where_one_is_named(anonymous: APIClient, world: World) -> None:
    world.book("09:00", doctor=world.ada)
    starts = [s["start"] for s in ask(anonymous, doctor=world.ada.pk).json()["slots"]]
    assert "2026-06-02T09:00:00Z" not in starts
    assert len(starts) == 11


def test_an_answer_that_the_client_has_is_not_sent_again(
    anonymous: APIClient, world: World
) -> None:
    first = ask(anonymous)
    again = anonymous.get(URL, QUERY, HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    weak = anonymous.get(URL, QUERY, HTTP_IF_NONE_MATCH=f'"other", W/{first["ETag"]}')
    assert weak.status_code == 304
    assert anonymous.get(URL, QUERY, HTTP_IF_NONE_MATCH='"other"').status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_booking_changes_the_answer_at_once(world: World) -> None:
    client = Client()
    first = ask(client)
    world.book("09:00")
    again = client.get(URL, QUERY, HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 200
    assert again.json()["slots"][0] == {"start": "2026-06-02T09:00:00Z", "doctors": 1}
    assert again["Cache-Control"] == "no-cache"


def test_a_second_question_asks_the_database_nothing(
    anonymous: APIClient, world: World, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.CACHE_TTL_SECONDS = 60
    first = ask(anonymous)
    with django_assert_num_queries(0):
        again = ask(anonymous)
    assert again.content == first.content
    assert "Cookie" not in again.get("Vary", "")


def test_a_month_may_be_asked_for_and_no_more(anonymous: APIClient) -> None:
    assert ask(anonymous, **{"from": "2026-06-01", "to": "2026-07-01"}).status_code == 200
    document = problem(ask(anonymous, **{"from": "2026-06-01", "to": "2026-07-02"}), 400, "invalid")
    assert document["errors"][0]["field"] == "to"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", None),
        ("to", None),
        ("visit_type", None),
        ("from", "2026-06-03"),
        ("from", "2026-6-2"),
        ("from", "2026-02-30"),
        ("from", "20260602"),
        ("from", "\x00"),
        ("from", "２０２６-06-02"),
        ("to", "9999-12-31"),
        ("to", "0001-01-01"),
        ("to", ["2026-06-02", "2026-06-03"]),
    ],
)
def test_what_is_no_range_of_days_is_refused(anonymous: APIClient, name: str, value: Any) -> None:
    document = problem(ask(anonymous, **{name: value}), 400, "invalid")
    assert {error["field"] for error in document["errors"]} <= {name, "to"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("visit_type", "unknown"),
        ("visit_type", ""),
        ("visit_type", "\x00"),
        ("visit_type", "x" * 5000),
        ("doctor", "unknown"),
        ("doctor", "\x00"),
        ("doctor", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_what_is_unknown_is_not_found(anonymous: APIClient, name: str, value: str) -> None:
    problem(ask(anonymous, **{name: value}), 404, "not-found")


def test_a_doctor_who_does_not_offer_it_is_not_found(anonymous: APIClient, world: World) -> None:
    other = factories.doctor(world.clinic)
    problem(ask(anonymous, doctor=other.pk), 404, "not-found")


def test_a_visit_type_that_was_withdrawn_is_gone_in_seconds(
    anonymous: APIClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from booking.api import availability

    assert ask(anonymous).status_code == 200
    VisitType.objects.update(active=False)
    monkeypatch.setattr(availability.time, "monotonic", lambda: 1e12)
    problem(ask(anonymous), 404, "not-found")


def test_other_methods_are_not_for_this_address(anonymous: APIClient) -> None:
    response = anonymous.post(URL, {})
    problem(response, 405, "method-not-allowed")
    assert "GET" in response["Allow"]


def test_a_head_request_has_the_same_etag(anonymous: APIClient) -> None:
    assert anonymous.head(URL, QUERY)["ETag"] == ask(anonymous)["ETag"]


def test_holds_count_as_taken(anonymous: APIClient, world: World) -> None:
    world.hold("09:00", doctor=world.ada)
    assert ask(anonymous).json()["slots"][0] == {
        "start": at("09:00").strftime("%Y-%m-%dT%H:%M:%SZ"),
        "doctors": 1,
    }


@pytest.fixture
def fast_lane(settings: Any) -> None:
    lane = "booking.api.fast_lane.FastLane"
    others = [name for name in settings.MIDDLEWARE if name != lane]
    place = others.index("django.middleware.security.SecurityMiddleware") + 1
    settings.MIDDLEWARE = [*others[:place], lane, *others[place:]]


def test_the_fast_lane_gives_the_same_answer(world: World, fast_lane: None) -> None:
    client = Client()
    slow, fast = ask(client), ask(client)
    assert fast.content == slow.content
    assert fast["ETag"] == slow["ETag"]
    assert fast["Cache-Control"] == slow["Cache-Control"]
    assert fast["Content-Security-Policy"] == "default-src 'none'"
    assert fast["X-Content-Type-Options"] == "nosniff"
    assert fast["X-Request-ID"]
    assert client.get(URL, QUERY, HTTP_IF_NONE_MATCH=slow["ETag"]).status_code == 304
    problem(client.post(URL, {}), 405, "method-not-allowed")
    problem(ask(client, doctor="x"), 404, "not-found")


def test_the_fast_lane_is_no_way_round_the_redirect_to_https(
    world: World, fast_lane: None, settings: Any
) -> None:
    ask(Client())
    settings.SECURE_SSL_REDIRECT = True
    assert ask(Client()).status_code == 301
