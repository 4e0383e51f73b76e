"""The two plain endpoints."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.models import Patient, TreatingRelationship
from booking import operations
from booking.api import places
from booking.models import Appointment, Status
from booking.tests.api.conftest import problem
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, World

PLACES = "/appointment-slot"
BOOK = "/book-appointment"


def place_id(world: World, clock: str = "09:00") -> str:
    hour = clock.replace(":", "")
    return f"{world.ada.pk.hex}-20260602T{hour}00Z"


def ask(client: Client, **changes: Any) -> Any:
    body = {"patientName": "Gus Guest", "patientEmail": "gus@example.org", "notes": "Hello"}
    return client.post(BOOK, body | changes, content_type="application/json")


@pytest.fixture
def site(world: World) -> Client:
    """A visitor of a static site: no cookies, no token."""
    return Client(REMOTE_ADDR="192.0.2.7")


def test_the_list_has_each_doctors_place(site: Client, world: World) -> None:
    factories.visit_type(world.clinic, world.ada, position=5)
    world.book("09:00", doctor=world.bob)
    listed = site.get(PLACES).json()
    assert len(listed) == 23
    assert listed[0] == {
        "appointmentId": place_id(world),
        "appointmentDate": "2026-06-02",
        "appointmentTime": "09:00",
        "status": "AVAILABLE",
    }


def test_the_list_is_made_once_and_shows_every_change(
    site: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    original = places._items
    monkeypatch.setattr(places, "_items", lambda *a, **k: made.append(1) or original(*a, **k))
    first = site.get(PLACES)
    assert site.get(PLACES).content == first.content
    assert len(made) == 1
    ask(site, appointmentId=place_id(world))
    told = {each["appointmentId"]: each["status"] for each in site.get(PLACES).json()}
    assert told[place_id(world)] == "PENDING"
    operations.accept(appointment=Appointment.objects.get(), by=SYSTEM, now=NOW)
    assert site.get(PLACES).json()[0]["appointmentId"] == f"{world.bob.pk.hex}-20260602T090000Z"


def test_dates_and_times_are_the_clinics(site: Client, world: World) -> None:
    world.clinic.time_zone = "Pacific/Auckland"  # twelve hours ahead
    world.clinic.save()
    assert site.get(PLACES).json()[-1]["appointmentTime"] == "23:45"
    assert site.get(PLACES, {"from": "2026-06-03"}).json() == []


def test_the_list_can_be_narrowed_to_days(site: Client) -> None:
    assert len(site.get(PLACES, {"from": "2026-06-02", "to": "2026-06-02"}).json()) == 24
    assert site.get(PLACES, {"from": "2026-06-03"}).json() == []
    assert site.get(PLACES, {"to": "2026-06-01"}).json() == []
    assert site.get(PLACES, {"from": "2100-01-01"}).json() == []
    for query in ({"from": "x"}, {"from": "2026-06-03", "to": "2026-06-02"}, {"to": "\x00"}):
        problem(site.get(PLACES, query), 400, "invalid")


def test_the_visit_type_is_a_setting(site: Client, world: World, settings: Any) -> None:
    factories.visit_type(world.clinic, world.bob, slug="long", minutes=45)
    settings.GUEST_VISIT_TYPE = "long"
    assert {each["appointmentId"][:32] for each in site.get(PLACES).json()} == {world.bob.pk.hex}
    settings.GUEST_VISIT_TYPE = "unknown"
    problem(site.get(PLACES), 404, "not-found")


def test_a_guest_asks_for_a_place(site: Client, world: World) -> None:
    response = ask(site, appointmentId=place_id(world))
    assert response.status_code == 201, response.content
    asked = Appointment.objects.get()
    assert response.json() == {
        "appointmentId": str(asked.pk),
        "appointmentDate": "2026-06-02",
        "appointmentTime": "09:00",
        "status": "PENDING",
    }
    assert response["Location"] == f"{PLACES}/{asked.pk}"
    assert asked.status == Status.PENDING
    assert asked.doctor == world.ada
    assert asked.reason == "Hello"
    assert asked.confirm_by == NOW + dt.timedelta(hours=2)
    assert asked.patient is not None
    assert asked.patient.is_guest
    assert Message.objects.get().recipient == "gus@example.org"
    assert not response.cookies
    listed = {each["appointmentId"]: each["status"] for each in site.get(PLACES).json()}
    assert listed[place_id(world)] == "PENDING"
    assert str(asked.pk) not in listed


def test_a_guest_is_never_taken_for_a_patient_who_is_known(site: Client, world: World) -> None:
    known = factories.patient(name="Gus Guest", email="gus@example.org")
    ask(site, appointmentId=place_id(world))
    asked = Appointment.objects.get()
    assert asked.patient != known
    operations.accept(appointment=asked, by=SYSTEM, now=NOW)
    assert not TreatingRelationship.objects.exists()


def test_a_taken_place_leaves_no_guest_behind(site: Client, world: World) -> None:
    world.book("09:00", doctor=world.ada)
    patients = Patient.objects.count()
    document = problem(ask(site, appointmentId=place_id(world)), 409, "taken")
    assert document["alternatives"]
    assert Patient.objects.count() == patients
    assert site.get(f"{PLACES}/{place_id(world)}").json()["status"] == "UNAVAILABLE"


def test_a_place_is_followed_by_its_id_and_tells_nothing_of_who_asked(
    site: Client, world: World
) -> None:
    url = f"{PLACES}/{place_id(world)}"
    assert site.get(url).json()["status"] == "AVAILABLE"
    ask(site, appointmentId=place_id(world))
    assert site.get(url).json()["status"] == "PENDING"
    asked = Appointment.objects.get()
    operations.decline(appointment=asked, reason="Full that day", by=SYSTEM, now=NOW)
    assert site.get(url).json() == {
        "appointmentId": place_id(world),
        "appointmentDate": "2026-06-02",
        "appointmentTime": "09:00",
        "status": "AVAILABLE",
    }


def test_whoever_holds_a_requests_own_id_sees_the_answer(site: Client, world: World) -> None:
    accepted = ask(site, appointmentId=place_id(world, "09:00")).json()["appointmentId"]
    declined = ask(site, appointmentId=place_id(world, "10:00")).json()["appointmentId"]
    operations.accept(appointment=Appointment.objects.get(pk=accepted), by=SYSTEM, now=NOW)
    operations.decline(
        appointment=Appointment.objects.get(pk=declined), reason="Full", by=SYSTEM, now=NOW
    )
    assert site.get(f"{PLACES}/{accepted}").json()["status"] == "ACCEPTED"
    answer = site.get(f"{PLACES}/{declined}").json()
    assert answer["status"] == "DECLINED"
    assert answer["decisionReason"] == "Full"
    assert set(answer) == {
        "appointmentId",
        "appointmentDate",
        "appointmentTime",
        "status",
        "decisionReason",
    }


def test_a_patients_visit_is_not_shown_there(site: Client, world: World) -> None:
    visit = world.book("09:00")
    problem(site.get(f"{PLACES}/{visit.pk}"), 404, "not-found")


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        "\x00",
        "00000000-0000-0000-0000-000000000000",
        "0" * 32 + "-20260602T090000Z",
        "0" * 32 + "-20261302T090000Z",
        "0" * 32 + "-00010101T000000Z",
        "9" * 60,
    ],
)
def test_an_unknown_id_is_not_found(site: Client, odd: str) -> None:
    problem(site.get(f"{PLACES}/{odd.replace(chr(0), '%00')}"), 404, "not-found")
    response = ask(site, appointmentId=odd)
    problem(response, 400 if odd == "\x00" else 404, "invalid" if odd == "\x00" else "not-found")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"patientName": ""}, "patientName"),
        ({"patientName": None}, "patientName"),
        ({"patientName": "A\nB"}, "patientName"),
        ({"patientName": "Win at https://example.org"}, "patientName"),
        ({"patientName": "x" * 151}, "patientName"),
        ({"patientEmail": "nobody"}, "patientEmail"),
        ({"patientEmail": "a@example.org\nBcc: b@example.org"}, "patientEmail"),
        ({"patientEmail": ["a@example.org"]}, "patientEmail"),
        ({"notes": "x" * 2001}, "notes"),
        ({"notes": "\x00"}, "notes"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(
    site: Client, world: World, changes: dict[str, Any], field: str
) -> None:
    document = problem(ask(site, appointmentId=place_id(world), **changes), 400, "invalid")
    assert [error["field"] for error in document["errors"]] == [field]


def test_times_that_are_no_places_are_refused(site: Client, world: World) -> None:
    problem(ask(site, appointmentId=place_id(world, "09:07")), 422, "not-offered")
    past = f"{world.ada.pk.hex}-20200101T090000Z"
    problem(ask(site, appointmentId=past), 422, "too-soon")


def test_a_static_site_may_call_where_the_setting_says_so(
    site: Client, world: World, settings: Any
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://static.example"]
    response = site.get(PLACES, headers={"Origin": "https://static.example"})
    assert response["Access-Control-Allow-Origin"] == "https://static.example"
    preflight = site.options(
        BOOK,
        headers={"Origin": "https://static.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status_code == 204


def test_one_address_and_one_mailbox_are_limited(world: World, settings: Any) -> None:
    rates = {"anonymous": None, "guest-address": "3/hour", "guest-email": "2/hour"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    clocks = iter(["09:00", "09:15", "09:30", "09:45", "10:00"])

    def tried(address: str, email: str) -> int:
        client = Client(REMOTE_ADDR=address)
        place = place_id(world, next(clocks))
        return ask(client, appointmentId=place, patientEmail=email).status_code

    assert [tried("192.0.2.1", "a@example.org") for _ in range(2)] == [201, 201]
    assert tried("192.0.2.2", "A@example.org") == 429
    assert tried("192.0.2.1", "b@example.org") == 201
    assert tried("192.0.2.1", "c@example.org") == 429
    assert Appointment.objects.count() == 3


def test_a_guest_who_repeats_with_the_key_asks_once(site: Client, world: World) -> None:
    body = {
        "appointmentId": place_id(world),
        "patientName": "Gus Guest",
        "patientEmail": "gus@example.org",
    }
    answers = [
        site.post(BOOK, body, content_type="application/json", headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert Appointment.objects.count() == 1
