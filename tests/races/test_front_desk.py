"""Two people at once at the desk, or one at the desk and one at home: one wins, one is told why."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Patient, Role
from accounts.operations import tokens
from accounts.operations.roles import sync_role_permissions
from booking import operations
from booking.models import Appointment, Status
from tests import factories
from tests.factories import SYSTEM

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(60)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


class Clinic:
    """One doctor, quarters of an hour of the day after tomorrow, and a request that waits."""

    def __init__(self) -> None:
        sync_role_permissions()
        self.now = timezone.now()
        self.start = (self.now + dt.timedelta(days=2)).replace(
            hour=9, minute=0, second=0, microsecond=0
        )
        clinic = factories.clinic()
        self.doctor = factories.doctor(clinic)
        self.checkup = factories.visit_type(clinic, self.doctor)
        self.asked = factories.visit_type(clinic, self.doctor, needs_approval=True)
        factories.cells(self.doctor, self.start, 4 * ROUNDS)

    def time(self, cell: int) -> dt.datetime:
        return self.start + dt.timedelta(minutes=15 * cell)

    def book(self, cell: int, *, asked: bool = False) -> Appointment:
        return operations.book(
            patient=factories.patient(), visit_type=self.asked if asked else self.checkup,
            start=self.time(cell), by=SYSTEM, now=self.now,
        )  # fmt: skip

    def staff(self, name: str) -> Client:
        client = Client()
        client.force_login(factories.user(Role.STAFF, is_staff=True, name=name))
        return client


def drag(staff: Client, visit: Appointment, to: dt.datetime) -> Any:
    return staff.post(
        reverse("admin:desk_move", args=[visit.pk]),
        {"start": f"{to:%Y-%m-%dT%H:%M}", "version": visit.version},
        headers={"Accept": "application/json"},
    )


def patient_with_token(now: dt.datetime) -> tuple[Patient, str]:
    patient = factories.patient(with_login=True)
    return patient, tokens.issue(user=patient.user, now=now, by=SYSTEM)[1]


def test_a_drag_against_a_patients_booking_one_wins_and_the_other_gets_a_reason() -> None:
    clinic = Clinic()
    staff, (_patient, token) = clinic.staff("Robin"), patient_with_token(clinic.now)
    won = {"drag": 0, "booking": 0}
    for round_ in range(ROUNDS):
        visit, wanted = clinic.book(2 * round_), clinic.time(2 * round_ + 1)

        def book(wanted: dt.datetime = wanted) -> Any:
            return Client().post(
                "/api/v1/appointments",
                {"start": wanted.isoformat(), "visit_type": clinic.checkup.slug},
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )

        moved, booked = at_once(
            lambda visit=visit, wanted=wanted: drag(staff, visit, wanted),  # type: ignore[misc]
            book,
        )

        outcome = (moved.status_code, booked.status_code)
        assert outcome in {(200, 409), (409, 201)}
        if moved.status_code == 409:
            assert "taken" in moved.json()["reason"]
        won["drag" if moved.status_code == 200 else "booking"] += 1
        there = Appointment.objects.live().filter(start=wanted)
        assert there.count() == 1
    assert sum(won.values()) == ROUNDS


def test_of_two_who_drag_the_same_visit_one_is_told_what_the_other_did() -> None:
    clinic = Clinic()
    staff = [clinic.staff("Robin"), clinic.staff("Sasha")]
    for round_ in range(ROUNDS):
        visit = clinic.book(3 * round_)
        answers = at_once(
            lambda visit=visit, n=round_: drag(staff[0], visit, clinic.time(3 * n + 1)),  # type: ignore[misc]
            lambda visit=visit, n=round_: drag(staff[1], visit, clinic.time(3 * n + 2)),  # type: ignore[misc]
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (refused,) = [answer for answer in answers if answer.status_code == 409]
        assert "Moved by" in refused.json()["reason"]
        visit.refresh_from_db()
        assert visit.version == 2


def test_of_two_who_answer_one_request_the_second_is_told_what_happened() -> None:
    clinic = Clinic()
    robin, sasha = clinic.staff("Robin"), clinic.staff("Sasha")
    for round_ in range(ROUNDS):
        visit = clinic.book(round_, asked=True)

        def answer(client: Client, verb: str, visit: Appointment = visit, **data: str) -> list[str]:
            response = client.post(reverse("admin:desk_do", args=[visit.pk, verb]), data)
            return [str(message) for message in get_messages(response.wsgi_request)]

        said = at_once(
            lambda answer=answer: answer(robin, "accept"),  # type: ignore[misc]
            lambda answer=answer: answer(sasha, "decline", reason="Not here"),  # type: ignore[misc]
        )

        visit.refresh_from_db()
        if visit.status == Status.BOOKED:
            assert "is told" in said[0][-1]
            assert "Accepted by Robin" in said[1][-1]
        else:
            assert visit.status == Status.DECLINED
            assert "Declined by Sasha" in said[0][-1]
            assert "is told" in said[1][-1]
