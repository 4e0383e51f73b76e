"""What is put into the outbox when something becomes of a visit."""

from __future__ import annotations

import datetime as dt

import pytest

from booking import messages, operations
from booking.models import Appointment
from booking.operations import Part
from notifications.catalog import BOTH, KINDS, Kind
from notifications.models import Message, Priority
from tests import factories
from tests.factories import SYSTEM, at

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def queued(**wanted):
    return list(Message.objects.filter(status="queued", **wanted).order_by("created_at"))


def test_a_message_names_its_patient_and_its_visit(world):
    visit = world.book(notify=True)
    [message] = queued(template="booked")
    assert message.patient_id == visit.patient_id
    assert message.about == f"appointment:{visit.pk}"
    assert message.priority == Priority.NORMAL


@pytest.mark.parametrize(("hours", "priority"), [(24, 0), (25, 10)])
def test_a_change_of_a_visit_that_is_near_goes_first(world, hours, priority):
    visit = world.book()
    operations.cancel(appointment=visit, by=SYSTEM, now=visit.start - hours * HOUR)
    [message] = queued(template="cancelled")
    assert message.priority == priority


def test_a_visit_that_was_near_is_moved_with_urgency_also_to_a_far_day(world):
    visit = world.book()
    far = visit.start + dt.timedelta(days=20)
    Appointment.objects.filter(pk=visit.pk).update(start=far, end=far + HOUR, busy_end=far + HOUR)
    visit.refresh_from_db()
    messages.moved(visit, previous=at("09:00"), now=at("08:00"))
    [message] = queued(template="moved")
    assert message.priority == Priority.URGENT


def test_a_number_that_cannot_be_is_made_up_for_by_the_address(world, monkeypatch, settings):
    settings.SMS_OUTLET = "file"
    monkeypatch.setitem(KINDS, "booked", Kind(KINDS["booked"].sample, channels=BOTH))
    patient = factories.patient(phone="12345", contact_by="sms", texts_agreed_at=world.now)
    world.book(patient=patient, notify=True)
    [message] = queued(template="booked")
    assert (message.channel, message.recipient) == ("email", patient.email)


class TestOfVisitsBookedTogether:
    @pytest.fixture
    def visits(self, world):
        return operations.book_together(
            bookings=[
                Part(world.patient, world.checkup, at(clock), world.ada)
                for clock in ("09:00", "09:30", "10:00")
            ],
            by=SYSTEM,
            now=world.now,
        )

    def told(self):
        [message] = queued(template="booked_together")
        return [line["when"].split(", ")[1] for line in message.context["visits"]]

    def test_one_that_is_cancelled_before_the_mail_leaves_is_not_in_it(self, world, visits):
        assert self.told() == ["9:00 am", "9:30 am", "10:00 am"]
        operations.cancel(appointment=visits[1], by=SYSTEM, now=world.now)
        assert self.told() == ["9:00 am", "10:00 am"]
        assert len(queued(template="cancelled")) == 1

    def test_one_that_is_moved_is_told_of_alone(self, world, visits):
        operations.reschedule(appointment=visits[0], start=at("11:00"), by=SYSTEM, now=world.now)
        assert self.told() == ["9:30 am", "10:00 am"]
        [moved] = queued(template="moved")
        assert "11:00" in moved.context["when"]

    def test_the_last_one_left_is_told_of_as_ever(self, world, visits):
        for visit in visits[:2]:
            operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
        assert queued(template="booked_together") == []
        [message] = queued(template="booked")
        assert message.about == f"appointment:{visits[2].pk}"

    def test_cancelled_all_together_nothing_says_that_they_are_booked(self, world, visits):
        operations.cancel_together(appointments=visits, by=SYSTEM, now=world.now)
        assert {message.template for message in queued()} == {"cancelled"}

    def test_what_has_left_is_not_said_again(self, world, visits):
        Message.objects.update(status="sent", sent_at=world.now)
        operations.cancel(appointment=visits[1], by=SYSTEM, now=world.now)
        assert [message.template for message in queued()] == ["cancelled"]
