from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Patient
from booking import operations
from booking.models import Appointment, Status
from booking.tests.api.conftest import problem
from tests.factories import NOW, World

URL = "/api/v1/holds"
WISH = {"start": "2026-06-02T09:00:00Z", "visit_type": "checkup"}


def hold(client: APIClient, **changes: Any) -> Any:
    return client.post(URL, WISH | changes, format="json")


def test_nobody_signed_in_can_hold_a_time(anonymous: APIClient, world: World) -> None:
    response = hold(anonymous, doctor=str(world.ada.pk))
    assert response.status_code == 201, response.content
    answer = response.json()
    held = Appointment.objects.get()
    assert answer == {
        "id": str(held.pk),
        "start": "2026-06-02T09:00:00Z",
        "end": "2026-06-02T09:15:00Z",
        "expires_at": "2026-06-01T12:10:00Z",
        "doctor": str(world.ada.pk),
    }
    assert held.holder == anonymous.session["holder"]


def test_a_time_with_another_offset_is_the_same_time(anonymous: APIClient) -> None:
    response = hold(anonymous, start="2026-06-02T11:00:00+02:00")
    assert response.json()["start"] == "2026-06-02T09:00:00Z"


def test_a_second_hold_of_the_same_caller_replaces_the_first(anonymous: APIClient) -> None:
    first = hold(anonymous).json()["id"]
    hold(anonymous, start="2026-06-02T09:30:00Z")
    assert Appointment.objects.get(pk=first).status == Status.EXPIRED
    assert Appointment.objects.filter(status=Status.HELD).count() == 1


def test_a_patients_token_holds_in_the_patients_name(patient: APIClient, pat: Patient) -> None:
    response = hold(patient)
    held = Appointment.objects.get(pk=response.json()["id"])
    assert len(held.holder) == 64
    assert str(pat.user_id) not in held.holder
    assert "clinic_session" not in response.cookies


def test_a_taken_time_is_refused_with_the_nearest_free_ones(
    anonymous: APIClient, world: World
) -> None:
    world.book("09:00")
    world.book("09:00")
    document = problem(hold(anonymous), 409, "taken")
    assert document["alternatives"][0] == {"start": "2026-06-02T09:15:00Z", "doctors": 2}
    assert len(document["alternatives"]) == 3


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"start": "2026-06-01T12:30:00Z"}, 422, "too-soon"),
        ({"start": "2020-01-01T09:00:00Z"}, 422, "too-soon"),
        ({"start": "2027-06-02T09:00:00Z"}, 422, "too-far"),
        ({"start": "2026-06-02T09:07:00Z"}, 422, "not-offered"),
        ({"start": "2026-06-02T23:00:00Z"}, 422, "not-offered"),
        ({"visit_type": "unknown"}, 404, "not-found"),
        ({"visit_type": "../x"}, 404, "not-found"),
        ({"doctor": "00000000-0000-0000-0000-000000000000"}, 404, "not-found"),
        ({"doctor": "me"}, 400, "invalid"),
        ({"doctor": 5}, 404, "not-found"),
        ({"doctor": 10**40}, 400, "invalid"),
        ({"start": "2026-06-02T09:00:00"}, 400, "invalid"),
        ({"start": "2026-06-02"}, 400, "invalid"),
        ({"start": "9999-12-31T23:59:59Z"}, 400, "invalid"),
        ({"start": "0001-01-01T00:00:00+14:00"}, 400, "invalid"),
        ({"start": 1780000000}, 400, "invalid"),
        ({"start": None}, 400, "invalid"),
        ({"start": ["2026-06-02T09:00:00Z"]}, 400, "invalid"),
        ({"visit_type": {"slug": "checkup"}}, 400, "invalid"),
        ({"visit_type": "check\x00up"}, 400, "invalid"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    anonymous: APIClient, changes: dict[str, Any], status: int, code: str
) -> None:
    problem(hold(anonymous, **changes), status, code)
    assert not Appointment.objects.exists()


def test_a_second_wish_for_the_time_that_one_keeps_is_answered_with_it(
    anonymous: APIClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = hold(anonymous)

    def too_late(**asked: Any) -> None:
        raise operations.Taken

    monkeypatch.setattr(operations, "hold", too_late)
    again = hold(anonymous)
    assert again.status_code == 201
    assert again.json() == first.json()
    problem(hold(anonymous, start="2026-06-02T10:00:00Z"), 409, "taken")
    problem(hold(APIClient()), 409, "taken")
    with time_machine.travel(NOW + dt.timedelta(minutes=10)):
        problem(hold(anonymous), 409, "taken")


def test_a_hold_is_given_back_by_its_holder(anonymous: APIClient) -> None:
    url = f"{URL}/{hold(anonymous).json()['id']}"
    assert anonymous.delete(url).status_code == 204
    problem(anonymous.delete(url), 404, "not-found")


def test_a_hold_is_unknown_to_everybody_else(
    anonymous: APIClient, patient: APIClient, stranger: APIClient, doctor: APIClient
) -> None:
    url = f"{URL}/{hold(patient).json()['id']}"
    for other in (anonymous, APIClient(), stranger, doctor):
        problem(other.delete(url), 404, "not-found")
    assert Appointment.objects.get().status == Status.HELD


def test_a_hold_that_ran_out_cannot_be_given_back_twice(anonymous: APIClient) -> None:
    url = f"{URL}/{hold(anonymous).json()['id']}"
    with time_machine.travel(NOW + dt.timedelta(minutes=20)):
        assert anonymous.delete(url).status_code == 204  # it had not been swept yet
        problem(anonymous.delete(url), 404, "not-found")


def test_a_session_needs_the_csrf_token(pat: Patient) -> None:
    client = APIClient(enforce_csrf_checks=True)
    assert pat.user is not None
    client.force_login(pat.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    problem(hold(client), 403, "permission-denied")
