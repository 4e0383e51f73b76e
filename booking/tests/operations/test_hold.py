from __future__ import annotations

import datetime as dt
import uuid

import pytest

from accounts.models import AuditEvent
from booking import operations
from booking.models import SlotStatus, Status
from booking.operations import cells
from booking.operations.guests import request_as_guest
from clinic.lib.actor import Actor
from tests import factories
from tests.factories import SYSTEM, World, at

TEN_MINUTES = dt.timedelta(minutes=10)


def confirm(world: World, hold: object, **fields: object) -> object:
    wanted = {
        "hold": hold,
        "holder": hold.holder,
        "patient": world.patient,
        "by": SYSTEM,
        "now": world.now,
    }
    return operations.book(**wanted | fields)


def test_a_hold_keeps_the_time_from_others_for_ten_minutes(world: World) -> None:
    hold = world.hold("09:00", doctor=world.ada)

    assert hold.held_until == world.now + TEN_MINUTES
    assert world.free()[0] == "09:00×1"
    with pytest.raises(operations.Taken):
        world.book("09:00", doctor=world.ada)


def test_a_hold_is_booked_by_its_holder(world: World) -> None:
    hold = world.hold("09:00")

    visit = confirm(world, hold, reason="cough")

    assert (visit.pk, visit.status, visit.patient) == (hold.pk, Status.BOOKED, world.patient)
    assert visit.cells.get().slot.status == SlotStatus.BOOKED


def test_nobody_else_can_book_a_hold(world: World) -> None:
    hold = world.hold("09:00")

    for holder in ("", "another"):
        with pytest.raises(operations.NotYourHold):
            confirm(world, hold, holder=holder)


def test_a_hold_ends_by_time_without_any_job(world: World) -> None:
    hold = world.hold("09:00", doctor=world.ada)
    later = world.now + TEN_MINUTES

    assert world.free(now=later)[0] == "09:00×2"
    with pytest.raises(operations.HoldExpired):
        confirm(world, hold, now=later)
    assert world.book("09:00", doctor=world.ada, now=later).status == Status.BOOKED
    hold.refresh_from_db()
    assert hold.status == Status.EXPIRED
    assert AuditEvent.objects.filter(action="appointment.expired").count() == 1


def test_a_new_hold_of_the_same_browser_replaces_the_earlier(world: World) -> None:
    first = world.hold("09:00", doctor=world.ada, holder="one")
    world.hold("09:15", doctor=world.ada, holder="one")

    first.refresh_from_db()
    assert first.status == Status.EXPIRED
    assert world.free()[:2] == ["09:00×2", "09:15×1"]


def test_a_new_hold_may_overlap_the_earlier_of_the_same_browser(world: World) -> None:
    long = factories.visit_type(world.clinic, world.ada, minutes=30)
    world.hold("09:00", visit_type=long, holder="one")

    assert world.hold("09:15", visit_type=long, holder="one").start == at("09:15")


def test_a_refused_hold_leaves_the_earlier_one_standing(world: World) -> None:
    kept = world.hold("09:00", holder="one")
    world.book("10:00", doctor=world.ada)

    with pytest.raises(operations.Taken):
        world.hold("10:00", doctor=world.ada, holder="one")

    kept.refresh_from_db()
    assert kept.status == Status.HELD


def test_a_hold_can_be_given_back(world: World) -> None:
    hold = world.hold("09:00")

    operations.release(hold=hold, by=Actor.guest(), now=world.now)

    assert world.free()[0] == "09:00×2"
    with pytest.raises(operations.HoldExpired):
        operations.release(hold=hold, by=Actor.guest(), now=world.now)


def test_the_sweep_ends_what_ran_out_and_only_that(world: World) -> None:
    stale = world.hold("09:00")
    fresh = world.hold("09:15", now=world.now + dt.timedelta(minutes=5))

    ended = operations.expire_holds(now=world.now + TEN_MINUTES)

    stale.refresh_from_db()
    fresh.refresh_from_db()
    assert (ended, stale.status, fresh.status) == (1, Status.EXPIRED, Status.HELD)
    assert operations.expire_holds(now=world.now + TEN_MINUTES) == 0


