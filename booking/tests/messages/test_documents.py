"""What a kind of visit asks for is told once the visit is agreed, and shown on its pages."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from booking import operations, visit_links
from booking.models import Appointment
from booking.operations import Part
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, World, at

pytestmark = pytest.mark.django_db
LIST = "Your last blood test\nA list of medicines"
OWN = "The letter of your dentist"


@pytest.fixture(autouse=True)
def _asks(world: World) -> None:
    world.checkup.documents_asked = LIST
    world.checkup.save()


def told(**wanted: object) -> list[str]:
    found = Message.objects.filter(template="documents_asked", **wanted or {"status": "queued"})
    return [message.context["documents"] for message in found]


def leave(world: World) -> None:
    Message.objects.filter(status="queued").update(status="sent", sent_at=world.now)


def move(visit: Appointment, clock: str, world: World) -> Appointment:
    return operations.reschedule(appointment=visit, start=at(clock), by=SYSTEM, now=world.now)


def test_beside_the_confirmation_a_message_of_its_own(world: World) -> None:
    visit = world.book(notify=True)
    [message] = Message.objects.filter(template="documents_asked")
    assert message.context["documents"] == LIST
    assert message.context["url"] == visit_links.visit_url(visit)
    assert (message.about, message.expires_at) == (f"appointment:{visit.pk}", visit.start)
    assert Message.objects.filter(template="booked").count() == 1


def test_none_where_nothing_is_asked_for_and_none_to_whom_nothing_is_told(world: World) -> None:
    world.book(notify=False)
    world.checkup.documents_asked = ""
    world.checkup.save()
    world.book("09:30", notify=True)
    assert told() == []


def test_of_a_request_when_it_is_accepted(world: World) -> None:
    world.checkup.needs_approval = True
    world.checkup.save()
    visit = world.book(notify=True)
    assert told() == []
    operations.accept(appointment=visit, by=SYSTEM, now=world.now)
    assert told() == [LIST]


def test_what_staff_ask_for_beside_it_stands_below_it(world: World) -> None:
    visit = world.book(notify=True)
    operations.ask_documents(appointment=visit, text=OWN, by=SYSTEM, now=world.now)
    assert told() == [f"{LIST}\n{OWN}"]


def test_a_request_that_is_moved_still_hears_what_staff_asked_for(world: World) -> None:
    world.checkup.needs_approval = True
    world.checkup.save()
    visit = world.book(notify=True)
    operations.ask_documents(appointment=visit, text=OWN, by=SYSTEM, now=world.now)
    move(visit, "10:00", world)
    assert told() == [OWN]


class TestWhenTheVisitMoves:
    def test_it_is_not_told_again(self, world: World) -> None:
        visit = world.book(notify=True)
        leave(world)
        visit = move(visit, "10:00", world)
        leave(world)
        move(visit, "10:30", world)
        assert told() == []

    def test_what_had_not_left_is_told_of_the_new_time(self, world: World) -> None:
        visit = move(world.book(notify=True), "10:00", world)
        [message] = Message.objects.filter(template="documents_asked", status="queued")
        assert "10:00" in message.context["when"]
        assert message.context["url"] == visit_links.visit_url(visit)

    def test_what_never_arrived_is_told_again(self, world: World) -> None:
        visit = world.book(notify=True)
        Message.objects.update(status="bounced", sent_at=world.now)
        move(visit, "10:00", world)
        assert told() == [LIST]


def test_of_a_visit_that_is_cancelled_nothing_is_asked(world: World) -> None:
    visit = world.book(notify=True)
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
    assert (told(), told(status="void")) == ([], [LIST])


class TestOfACourse:
    @pytest.fixture
    def visits(self, world: World) -> list[Appointment]:
        return operations.book_together(
            bookings=[
                Part(world.patient, world.checkup, at(clock), world.ada)
                for clock in ("09:00", "09:30", "10:00")
            ],
            by=SYSTEM,
            now=world.now,
        )

    def test_it_is_asked_for_once(self, world: World, visits: list[Appointment]) -> None:
        [message] = Message.objects.filter(template="documents_asked")
        assert message.about == f"appointment:{visits[0].pk}"
        leave(world)
        move(visits[1], "11:00", world)
        assert told() == []

    def test_the_next_one_says_it_when_the_first_is_cancelled(
        self, world: World, visits: list[Appointment]
    ) -> None:
        operations.cancel(appointment=visits[0], by=SYSTEM, now=world.now)
        [message] = Message.objects.filter(template="documents_asked", status="queued")
        assert message.about == f"appointment:{visits[1].pk}"


@pytest.mark.time_machine(NOW, tick=True)
def test_the_patient_and_the_doctor_see_all_of_it(world: World, client: Client) -> None:
    patient = factories.patient(with_login=True)
    visit = world.book(patient=patient, doctor=world.ada, notify=True)
    operations.ask_documents(appointment=visit, text=OWN, by=SYSTEM, now=world.now)
    world.ada.user = factories.user(Role.DOCTOR)
    world.ada.save()
    client.force_login(patient.user)
    pages = [client.get(reverse("appointment", args=[visit.pk]))]
    pages.append(client.get(visit_links.visit_url(visit)))
    client.force_login(world.ada.user)
    pages.append(client.get(reverse("day", args=[visit.start.date()])))
    for page in pages:
        assert page.status_code == 200
        for line in (*LIST.splitlines(), OWN):
            assert line in page.content.decode()


class TestTheList:
    def test_lines_are_stripped_and_empty_ones_left_out(self, world: World) -> None:
        world.checkup.documents_asked = "  A   referral \r\n\r\n \n  A card"
        world.checkup.full_clean()
        assert world.checkup.documents_asked == "A referral\nA card"
        assert world.checkup.documents == ["A referral", "A card"]

    @pytest.mark.parametrize("text", ["a\n" * 11, "x" * 121])
    def test_it_is_short(self, world: World, text: str) -> None:
        world.checkup.documents_asked = text
        with pytest.raises(ValidationError):
            world.checkup.full_clean()

    def test_staff_write_it_in_the_portal(self, client: Client, world: World) -> None:
        sync_role_permissions()
        client.force_login(factories.user(Role.STAFF, is_staff=True))
        page = client.get(reverse("admin:booking_visittype_change", args=[world.checkup.pk]))
        content = page.content.decode()
        assert 'name="documents_asked"' in content
        assert re.search(
            r'<input [^>]*name="reminder_hours"[^>]*value="168,24,2"|'
            r'<input [^>]*value="168,24,2"[^>]*name="reminder_hours"',
            content,
        )
