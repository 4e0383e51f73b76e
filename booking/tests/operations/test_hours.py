from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from booking import operations
from booking.availability import Span
from booking.models import Slot, WorkingHours
from booking.operations import cells, slots
from booking.orphans import covered
from booking.tests.operations.test_away import in_thread
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

CHICAGO = ZoneInfo("America/Chicago")


def rows(*stretches: str, **fields: Any) -> list[WorkingHours]:
    """Unsaved hours of every day of the week: "09:00-12:00"."""
    pairs = (stretch.split("-") for stretch in stretches)
    return [
        WorkingHours(
            weekday=day,
            opens=dt.time.fromisoformat(opens),
            closes=dt.time.fromisoformat(closes),
            **fields,
        )
        for opens, closes in pairs
        for day in range(7)
    ]


def change(world: World, *stretches: str, **fields: Any) -> slots.Report:
    wanted = {"hours": rows(*stretches), "slot_minutes": 15, "by": SYSTEM, "now": world.now}
    return operations.change_hours(doctor=world.ada, **wanted | fields)


@pytest.fixture
def open_world(world: World) -> World:
    factories.hours(world.ada, "09:00", "12:00")
    return world


def test_hours_hold_a_visit_when_they_do_so_without_a_gap() -> None:
    visit = Span(at("10:00"), at("11:00"))
    zone = ZoneInfo("UTC")

    assert covered(visit, rows("10:00-11:00"), zone)
    assert covered(visit, rows("10:30-12:00", "09:00-10:30"), zone)
    assert not covered(visit, rows("09:00-10:30", "10:45-12:00"), zone)
    assert not covered(visit, rows("09:00-10:59"), zone)
    assert not covered(visit, rows("09:00-12:00", valid_until=TOMORROW - dt.timedelta(1)), zone)
    assert not covered(visit, [], zone)


def test_hours_are_wall_time_on_the_day_the_clocks_change() -> None:
    """9:00 in Chicago is 15:00 UTC on 1 November 2026, and was 14:00 the day before."""
    nine = dt.datetime(2026, 11, 1, 15, tzinfo=dt.UTC)
    visit = Span(nine, nine + dt.timedelta(minutes=30))

    assert covered(visit, rows("09:00-09:30"), CHICAGO)
    assert not covered(visit, rows("10:00-12:00"), CHICAGO)


def test_what_came_in_between_is_shown_again(open_world: World) -> None:
    """The page showed one visit; when its answer arrives there are two."""
    seen = open_world.book("11:00", doctor=open_world.ada)
    new = open_world.book("11:30", doctor=open_world.ada)
    decisions = {seen.pk: operations.Decision("keep", "Comes from far")}

    with pytest.raises(operations.VisitsLeft) as left:
        change(open_world, "09:00-11:00", decisions=decisions)

    assert left.value.visits == [new]
    assert WorkingHours.objects.filter(doctor=open_world.ada).first().closes == dt.time(12)
    assert not seen.overrides.exists()


def test_a_kept_visit_is_not_asked_about_again(open_world: World) -> None:
    visit = open_world.book("11:00", doctor=open_world.ada)
    change(open_world, "09:00-11:00", decisions={visit.pk: operations.Decision("keep", "Far")})

    change(open_world, "09:00-10:30")

    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_refused_move_leaves_all_as_it_was_and_says_why(open_world: World) -> None:
    visit = open_world.book("11:00", doctor=open_world.ada)
    open_world.book("09:00", doctor=open_world.bob)
    taken = operations.Decision("move", start=at("09:00"), doctor_id=open_world.bob.pk)

    with pytest.raises(operations.VisitsLeft) as left:
        change(open_world, "09:00-11:00", decisions={visit.pk: taken})

    assert isinstance(left.value.refusals[visit.pk], operations.Taken)
    visit.refresh_from_db()
    assert visit.start == at("11:00")


def test_another_grid_leaves_visits_as_they_are(open_world: World) -> None:
    visit = open_world.book("09:15", doctor=open_world.ada)

    change(open_world, "09:00-12:00", slot_minutes=30)

    visit.refresh_from_db()
    tomorrow = Slot.objects.filter(
        doctor=open_world.ada, start__lt=at("12:00"), start__gt=at("00:00")
    )
    assert visit.status == "booked"
    shown = [f"{slot.start:%H:%M}" for slot in tomorrow.order_by("start")]
    assert shown == ["09:15", "09:30", "10:00", "10:30", "11:00", "11:30"]


@pytest.mark.django_db(transaction=True)
def test_who_is_booking_at_that_moment_is_waited_for_and_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    factories.hours(world.ada, "09:00", "12:00")
    claiming, go_on = threading.Event(), threading.Event()
    claim = cells.claim

    def slowly(*args: Any, **fields: Any) -> None:
        claiming.set()
        go_on.wait(60)
        claim(*args, **fields)

    monkeypatch.setattr(cells, "claim", slowly)
    booking, booked = in_thread(lambda: world.book("11:30", doctor=world.ada))
    claiming.wait(60)
    changing, came = in_thread(lambda: change(world, "09:00-11:00"))
    changing.join(0.5)
    assert changing.is_alive()
    go_on.set()
    booking.join(60)
    changing.join(60)

    assert isinstance(came[0], operations.VisitsLeft)
    assert came[0].visits == [booked[0]]


def test_a_hold_outside_of_the_new_hours_becomes_no_visit(open_world: World) -> None:
    """Nobody would have decided what is to become of it."""
    outside = open_world.hold("11:00", doctor=open_world.ada, holder="mine")
    inside = open_world.hold("09:00", doctor=open_world.ada, holder="theirs")

    change(open_world, "09:00-11:00")

    with pytest.raises(operations.HoldExpired):
        open_world.book(hold=outside, holder="mine")
    assert open_world.book(hold=inside, holder="theirs").status == "booked"
    assert not Slot.objects.filter(doctor=open_world.ada).between(at("11:00"), at("12:00"))


@pytest.mark.django_db(transaction=True)
def test_while_such_a_hold_is_being_confirmed_the_hours_stay(monkeypatch: Any) -> None:
    world = World()
    factories.hours(world.ada, "09:00", "12:00")
    hold = world.hold("11:00", doctor=world.ada, holder="mine")
    mark, refused = cells.mark, []

    def slowly(*args: Any, **fields: Any) -> None:
        thread, result = in_thread(lambda: change(world, "09:00-11:00"))
        thread.join(60)
        refused.extend(result)
        mark(*args, **fields)

    monkeypatch.setattr(cells, "mark", slowly)
    world.book(hold=hold, holder="mine")

    assert [type(one) for one in refused] == [operations.Busy]
    assert WorkingHours.objects.filter(doctor=world.ada).first().closes == dt.time(12)
    with pytest.raises(operations.VisitsLeft):
        change(world, "09:00-11:00")