def test_a_hold_cannot_be_booked_over_the_patients_own_visit(world: World) -> None:
    world.book("09:00", patient=world.patient)
    hold = world.hold("09:00")

    with pytest.raises(operations.PatientBusy):
        confirm(world, hold)

    hold.refresh_from_db()
    assert hold.status == Status.HELD


def test_a_stale_hold_whose_end_failed_elsewhere_is_ended_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another process had locked it, and died before it could commit."""
    world.hold("09:00", doctor=world.ada)
    later = world.now + TEN_MINUTES
    original = cells.expire_in_the_way
    calls: list[object] = []

    def first_time_somebody_else_has_it(wish: cells.Wish) -> None:
        calls.append(wish)
        if len(calls) > 1:
            original(wish)

    monkeypatch.setattr(cells, "expire_in_the_way", first_time_somebody_else_has_it)

    visit = world.book("09:00", doctor=world.ada, now=later)

    assert (visit.status, len(calls)) == (Status.BOOKED, 2)


class TestTooMany:
    """One network keeps only so much of the clinic's time while nobody has shown who he is."""

    @pytest.fixture(autouse=True)
    def _limits(self, settings: pytest.FixtureRequest) -> None:
        settings.THROTTLES = True
        settings.HOLDS_PER_ADDRESS = 2
        settings.GUEST_REQUESTS_PER_ADDRESS = 1

    def test_holds_of_one_address_are_bounded_until_they_end(self, world: World) -> None:
        here, there = Actor.guest("203.0.113.5"), Actor.guest("203.0.113.6")
        world.hold("09:00", by=here)
        world.hold("09:15", by=here)

        with pytest.raises(operations.TooMany):
            world.hold("09:30", by=here)
        assert world.hold("09:30", by=there)
        assert world.hold("09:45", by=here, now=world.now + TEN_MINUTES)

    def test_who_changes_his_mind_is_not_counted_twice(self, world: World) -> None:
        here = Actor.guest("203.0.113.5")
        world.hold("09:00", by=here)
        world.hold("09:15", by=here, holder="one")

        assert world.hold("09:30", by=here, holder="one")

    def test_a_network_of_ipv6_is_one_address(self, world: World) -> None:
        for last in ("1", "2"):
            world.hold("09:00", by=Actor.guest(f"2001:db8:1:2::{last}"))
        with pytest.raises(operations.TooMany):
            world.hold("09:15", by=Actor.guest("2001:db8:1:2::3"))

    def test_the_signed_in_are_not_counted(self, world: World) -> None:
        person = Actor(kind="user", user_id=str(uuid.uuid4()), address="203.0.113.5")
        for clock in ("09:00", "09:15", "09:30"):
            assert world.hold(clock, by=person)

    def test_a_booked_hold_counts_no_more(self, world: World) -> None:
        here = Actor.guest("203.0.113.5")
        for clock in ("09:00", "09:15"):
            confirm(world, world.hold(clock, by=here), patient=factories.patient())
        assert world.hold("09:30", by=here).origin

    def test_unconfirmed_requests_of_one_address_are_bounded(self, world: World) -> None:
        def ask(clock: str, now: dt.datetime) -> object:
            return request_as_guest(
                name="Guest",
                email="guest@example.org",
                language="en",
                visit_type=world.checkup,
                start=at(clock),
                doctor=world.ada,
                by=Actor.guest("203.0.113.5"),
                now=now,
            )

        first = ask("09:00", world.now)
        with pytest.raises(operations.TooMany):
            ask("09:15", world.now)
        operations.confirm_guest(appointment=first, by=SYSTEM, now=world.now)
        assert ask("09:15", world.now)
