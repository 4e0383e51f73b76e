from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Patient
from booking import lookups, operations
from booking.models import Appointment, Status
from booking.tests.api.conftest import problem, with_token
from tests import factories
from tests.factories import NOW, SYSTEM, World, at

URL = "/api/v1/appointments"
WISH = {"start": "2026-06-02T09:00:00Z", "visit_type": "checkup"}


def book(client: APIClient, **changes: Any) -> Any:
    return client.post(URL, WISH | changes, format="json")


@pytest.fixture
def visit(world: World, pat: Patient) -> Appointment:
    """The patient's, in three days: late enough to be changed."""
    day = dt.date(2026, 6, 4)
    factories.cells(world.ada, at("09:00", day), 8)
    return world.book(start=at("09:00", day), patient=pat, doctor=world.ada)


def test_a_patient_books_a_visit(patient: APIClient, pat: Patient, world: World) -> None:
    response = book(patient, doctor=str(world.bob.pk), reason="My knee")
    assert response.status_code == 201, response.content
    booked = Appointment.objects.get()
    assert response.json() == {
        "id": str(booked.pk),
        "patient": str(pat.pk),
        "status": "booked",
        "start": "2026-06-02T09:00:00Z",
        "end": "2026-06-02T09:15:00Z",
        "doctor": str(world.bob.pk),
        "doctor_name": "Bob Brown",
        "visit_type": "checkup",
        "decision_reason": "",
    }
    assert response["Location"] == f"{URL}/{booked.pk}"
    assert response["Cache-Control"] == "no-store"
    assert booked.patient == pat
    assert booked.reason == "My knee"
    assert booked.source == "api"


def test_a_patient_books_the_time_that_was_held_before(patient: APIClient) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    response = patient.post(URL, {"hold": hold["id"]}, format="json")
    assert response.status_code == 201, response.content
    assert response.json()["id"] == hold["id"]


def test_a_browser_keeps_its_hold_when_it_signs_in(pat: Patient) -> None:
    client = APIClient()
    hold = client.post("/api/v1/holds", WISH, format="json").json()
    assert pat.user is not None
    client.force_login(pat.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(URL, {"hold": hold["id"]}, format="json").status_code == 201


def test_anothers_hold_cannot_be_booked(patient: APIClient, stranger: APIClient) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    problem(stranger.post(URL, {"hold": hold["id"]}, format="json"), 404, "not-found")


def test_a_hold_that_was_booked_a_moment_ago_is_answered_with_the_visit(
    patient: APIClient, stranger: APIClient
) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    first = patient.post(URL, {"hold": hold["id"]}, format="json")
    again = patient.post(URL, {"hold": hold["id"]}, format="json")
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert Appointment.objects.count() == 1
    problem(stranger.post(URL, {"hold": hold["id"]}, format="json"), 404, "not-found")


def test_a_hold_that_was_booked_and_cancelled_is_unknown(
    patient: APIClient, pat: Patient, world: World
) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    patient.post(URL, {"hold": hold["id"]}, format="json")
    operations.cancel(appointment=Appointment.objects.get(), by=SYSTEM, now=NOW)
    problem(patient.post(URL, {"hold": hold["id"]}, format="json"), 404, "not-found")


def test_two_that_book_one_hold_at_once_get_the_same_visit(
    patient: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    stale = lookups.own_hold([Appointment.objects.get().holder], Appointment.objects.get().pk)
    first = patient.post(URL, {"hold": hold["id"]}, format="json")
    monkeypatch.setattr(lookups, "own_hold", lambda *asked: stale)
    again = patient.post(URL, {"hold": hold["id"]}, format="json")
    assert again.status_code == 201, again.content
    assert again.json() == first.json()


def test_a_hold_that_ran_out_cannot_be_booked(patient: APIClient) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    with time_machine.travel(NOW + dt.timedelta(minutes=11)):
        problem(patient.post(URL, {"hold": hold["id"]}, format="json"), 409, "hold-expired")


def test_what_needs_approval_is_a_request(patient: APIClient, world: World) -> None:
    world.checkup.needs_approval = True
    world.checkup.save()
    assert book(patient).json()["status"] == "pending"


def test_a_taken_time_is_refused_with_alternatives(patient: APIClient, world: World) -> None:
    world.book("09:00", doctor=world.ada)
    document = problem(book(patient, doctor=str(world.ada.pk)), 409, "taken")
    assert document["alternatives"][0] == {"start": "2026-06-02T09:15:00Z", "doctors": 1}
    assert document["type"].endswith("#taken")


def test_a_patient_cannot_be_in_two_places(patient: APIClient, pat: Patient, world: World) -> None:
    world.book("09:00", patient=pat)
    problem(book(patient), 409, "patient-busy")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"start", "visit_type"}),
        ({"start": "2026-06-02T09:00:00Z"}, {"visit_type"}),
        ({"hold": "00000000-0000-0000-0000-000000000000", "visit_type": "checkup"}, {"hold"}),
        ({"hold": None}, {"hold"}),
        (WISH | {"reason": "x" * 2001}, {"reason"}),
        (WISH | {"reason": "\x00"}, {"reason"}),
        (WISH | {"reason": 5.5, "start": True}, {"start"}),
        ([], {""}),
        ("text", {""}),
        (None, {"start", "visit_type"}),
        (5, {""}),
    ],
)
def test_a_malformed_booking_is_told_what_is_wrong(
    patient: APIClient, body: Any, fields: set[str]
) -> None:
    document = problem(patient.post(URL, body, format="json"), 400, "invalid")
    assert {error["field"] for error in document["errors"]} == fields


