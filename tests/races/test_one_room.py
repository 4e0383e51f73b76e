"""Many people want a visit that needs a room, with more doctors free than rooms."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from booking.models import Appointment, ResourceUse
from tests import factories
from tests.races.test_double_booking import BOTH, Rush, Serve, double_bookings, statuses

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CELLS = "lock update"


def rooms_used_twice() -> int:
    uses = ResourceUse.objects.filter(released_at__isnull=True)
    spans = sorted((str(use.resource_id), use.start, use.end) for use in uses)
    return sum(one[0] == two[0] and one[2] > two[1] for one, two in itertools.pairwise(spans))


def everybody_wants_a_room(
    serve: Serve, guards: str, *, doctors: int, rooms: int = 1, people: int = 50
) -> Counter[int]:
    rush = Rush(doctors=doctors)
    factories.need(rush.short, *[factories.room(rush.clinic) for _ in range(rooms)])
    asking = rush.people(people)
    server = serve(guards)
    return statuses(server.at_once([rush.wish(token) for _patient, token in asking]))


def test_without_locks_and_constraint_one_room_is_used_twice(
    serve: Serve, without_constraints: None
) -> None:
    answers = everybody_wants_a_room(serve, CELLS, doctors=20)

    assert answers[201] > 1
    assert rooms_used_twice() > 0


def test_the_locks_alone_give_the_room_to_one(serve: Serve, without_constraints: None) -> None:
    answers = everybody_wants_a_room(serve, BOTH, doctors=20)

    assert answers == {201: 1, 409: 49}


def test_the_constraint_alone_gives_the_room_to_one(serve: Serve) -> None:
    answers = everybody_wants_a_room(serve, CELLS, doctors=20)

    assert answers == {201: 1, 409: 49}
    assert rooms_used_twice() == 0


def test_one_room_and_two_doctors_give_one_visit(serve: Serve) -> None:
    answers = everybody_wants_a_room(serve, BOTH, doctors=2)

    assert answers == {201: 1, 409: 49}
    assert Appointment.objects.live().count() == 1
    assert double_bookings() == rooms_used_twice() == 0


def test_sixty_people_fill_five_rooms_exactly(serve: Serve) -> None:
    answers = everybody_wants_a_room(serve, BOTH, doctors=30, rooms=5, people=60)

    assert answers == {201: 5, 409: 55}
    assert rooms_used_twice() == 0
