from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Care, Role, TreatingRelationship
from booking import operations
from booking.models import Appointment, Status
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, World, at


@pytest.fixture
def request_(world: World) -> Appointment:
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    return world.book("09:00", visit_type=asked)


def test_an_accepted_request_is_booked_and_told(world: World, request_: Appointment) -> None:
    visit = operations.accept(appointment=request_, by=SYSTEM, now=world.now)

    assert (visit.status, visit.decided_by) == (Status.BOOKED, "system:test")
    assert Message.objects.get(status="queued").template == "request_accepted"
    assert TreatingRelationship.objects.exists()


def test_a_declined_request_frees_its_time_and_tells_why(
    world: World, request_: Appointment
) -> None:
    operations.decline(appointment=request_, reason=" No longer offered ", by=SYSTEM, now=world.now)

    assert world.free()[0] == "09:00×2"
    assert Message.objects.get(status="queued").context["reason"] == "No longer offered"


def test_declining_needs_a_reason(world: World, request_: Appointment) -> None:
    with pytest.raises(operations.ReasonMissing):
        operations.decline(appointment=request_, reason="  ", by=SYSTEM, now=world.now)


def test_a_request_is_answered_once(world: World, request_: Appointment) -> None:
    operations.accept(appointment=request_, by=SYSTEM, now=world.now)

    with pytest.raises(operations.WrongState):
        operations.decline(appointment=request_, reason="no", by=SYSTEM, now=world.now)


def test_a_request_that_nobody_answered_lapses_at_its_start(
    world: World, request_: Appointment
) -> None:
    assert operations.lapse_requests(now=at("08:59")) == 0
    assert operations.lapse_requests(now=at("09:00")) == 1

    request_.refresh_from_db()
    assert request_.status == Status.LAPSED
    with pytest.raises(operations.WrongState):
        operations.accept(appointment=request_, by=SYSTEM, now=at("09:00"))


class TestGuests:
    @pytest.fixture
    def guest(self, world: World) -> Appointment:
        return world.book(
            "09:00",
            patient=factories.patient(is_guest=True),
            confirm_by=world.now + dt.timedelta(hours=2),
        )

    def test_a_guest_always_makes_a_request(self, guest: Appointment) -> None:
        assert guest.status == Status.PENDING
        assert Message.objects.get().template == "guest_confirm"

    def test_it_lapses_unless_the_link_is_followed(self, world: World, guest: Appointment) -> None:
        assert operations.lapse_requests(now=world.now + dt.timedelta(hours=2)) == 1

    def test_following_the_link_keeps_it_and_again_changes_nothing(
        self, world: World, guest: Appointment
    ) -> None:
        for _ in range(2):
            operations.confirm_guest(appointment=guest, by=SYSTEM, now=world.now)

        assert operations.lapse_requests(now=world.now + dt.timedelta(hours=3)) == 0
        assert Message.objects.filter(template="request_received").count() == 1

    def test_the_link_is_dead_when_the_time_is_over(self, world: World, guest: Appointment) -> None:
        with pytest.raises(operations.WrongState):
            operations.confirm_guest(
                appointment=guest, by=SYSTEM, now=world.now + dt.timedelta(hours=2)
            )

    def test_accepting_a_guest_opens_no_treating_relationship(
        self, world: World, guest: Appointment
    ) -> None:
        operations.accept(appointment=guest, by=SYSTEM, now=world.now)

        assert not TreatingRelationship.objects.exists()


def test_a_day_of_visits_checked_in_completed_and_missed(world: World) -> None:
    came, missed = world.book("09:00"), world.book("09:15")

    operations.check_in(appointment=came, by=SYSTEM, now=at("08:55"))
    assert operations.complete(appointment=came, by=SYSTEM, now=at("09:14")).status == "completed"
    with pytest.raises(operations.WrongState):
        operations.mark_no_show(appointment=missed, by=SYSTEM, now=at("09:14"))
    assert (
        operations.mark_no_show(appointment=missed, by=SYSTEM, now=at("09:20")).status == "no_show"
    )
    with pytest.raises(operations.WrongState):
        operations.complete(appointment=missed, by=SYSTEM, now=at("09:20"))


def test_a_stranger_is_not_mailed_what_somebody_else_wrote(world: World) -> None:
    guest = factories.patient(is_guest=True, name="Win a prize at evil.example/x")
    world.book("09:00", patient=guest, confirm_by=world.now + dt.timedelta(hours=2))

    assert "evil" not in str(Message.objects.get().context)


@pytest.mark.parametrize("role", [Role.STAFF, Role.DOCTOR])
def test_nobody_accepts_a_request_of_their_own_or_of_a_child(world: World, role: Role) -> None:
    person = factories.patient(with_login=True)
    person.user.add_role(role)
    child = factories.patient()
    Care.objects.create(user=person.user, patient=child, opened_at=world.now, opened_by="user")
    kind = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    by = Actor.of_user(person.user)

    for clock, patient in (("09:00", person), ("10:00", child)):
        asked = world.book(clock, visit_type=kind, patient=patient)
        with pytest.raises(operations.OwnRequest):
            operations.accept(appointment=asked, by=by, now=world.now)
        asked.refresh_from_db()
        assert asked.status == Status.PENDING


def test_an_own_place_on_the_waiting_list_is_not_made_urgent(world: World) -> None:
    person, other = factories.patient(with_login=True), factories.patient(with_login=True)
    person.user.add_role(Role.STAFF)
    by = {"by": Actor.of_user(person.user), "now": world.now}
    day = at("09:00").date()
    wish = operations.Wishes(earliest=day, latest=day)

    for patient, urgent in ((person, False), (other, True)):
        entry = operations.join_waitlist(
            patient=patient, visit_type=world.checkup, wish=wish, urgent=True, **by
        )
        assert entry.urgent is urgent
        changed = operations.change_wish(entry=entry, wish=wish, urgent=True, **by)
        assert changed.urgent is urgent
