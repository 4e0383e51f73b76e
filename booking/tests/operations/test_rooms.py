"""Visits that need a room or a device: it is claimed with the time, and given back with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
import pytest

from accounts.models import Role
from booking import answers, operations, queries
from booking.invariants import prove
from booking.models import Appointment, ResourceUse, Status, VisitType
from clinic.lib.actor import Actor
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

BY = {"by": SYSTEM, "now": NOW}
THEN = {"by": SYSTEM, "now": at("09:05")}
MINUTE = dt.timedelta(minutes=1)


class Scans(World):
    """One ultrasound device for two doctors."""

    def __init__(self) -> None:
        super().__init__()
        self.device = factories.room(self.clinic, kind="equipment")
        self.scan = factories.visit_type(self.clinic, self.ada, self.bob, slug="scan")
        self.need = factories.need(self.scan, self.device)

    def scan_at(self, clock: str = "09:00", **fields: Any) -> Appointment:
        return self.book(clock, visit_type=self.scan, **fields)

    def scans(self, **fields: Any) -> list[str]:
        return self.free(visit_type=self.scan, **fields)


@pytest.fixture
def scans(db: None) -> Scans:
    return Scans()


def in_use() -> list[tuple[str, str]]:
    uses = ResourceUse.objects.filter(released_at__isnull=True).order_by("start")
    return [(f"{use.start:%H:%M}", f"{use.end:%H:%M}") for use in uses]


def everything_holds() -> bool:
    return [(result.name, result.rows) for result in prove() if result.broken] == []


def test_the_device_is_claimed_with_the_visit_and_offered_to_nobody_else(scans: Scans) -> None:
    scans.scan_at("09:00", doctor=scans.ada)

    assert in_use() == [("09:00", "09:15")]
    assert scans.scans()[0] == "09:15×2"
    assert scans.free()[0] == "09:00×1"  # other visits need no device
    with pytest.raises(operations.Taken) as taken:
        scans.scan_at("09:00", doctor=scans.bob)
    assert taken.value.alternatives[0].start == at("09:15")
    assert everything_holds()


def test_buffers_keep_the_room_too(scans: Scans) -> None:
    scans.scan.buffer_after = 15
    scans.scan.save()

    scans.scan_at("09:30", doctor=scans.ada)

    assert in_use() == [("09:30", "10:00")]
    assert "09:30×1" not in scans.scans(doctor=scans.bob)
    assert "09:15×1" not in scans.scans(doctor=scans.bob)  # its own buffer would reach into it
    assert {"09:00×1", "10:00×1"} <= set(scans.scans(doctor=scans.bob))


def test_as_many_visits_as_there_are_rooms(scans: Scans) -> None:
    scans.need.resources.add(factories.room(scans.clinic))

    scans.scan_at("09:00")
    assert "09:00×1" in scans.scans()
    scans.scan_at("09:00")

    assert ResourceUse.objects.values("resource").distinct().count() == 2
    assert everything_holds()


def test_two_needs_take_two_rooms_and_the_scarce_one_is_left_to_whom_only_it_serves(
    scans: Scans,
) -> None:
    any_room = factories.need(scans.scan, scans.device, factories.room(scans.clinic))

    visit = scans.scan_at("09:00")

    assert set(visit.uses.values_list("resource", flat=True)) == set(
        any_room.resources.values_list("pk", flat=True)
    )
    assert "09:00×1" not in scans.scans()


@pytest.mark.parametrize("broken", ["inactive", "none"])
def test_a_need_that_nothing_satisfies_offers_nothing(scans: Scans, broken: str) -> None:
    if broken == "inactive":
        scans.device.active = False
        scans.device.save()
    else:
        scans.need.resources.clear()

    assert scans.scans() == []
    with pytest.raises(operations.Taken):
        scans.scan_at("09:00")


def test_a_hold_keeps_the_device_until_it_runs_out(scans: Scans) -> None:
    held = scans.hold("09:00", visit_type=scans.scan)
    just_before = held.held_until - dt.timedelta(seconds=1)

    with pytest.raises(operations.Taken):
        scans.scan_at("09:00", now=just_before)
    assert scans.scans(now=held.held_until)[0] == "09:00×2"
    scans.scan_at("09:00", now=held.held_until)

    assert in_use() == [("09:00", "09:15")]
    assert everything_holds()


def test_a_hold_that_becomes_a_visit_keeps_its_device(scans: Scans) -> None:
    held = scans.hold("09:00", visit_type=scans.scan, holder="x")

    operations.book(hold=held, holder="x", patient=scans.patient, **BY)

    assert in_use() == [("09:00", "09:15")]
    assert everything_holds()


def test_whoever_holds_may_choose_another_time_with_the_same_device(scans: Scans) -> None:
    long = factories.visit_type(scans.clinic, scans.ada, minutes=30)
    factories.need(long, scans.device)
    scans.hold("09:00", visit_type=long, holder="x")

    scans.hold("09:15", visit_type=long, holder="x")

    assert in_use() == [("09:15", "09:45")]
    assert everything_holds()


def test_the_sweep_frees_the_device_of_a_hold_that_ran_out(scans: Scans) -> None:
    held = scans.hold("09:00", visit_type=scans.scan)

    operations.expire_holds(now=held.held_until)

    assert in_use() == []
    assert ResourceUse.objects.get().released_at == held.held_until


def end(how: str, scans: Scans) -> None:
    if how == "released":
        held = scans.hold("09:00", visit_type=scans.scan)
        operations.release(hold=held, **BY)
        return
    scans.scan.needs_approval = how in ("declined", "lapsed")
    scans.scan.save()
    visit = scans.scan_at("09:00")
    if how == "cancelled":
        operations.cancel(appointment=visit, **BY)
    elif how == "declined":
        operations.decline(appointment=visit, reason="No", **BY)
    elif how == "lapsed":
        operations.lapse_requests(now=at("09:00"))
    else:
        operations.mark_no_show(appointment=visit, **THEN)


@pytest.mark.parametrize("how", ["released", "cancelled", "declined", "lapsed", "no_show"])
def test_whatever_ends_a_visit_frees_its_device(scans: Scans, how: str) -> None:
    end(how, scans)

    assert in_use() == []
    assert "09:00×2" in scans.scans()
    assert everything_holds()


def test_a_visit_that_moves_takes_the_device_along(scans: Scans) -> None:
    visit = scans.scan_at("09:00", doctor=scans.ada)

    operations.reschedule(appointment=visit, start=at("10:00"), doctor=scans.bob, **BY)

    assert in_use() == [("10:00", "10:15")]
    assert "09:00×2" in scans.scans()
    assert everything_holds()


def test_a_visit_can_move_by_a_little_in_its_own_room(scans: Scans) -> None:
    long = factories.visit_type(scans.clinic, scans.ada, minutes=30)
    second = factories.room(scans.clinic, name="A room that comes first by name")
    factories.need(long, second, scans.device)
    first = scans.book("09:00", visit_type=long)
    had = first.uses.get().resource

    moved = operations.reschedule(appointment=first, start=at("09:15"), **BY)

    assert moved.uses.get(released_at__isnull=True).resource == had
    assert in_use() == [("09:15", "09:45")]


def test_a_move_to_where_no_device_is_free_is_refused_and_loses_nothing(scans: Scans) -> None:
    scans.scan_at("10:00", doctor=scans.bob)
    visit = scans.scan_at("09:00", doctor=scans.ada)

    with pytest.raises(operations.Taken):
        operations.reschedule(appointment=visit, start=at("10:00"), **BY)

    assert in_use() == [("09:00", "09:15"), ("10:00", "10:15")]
    assert everything_holds()


def test_a_reason_does_not_override_a_device_in_use(scans: Scans) -> None:
    staff = Actor.of_user(factories.user(Role.STAFF))
    scans.scan_at("12:00", doctor=scans.ada, override="Urgent", by=staff)

    with pytest.raises(operations.Taken):
        scans.scan_at("12:00", doctor=scans.bob, override="Urgent", by=staff)
    assert in_use() == [("12:00", "12:15")]
    assert everything_holds()


def test_undoing_a_no_show_takes_the_device_again_unless_it_was_given_away(scans: Scans) -> None:
    visit = scans.scan_at("09:00", doctor=scans.ada)
    operations.mark_no_show(appointment=visit, **THEN)
    other = scans.scan_at("09:00", doctor=scans.bob)

    with pytest.raises(operations.Taken):
        operations.undo(appointment=visit, **THEN)
    operations.cancel(appointment=other, **THEN)
    assert operations.undo(appointment=visit, **THEN).status == Status.BOOKED

    assert in_use() == [("09:00", "09:15")]
    assert everything_holds()


def test_a_visit_from_before_the_need_stays_without(world: World) -> None:
    visit = world.book("09:00")
    factories.need(world.checkup, factories.room(world.clinic), since=NOW + MINUTE)

    assert everything_holds()
    operations.reschedule(appointment=visit, start=at("09:15"), **BY)
    assert in_use() == [("09:15", "09:30")]


def test_visits_without_needs_ask_nothing_more(
    world: World, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        queries.free_times(visit_type=world.checkup, first=TOMORROW, last=TOMORROW, now=NOW)


def starts(visit_type: VisitType, now: dt.datetime) -> list[str]:
    answer = answers.free_times(visit_type=visit_type, first=TOMORROW, last=TOMORROW, now=now)
    return [slot["start"][11:16] for slot in orjson.loads(answer.body)["slots"]]


@pytest.mark.django_db(transaction=True)
def test_cached_answers_of_others_who_need_the_device_are_dropped_and_end_with_the_hold() -> None:
    scans = Scans()
    other = factories.visit_type(scans.clinic, scans.bob)
    factories.need(other, scans.device)
    assert starts(other, NOW)[0] == "09:00"

    held = scans.hold("09:00", doctor=scans.ada, visit_type=scans.scan)

    assert starts(other, NOW)[0] == "09:15"
    assert starts(other, held.held_until)[0] == "09:00"