def test_nobody_books_without_signing_in(anonymous: APIClient) -> None:
    response = book(anonymous)
    problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"] == "Bearer"
    problem(anonymous.get(URL), 401, "not-authenticated")
    client = APIClient(HTTP_AUTHORIZATION="Bearer nonsense\x00")
    problem(book(client), 401, "authentication-failed")


def test_who_is_no_patient_is_told_to_become_one(doctor: APIClient) -> None:
    problem(book(doctor), 403, "profile-missing")
    assert doctor.get(URL).json()["results"] == []


def test_an_unconfirmed_address_cannot_book(patient: APIClient, pat: Patient) -> None:
    assert pat.user is not None
    pat.user.emailaddress_set.update(verified=False)
    problem(book(patient), 403, "email-unverified")


def test_patients_see_their_own_visits_and_nobody_elses(
    patient: APIClient,
    stranger: APIClient,
    doctor: APIClient,
    anonymous: APIClient,
    visit: Appointment,
) -> None:
    url = f"{URL}/{visit.pk}"
    assert patient.get(url).json()["id"] == str(visit.pk)
    assert [each["id"] for each in patient.get(URL).json()["results"]] == [str(visit.pk)]
    for other in (stranger, doctor):
        problem(other.get(url), 404, "not-found")
        assert other.get(URL).json()["results"] == []
    problem(anonymous.get(url), 401, "not-authenticated")


def test_a_hold_is_no_visit_yet(patient: APIClient) -> None:
    hold = patient.post("/api/v1/holds", WISH, format="json").json()
    problem(patient.get(f"{URL}/{hold['id']}"), 404, "not-found")


def test_the_list_comes_in_pages_and_can_be_narrowed(
    patient: APIClient, pat: Patient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from booking.api.appointments import LatestFirst

    monkeypatch.setattr(LatestFirst, "page_size", 2)
    visits = [world.book(clock, patient=pat) for clock in ("09:00", "09:15", "09:30")]
    operations.cancel(appointment=visits[0], by=SYSTEM, now=NOW)
    first = patient.get(URL).json()
    assert [each["start"][11:16] for each in first["results"]] == ["09:30", "09:15"]
    second = patient.get(first["next"]).json()
    assert [each["start"][11:16] for each in second["results"]] == ["09:00"]
    assert second["next"] is None
    cancelled = patient.get(URL, {"status": "cancelled"}).json()["results"]
    assert [each["id"] for each in cancelled] == [str(visits[0].pk)]
    assert patient.get(URL, {"from": "2026-06-03"}).json()["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "held"},
        {"status": "\x00"},
        {"from": "soon"},
        {"cursor": "cD1ub25zZW5zZQ=="},
        {"cursor": "cD0A"},
    ],
)
def test_a_list_that_cannot_be_is_refused(patient: APIClient, query: dict[str, str]) -> None:
    problem(patient.get(URL, query), 400, "invalid")


def test_a_patient_cancels_a_visit(patient: APIClient, visit: Appointment) -> None:
    response = patient.post(f"{URL}/{visit.pk}/cancel", {"reason": "Better now"}, format="json")
    assert response.status_code == 200, response.content
    assert response.json()["status"] == "cancelled"
    visit.refresh_from_db()
    assert visit.cancel_reason == "Better now"
    problem(patient.post(f"{URL}/{visit.pk}/cancel"), 409, "wrong-state")


def test_a_patient_moves_a_visit(patient: APIClient, visit: Appointment, world: World) -> None:
    wish = {"start": "2026-06-04T09:30:00Z"}
    response = patient.post(f"{URL}/{visit.pk}/reschedule", wish, format="json")
    assert response.status_code == 200, response.content
    assert response.json()["start"] == wish["start"]
    assert response.json()["doctor_name"] == "Ada Adams"


def test_a_visit_that_goes_to_another_doctor_names_that_one(
    patient: APIClient, visit: Appointment, world: World
) -> None:
    wish = {"start": "2026-06-02T09:30:00Z", "doctor": str(world.bob.pk)}
    response = patient.post(f"{URL}/{visit.pk}/reschedule", wish, format="json")
    assert response.json()["doctor"] == str(world.bob.pk)
    assert response.json()["doctor_name"] == "Bob Brown"


def test_shortly_before_a_visit_only_the_clinic_changes_it(
    patient: APIClient, pat: Patient, world: World
) -> None:
    visit = world.book("09:00", patient=pat)
    problem(patient.post(f"{URL}/{visit.pk}/cancel"), 422, "too-late-to-change")


@pytest.mark.parametrize("verb", ["cancel", "reschedule"])
def test_nobody_else_changes_a_visit(
    verb: str,
    visit: Appointment,
    stranger: APIClient,
    doctor: APIClient,
    anonymous: APIClient,
) -> None:
    url, body = f"{URL}/{visit.pk}/{verb}", {"start": "2026-06-04T09:30:00Z"}
    for other in (stranger, doctor):
        problem(other.post(url, body, format="json"), 404, "not-found")
    problem(anonymous.post(url, body, format="json"), 401, "not-authenticated")
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED
    assert visit.version == 1


def test_a_token_stops_working_when_its_user_does(pat: Patient) -> None:
    assert pat.user is not None
    client = with_token(pat.user)
    pat.user.is_active = False
    pat.user.save()
    problem(client.get(URL), 401, "authentication-failed")
