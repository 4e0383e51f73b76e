"""A client that loses the answer and repeats with the same key gets one booking."""

from __future__ import annotations

import datetime as dt
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection, connections
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from accounts.models import Patient
from booking import operations
from booking.api import appointments, idempotency
from booking.models import Appointment, IdempotencyKey, Status
from booking.tests.api.conftest import problem, with_token
from notifications.models import Message
from tests import factories
from tests.factories import NOW, World

URL = "/api/v1/appointments"
WISH = {"start": "2026-06-02T09:00:00Z", "visit_type": "checkup"}

pytestmark = pytest.mark.django_db(transaction=True)


def book(client: APIClient, key: str | None = "one", **changes: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(URL, WISH | changes, format="json", headers=headers)


def lease_runs_out() -> None:
    IdempotencyKey.objects.update(leased_until=NOW)


def test_a_repeated_booking_is_answered_with_the_first_answer(patient: APIClient) -> None:
    first, again = book(patient), book(patient)
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again["Location"] == first["Location"]
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(template="booked").count() == 1


def test_without_a_key_or_with_another_each_request_counts(
    patient: APIClient, world: World
) -> None:
    book(patient)
    problem(book(patient, key=None), 409, "patient-busy")
    problem(book(patient, key="two"), 409, "patient-busy")


def test_a_refusal_is_final_too(patient: APIClient, world: World) -> None:
    visits = [world.book("09:00"), world.book("09:00")]
    first = problem(book(patient), 409, "taken")
    operations.cancel(appointment=visits[0], by=factories.SYSTEM, now=NOW)
    again = book(patient)
    assert problem(again, 409, "taken") == first
    assert again["Idempotency-Replayed"] == "true"
    assert book(patient, key="two").status_code == 201


def test_the_same_key_for_another_request_is_refused(patient: APIClient) -> None:
    book(patient)
    problem(book(patient, start="2026-06-02T10:00:00Z"), 422, "idempotency-key-reused")
    other = patient.post("/api/v1/holds", WISH, format="json", headers={"Idempotency-Key": "one"})
    problem(other, 422, "idempotency-key-reused")
    assert Appointment.objects.count() == 1


def test_callers_do_not_share_keys(patient: APIClient, stranger: APIClient) -> None:
    first, other = book(patient), book(stranger)
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]
    anonymous = [APIClient(), APIClient()]
    held = [
        each.post(
            "/api/v1/holds",
            WISH | {"start": start},
            format="json",
            headers={"Idempotency-Key": "one"},
        )
        for each, start in zip(
            anonymous, ("2026-06-02T09:30:00Z", "2026-06-02T09:45:00Z"), strict=True
        )
    ]
    assert [each.status_code for each in held] == [201, 201]


def test_a_browser_without_sign_in_repeats_its_hold(anonymous: APIClient) -> None:
    answers = [
        anonymous.post("/api/v1/holds", WISH, format="json", headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert Appointment.objects.count() == 1


def test_cancelling_and_moving_happen_once(patient: APIClient, pat: Patient, world: World) -> None:
    day = dt.date(2026, 6, 4)
    factories.cells(world.ada, factories.at("09:00", day), 8)
    visit = world.book(start=factories.at("09:00", day), patient=pat)
    for verb, version in (("reschedule", 2), ("cancel", 3)):
        for _ in range(2):
            answer = patient.post(
                f"{URL}/{visit.pk}/{verb}",
                {"start": "2026-06-04T09:30:00Z"},
                format="json",
                headers={"Idempotency-Key": verb},
            )
            assert answer.status_code == 200, answer.content
        visit.refresh_from_db()
        assert visit.version == version


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "nul\x00", "\xe9"])
def test_a_key_must_be_plain(patient: APIClient, key: str) -> None:
    response = patient.post(URL, WISH, format="json", HTTP_IDEMPOTENCY_KEY=key)
    problem(response, 400, "invalid-idempotency-key")


def test_a_day_later_a_key_is_forgotten(pat: Patient, world: World) -> None:
    assert pat.user is not None
    day = dt.date(2026, 6, 3)
    factories.cells(world.ada, factories.at("09:00", day), 8)
    book(with_token(pat.user))
    with time_machine.travel(NOW + dt.timedelta(hours=20), tick=False):
        reused = book(with_token(pat.user), start="2026-06-03T09:30:00Z")
        problem(reused, 422, "idempotency-key-reused")
    with time_machine.travel(NOW + dt.timedelta(hours=24), tick=False):
        fresh = book(with_token(pat.user), start="2026-06-03T10:30:00Z")
        assert fresh.status_code == 201, fresh.content
        assert book(with_token(pat.user), start="2026-06-03T10:30:00Z").content == fresh.content


