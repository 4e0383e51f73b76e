"""Many people want the same time at the same moment.

First the race is shown to happen when nothing guards against it; then each guard alone prevents it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Doctor, Patient
from accounts.operations import tokens
from booking import operations
from booking.models import Appointment, AppointmentSlot, Slot, Status, VisitType
from clinic.lib.actor import Actor
from tests import factories
from tests.factories import SYSTEM
from tests.races.conftest import Call, Server

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

Serve = Callable[[str], Server]
BOTH = "lock update rooms"


class Rush:
    """A clinic with `doctors` who each have `cells` free, and people who want in."""

    def __init__(self, *, doctors: int, cells: int = 1) -> None:
        self.now = timezone.now()
        self.start = (self.now + dt.timedelta(days=3)).replace(
            hour=10, minute=0, second=0, microsecond=0
        )
        self.clinic = factories.clinic()
        self.doctors = [factories.doctor(self.clinic) for _ in range(doctors)]
        self.short = factories.visit_type(self.clinic, *self.doctors, slug="short")
        self.long = factories.visit_type(self.clinic, *self.doctors, slug="long", minutes=30)
        for someone in self.doctors:
            factories.cells(someone, self.start, cells)

    def people(self, count: int) -> list[tuple[Patient, str]]:
        """Patients with a token each."""
        made = []
        for _ in range(count):
            patient = factories.patient(with_login=True)
            _row, token = tokens.issue(user=patient.user, now=self.now, by=SYSTEM)
            made.append((patient, token))
        return made

    def time(self, cell: int = 0) -> dt.datetime:
        return self.start + dt.timedelta(minutes=15 * cell)

    def wish(self, token: str, cell: int = 0, visit_type: VisitType | None = None) -> Call:
        slug = (visit_type or self.short).slug
        body = {"start": self.time(cell).isoformat(), "visit_type": slug}
        return Call("POST", "/api/v1/appointments", token, body)

    def book(self, cell: int, doctor: Doctor, patient: Patient) -> Appointment:
        return operations.book(
            visit_type=self.short,
            start=self.time(cell),
            doctor=doctor,
            patient=patient,
            by=SYSTEM,
            now=self.now,
        )

    def hold(self, cell: int, doctor: Doctor, holder: str, *, ago: int) -> Appointment:
        return operations.hold(
            visit_type=self.short,
            start=self.time(cell),
            doctor=doctor,
            holder=holder,
            by=Actor.guest(),
            now=self.now - dt.timedelta(minutes=ago),
        )


def statuses(answers: list) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def double_bookings() -> int:
    """Pairs of live visits of one doctor that overlap, buffers included."""
    visits = Appointment.objects.live().exclude(status=Status.HELD, held_until__lte=timezone.now())
    spans = sorted((str(v.doctor_id), v.busy_start, v.busy_end) for v in visits)
    return sum(one[0] == two[0] and one[2] > two[1] for one, two in itertools.pairwise(spans))


def fifty_for_the_last_place(serve: Serve, guards: str) -> Counter[int]:
    rush = Rush(doctors=1)
    people = rush.people(50)
    server = serve(guards)
    return statuses(server.at_once([rush.wish(token) for _patient, token in people]))


def test_without_any_guard_the_race_happens(serve: Serve, without_constraints: None) -> None:
    answers = fifty_for_the_last_place(serve, "")

    assert answers[201] > 1
    assert double_bookings() > 0


@pytest.mark.parametrize("guard", ["lock", "update"])
def test_each_guard_of_the_code_alone_prevents_it(
    serve: Serve, without_constraints: None, guard: str
) -> None:
    answers = fifty_for_the_last_place(serve, guard)

    assert answers == {201: 1, 409: 49}
    assert double_bookings() == 0


def test_the_constraints_alone_prevent_it(serve: Serve) -> None:
    answers = fifty_for_the_last_place(serve, "")

    assert answers == {201: 1, 409: 49}
    assert double_bookings() == 0


def test_two_hundred_requests_for_twenty_places_give_exactly_twenty(serve: Serve) -> None:
    rush = Rush(doctors=20)
    people = rush.people(200)
    server = serve(BOTH)

    answers = server.at_once([rush.wish(token) for _patient, token in people])

    assert statuses(answers) == {201: 20, 409: 180}
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 20
    assert double_bookings() == 0


def test_fifty_holds_of_the_last_place_give_exactly_one(serve: Serve) -> None:
    rush = Rush(doctors=1)
    server = serve(BOTH)
    body = {"start": rush.time().isoformat(), "visit_type": "short"}

    answers = server.at_once([Call("POST", "/api/v1/holds", json=body)] * 50)

    assert statuses(answers) == {201: 1, 409: 49}


def test_fifty_moves_to_the_last_place_let_one_through_and_lose_no_visit(serve: Serve) -> None:
    rush = Rush(doctors=50, cells=2)
    people = rush.people(50)
    visits = [
        rush.book(0, doctor, patient)
        for doctor, (patient, _token) in zip(rush.doctors, people, strict=True)
    ]
    # One doctor alone has the later time left.
    Slot.objects.filter(start=rush.time(1)).exclude(doctor=rush.doctors[0]).delete()
    server = serve(BOTH)

    answers = server.at_once(
        [
            Call(
                "POST",
                f"/api/v1/appointments/{visit.pk}/reschedule",
                token,
                {"start": rush.time(1).isoformat()},
            )
            for visit, (_patient, token) in zip(visits, people, strict=True)
        ]
    )

    assert statuses(answers) == {200: 1, 409: 49}
    assert Appointment.objects.filter(status=Status.BOOKED).count() == 50
    assert double_bookings() == 0


class Mix:
    """Ten doctors, four columns of cells, and everybody at once.

    In the first column half of the cells stand under a hold that has run out, in the second half
    under one that has not. Short and long visits are wanted, holds, and moves.
    """

    def __init__(self) -> None:
        self.rush = rush = Rush(doctors=10, cells=4)
        for number, doctor in enumerate(rush.doctors[:5]):
            rush.hold(0, doctor, f"stale-{number}", ago=20)
            rush.hold(1, doctor, f"fresh-{number}", ago=0)
        movers = rush.people(5)
        self.moving = [
            rush.book(3, doctor, patient)
            for doctor, (patient, _token) in zip(rush.doctors, movers, strict=False)
        ]
        self.calls = [
            rush.wish(token, cell=index % 4, visit_type=rush.long if index % 3 == 0 else rush.short)
            for index, (_patient, token) in enumerate(rush.people(150))
        ]
        hold = {"start": rush.time(2).isoformat(), "visit_type": "short"}
        self.calls += [Call("POST", "/api/v1/holds", json=hold) for _ in range(15)]
        self.calls += [
            Call(
                "POST",
                f"/api/v1/appointments/{visit.pk}/reschedule",
                token,
                {"start": rush.time(1).isoformat()},
            )
            for visit, (_patient, token) in zip(self.moving, movers, strict=True)
        ]

    def at_once(self, server: Server) -> tuple[Counter[int], int]:
        """How the answers are, and how many of those that make something new said yes."""
        answers = server.at_once(self.calls)
        return statuses(answers), statuses(answers[:165])[201]


def test_in_a_mix_of_everything_the_race_happens_without_guards(
    serve: Serve, without_constraints: None
) -> None:
    mix = Mix()
    mix.at_once(serve(""))

    assert double_bookings() > 0


@pytest.mark.parametrize("guards", [BOTH, ""], ids=["all-guards", "constraints-alone"])
def test_a_mix_of_everything_gives_no_time_away_twice(serve: Serve, guards: str) -> None:
    mix = Mix()

    answers, said_yes = mix.at_once(serve(guards))

    assert set(answers) <= {200, 201, 409, 422}
    assert double_bookings() == 0
    now = timezone.now()
    live = Appointment.objects.live().exclude(status=Status.HELD, held_until__lte=now)
    assert live.count() == said_yes + len(mix.moving) + 5  # and the holds that stood before
    claims = AppointmentSlot.objects.filter(released_at__isnull=True, appointment__in=live)
    assert claims.values("slot").distinct().count() == claims.count()
    if guards == BOTH:
        # Wanted by many more than it has room for, so with exact locks nothing of it stays free.
        assert Slot.objects.open(now=now).filter(start=mix.rush.time(0)).count() == 0