def test_too_many_requests_and_failures_are_not_kept(
    patient: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for failure, status in ((Throttled(wait=3), 429), (OperationalError(), 503), (OSError(), 500)):

        def fail(failure: Exception = failure, **_kwargs: Any) -> None:
            raise failure

        with monkeypatch.context() as patch:
            patch.setattr(appointments.operations, "book", fail)
            patient.raise_request_exception = False
            assert book(patient).status_code == status
        assert not IdempotencyKey.objects.exists()
    assert book(patient).status_code == 201


def test_a_failure_undoes_the_booking(patient: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks after the booking was written: neither it nor its key is left."""

    def broken(*_args: Any) -> None:
        raise RuntimeError("the disk is full")

    patient.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_store", broken)
        assert book(patient).status_code == 500
    assert not Appointment.objects.exists()
    assert not Message.objects.exists()
    assert book(patient).status_code == 201


# -- Killed processes ------------------------------------------------------------------------


def killed(client: APIClient, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Book in a process of its own that dies, without a last word, before or after `where`."""
    name, _, moment = where.partition(" ")
    original = getattr(idempotency, name)

    def dies(*args: Any) -> Any:
        if moment == "before":
            os._exit(9)
        original(*args)
        os._exit(9)

    monkeypatch.setattr(idempotency, name, dies)
    child = os.fork()
    if child == 0:
        # One of its own: what it shared with this process would outlive it, locks and all.
        for inherited in connections.all():
            inherited.connection = None
        book(client)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    monkeypatch.undo()
    assert os.waitstatus_to_exitcode(status) == 9


@pytest.mark.parametrize("where", ["_work before", "_lock after", "_store before", "_store after"])
def test_a_process_killed_before_its_commit_leaves_no_booking(
    patient: APIClient, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    killed(patient, monkeypatch, where)
    assert not Appointment.objects.exists()
    response = book(patient)
    problem(response, 409, "in-flight")
    assert response["Retry-After"] == "1"
    lease_runs_out()
    assert book(patient).status_code == 201
    assert Appointment.objects.count() == 1


def test_a_process_killed_after_its_commit_has_left_its_answer(
    patient: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(patient, monkeypatch, "_work after")
    booked = Appointment.objects.get()
    again = book(patient)
    assert again.status_code == 201
    assert again["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == str(booked.pk)
    assert Appointment.objects.count() == 1


def test_a_lease_is_not_taken_from_a_process_that_is_merely_slow(
    pat: Patient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is locked while the work goes on, however long that takes."""
    assert pat.user is not None
    at_work, go_on = threading.Event(), threading.Event()
    original = operations.book

    def slow(**kwargs: Any) -> Appointment:
        at_work.set()
        assert go_on.wait(60)
        return original(**kwargs)

    monkeypatch.setattr(appointments.operations, "book", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_in_thread, with_token(pat.user))
        assert at_work.wait(60)
        with time_machine.travel(NOW + idempotency.LEASE * 2, tick=False):
            problem(book(with_token(pat.user)), 409, "in-flight")
        go_on.set()
        assert first.result().status_code == 201
    assert book(with_token(pat.user))["Idempotency-Replayed"] == "true"
    assert Appointment.objects.count() == 1


def test_a_process_that_lost_its_lease_does_nothing(
    pat: Patient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slept between its claim and its work, and another has answered meanwhile."""
    assert pat.user is not None
    client, other = with_token(pat.user), with_token(pat.user)
    original = idempotency._work
    answers = []

    def sleeps(*args: Any) -> Any:
        monkeypatch.setattr(idempotency, "_work", original)
        lease_runs_out()
        answers.append(book(other))
        return original(*args)

    monkeypatch.setattr(idempotency, "_work", sleeps)
    problem(book(client), 409, "in-flight")
    assert answers[0].status_code == 201
    assert Appointment.objects.count() == 1
    assert book(client).content == answers[0].content


# -- Many at once ----------------------------------------------------------------------------


def test_many_repeats_at_the_same_moment_make_one_booking(pat: Patient, world: World) -> None:
    assert pat.user is not None
    clients = [with_token(pat.user) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(_in_thread, clients))
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"in-flight"}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("stale", [False, True])
def test_many_patients_with_keys_get_exactly_the_places_there_are(
    world: World, stale: bool
) -> None:
    """Also when holds that ran out stand in the way."""
    if stale:
        for doctor in (world.ada, world.bob):
            world.hold("09:00", doctor=doctor, now=NOW - dt.timedelta(minutes=30))
    people = [factories.patient(with_login=True) for _ in range(12)]
    clients = [with_token(person.user) for person in people if person.user]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(_in_thread, clients))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 2
    assert statuses.count(409) == 10
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"taken"}
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 2


def _in_thread(client: APIClient) -> Any:
    try:
        return book(client)
    finally:
        connection.close()
